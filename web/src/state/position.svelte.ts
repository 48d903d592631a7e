/** A position in a training: a run before one step, with a batch of examples, and all values of the step. */

import { inputNames, withInputNames } from "../display/inputs";
import type { Prepared } from "../engine/prepared";
import type { Evaluated, Run } from "../engine/run";
import { evaluateFormula, type Pins } from "../engine/sheet";
import type { Examples } from "../types";
import type { Example } from "./state";

/** The user's selection. */
export interface Selection {
  run: Run;
  runStep: number; // finished steps of the run
  phase: number; // the last visible phase of the next step
  custom: Example | null; // replaces the batch of the step
  name: string; // of the custom example
  silenced: string[];
  frozen: string[];
}

/** Whether two values differ. 0 and −0 are equal, and so are two unknown values. */
const isDifferent = (one: number, other: number): boolean =>
  one !== other && !(Number.isNaN(one) && Number.isNaN(other));

export class Position {
  hasWhatIf: boolean = $derived.by(() => this.selection.silenced.length + this.selection.frozen.length > 0);
  base: Evaluated = $derived.by(() => this.evaluate(false)); // without the what-if
  /** The batch of the step, or the user's example. */
  batch: Examples = $derived.by(() => {
    const { run, runStep, custom, name } = this.selection;
    return custom
      ? { ...this.examples, inputs: [custom.input], targets: custom.target && [custom.target], names: [name] }
      : run.batch(runStep);
  });
  evaluated: Evaluated = $derived.by(() => (this.hasWhatIf ? this.evaluate(true) : this.base));
  /** Whether values are unknown. If PyTorch did not take this step, no formula gives its values. */
  hasUnknown: boolean = $derived.by(() => {
    const { run, runStep, custom } = this.selection;
    const { watched } = run.setup;
    if (!watched || (!custom && !this.hasWhatIf && runStep < watched.steps)) return false;
    return this.evaluated.prepared.sheet.external.length > 0;
  });

  constructor(private readonly select: () => Selection) {}

  get selection(): Selection {
    return this.select();
  }

  get run(): Run {
    return this.selection.run;
  }

  get runStep(): number {
    return this.selection.runStep;
  }

  get examples(): Examples {
    return this.run.setup.examples;
  }

  get sizes(): number[] {
    return this.run.setup.architecture.sizes;
  }

  value(name: string): number {
    const { prepared, values } = this.evaluated;
    return prepared.sheet.has(name) ? values[prepared.sheet.index(name)] : NaN;
  }

  /** Whether a cell is computed in the visible phases. */
  isComputed(name: string): boolean {
    const { sheet } = this.evaluated.prepared;
    return sheet.has(name) && sheet.phases[sheet.index(name)] <= this.selection.phase;
  }

  /** Whether a what-if changes the value of a cell. */
  isAffected(name: string): boolean {
    if (!this.hasWhatIf) return false;
    const { sheet } = this.base.prepared;
    return sheet.has(name) && isDifferent(this.base.values[sheet.index(name)], this.value(name));
  }

  /** The number of cells that a what-if changes. */
  get affected(): number {
    if (!this.hasWhatIf) return 0;
    return this.evaluated.values.filter((value, k) => isDifferent(value, this.base.values[k])).length;
  }

  /** The cells with a fixed value: switched-off nodes, and the changes of frozen parameters. */
  private fixed: Pins = $derived.by(() => this.pins(this.evaluated.prepared, true));

  /** Whether the value of a cell is fixed at 0 and does not follow from its formula. */
  isFixed(name: string): boolean {
    const { sheet } = this.evaluated.prepared;
    return this.fixed.size > 0 && sheet.has(name) && this.fixed.has(sheet.index(name));
  }

  symbol(name: string): string {
    return this.evaluated.prepared.response.symbols[name]?.[1] ?? name;
  }

  words(name: string): string {
    const title = this.evaluated.prepared.response.symbols[name]?.[2] ?? name;
    return withInputNames(title, inputNames(this.examples));
  }

  /** The prefix of the cells of the first example. */
  prefix: string = $derived.by(() => this.evaluated.prepared.prefixes[0]);

  get names(): string[] {
    return this.batch.names;
  }

  get input(): number[] {
    return this.batch.inputs[0];
  }

  /** The target of the first example; null if it has none. */
  get target(): number[] | null {
    return this.batch.targets?.[0] ?? null;
  }

  /** Whether the loss and the gradients are unknown because the example has no target. */
  get lacksTarget(): boolean {
    return this.target === null && this.evaluated.prepared.targets[0].length > 0;
  }

  /** Return the outputs of the network for an input. */
  predict(input: number[]): number[] {
    return this.run.predict(this.runStep, input, this.pins(this.run.preparedFor(1), true));
  }

  /** Return the outputs in evaluated values. The outputs are those of the first example. */
  outputs({ prepared, values }: Evaluated): number[] {
    const last = this.sizes.length - 1;
    return this.examples.target_names.map((_, j) => values[prepared.sheet.index(`${this.prefix}layer${last}.a[${j}]`)]);
  }

  /** Return the value that the formula of a cell gives; the cell itself may have a fixed value. */
  valueOfFormula(name: string): number {
    const { sheet } = this.evaluated.prepared;
    const formula = sheet.formulas[sheet.index(name)];
    return formula === null ? this.value(name) : evaluateFormula(formula, (cell) => this.value(cell));
  }

  private pins(prepared: Prepared, withWhatIf: boolean): Pins {
    const { run, silenced, frozen } = this.selection;
    const { setup } = run;
    return withWhatIf
      ? prepared.pins([...setup.silenced, ...silenced], [...setup.frozen, ...frozen])
      : prepared.pins(setup.silenced, setup.frozen);
  }

  private evaluate(withWhatIf: boolean): Evaluated {
    const { run, runStep, custom } = this.selection;
    const pins = this.pins(run.preparedFor(this.batch.names.length), withWhatIf);
    return custom ? run.valuesFor(runStep, custom.input, custom.target, pins) : run.values(runStep, pins);
  }
}
