/** A spot in a training: one run, before one nudge, with one picture; and everything that can be read there. */

import type { Prepared, Run } from "./run";
import { STOPS } from "./sheet";
import { ofColumns } from "./table.svelte";
import type { Pictures } from "./types";

export interface Looked {
  prepared: Prepared;
  values: Float64Array;
}

export interface Place {
  run: Run;
  local: number; // nudges of the run that are done
  stop: number; // how much of the next nudge is shown
  own: { input: number[]; target: number[] } | null; // a picture instead of the nudge's
  silenced: string[];
  frozen: string[];
}

export class Spot {
  changed: boolean = $derived.by(() => this.place.silenced.length + this.place.frozen.length > 0);
  base: Looked = $derived.by(() => this.look(false));
  /** The pictures that are looked at: those of the nudge as it shows them, or one's own. */
  shown: Pictures = $derived.by(() => {
    const { run, local, own } = this.place;
    return own
      ? { ...this.pictures, inputs: [own.input], targets: [own.target], names: ["your own"] }
      : run.seen(local);
  });
  looked: Looked = $derived.by(() => (this.changed ? this.look(true) : this.base));
  /** Whether numbers are missing: of a step that PyTorch did not take, where no formula gives them. */
  unseen: boolean = $derived.by(() => {
    const { run, local, own } = this.place;
    const { played } = run.setup;
    if (!played || (!own && !this.changed && local < played.steps)) return false;
    return this.looked.prepared.sheet.watched.length > 0;
  });

  constructor(private readonly where: () => Place) {}

  get place(): Place {
    return this.where();
  }

  get run(): Run {
    return this.place.run;
  }

  get local(): number {
    return this.place.local;
  }

  get pictures(): Pictures {
    return this.run.setup.pictures;
  }

  get sizes(): number[] {
    return this.run.setup.architecture.sizes;
  }

  value(name: string): number {
    const { prepared, values } = this.looked;
    return prepared.sheet.has(name) ? values[prepared.sheet.place(name)] : NaN;
  }

  /** Whether a cell is computed yet at the present stop of the nudge. */
  computed(name: string): boolean {
    const { sheet } = this.looked.prepared;
    return sheet.has(name) && sheet.stops[sheet.place(name)] <= this.place.stop;
  }

  /** Whether a what-if changes this number. */
  touched(name: string): boolean {
    if (!this.changed) return false;
    const { sheet } = this.base.prepared;
    return sheet.has(name) && this.base.values[sheet.place(name)] !== this.value(name);
  }

  symbol(name: string): string {
    return this.looked.prepared.answer.symbols[name]?.[1] ?? name;
  }

  words(name: string): string {
    const text = this.looked.prepared.answer.symbols[name]?.[2] ?? name;
    const { scaling, shape, inputs } = this.pictures;
    const columns = scaling?.columns ?? (shape ? null : inputs[0].map((_, k) => `input ${k}`));
    return columns ? ofColumns(text, columns) : text;
  }

  /** The prefix of the cells of one picture of the batch. */
  get prefix(): string {
    return this.looked.prepared.sheet.batch === 1 ? "" : "picture0.";
  }

  get shownNames(): string[] {
    return this.shown.names;
  }

  get input(): number[] {
    return this.shown.inputs[0];
  }

  get target(): number[] {
    return this.shown.targets![0];
  }

  /** What the network says of a picture, here. */
  answer(input: number[]): number[] {
    return this.run.answer(this.local, input, this.pins(this.run.preparedFor(1), true));
  }

  private pins(prepared: Prepared, whatIf: boolean) {
    const { run, silenced, frozen } = this.place;
    const held = run.setup;
    return whatIf
      ? prepared.pins([...held.silenced, ...silenced], [...held.frozen, ...frozen])
      : prepared.pins(held.silenced, held.frozen);
  }

  private look(whatIf: boolean): Looked {
    const { run, local, own } = this.place;
    const prepared = run.preparedFor(this.shown.names.length);
    const pins = this.pins(prepared, whatIf);
    return own ? run.valuesWith(local, own.input, own.target, pins) : run.values(local, pins);
  }
}

export const LAST_STOP = STOPS.length - 1;
