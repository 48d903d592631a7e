import { describe, expect, it } from "vitest";
import type { Run } from "../../src/engine/run";
import { Recordings, replayWarning, stateOfRecordings } from "../../src/state/recordings";
import { defaultState } from "../../src/state/state";
import { given, known } from "../watched";

describe("the open recordings", () => {
  it("are distinguished by their content", () => {
    const twin = { ...known, root: { ...known.root, watched: "another" }, watched: { ...known.watched!, steps: 3 } };
    const recordings = new Recordings();
    recordings.initial = [known, twin];
    expect([known, twin].map(({ root }) => recordings.watchedOf(root)!.steps)).toEqual([4, 3]);
    expect(() => recordings.watchedOf(given.root)).toThrow(
      "Only the file of this PyTorch training has its steps. Open the file again.",
    );
    expect(recordings.watchedOf({ ...given.root, watched: null })).toBeNull();
  });
});

describe("recordings", () => {
  it("begin a state side by side", () => {
    expect(stateOfRecordings([])).toEqual(defaultState());
    const state = stateOfRecordings([known, given]);
    expect([state.watched, state.others]).toEqual([known.root.watched, [given.root]]);
    expect(Object.keys(state).sort()).toEqual(Object.keys(defaultState()).sort());
  });

  it("restore the previous recording if an action fails", async () => {
    const recordings = new Recordings();
    await recordings.withOpened(known, async () => {});
    const failing = recordings.withOpened(given, async () => {
      expect(recordings.find(given.root)).toBe(given);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect([recordings.find(given.root), recordings.find(known.root)]).toEqual([undefined, known]);
  });

  it("warn if a replayed run ends with other parameters", () => {
    const run = { done: 4, stateBefore: () => Float64Array.of(1, 2.5) } as unknown as Run;
    const recording = { ...known, label: "it", final: Float64Array.of(1, 2.5) };
    expect(replayWarning(recording, run)).toBeNull();
    recording.final[1] = 2;
    expect(replayWarning(recording, run)).toBe(
      "The replay of it ends with different parameters. The largest difference is 0.50.",
    );
  });
});
