import { describe, expect, it } from "vitest";
import { defaultState, rootIndex, rootOf, rootsOf, runName, withoutRun, type State } from "../../src/state/state";

const other = (name: string | null) => ({ ...rootOf(defaultState()), name });
/** Runs: 0 and 1 are roots; the parent of 2 is 1, of 3 is 0, of 4 is 2. */
const STATE: State = {
  ...defaultState(),
  others: [other("fast")],
  branches: [{ from: 1, at: 1 }, { from: 0, at: 2 }, { from: 2, at: 3 }],
  active: 3,
}; // prettier-ignore

describe("a state", () => {
  it("has a root for each training", () => {
    expect(rootsOf(STATE).map(({ name }) => name)).toEqual([null, "fast"]);
    expect(Object.keys(rootOf(STATE))).not.toContain("branches");
  });
  it("finds the root of a run through its branches", () => {
    expect([0, 1, 2, 3, 4].map((which) => rootIndex(STATE, which))).toEqual([0, 1, 1, 0, 1]);
    expect(rootIndex(STATE)).toBe(0);
  });
  it("names its runs", () => {
    expect([0, 1, 2, 3].map((which) => runName(STATE, which))).toEqual(["run 1", "fast", "branch 1", "branch 2"]);
    expect(runName(defaultState(), 0)).toBe("main run");
  });
  it("removes a run with all its branches", () => {
    const { state, kept } = withoutRun(STATE, 1);
    expect([kept, state.others, state.branches, state.active]).toEqual([[0, 3], [], [{ from: 0, at: 2 }], 1]);
    expect(STATE.branches.length).toBe(3);
  });
  it("selects the first run if the selected run is removed", () => {
    const { state, kept } = withoutRun({ ...STATE, active: 4 }, 2);
    expect([kept, state.active]).toEqual([[0, 1, 3], 0]);
  });
});
