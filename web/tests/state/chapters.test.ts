import { describe, expect, it } from "vitest";
import { chapterState } from "../../src/state/chapters";
import { defaultState } from "../../src/state/state";

describe("a chapter starts", () => {
  it("with the default state, a seed and a name if the chapter is unknown", () => {
    expect(chapterState("unknown", 5)).toEqual({ ...defaultState(), seed: 5, chapter: "unknown" });
  });
  it.each([
    ["look", { step: 0, phase: 1, custom: null }],
    ["train", { step: 400, custom: null }],
    ["fuzzy", { step: 400, phase: 2, custom: { input: [0.8888, 0.9, 0.1112, 0.1], target: [1, 0] } }],
    ["stress", { step: 400, custom: { input: [0.5, 0.5, 0.5, 0.5], target: null } }],
  ])("%s with %j", (chapter, change) => expect(chapterState(chapter, 0)).toMatchObject(change));
  it("with a high rate, or with a hundred times the epochs for confidence", () => {
    expect(chapterState("high_rate", 0).recipe.learning_rate).toBe(5);
    expect([chapterState("confidence", 0).recipe.epochs, chapterState("confidence", 0).step]).toEqual([10_000, 40_000]);
  });
});
