/** A training in the page. It evaluates the sheet step by step, and stores the state before every step. */

import { log } from "virtual:elementary";
import type { Architecture, Examples, Recipe, WatchedTraining, World } from "../types";
import { Batches, type BatchSource } from "./batches";
import { type Prepared, recipeSettings } from "./prepared";
import { Replay } from "./replay";
import { rateAt } from "./schedule";
import type { Pins } from "./sheet";

const MAX_NUMBERS = 30_000_000; // stored values of one run: 240 MB

/** Return the cross-entropy of probabilities. The sheet computes the loss from z, which is more precise near 0. */
function crossEntropy(outputs: number[], target: number[]): number {
  return 0 - outputs.reduce((sum, a, j) => sum + target[j] * Math.max(log(a), -100), 0);
}

export interface Setup {
  architecture: Architecture;
  recipe: Recipe;
  examples: Examples; // for a world: its clean lines
  heldOut?: Examples | null;
  world?: World | null; // the distribution of the examples
  ends?: number | null; // the number of steps, if the training was stopped early
  watched?: WatchedTraining | null;
  silenced: string[];
  frozen: string[];
  firstStep: number; // on the timeline
}

export interface Stopped {
  step: number;
  reason: string;
}

/** All cells of a step, with the sheet they belong to. */
export interface Evaluated {
  prepared: Prepared;
  values: Float64Array;
}

export class Run {
  readonly total: number;
  readonly perEpoch: number;
  readonly losses: Float64Array;
  readonly lossPerEpoch: number[] = []; // mean loss while training: each example's loss is measured before its step
  readonly movementPerEpoch: number[] = [];
  private readonly trainingLosses = new Map<number, number>(); // by step
  readonly heldOutPerEpoch: number[] = []; // mean loss on the held-out examples, after each epoch
  stopped: Stopped | null = null;
  done = 0;
  private readonly rows: Float64Array; // (total + 1, width): parameters and optimizer state before each step
  private readonly width: number;
  private readonly settings: Record<string, number>;
  private readonly source: BatchSource;
  private readonly replay: Replay | null;
  private epochLoss = 0; // of the current epoch so far

  constructor(
    readonly setup: Setup,
    readonly prepared: ReadonlyMap<number, Prepared>,
    start: ArrayLike<number>,
  ) {
    const { examples, recipe, world, watched } = setup;
    this.replay = watched ? new Replay(watched, examples) : null;
    this.source = this.replay ?? new Batches(recipe, examples, world ?? null);
    const first = this.preparedFor(this.source.batchSize(0));
    this.perEpoch = this.source.perEpoch;
    this.width = first.state.length;
    this.total = Math.min(this.requested, Math.floor(MAX_NUMBERS / this.width) - 1);
    this.settings = recipeSettings(first.response, recipe);
    this.rows = new Float64Array((this.total + 1) * this.width);
    this.rows.set(Array.from(start));
    if (start.length < this.width) this.rows.set(first.optimizerStart, first.parameters.length);
    this.losses = new Float64Array(this.total);
    if (this.replay) this.copyFrom(this.replay, first.parameters.length);
  }

  /** Copy all steps of a watched training. */
  private copyFrom(replay: Replay, parameters: number): void {
    const { watched } = replay;
    for (let step = 0; step <= this.total; step++)
      this.stateBefore(step).set(replay.stateBefore(step, parameters, this.width - parameters));
    this.losses.set(this.losses.map((_, step) => replay.lossAt(step)));
    this.lossPerEpoch.push(...watched.lossPerEpoch);
    this.movementPerEpoch.push(...watched.movementPerEpoch);
    this.done = this.total;
  }

  /** The number of steps that the recipe requires. */
  private get requested(): number {
    return this.setup.watched?.steps ?? this.setup.ends ?? this.setup.recipe.epochs * this.perEpoch;
  }

  /** Whether only the first steps of the training are stored. */
  get truncated(): boolean {
    return this.total < this.requested;
  }

  get finished(): boolean {
    return this.done === this.total || this.stopped !== null;
  }

  /** The distance between two steps that can be shown. It is above 1 if a watched training keeps only some of its steps. */
  get stride(): number {
    return this.setup.watched?.stride ?? 1;
  }

  /** Return the last step up to a step that can be shown. */
  keptStep(step: number): number {
    return this.replay?.keptStep(step) ?? step;
  }

  preparedFor(batch: number): Prepared {
    const prepared = this.prepared.get(batch);
    if (!prepared) throw new Error(`The run has no sheet for batch size ${batch}.`);
    return prepared;
  }

  /** Return the parameters and the optimizer state before a step, as a view. */
  stateBefore(step: number): Float64Array {
    return this.rows.subarray(step * this.width, (step + 1) * this.width);
  }

  /** Return the examples of a step: ordered, augmented and with noise. */
  batch(step: number): Examples {
    return this.source.batch(step);
  }

  rateAt(step: number): number {
    const { recipe } = this.setup;
    return this.replay?.rateAt(step) ?? rateAt(recipe, step, recipe.epochs * this.perEpoch);
  }

  /** Return the settings of a step that differ from the recipe, without the learning rate. */
  changedSettings(step: number): Record<string, number> {
    return this.replay?.settingsAt(step) ?? {};
  }

  /** Return the settings of a step, and the external values of a watched training unless a what-if changes them. */
  private settingsAt(step: number, prepared: Prepared, asRecorded: boolean): Record<string, number> {
    const external = this.replay?.externalValues(step, prepared, asRecorded);
    return { ...this.settings, rate: this.rateAt(step), ...this.changedSettings(step), ...external };
  }

  /** Evaluate every cell of a step. */
  values(step: number, pins?: Pins): Evaluated {
    const { inputs, targets } = this.batch(step);
    const prepared = this.preparedFor(inputs.length);
    const settings = this.settingsAt(step, prepared, !pins?.size);
    const values = prepared.fill(this.stateBefore(step), settings, inputs, targets!);
    return { prepared, values: prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared)) };
  }

  /** Evaluate every cell of a step with another example. Without a target, the cells that need one are NaN. */
  valuesFor(step: number, input: number[], known: number[] | null, pins?: Pins): Evaluated {
    const prepared = this.preparedFor(1);
    const target = known ?? this.setup.examples.target_names.map(() => NaN);
    const values = prepared.fill(this.stateBefore(step), this.settingsAt(step, prepared, false), [input], [target]);
    return { prepared, values: prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared)) };
  }

  /** Return the outputs of the network before a step. */
  predict(step: number, input: number[], pins?: Pins): number[] {
    const prepared = this.preparedFor(1);
    const { sizes } = this.setup.architecture;
    const outputs = Array.from({ length: sizes.at(-1)! }, (_, j) => `layer${sizes.length - 1}.a[${j}]`);
    const indices = outputs.map((name) => prepared.sheet.index(name));
    const values = prepared.fill(this.stateBefore(step), this.settings, [input], []);
    prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared), Math.max(...indices));
    return indices.map((index) => values[index]);
  }

  /** Return the mean loss on examples before a step, without noise. Python's `mean_losses` gives equal losses. */
  lossOn({ inputs, targets }: Examples, step: number): number {
    const prepared = this.preparedFor(1);
    const [loss, pins] = [prepared.sheet.index("loss"), this.pinsFor(prepared)];
    const fromOutputs = this.setup.recipe.loss === "cross_entropy";
    const losses = inputs.map((input, k) => {
      if (fromOutputs) return crossEntropy(this.predict(step, input, pins), targets![k]);
      const values = prepared.fill(this.stateBefore(step), this.settings, [input], [targets![k]]);
      return prepared.sheet.evaluate(values, pins, loss)[loss];
    });
    return losses.reduce((sum, value) => sum + value, 0) / losses.length;
  }

  /** Return the mean loss on all training examples before a step; NaN if the loss has no formula. */
  trainingLoss(step: number): number {
    const { examples, recipe } = this.setup;
    if (recipe.loss === "external" || !examples.targets) return NaN;
    const known = this.trainingLosses.get(step) ?? this.lossOn(examples, step);
    this.trainingLosses.set(step, known);
    return known;
  }

  pinsFor(prepared: Prepared): Pins {
    return prepared.pins(this.setup.silenced, this.setup.frozen);
  }

  /** Train until all steps are done or `milliseconds` have passed. */
  advance(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (!this.finished) {
      this.step();
      if (this.done % 64 === 0 && performance.now() > end) return;
    }
  }

  private step(): void {
    const step = this.done;
    const { prepared, values } = this.values(step);
    const next = this.stateBefore(step + 1);
    let finite = Number.isFinite(values[prepared.sheet.index("loss")]);
    for (let k = 0; k < this.width; k++) next[k] = values[prepared.after[k]];
    for (let k = 0; k < prepared.parameters.length; k++) finite &&= Number.isFinite(next[k]);
    if (!finite) return this.stopAt(step, { prepared, values });
    this.losses[step] = values[prepared.sheet.index("loss")];
    const total = prepared.losses.reduce((sum, index) => sum + values[index], 0);
    this.epochLoss += total / this.source.count;
    this.done = step + 1;
    if (this.done % this.perEpoch === 0) this.closeEpoch();
  }

  /** Stop because a value of this step is not finite. */
  private stopAt(step: number, { prepared, values }: Evaluated): void {
    const bad = prepared.sheet.names.findIndex((_, k) => !Number.isFinite(values[k]));
    const kind = Number.isNaN(values[bad]) ? "NaN" : "infinite";
    const at = step.toLocaleString("en-US");
    const reason = `${prepared.sheet.names[bad]} is ${kind} at step ${at}. Try a smaller learning rate.`;
    this.stopped = { step, reason };
  }

  private closeEpoch(): void {
    const { heldOut } = this.setup;
    if (heldOut) this.heldOutPerEpoch.push(this.lossOn(heldOut, this.done));
    this.lossPerEpoch.push(this.epochLoss);
    this.epochLoss = 0;
    this.movementPerEpoch.push(this.movement(this.done - this.perEpoch, this.done));
  }

  /** Return the distance between the first layer's weights in two steps. */
  private movement(from: number, to: number): number {
    const { sizes } = this.setup.architecture;
    const [first, last] = [this.stateBefore(from), this.stateBefore(to)];
    let squares = 0;
    for (let k = 0; k < sizes[0] * sizes[1]; k++) {
      const change = last[k] - first[k];
      squares += change * change;
    }
    return Math.sqrt(squares);
  }
}
