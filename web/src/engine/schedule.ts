/** Learning rate schedules and label smoothing, as in Python's `Recipe`. */

import { cos_pi, exp, log } from "virtual:elementary";
import type { Recipe } from "../types";

/** Return the learning rate of step `step` of `steps`. */
export function rateAt(recipe: Recipe, step: number, steps: number): number {
  const progress = step / Math.max(1, steps - 1); // 1 at the last step
  if (recipe.schedule === "hold_then_decay") {
    const decay = Math.max(0, (progress - recipe.hold_fraction) / (1 - recipe.hold_fraction));
    return recipe.learning_rate * exp(decay * log(recipe.final_fraction));
  }
  if (recipe.schedule === "cosine") {
    return recipe.learning_rate * (recipe.final_fraction + (1 - recipe.final_fraction) * 0.5 * (1 + cos_pi(progress)));
  }
  return recipe.learning_rate;
}

/** Return targets with a fraction of each target spread over all outputs. */
export function smoothed(recipe: Recipe, targets: number[][]): number[][] {
  const fraction = recipe.label_smoothing;
  if (!fraction) return targets;
  return targets.map((row) => row.map((target) => (1 - fraction) * target + fraction / row.length));
}
