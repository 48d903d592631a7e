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
  gradients: string; // what the optimizer takes: the loss's, or given
  seed: number;
}

export interface Pictures {
  inputs: number[][];
  targets: number[][] | null;
  names: string[];
  shape: [number, number] | null;
  answers: string[];
  scaling?: Scaling; // of a table's own numbers
  target_scaling?: Scaling; // of numbers to predict
  free?: boolean; // whether its numbers may lie beyond 0 to 1
  untold?: boolean; // whether nobody knows what should come out, and its targets only stand in
}

/** How a table's own numbers became inputs: its lowest value 0, its highest 1. */
export interface Scaling {
  columns: string[];
  low: number[];
  high: number[];
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
  | { kind: "links"; title: string; links: { name: string; text: string; address: string }[] }
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
  schedule: "constant", hold: 0.6, final: 0.02, label_smoothing: 0, augment: false, patience: 0,
  gradients: "loss", seed: 0,
}; // prettier-ignore

/** Whether a recipe's numbers are plainly in their ranges; where they are not, the server is asked, and says what is wrong. */
export const isSound = (recipe: Recipe): boolean => unsoundOf(recipe) === null;

/** The first of a recipe's numbers that is out of its range, or null. */
export function unsoundOf(recipe: Recipe): keyof Recipe | null {
  const below = (limit: number) => (x: number) => Number.isFinite(x) && x >= 0 && x < limit;
  const above = (limit: number) => (x: number) => below(limit)(x) && x > 0;
  const whole = (x: number) => above(1_000_000)(x) && Number.isInteger(x);
  const ranges: [(x: number) => boolean, ...(keyof Recipe)[]][] = [
    [whole, "epochs", "batch_size"],
    [above(1_000_000), "learning_rate"],
    [below(1), "momentum", "beta1", "beta2", "hold", "label_smoothing"],
    [above(1), "epsilon"],
    [(x) => x === 1 || above(1)(x), "final"],
    [below(10), "noise"],
    [below(1_000_000), "weight_decay"],
  ];
  for (const [fits, ...names] of ranges) {
    const found = names.find((name) => !fits(recipe[name] as number));
    if (found) return found;
  }
  return null;
}

/** What the formulas of a sheet depend on, as a key. */
export function formOf({ sizes, hidden, output }: Architecture, recipe: Recipe, batch: number): string {
  const { loss, optimizer, nesterov, momentum, weight_decay, gradients } = recipe;
  const kind = [loss, optimizer, gradients, nesterov, momentum > 0, weight_decay > 0];
  return JSON.stringify([sizes, hidden, output, ...kind, batch]);
}

export const PLAIN_ARCHITECTURE: Architecture = {
  sizes: [4, 3, 2],
  hidden: "sigmoid",
  output: "sigmoid",
  start: "pytorch",
};
