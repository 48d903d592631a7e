import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { describeRun } from "../../src/state/run_description";
import { defaultState, rootOf, type BranchSpec } from "../../src/state/state";

const symbol = (cell: string) => `⟨${cell}⟩`;

describe("the description of a run", () => {
  it('is "from step 0" for a single root', () => expect(describeRun(defaultState(), 0, symbol)).toBe("from step 0"));
  it("lists the changes to the default recipe beside other roots", () => {
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
    [{}, "from step 7: no changes"],
    [{ recipe: { epochs: 5 }, parameters: { b: 0.5 } }, "from step 7: epochs 5, ⟨b⟩ = 0.5"],
    [
      { recipe: { learning_rate: 0.5, final_fraction: 0.1 } },
      "from step 7: learning rate 0.5, final rate (fraction) 0.1",
    ],
    [{ order: [1, 0], only: { input: [], target: [] } }, "from step 7: custom order, one example"],
    [{ silenced: ["a"], frozen: ["w"] }, "from step 7: ⟨a⟩ switched off, ⟨w⟩ frozen"],
  ])("lists the changes of a branch with %j", (spec, words) => {
    expect(describeRun({ ...defaultState(), branches: [{ from: 0, at: 7, ...spec }] }, 1, symbol)).toBe(words);
  });
  it("includes the parent of a branch if there are several roots", () => {
    const state = {
      ...defaultState(),
      others: [{ ...rootOf(defaultState()), name: "fast" }],
      branches: [{ from: 1, at: 2 }],
    };
    expect(describeRun(state, 2, symbol)).toBe("from step 2 of fast: no changes");
  });
  it("includes the parent of a branch of a branch, and its first step on the timeline", () => {
    const branches: BranchSpec[] = [
      { from: 0, at: 7, recipe: { epochs: 5 } },
      { from: 1, at: 1_200, silenced: ["a"] },
      { from: 2, at: 3 },
    ];
    const state = { ...defaultState(), branches };
    expect([1, 2, 3].map((which) => describeRun(state, which, symbol))).toEqual([
      "from step 7: epochs 5",
      "from step 1,207 of branch 1: ⟨a⟩ switched off",
      "from step 1,210 of branch 2: no changes",
    ]);
  });
});
