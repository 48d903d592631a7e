/** The outputs of a network as text. */

import { isRegression } from "../engine/predictions";
import type { Examples, Scaling } from "../types";
import { percent, short } from "./format";

/** Convert an output to the units of its column. */
export const inUnits = (output: number, { low, high }: Scaling, j: number): number =>
  low[j] + output * (high[j] - low[j]);

/** Convert a number in the units of its column to an output. */
export const fromUnits = (value: number, { low, high }: Scaling, j: number): number =>
  high[j] === low[j] ? 0 : (value - low[j]) / (high[j] - low[j]);

/** Format outputs as percentages, as numbers, or in the units of the target columns. */
export function formatOutputs(outputs: number[], examples: Examples): string[] {
  const { target_scaling } = examples;
  if (target_scaling) return outputs.map((value, j) => short(inUnits(value, target_scaling, j)));
  const arePercentages = !isRegression(examples) && outputs.every((value) => value >= 0 && value <= 1);
  return outputs.map(arePercentages ? percent : short);
}
