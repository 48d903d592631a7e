/** Evaluate a sheet: named cells with formulas. Nothing here is specific to neural networks. */

import { exp, log, sigmoid, tanh } from "virtual:elementary";
import type { Formula, SheetJson } from "../types";

type Compute = (values: Float64Array) => number;
export const FORMAT = 2;
export const PHASES = ["input", "forward", "loss", "backward", "update"] as const;
export const LAST_PHASE = PHASES.length - 1;

/** Fixed values by cell index. A fixed value replaces the value of the formula. */
export type Pins = ReadonlyMap<number, number>;
const NO_PINS: Pins = new Map();

const OPERATIONS: Record<string, (xs: Compute[]) => Compute> = {
  "+": (xs) => fold(xs, (x, y) => x + y),
  "*": (xs) => fold(xs, (x, y) => x * y),
  "-":
    ([x, y]) =>
    (v) =>
      x(v) - y(v),
  "/":
    ([x, y]) =>
    (v) =>
      x(v) / y(v),
  neg:
    ([x]) =>
    (v) =>
      -x(v),
  sigmoid:
    ([x]) =>
    (v) =>
      sigmoid(x(v)),
  tanh:
    ([x]) =>
    (v) =>
      tanh(x(v)),
  exp:
    ([x]) =>
    (v) =>
      exp(x(v)),
  log:
    ([x]) =>
    (v) =>
      log(x(v)),
  sqrt:
    ([x]) =>
    (v) =>
      Math.sqrt(x(v)),
  max: (xs) => fold(xs, (x, y) => (x !== x ? x : y > x || y !== y ? y : x)),
  step:
    ([x]) =>
    (v) =>
      x(v) > 0 ? 1 : 0,
};

/** Compute a formula with the values of its cells and its constants. */
export function evaluateFormula(
  formula: Formula,
  value: (name: string) => number,
  constant = (number: number) => number,
): number {
  const leaf = (name: string) => () => value(name);
  return compile(formula, leaf, constant)(new Float64Array());
}

function compile(formula: Formula, leaf: (name: string) => Compute, constant: (number: number) => number): Compute {
  if (typeof formula === "string") return leaf(formula);
  if (typeof formula === "number") {
    const value = constant(formula);
    return () => value;
  }
  const [operation, ...parts] = formula;
  if (!(operation in OPERATIONS)) throw new Error(`The sheet has the unknown operation ${operation}.`);
  return OPERATIONS[operation](parts.map((part) => compile(part, leaf, constant)));
}

function fold(xs: Compute[], join: (x: number, y: number) => number): Compute {
  const [first, ...rest] = xs;
  if (rest.length === 1) return (v) => join(first(v), rest[0](v));
  return (v) => {
    let result = first(v);
    for (const x of rest) result = join(result, x(v));
    return result;
  };
}

export class Sheet {
  readonly names: string[];
  readonly phases: number[]; // of each cell, as an index of PHASES
  readonly formulas: (Formula | null)[];
  readonly external: string[]; // computed cells without a formula: only a watched training has their values
  readonly batch: number;
  private readonly indices = new Map<string, number>();
  private readonly computes: (Compute | null)[];

  constructor(json: SheetJson) {
    if (json?.format !== FORMAT || !Array.isArray(json.cells))
      throw new Error(`The format of the sheet is ${json?.format}. It must be ${FORMAT}.`);
    this.batch = json.batch;
    this.names = json.cells.map(([name]) => name);
    this.phases = json.cells.map(([, phase]) => PHASES.indexOf(phase as (typeof PHASES)[number]));
    this.formulas = json.cells.map(([, , formula]) => formula);
    this.external = this.names.filter((_, k) => this.formulas[k] === null && this.phases[k] > 0);
    this.computes = json.cells.map(([name, , formula], index) => {
      const compute =
        formula === null
          ? null
          : compile(
              formula,
              (cell) => this.reader(cell),
              (number) => number,
            );
      this.indices.set(name, index);
      return compute;
    });
  }

  get size(): number {
    return this.names.length;
  }

  has(name: string): boolean {
    return this.indices.has(name);
  }

  /** Return the index of a cell among the values. Throws if the sheet has no such cell. */
  index(name: string): number {
    const index = this.indices.get(name);
    if (index === undefined) throw new Error(`The sheet has no cell ${name}.`);
    return index;
  }

  /** Compute every cell with a formula, in place, up to index `last`. `values` contains the input cells. */
  evaluate(values: Float64Array, pins: Pins = NO_PINS, last = this.computes.length - 1): Float64Array {
    for (let k = 0; k <= last; k++) {
      const compute = this.computes[k];
      if (compute !== null) values[k] = compute(values);
      if (pins.size > 0 && pins.has(k)) values[k] = pins.get(k)!;
    }
    return values;
  }

  /** Return the distinct cells in the formula of a cell. */
  factors(name: string): string[] {
    const formula = this.formulas[this.index(name)];
    return formula === null ? [] : [...new Set(namesIn(formula))];
  }

  private reader(name: string): Compute {
    const index = this.index(name);
    return (values) => values[index];
  }
}

/** Return the cell names in a formula, in order. */
function namesIn(formula: Formula): string[] {
  if (typeof formula === "string") return [formula];
  return typeof formula === "number" ? [] : formula.slice(1).flatMap((part) => namesIn(part as Formula));
}
