/** What a recipe changes on the way: the learning rate, and the targets it teaches. The same as Python's `Recipe`. */

import { cos_pi, exp, log } from "virtual:elementary";
import type { Recipe } from "./types";

/** The learning rate of nudge `step` of `steps`. */
export function rateAt(recipe: Recipe, step: number, steps: number): number {
  const done = step / Math.max(1, steps - 1); // share of the way, 1 at the last nudge
  if (recipe.schedule === "hold") {
    const way = Math.max(0, (done - recipe.hold) / (1 - recipe.hold));
    return recipe.learning_rate * exp(way * log(recipe.final));
  }
  if (recipe.schedule === "cosine") {
    return recipe.learning_rate * (recipe.final + (1 - recipe.final) * 0.5 * (1 + cos_pi(done)));
  }
  return recipe.learning_rate;
}

/** Targets with a share of each spread over all outputs. */
export function smoothed(recipe: Recipe, targets: number[][]): number[][] {
  const share = recipe.label_smoothing;
  if (!share) return targets;
  return targets.map((row) => row.map((target) => (1 - share) * target + share / row.length));
}
