/** The example that the user chose or edited. It replaces the batch of the step. */

import type { Run } from "../engine/run";
import type { Examples } from "../types";
import type { State } from "./state";

/** The part of the laboratory whose examples are known. */
export interface ExampleSource {
  readonly state: State;
  readonly run: Run | undefined;
  readonly sets: Record<string, Examples>; // built-in data sets
}

interface KnownExample {
  name: string;
  target: number[] | null; // null: nobody knows the target
}

const NAMED = ["lines", "fuzzy", "stress", "world"]; // of the built-in data sets
const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((value, k) => value === other[k]);

/** Return the name and the target of an input in the first set that has the input. */
export function findExample(input: number[], sets: readonly Examples[]): KnownExample | null {
  for (const { inputs, names, targets, targetsUnknown } of sets) {
    const k = inputs.findIndex((row) => isSame(row, input));
    if (k >= 0) return { name: names[k], target: targetsUnknown ? null : (targets?.[k] ?? null) };
  }
  return null;
}

export class ChosenExample {
  /** The name of the user's example. */
  name: string = $derived.by(() => {
    const { custom } = this.source.state;
    return (custom && (custom.name ?? this.find(custom.input)?.name)) ?? "custom";
  });

  constructor(private readonly source: ExampleSource) {}

  /** Choose an input. Its target is looked up in the known examples if none is given. An unknown input has no target. */
  choose(input: readonly number[], target: readonly number[] | null = this.find([...input])?.target ?? null): void {
    this.source.state.custom = { input: [...input], target: target && [...target] };
  }

  /** Choose an example of a set. Rows with equal inputs keep their own names and targets. */
  chooseFrom({ inputs, names, targets, targetsUnknown }: Examples, k: number): void {
    if (targets || targetsUnknown) this.choose(inputs[k], targetsUnknown ? null : targets![k]);
    else this.choose(inputs[k]);
    this.source.state.custom!.name = names[k];
  }

  /** Set the target of the shown input, or remove it. */
  label(input: readonly number[], target: readonly number[] | null): void {
    const { custom } = this.source.state;
    const name = custom && isSame(custom.input, input) ? custom.name : undefined;
    this.source.state.custom = { name, input: [...input], target: target && [...target], labeled: target !== null };
  }

  /** Choose a changed input. A target that the user set stays. */
  edit(input: number[]): void {
    const { custom } = this.source.state;
    if (custom && isSame(custom.input, input)) return;
    if (custom?.labeled) this.label(input, custom.target);
    else this.choose(input);
  }

  private find(input: number[]): KnownExample | null {
    const { run, sets } = this.source;
    if (!run) return null;
    const { examples, heldOut } = run.setup;
    const builtin = examples.shape ? NAMED.flatMap((name) => sets[name] ?? []) : [];
    return findExample(input, [examples, ...(heldOut ? [heldOut] : []), ...builtin]);
  }
}
