/** Scores of a network on examples with targets. */

import type { Examples, Scaling } from "../types";
import { isCorrect } from "./predictions";

type Predict = (input: number[]) => number[];

export const countCorrect = (predict: Predict, { inputs, targets }: Examples): number =>
  inputs.filter((input, k) => isCorrect(predict(input), targets![k])).length;

/** Return the mean absolute error of output j in the units of its column. */
export function meanAbsoluteError(predict: Predict, { inputs, targets }: Examples, units: Scaling, j: number): number {
  const sum = inputs.reduce((sum, input, k) => sum + Math.abs(predict(input)[j] - targets![k][j]), 0);
  return sum * ((units.high[j] - units.low[j]) / inputs.length);
}
