import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { rateAt, smoothed } from "../../src/engine/schedule";

const rates = (schedule: "constant" | "hold_then_decay" | "cosine") =>
  [0, 5, 10].map((step) =>
    rateAt({ ...DEFAULT_RECIPE, schedule, learning_rate: 2, hold_fraction: 0.5, final_fraction: 0.25 }, step, 11),
  );

describe("a learning rate schedule", () => {
  it("is constant", () => expect(rates("constant")).toEqual([2, 2, 2]));
  it("holds the rate, then decays to the final fraction", () => {
    expect(rates("hold_then_decay").slice(0, 2)).toEqual([2, 2]);
    expect(rates("hold_then_decay")[2]).toBeCloseTo(0.5, 12);
  });
  it("falls along a half cosine", () => {
    [2, 1.25, 0.5].forEach((rate, k) => expect(rates("cosine")[k]).toBeCloseTo(rate, 12));
  });
  it("works for a single step", () => {
    expect(rateAt({ ...DEFAULT_RECIPE, schedule: "cosine" }, 0, 1)).toBeCloseTo(0.1, 12);
  });
});

it("label smoothing spreads a share of the target over all outputs", () => {
  expect(smoothed({ ...DEFAULT_RECIPE, label_smoothing: 0.5 }, [[1, 0]])).toEqual([[0.75, 0.25]]);
});
