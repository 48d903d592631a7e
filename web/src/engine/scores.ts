/** Scores of a network on examples with targets. */

import type { Examples } from "../types";
import { isCorrect } from "./predictions";

type Predict = (input: number[]) => number[];

export const countCorrect = (predict: Predict, { inputs, targets }: Examples): number =>
  inputs.filter((input, k) => isCorrect(predict(input), targets![k])).length;

/** The scores of a predicted number. MAE and RMSE are in the units of its column. */
export interface RegressionScore {
  r2: number; // 0 for targets without variance
  mae: number;
  rmse: number;
}

/** Return the scores of every output on examples with numbers to predict. */
export function regressionScores(
  predict: Predict,
  { inputs, targets, target_names, target_scaling }: Examples,
): RegressionScore[] {
  const outputs = inputs.map(predict);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return target_names.map((_, j) => {
    const unit = target_scaling ? target_scaling.high[j] - target_scaling.low[j] : 1;
    const errors = outputs.map((output, k) => output[j] - targets![k][j]);
    const center = mean(targets!.map((target) => target[j]));
    const variance = mean(targets!.map((target) => (target[j] - center) ** 2));
    const squared = mean(errors.map((error) => error * error));
    const r2 = variance > 0 ? 1 - squared / variance : 0;
    return { r2, mae: unit * mean(errors.map(Math.abs)), rmse: unit * Math.sqrt(squared) };
  });
}
