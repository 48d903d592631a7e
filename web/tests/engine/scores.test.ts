import { expect, it } from "vitest";
import { countCorrect, regressionScores } from "../../src/engine/scores";
import { LINES } from "../laboratory";

it("correct examples are counted", () => {
  expect(countCorrect(() => [0.6, 0.4], LINES)).toBe(2);
  expect(countCorrect(([tl, tr]) => [tl === tr ? 1 : 0, 0.5], LINES)).toBe(4);
});

it("scores of a regression have the units of the column", () => {
  const target_scaling = { columns: ["y", "z"], low: [0, 100], high: [1, 300] };
  const [first, second] = regressionScores(() => [0.25, 0.75], { ...LINES, target_scaling });
  expect([first.mae, second.mae]).toEqual([0.5, 100]);
  expect([first.rmse, second.rmse]).toEqual([Math.sqrt(0.3125), 200 * Math.sqrt(0.3125)]);
  expect([first.r2, second.r2]).toEqual([1 - 0.3125 / 0.25, 1 - 0.3125 / 0.25]);
  const [plain] = regressionScores(([a]) => [a, a], { ...LINES, targets: LINES.inputs.map(([a]) => [a, 1]) });
  expect(plain).toEqual({ r2: 1, mae: 0, rmse: 0 });
});
