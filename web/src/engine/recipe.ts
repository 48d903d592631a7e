/** Default recipe and architecture, valid ranges, and the key of the formulas a recipe needs. */

import type { Architecture, Recipe } from "../types";
import { InvalidValueError } from "./invalid_value";
import { labelOf } from "./labels";

export const DEFAULT_RECIPE: Recipe = {
  learning_rate: 0.1, epochs: 100, loss: "mse", order: "fixed", batch_size: 1, optimizer: "sgd", momentum: 0,
  nesterov: false, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0, noise: 0,
  schedule: "constant", hold_fraction: 0.6, final_fraction: 0.02, label_smoothing: 0, augment: false, patience: 0,
  gradients: "loss", seed: 0,
}; // prettier-ignore

export const DEFAULT_ARCHITECTURE: Architecture = {
  sizes: [4, 3, 2],
  hidden: "sigmoid",
  output: "sigmoid",
  init: "pytorch",
};

const isFrom = (x: unknown, low: number): x is number => typeof x === "number" && x >= low;
const isWhole = (x: unknown, high: number) => Number.isInteger(x) && isFrom(x, 1) && x <= high;
const isBelow = (x: unknown, limit: number) => isFrom(x, 0) && x < limit;
const isAboveZero = (x: unknown, high: number) => isFrom(x, 0) && x > 0 && x <= high;

/** The valid values of each field with numbers, equal to Python's. */
const RULES: [(x: unknown) => boolean, rule: string, ...(keyof Recipe)[]][] = [
  [(x) => isAboveZero(x, 1_000_000), "above 0 and at most 1,000,000", "learning_rate"],
  [(x) => isWhole(x, 10_000_000), "a whole number from 1 to 10,000,000", "epochs"],
  [(x) => isWhole(x, 1_000_000), "a whole number from 1 to 1,000,000", "batch_size"],
  [(x) => isBelow(x, 1), "at least 0 and below 1", "momentum", "beta1", "beta2", "hold_fraction", "label_smoothing"],
  [(x) => isAboveZero(x, 1), "above 0 and at most 1", "epsilon", "final_fraction"],
  [(x) => isBelow(x, 10), "at least 0 and below 10", "noise"],
  [(x) => isBelow(x, 1_000_000), "at least 0 and below 1,000,000", "weight_decay"],
];

/** Return the error about the first invalid field of a recipe; null if all are valid. */
export function recipeError(recipe: Recipe): InvalidValueError | null {
  for (const [isValid, rule, ...names] of RULES) {
    const invalid = names.find((name) => !isValid(recipe[name]));
    if (invalid)
      return new InvalidValueError(`${labelOf(invalid)} is ${asText(recipe[invalid])}. It must be ${rule}.`, invalid);
  }
  return null;
}

function asText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "empty";
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumSignificantDigits: 17 }) : String(value);
}

/** Return a key of everything that the formulas of a sheet depend on. */
export function formulaKey({ sizes, hidden, output }: Architecture, recipe: Recipe, batch: number): string {
  const { loss, optimizer, nesterov, momentum, weight_decay, gradients } = recipe;
  const kind = [loss, optimizer, gradients, nesterov, momentum > 0, weight_decay > 0];
  return JSON.stringify([sizes, hidden, output, ...kind, batch]);
}
