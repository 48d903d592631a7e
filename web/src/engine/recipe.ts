/** Default recipe and architecture, valid ranges, and the key of the formulas a recipe needs. */

import type { Architecture, Recipe } from "../types";

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

/** Whether all fields of a recipe are in their ranges. Python explains the error if one is not. */
export const isValidRecipe = (recipe: Recipe): boolean => invalidField(recipe) === null;

/** Return the first field of a recipe that is out of its range, or null. */
export function invalidField(recipe: Recipe): keyof Recipe | null {
  const below = (limit: number) => (x: number) => Number.isFinite(x) && x >= 0 && x < limit;
  const above = (limit: number) => (x: number) => below(limit)(x) && x > 0;
  const whole = (x: number) => above(1_000_000)(x) && Number.isInteger(x);
  const ranges: [(x: number) => boolean, ...(keyof Recipe)[]][] = [
    [whole, "epochs", "batch_size"],
    [above(1_000_000), "learning_rate"],
    [below(1), "momentum", "beta1", "beta2", "hold_fraction", "label_smoothing"],
    [above(1), "epsilon"],
    [(x) => x === 1 || above(1)(x), "final_fraction"],
    [below(10), "noise"],
    [below(1_000_000), "weight_decay"],
  ];
  for (const [isValid, ...names] of ranges) {
    const invalid = names.find((name) => !isValid(recipe[name] as number));
    if (invalid) return invalid;
  }
  return null;
}

/** Return a key of everything that the formulas of a sheet depend on. */
export function formulaKey({ sizes, hidden, output }: Architecture, recipe: Recipe, batch: number): string {
  const { loss, optimizer, nesterov, momentum, weight_decay, gradients } = recipe;
  const kind = [loss, optimizer, gradients, nesterov, momentum > 0, weight_decay > 0];
  return JSON.stringify([sizes, hidden, output, ...kind, batch]);
}
