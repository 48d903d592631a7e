/** What an answer says, in words, by the rule that Python sends. */

import { percent, short } from "./format";
import type { Pictures, Scaling } from "./types";

export interface Answer {
  winner: string | null;
  gap: number;
  unsure: boolean;
  words: string;
}

export function judge(outputs: number[], answers: string[], unsureBelow: number): Answer {
  const order = outputs.map((_, k) => k).sort((a, b) => outputs[b] - outputs[a]);
  const gap = outputs.length > 1 ? outputs[order[0]] - outputs[order[1]] : Math.abs(2 * outputs[0] - 1);
  const first = outputs.length > 1 || outputs[0] > 0.5 ? answers[order[0]] : `not ${answers[0]}`;
  const winner = gap === 0 || Number.isNaN(gap) ? null : first;
  const unsure = !(gap >= unsureBelow);
  const words = winner === null ? "undecided" : unsure ? `unsure, leans to ${winner}` : winner;
  return { winner, gap, unsure, words };
}

/** Whether the targets are numbers to predict, and not answers to tell apart. */
export const isMeasured = ({ targets, target_scaling }: Pictures): boolean =>
  target_scaling !== undefined || (targets ?? []).some((row) => row.some((target) => target < 0 || target > 1));

/** An output in the table's own units. */
export const inUnits = (output: number, { low, high }: Scaling, j: number): number =>
  low[j] + output * (high[j] - low[j]);

/** A network's answers in writing: as shares, as numbers, or in the units of what is predicted. */
export function written(outputs: number[], pictures: Pictures): string[] {
  const { target_scaling } = pictures;
  if (target_scaling) return outputs.map((value, j) => short(inUnits(value, target_scaling, j)));
  const shares = !isMeasured(pictures) && outputs.every((value) => value >= 0 && value <= 1);
  return outputs.map(shares ? percent : short);
}

/** Whether the largest output is the target's; null where the target has no largest. */
export function isRight(outputs: number[], target: number[] | null): boolean | null {
  if (target === null) return null;
  if (target.length === 1) return outputs[0] !== 0.5 && outputs[0] > 0.5 === target[0] > 0.5;
  const top = Math.max(...target);
  if (target.filter((t) => t === top).length > 1) return null;
  const wanted = target.indexOf(top);
  return outputs.every((value, k) => k === wanted || value < outputs[wanted]);
}
