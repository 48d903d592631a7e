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
    return this.watched.rates[this.row(step)];
  }

  /** Return the settings of a step that changed during the loop, without the learning rate. */
  settingsAt(step: number): Record<string, number> {
    const { settingNames, settings } = this.watched;
    const first = this.row(step) * settingNames.length;
    return Object.fromEntries(settingNames.map((name, k) => [name, settings[first + k]]));
  }

  /** Return the mean loss of the batch of a step. */
  lossAt(step: number): number {
    return this.watched.losses[this.row(step)];
  }

  /** Return the last kept step up to a step. The end of the training is kept too. */
  keptStep(step: number): number {
    const { steps, stride } = this.watched;
    return step >= steps ? steps : step - (step % stride);
  }

  /** Return the parameters and the optimizer state before a step, in the order of a run. */
  stateBefore(step: number, parameters: number, state: number): number[] {
    const at = step >= this.watched.steps ? this.watched.batches.length : this.row(step);
    const row = (table: Float64Array, width: number) => [...table.subarray(at * width, (at + 1) * width)];
    return [...row(this.watched.parameters, parameters), ...row(this.watched.state, state)];
  }

  /** Return the recorded values that no formula gives; NaN for anything that was not recorded. */
  externalValues(step: number, { sheet, response }: Prepared, asRecorded: boolean): Record<string, number> {
    const isKnown = asRecorded && step < this.watched.steps;
    const value = (name: string) => (isKnown ? this.externalValue(name, step, response.parameters) : NaN);
    return Object.fromEntries(sheet.external.map((name) => [name, value(name)]));
  }

  private externalValue(name: string, step: number, parameters: string[]): number {
    const { gradients, slopes, changes } = this.watched;
    const row = this.row(step);
    if (name === "loss") return this.lossAt(step);
    const slope = /^(?:example(\d+)\.)?layer\d+\.slope\[(\d+)\]$/.exec(name);
    const [batch, outputs] = [this.largestBatch, this.examples.target_names.length];
    if (slope) return slopes[(row * batch + Number(slope[1] ?? 0)) * outputs + Number(slope[2])];
    const [, parameter, kind] = /^(.*)\.(used|change)$/.exec(name)!;
    const width = parameters.length;
    const at = row * width + parameters.indexOf(parameter);
    if (kind === "used") return gradients[at];
    if (changes) return changes[at];
    return this.watched.parameters[at + width] - this.watched.parameters[at];
  }

  private get largestBatch(): number {
    return this.watched.slopes.length / this.watched.batches.length / this.examples.target_names.length;
  }

  private indices(step: number): number[] {
    return this.watched.batches[this.row(step)];
  }

  /** Return the row of a step in the arrays. After the last step, return that of the last kept step. */
  private row(step: number): number {
    return Math.min(Math.floor(step / this.watched.stride), this.watched.batches.length - 1);
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
  const schedule = recipe.schedule === "external" ? "constant" : recipe.schedule;
  return { ...recipe, gradients: "loss", schedule };
}
