/** A training in the page: the sheet, evaluated step after step, every step kept. */

import { log } from "virtual:elementary";
import { Sheet, type Pins } from "./sheet";
import { rateAt } from "./schedule";
import { Playing, type Played } from "./playing";
import { Showing, type Shows } from "./showing";
import type { Architecture, Pictures, Recipe, SheetAnswer } from "./types";
import type { World } from "./world";

export const MOST_NUMBERS = 30_000_000; // kept by one run: 240 MB

/** A sheet with the places of what is put into it. */
export class Prepared {
  readonly sheet: Sheet;
  readonly parameters: Int32Array; // places
  readonly memory: Int32Array; // places of parameters and of the optimizer's state: what a nudge carries on
  readonly after: Int32Array; // and of what they become
  readonly pixels: Int32Array[]; // a row for each picture of the batch
  readonly targets: Int32Array[];
  readonly losses: Int32Array; // of each picture
  readonly initialState: number[];

  constructor(
    readonly answer: SheetAnswer,
    pixels: number,
    outputs: number,
  ) {
    const sheet = (this.sheet = new Sheet(answer.sheet));
    const state = Object.keys(answer.state);
    const memory = [...answer.parameters, ...state];
    const places = (names: string[]) => Int32Array.from(names, (name) => sheet.place(name));
    const there = (names: string[]) => places(names.filter((name) => sheet.has(name))); // a given loss has no targets
    this.parameters = places(answer.parameters);
    this.memory = places(memory);
    this.after = places(memory.map((name) => `${name}.after`));
    this.initialState = Object.values(answer.state);
    const prefixes = sheet.batch === 1 ? [""] : Array.from({ length: sheet.batch }, (_, k) => `picture${k}.`);
    const row = (kind: string, count: number) => (p: string) =>
      there(Array.from({ length: count }, (_, i) => `${p}${kind}[${i}]`));
    this.pixels = prefixes.map(row("pixel", pixels));
    this.targets = prefixes.map(row("target", outputs));
    this.losses = there(prefixes.map((p) => `${p}loss`));
  }

  /** The given cells of a nudge: settings, memory, pictures. Nothing else is computed yet. */
  fill(
    memory: ArrayLike<number>,
    settings: Record<string, number>,
    inputs: number[][],
    targets: number[][],
  ): Float64Array {
    const values = new Float64Array(this.sheet.size);
    for (const [name, value] of Object.entries(settings)) values[this.sheet.place(name)] = value;
    for (let k = 0; k < this.memory.length; k++) values[this.memory[k]] = memory[k];
    inputs.forEach((row, k) => row.forEach((value, i) => (values[this.pixels[k][i]] = value)));
    targets.forEach((row, k) => this.targets[k].forEach((place, j) => (values[place] = row[j])));
    return values;
  }

  /** Nodes silenced and parameters frozen, as values held fixed. */
  pins(silenced: readonly string[], frozen: readonly string[]): Pins {
    const held = new Map<number, number>();
    for (const name of silenced) {
      for (const p of this.pixels.length === 1 ? [""] : this.pixels.map((_, k) => `picture${k}.`)) {
        if (this.sheet.has(p + name)) held.set(this.sheet.place(p + name), 0);
      }
    }
    for (const name of frozen) if (this.sheet.has(`${name}.change`)) held.set(this.sheet.place(`${name}.change`), 0);
    return held;
  }
}

/** The given numbers of a recipe, by the names of their cells. */
function settingsOf(answer: SheetAnswer, recipe: Recipe): Record<string, number> {
  const names = Object.keys(answer.settings);
  return Object.fromEntries(
    names.map((name) => [name, recipe[(name === "rate" ? "learning_rate" : name) as keyof Recipe] as number]),
  );
}

/** The cross-entropy of answers alone. The sheet computes it from z, which has more digits where an answer is near 0. */
function crossEntropy(answers: number[], target: number[]): number {
  return 0 - answers.reduce((sum, a, j) => sum + target[j] * Math.max(log(a), -100), 0);
}

export interface Setup {
  architecture: Architecture;
  recipe: Recipe;
  pictures: Pictures; // of a world, its clean lines
  heldOut?: Pictures | null; // not trained on
  world?: World | null; // where the pictures are drawn from
  ends?: number | null; // after so many nudges, where it was stopped early
  played?: Played | null; // what was seen of a training that ran elsewhere
  silenced: string[];
  frozen: string[];
  firstStep: number; // where on the timeline it begins
}

export interface Stopped {
  step: number;
  reason: string;
}

export class Run {
  readonly total: number;
  readonly perEpoch: number;
  readonly rows: Float64Array; // (total + 1, memory): parameters and state before each step
  readonly losses: Float64Array;
  readonly lossPerEpoch: number[] = [];
  readonly movementPerEpoch: number[] = [];
  readonly heldOutPerEpoch: number[] = []; // mean loss on what is held out, after each epoch
  stopped: Stopped | null = null;
  done = 0;
  private readonly width: number;
  private readonly settings: Record<string, number>;
  private readonly showing: Shows;
  private readonly playing: Playing | null;
  private epochLoss = 0; // of the nudges of this epoch so far

  constructor(
    readonly setup: Setup,
    readonly prepared: ReadonlyMap<number, Prepared>,
    start: ArrayLike<number>,
  ) {
    const { pictures, recipe, world, played } = setup;
    this.playing = played ? new Playing(played, pictures) : null;
    this.showing = this.playing ?? new Showing(recipe, pictures, world ?? null);
    const any = this.preparedFor(this.showing.size(0));
    this.perEpoch = this.showing.perEpoch;
    this.width = any.memory.length;
    this.total = Math.min(this.asked, Math.floor(MOST_NUMBERS / this.width) - 1);
    this.settings = settingsOf(any.answer, recipe);
    this.rows = new Float64Array((this.total + 1) * this.width);
    this.rows.set(Array.from(start));
    if (start.length < this.width) this.rows.set(any.initialState, any.parameters.length);
    this.losses = new Float64Array(this.total);
    if (this.playing) this.play(this.playing);
  }

  /** Put a watched training in place: all of it is done. */
  private play(playing: Playing): void {
    const { losses, lossPerEpoch, movementPerEpoch } = playing.played;
    const { length } = this.preparedFor(this.showing.size(0)).parameters;
    for (let step = 0; step <= this.total; step++)
      this.memory(step).set(playing.memory(step, length, this.width - length));
    this.losses.set(losses.subarray(0, this.total));
    this.lossPerEpoch.push(...lossPerEpoch);
    this.movementPerEpoch.push(...movementPerEpoch);
    this.done = this.total;
  }

  /** How many nudges the training has. */
  private get asked(): number {
    return this.setup.played?.steps ?? this.setup.ends ?? this.setup.recipe.epochs * this.perEpoch;
  }

  /** Whether the training was too long to be kept whole. */
  get cut(): boolean {
    return this.total < this.asked;
  }

  get finished(): boolean {
    return this.done === this.total || this.stopped !== null;
  }

  preparedFor(batch: number): Prepared {
    const found = this.prepared.get(batch);
    if (!found) throw new Error(`there is no sheet for a batch of ${batch}`);
    return found;
  }

  memory(step: number): Float64Array {
    return this.rows.subarray(step * this.width, (step + 1) * this.width);
  }

  /** The pictures of nudge `step` as it shows them: in their order and view, with their noise. */
  seen(step: number): Pictures {
    return this.showing.seen(step);
  }

  /** The settings of nudge `step`: the learning rate may go down on the way. */
  private settingsAt(step: number): Record<string, number> {
    return { ...this.settings, rate: this.rateAt(step) };
  }

  rateAt(step: number): number {
    const { recipe } = this.setup;
    return this.playing?.rateAt(step) ?? rateAt(recipe, step, recipe.epochs * this.perEpoch);
  }

  /** Settings, and of a watched training the numbers that no formula gives; with a what-if nobody knows those. */
  private givensAt(step: number, prepared: Prepared, pins: Pins | undefined, own: boolean): Record<string, number> {
    const seen = !own && !pins?.size;
    return { ...this.settingsAt(step), ...this.playing?.givens(step, prepared, seen) };
  }

  /** Every cell of nudge `step`. */
  values(step: number, pins?: Pins): { prepared: Prepared; values: Float64Array } {
    const { inputs, targets } = this.seen(step);
    const prepared = this.preparedFor(inputs.length);
    const values = prepared.fill(this.memory(step), this.givensAt(step, prepared, pins, false), inputs, targets!);
    return { prepared, values: prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared)) };
  }

  /** Every cell of the nudge that one other picture would give at `step`. */
  valuesWith(
    step: number,
    input: number[],
    target: number[],
    pins?: Pins,
  ): { prepared: Prepared; values: Float64Array } {
    const prepared = this.preparedFor(1);
    const values = prepared.fill(this.memory(step), this.givensAt(step, prepared, pins, true), [input], [target]);
    return { prepared, values: prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared)) };
  }

  /** What the network says of a picture at `step`. */
  answer(step: number, input: number[], pins?: Pins): number[] {
    const prepared = this.preparedFor(1);
    const { sizes } = this.setup.architecture;
    const outputs = Array.from({ length: sizes.at(-1)! }, (_, j) => `layer${sizes.length - 1}.a[${j}]`);
    const places = outputs.map((name) => prepared.sheet.place(name));
    const values = prepared.fill(this.memory(step), this.settings, [input], []);
    prepared.sheet.evaluate(values, pins ?? this.pinsFor(prepared), Math.max(...places));
    return places.map((place) => values[place]);
  }

  /** The mean loss on some pictures at `step`, each by itself and as it is: Python's `mean_losses`. */
  lossOn({ inputs, targets }: Pictures, step: number): number {
    const prepared = this.preparedFor(1);
    const [loss, pins] = [prepared.sheet.place("loss"), this.pinsFor(prepared)];
    const fromAnswers = this.setup.recipe.loss === "cross_entropy";
    const each = inputs.map((input, k) => {
      if (fromAnswers) return crossEntropy(this.answer(step, input, pins), targets![k]);
      const values = prepared.fill(this.memory(step), this.settings, [input], [targets![k]]);
      return prepared.sheet.evaluate(values, pins, loss)[loss];
    });
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  }

  pinsFor(prepared: Prepared): Pins {
    return prepared.pins(this.setup.silenced, this.setup.frozen);
  }

  /** Train on until all is done or `milliseconds` are over. */
  advance(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (!this.finished) {
      this.nudge();
      if (this.done % 64 === 0 && performance.now() > end) return;
    }
  }

  private nudge(): void {
    const step = this.done;
    const { prepared, values } = this.values(step);
    const next = this.memory(step + 1);
    let sound = true;
    for (let k = 0; k < this.width; k++) next[k] = values[prepared.after[k]];
    for (let k = 0; k < prepared.parameters.length; k++) sound &&= Number.isFinite(next[k]);
    const loss = values[prepared.sheet.place("loss")];
    if (!sound || !Number.isFinite(loss)) {
      const bad = prepared.sheet.names.findIndex((_, k) => !Number.isFinite(values[k]));
      const what = Number.isNaN(values[bad]) ? "not a number" : "infinite";
      this.stopped = {
        step,
        reason: `${prepared.sheet.names[bad]} is ${what} at nudge ${step}; try a smaller learning rate`,
      };
      return;
    }
    this.losses[step] = loss;
    const total = prepared.losses.reduce((sum, place) => sum + values[place], 0);
    this.epochLoss += total / this.showing.count;
    this.done = step + 1;
    if (this.done % this.perEpoch === 0) this.closeEpoch();
  }

  private closeEpoch(): void {
    const { sizes } = this.setup.architecture;
    const first = this.memory(this.done - this.perEpoch);
    const last = this.memory(this.done);
    let moved = 0;
    for (let k = 0; k < sizes[0] * sizes[1]; k++) {
      const way = last[k] - first[k];
      moved += way * way;
    }
    const { heldOut } = this.setup;
    if (heldOut) this.heldOutPerEpoch.push(this.lossOn(heldOut, this.done));
    this.lossPerEpoch.push(this.epochLoss);
    this.epochLoss = 0;
    this.movementPerEpoch.push(Math.sqrt(moved));
  }
}
