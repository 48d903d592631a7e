/** What the page and the server say to each other. */

import type { SheetJson } from "./sheet";
import type { World } from "./world";

export interface Architecture {
  sizes: number[];
  hidden: string;
  output: string;
  start: string;
}

export interface Recipe {
  learning_rate: number;
  epochs: number;
  loss: string;
  order: string;
  batch_size: number;
  optimizer: string;
  momentum: number;
  nesterov: boolean;
  beta1: number;
  beta2: number;
  epsilon: number;
  weight_decay: number;
  noise: number;
  schedule: "constant" | "hold" | "cosine";
  hold: number;
  final: number;
  label_smoothing: number;
  augment: boolean;
  patience: number;
  seed: number;
}

export interface Pictures {
  inputs: number[][];
  targets: number[][] | null;
  names: string[];
  shape: [number, number] | null;
  answers: string[];
}

export interface SheetAnswer {
  sheet: SheetJson;
  symbols: Record<string, [mathml: string, text: string, words: string]>;
  settings: Record<string, number>;
  state: Record<string, number>;
  parameters: string[];
}

export interface Verdict {
  sentence: string;
  count: number | null;
  n: number;
  interval: [number, number] | null;
  numbers: Record<string, number>;
}

export interface Histogram {
  edges: number[];
  counts: number[];
  seeds: number[][];
  left_out: number;
}

export interface SeedsAnswer {
  networks: number;
  verdicts: Record<string, Verdict>;
  histogram: Histogram | null;
}

export interface ChapterHead {
  key: string;
  title: string;
  question: string;
  options: string[];
}

export type ChapterPart =
  | { kind: "text"; text: string }
  | { kind: "table"; title: string; columns: string[]; rows: string[][] }
  | { kind: "figure"; name: string; caption: string; svg: string }
  | ({ kind: "verdict" } & Verdict);

export interface ChapterTold {
  key: string;
  title: string;
  parts: ChapterPart[];
  answer: number;
}

export interface Experiment {
  architecture: Architecture;
  recipe: Recipe;
  examples: Pictures;
  seed: number;
  parameters?: number[];
  origin?: string;
  world?: World;
}

export const PLAIN_RECIPE: Recipe = {
  learning_rate: 0.1, epochs: 100, loss: "mse", order: "fixed", batch_size: 1, optimizer: "sgd", momentum: 0,
  nesterov: false, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0, noise: 0,
  schedule: "constant", hold: 0.6, final: 0.02, label_smoothing: 0, augment: false, patience: 0, seed: 0,
}; // prettier-ignore

/** Whether a recipe's numbers are plainly in their ranges; where they are not, the server is asked, and says what is wrong. */
export function isSound(recipe: Recipe): boolean {
  const { learning_rate, epochs, batch_size, momentum, beta1, beta2, epsilon, weight_decay, noise } = recipe;
  const { hold, final, label_smoothing } = recipe;
  const below = (limit: number, ...values: number[]) =>
    values.every((value) => Number.isFinite(value) && value >= 0 && value < limit);
  return (
    below(1, momentum, beta1, beta2, epsilon, hold, label_smoothing) &&
    final > 0 &&
    final <= 1 &&
    below(10, noise) &&
    below(1_000_000, learning_rate, epochs, batch_size, weight_decay) &&
    [learning_rate, epochs, batch_size, epsilon].every((value) => value > 0) &&
    [epochs, batch_size].every(Number.isInteger)
  );
}

export const PLAIN_ARCHITECTURE: Architecture = {
  sizes: [4, 3, 2],
  hidden: "sigmoid",
  output: "sigmoid",
  start: "pytorch",
};
