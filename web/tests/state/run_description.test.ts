import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { describeRun } from "../../src/state/run_description";
import { defaultState, rootOf, type BranchSpec } from "../../src/state/state";

const symbol = (cell: string) => `⟨${cell}⟩`;

describe("a run in words", () => {
  it('is "from the start" for a single root', () =>
    expect(describeRun(defaultState(), 0, symbol)).toBe("from the start"));
  it("is described by its changes to the default recipe beside other roots", () => {
    const recipe = { ...DEFAULT_RECIPE, optimizer: "adam", noise: 0.1, seed: 3 };
    const others = [
      { ...rootOf(defaultState()), recipe, seed: 4 },
      { ...rootOf(defaultState()), watched: "hash" },
    ];
    const state = { ...defaultState(), others };
    expect([0, 1, 2].map((which) => describeRun(state, which, symbol))).toEqual([
      "4-3-2, seed 0", "4-3-2, seed 4, optimizer adam, noise 0.1", "4-3-2, watched in PyTorch",
    ]); // prettier-ignore
  });
  it.each<[Partial<BranchSpec>, string]>([
    [{}, "after 7: nothing changed"],
    [{ recipe: { epochs: 5 }, parameters: { b: 0.5 } }, "after 7: epochs 5, ⟨b⟩ = 0.5"],
    [{ order: [1, 0], only: { input: [], target: [] } }, "after 7: another order, one picture"],
    [{ silenced: ["a"], frozen: ["w"] }, "after 7: ⟨a⟩ silenced, ⟨w⟩ frozen"],
  ])("of a branch with %j is its changes", (spec, words) => {
    expect(describeRun({ ...defaultState(), branches: [{ from: 0, at: 7, ...spec }] }, 1, symbol)).toBe(words);
  });
  it("of a branch includes its parent if there are several roots", () => {
    const state = {
      ...defaultState(),
      others: [{ ...rootOf(defaultState()), name: "fast" }],
      branches: [{ from: 1, at: 2 }],
    };
    expect(describeRun(state, 2, symbol)).toBe("after 2 of fast: nothing changed");
  });
});
