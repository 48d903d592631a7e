/** A sheet together with the indices of its input cells. */

import type { Recipe, SheetResponse } from "../types";
import { type Pins, Sheet } from "./sheet";

export class Prepared {
  readonly sheet: Sheet;
  readonly parameters: Int32Array; // indices of the parameters
  readonly state: Int32Array; // indices of the parameters and of the optimizer state: all values that a step passes on
  readonly after: Int32Array; // indices of the same cells after the step
  readonly inputs: Int32Array[]; // one row per example of the batch
  readonly targets: Int32Array[];
  readonly losses: Int32Array; // one per example
  readonly optimizerStart: number[]; // optimizer state before the first step

  constructor(
    readonly response: SheetResponse,
    width: number,
    outputs: number,
  ) {
    const sheet = (this.sheet = new Sheet(response.sheet));
    const state = [...response.parameters, ...Object.keys(response.state)];
    const indices = (names: string[]) => Int32Array.from(names, (name) => sheet.index(name));
    const existing = (names: string[]) => indices(names.filter((name) => sheet.has(name))); // an external loss has no targets
    this.parameters = indices(response.parameters);
    this.state = indices(state);
    this.after = indices(state.map((name) => `${name}.after`));
    this.optimizerStart = Object.values(response.state);
    const row = (kind: string, count: number) => (prefix: string) =>
      existing(Array.from({ length: count }, (_, i) => `${prefix}${kind}[${i}]`));
    this.inputs = this.prefixes.map(row("input", width));
    this.targets = this.prefixes.map(row("target", outputs));
    this.losses = existing(this.prefixes.map((prefix) => `${prefix}loss`));
  }

  /** The prefix of the cells of each example. */
  get prefixes(): string[] {
    const { batch } = this.sheet;
    return batch === 1 ? [""] : Array.from({ length: batch }, (_, k) => `example${k}.`);
  }

  /** Return the values of a step with its input cells filled in: settings, state, examples. */
  fill(
    state: ArrayLike<number>,
    settings: Record<string, number>,
    inputs: number[][],
    targets: number[][],
  ): Float64Array {
    const values = new Float64Array(this.sheet.size);
    for (const [name, value] of Object.entries(settings)) values[this.sheet.index(name)] = value;
    for (let k = 0; k < this.state.length; k++) values[this.state[k]] = state[k];
    inputs.forEach((row, k) => row.forEach((value, i) => (values[this.inputs[k][i]] = value)));
    targets.forEach((row, k) => this.targets[k].forEach((index, j) => (values[index] = row[j])));
    return values;
  }

  /** Return the pinned cells of silenced nodes and frozen parameters. */
  pins(silenced: readonly string[], frozen: readonly string[]): Pins {
    const nodes = silenced.flatMap((name) => this.prefixes.map((prefix) => prefix + name));
    const cells = [...nodes, ...frozen.map((name) => `${name}.change`)];
    return new Map(cells.filter((name) => this.sheet.has(name)).map((name) => [this.sheet.index(name), 0]));
  }
}

/** Return the settings of a recipe by the names of their cells. */
export function recipeSettings(response: SheetResponse, recipe: Recipe): Record<string, number> {
  const names = Object.keys(response.settings);
  return Object.fromEntries(
    names.map((name) => [name, recipe[(name === "rate" ? "learning_rate" : name) as keyof Recipe] as number]),
  );
}
