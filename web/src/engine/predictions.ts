/** Predictions from the outputs of a network, by the thresholds that Python sends. */

import type { Examples } from "../types";

export interface Prediction {
  winner: string | null;
  margin: number;
  unsure: boolean;
  words: string;
}

export function classify(outputs: number[], classes: string[], unsureBelow: number): Prediction {
  const order = outputs.map((_, k) => k).sort((a, b) => outputs[b] - outputs[a]);
  const margin = outputs.length > 1 ? outputs[order[0]] - outputs[order[1]] : Math.abs(2 * outputs[0] - 1);
  const first = outputs.length > 1 || outputs[0] > 0.5 ? classes[order[0]] : `not ${classes[0]}`;
  const winner = margin === 0 || Number.isNaN(margin) ? null : first;
  const unsure = !(margin >= unsureBelow);
  const words = winner === null ? "undecided" : unsure ? `${winner} (unsure)` : winner;
  return { winner, margin, unsure, words };
}

/** Whether the targets are numbers to predict rather than classes. */
export const isRegression = ({ targets, target_scaling }: Examples): boolean =>
  target_scaling !== undefined || (targets ?? []).some((row) => row.some((target) => target < 0 || target > 1));

/** Whether the largest output belongs to the class of the target; null if the target has no single largest value. */
export function isCorrect(outputs: number[], target: number[] | null): boolean | null {
  if (target === null) return null;
  if (target.length === 1) return outputs[0] !== 0.5 && outputs[0] > 0.5 === target[0] > 0.5;
  const top = Math.max(...target);
  if (target.filter((t) => t === top).length > 1) return null;
  const expected = target.indexOf(top);
  return outputs.every((value, k) => k === expected || value < outputs[expected]);
}
