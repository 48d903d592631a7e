import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, recipeError } from "../../src/engine/recipe";

describe("a recipe", () => {
  it("is valid by default, and with fields in their ranges", () => {
    for (const change of [
      {},
      { noise: 9.99 },
      { learning_rate: 5, epochs: 1 },
      { momentum: 0.9, weight_decay: 2 },
      { learning_rate: 1_000_000, epochs: 10_000_000, epsilon: 1 },
    ])
      expect(recipeError({ ...DEFAULT_RECIPE, ...change }), JSON.stringify(change)).toBeNull();
  });
  it.each([
    { noise: -0.1 }, { noise: 10 }, { noise: null }, { noise: "0.2" }, { learning_rate: 0 }, { learning_rate: NaN }, { epochs: 2.5 },
    { batch_size: 0 }, { momentum: 1 }, { beta2: -1 }, { epsilon: 0 }, { weight_decay: Infinity },
  ])("is invalid with %j", (change) => {
    const error = recipeError({ ...DEFAULT_RECIPE, ...(change as object) })!;
    expect(error.message).toMatch(/^[A-Z].* is .*\. It must be .*\.$/);
    expect(error.parameter).toBe(Object.keys(change)[0]);
  }); // prettier-ignore
  it.each([
    [{ learning_rate: 0 }, "Learning rate is 0. It must be above 0 and at most 1,000,000."],
    [{ learning_rate: -1 }, "Learning rate is -1. It must be above 0 and at most 1,000,000."],
    [{ epochs: 20_000_000 }, "Epochs is 20,000,000. It must be a whole number from 1 to 10,000,000."],
    [{ epochs: null }, "Epochs is empty. It must be a whole number from 1 to 10,000,000."],
    [{ batch_size: 0.5 }, "Batch size is 0.5. It must be a whole number from 1 to 1,000,000."],
    [{ final_fraction: 2 }, "Final rate (fraction) is 2. It must be above 0 and at most 1."],
    [{ noise: "much" }, "Noise is much. It must be at least 0 and below 10."],
  ])("names the label of a field with an invalid value: %j", (change, words) => {
    expect(recipeError({ ...DEFAULT_RECIPE, ...(change as object) })!.message).toBe(words);
  });
});
