import { expect, it } from "vitest";
import { countCorrect, meanAbsoluteError } from "../../src/engine/scores";
import { LINES } from "../laboratory";

it("correct examples are counted", () => {
  expect(countCorrect(() => [0.6, 0.4], LINES)).toBe(2);
  expect(countCorrect(([tl, tr]) => [tl === tr ? 1 : 0, 0.5], LINES)).toBe(4);
});

it("errors of a regression have the units of the column", () => {
  const units = { columns: ["y", "z"], low: [0, 100], high: [1, 300] };
  const first = (j: number) => meanAbsoluteError(() => [0.25, 0.75], LINES, units, j);
  expect([first(0), first(1)]).toEqual([0.5, 100]);
});
