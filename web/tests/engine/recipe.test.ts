import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, isValidRecipe } from "../../src/engine/recipe";

describe("a recipe", () => {
  it("is valid by default, and with fields in their ranges", () => {
    for (const change of [{}, { noise: 9.99 }, { learning_rate: 5, epochs: 1 }, { momentum: 0.9, weight_decay: 2 }])
      expect(isValidRecipe({ ...DEFAULT_RECIPE, ...change }), JSON.stringify(change)).toBe(true);
  });
  it.each([
    { noise: -0.1 }, { noise: 10 }, { noise: null }, { noise: "0.2" }, { learning_rate: 0 }, { learning_rate: NaN }, { epochs: 2.5 },
    { batch_size: 0 }, { momentum: 1 }, { beta2: -1 }, { epsilon: 0 }, { weight_decay: Infinity },
  ])("is invalid with %j", (change) => {
    expect(isValidRecipe({ ...DEFAULT_RECIPE, ...(change as object) })).toBe(false);
  }); // prettier-ignore
});
