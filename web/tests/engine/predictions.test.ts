import { describe, expect, it } from "vitest";
import { classify, isCorrect } from "../../src/engine/predictions";

describe("the verdict of a prediction", () => {
  const names = ["horizontal", "vertical"];
  it("is unsure below the threshold and undecided in a tie", () => {
    expect(classify([0.7, 0.4], names, 0.2).words).toBe("horizontal");
    expect(classify([0.55, 0.4], names, 0.2).words).toBe("horizontal (unsure)");
    expect(classify([0.5, 0.5], names, 0.2).words).toBe("undecided");
    expect(classify([NaN, 0.5], names, 0.2).winner).toBeNull();
  });
  it("is correct only if the target class has the largest output", () => {
    expect([
      isCorrect([0.6, 0.4], [1, 0]),
      isCorrect([0.5, 0.5], [1, 0]),
      isCorrect([0.6, 0.4], [0.5, 0.5]),
      isCorrect([1, 0], null),
    ]).toEqual([true, false, null, null]);
  });
});
