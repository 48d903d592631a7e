/** A training that ran elsewhere and was watched: its steps are played as they were, not taken again. */

import type { Prepared } from "./run";
import type { Shows } from "./showing";
import type { Pictures, Recipe } from "./types";

/** What was seen of it, step after step; tables are flat. */
export interface Played {
  steps: number;
  perEpoch: number;
  shown: number[][]; // which pictures each step showed
  rates: Float64Array;
  losses: Float64Array;
  lossPerEpoch: Float64Array;
  movementPerEpoch: Float64Array;
  parameters: Float64Array; // before each step, and after the last
  state: Float64Array; // likewise
  gradients: Float64Array; // that the optimizer took
  slopes: Float64Array; // of the loss by the outputs, a batch for each step
  notes: string[];
}

export class Playing implements Shows {
  constructor(
    readonly played: Played,
    readonly pictures: Pictures,
  ) {}

  get count(): number {
    return this.pictures.names.length;
  }

  get perEpoch(): number {
    return this.played.perEpoch;
  }

  size(step: number): number {
    return this.rows(step).length;
  }

  /** The pictures of a step; after the last one, those of the last one. */
  seen(step: number): Pictures {
    const { inputs, targets, names } = this.pictures;
    const rows = this.rows(step);
    const again = new Set(rows).size < rows.length;
    return {
      ...this.pictures,
      inputs: rows.map((k) => inputs[k]),
      targets: targets && rows.map((k) => targets[k]),
      names: rows.map((k, place) => (again ? `${names[k]} at ${place}` : names[k])),
    };
  }

  rateAt(step: number): number {
    return this.played.rates[this.last(step)];
  }

  /** Parameters and state before a step, as a run keeps them. */
  memory(step: number, parameters: number, state: number): number[] {
    const part = (table: Float64Array, width: number) => [...table.subarray(step * width, (step + 1) * width)];
    return [...part(this.played.parameters, parameters), ...part(this.played.state, state)];
  }

  /** The numbers that no formula gives, as they were seen; of anything else than what was seen nobody knows them. */
  givens(step: number, prepared: Prepared, seen: boolean): Record<string, number> {
    const { sheet, answer } = prepared;
    const known = seen && step < this.played.steps;
    return Object.fromEntries(
      sheet.watched.map((name) => [name, known ? this.numberOf(name, step, answer.parameters) : NaN]),
    );
  }

  private numberOf(name: string, step: number, parameters: string[]): number {
    const { losses, gradients, slopes, steps } = this.played;
    if (name === "loss") return losses[step];
    const slope = /^(?:picture(\d+)\.)?layer\d+\.slope\[(\d+)\]$/.exec(name);
    const [batch, outputs] = [this.batch, this.pictures.answers.length];
    if (slope) return slopes[(step * batch + Number(slope[1] ?? 0)) * outputs + Number(slope[2])];
    const [, parameter, mark] = /^(.*)\.(used|change)$/.exec(name)!;
    const place = parameters.indexOf(parameter);
    const width = parameters.length;
    if (mark === "used") return gradients[step * width + place];
    const at = Math.min(step, steps - 1) * width + place;
    return this.played.parameters[at + width] - this.played.parameters[at];
  }

  /** Places in a batch: as many as the largest has. */
  private get batch(): number {
    return this.played.slopes.length / this.played.steps / this.pictures.answers.length;
  }

  private rows(step: number): number[] {
    return this.played.shown[this.last(step)];
  }

  private last(step: number): number {
    return Math.min(step, this.played.steps - 1);
  }
}

/** A recipe to go on by from a watched step, at its rate: what it took of the loss only is known. */
export function onward(recipe: Recipe): Recipe {
  const given = (["loss", "optimizer"] as const).find((name) => recipe[name] === "given");
  if (given)
    throw new Error(
      `This training ran in PyTorch with a${given === "loss" ? " loss" : "n optimizer"} that no formula here gives; choose another ${given} to go on.`,
    );
  return { ...recipe, gradients: "loss" };
}
