/** A recorded PyTorch training. Its steps are replayed, not computed. */

import type { Examples, Recipe, WatchedTraining } from "../types";
import type { BatchSource } from "./batches";
import type { Prepared } from "./prepared";
import { InvalidValueError } from "./invalid_value";
import { labelOf } from "./labels";

export class Replay implements BatchSource {
  constructor(
    readonly watched: WatchedTraining,
    readonly examples: Examples,
  ) {}

  get count(): number {
    return this.examples.names.length;
  }

  get perEpoch(): number {
    return this.watched.perEpoch;
  }

  batchSize(step: number): number {
    return this.indices(step).length;
  }

  /** Return the examples of a step. After the last step, return those of the last step. */
  batch(step: number): Examples {
    const { inputs, targets, names } = this.examples;
    const indices = this.indices(step);
    const repeats = new Set(indices).size < indices.length;
    return {
      ...this.examples,
      inputs: indices.map((k) => inputs[k]),
      targets: targets && indices.map((k) => targets[k]),
      names: indices.map((k, position) => (repeats ? `${names[k]} at ${position}` : names[k])),
    };
  }

  rateAt(step: number): number {
    return this.watched.rates[this.clamped(step)];
  }

  /** Return the parameters and the optimizer state before a step, in the order of a run. */
  stateBefore(step: number, parameters: number, state: number): number[] {
    const row = (table: Float64Array, width: number) => [...table.subarray(step * width, (step + 1) * width)];
    return [...row(this.watched.parameters, parameters), ...row(this.watched.state, state)];
  }

  /** Return the recorded values that no formula gives; NaN for anything that was not recorded. */
  externalValues(step: number, { sheet, response }: Prepared, asRecorded: boolean): Record<string, number> {
    const isKnown = asRecorded && step < this.watched.steps;
    const value = (name: string) => (isKnown ? this.externalValue(name, step, response.parameters) : NaN);
    return Object.fromEntries(sheet.external.map((name) => [name, value(name)]));
  }

  private externalValue(name: string, step: number, parameters: string[]): number {
    const { losses, gradients, slopes, steps } = this.watched;
    if (name === "loss") return losses[step];
    const slope = /^(?:example(\d+)\.)?layer\d+\.slope\[(\d+)\]$/.exec(name);
    const [batch, outputs] = [this.largestBatch, this.examples.target_names.length];
    if (slope) return slopes[(step * batch + Number(slope[1] ?? 0)) * outputs + Number(slope[2])];
    const [, parameter, kind] = /^(.*)\.(used|change)$/.exec(name)!;
    const index = parameters.indexOf(parameter);
    const width = parameters.length;
    if (kind === "used") return gradients[step * width + index];
    const at = Math.min(step, steps - 1) * width + index;
    return this.watched.parameters[at + width] - this.watched.parameters[at];
  }

  private get largestBatch(): number {
    return this.watched.slopes.length / this.watched.steps / this.examples.target_names.length;
  }

  private indices(step: number): number[] {
    return this.watched.batches[this.clamped(step)];
  }

  private clamped(step: number): number {
    return Math.min(step, this.watched.steps - 1);
  }
}

/** Return a recipe that continues a watched training. The loss and the optimizer must have formulas. */
export function resumable(recipe: Recipe): Recipe {
  const external = (["loss", "optimizer"] as const).find((name) => recipe[name] === "external");
  if (external)
    throw new InvalidValueError(
      `${labelOf(external)} is external, and TinyNet has no formula for it. Choose another ${external} to continue the training.`,
      external,
    );
  return { ...recipe, gradients: "loss" };
}
