/** The evaluator of a sheet: named cells with formulas. It knows nothing of neural networks. */

import { exp, log, sigmoid, tanh } from "virtual:elementary";

export type Formula = number | string | [string, ...Formula[]];
export type Compute = (values: Float64Array) => number;
export const STOPS = ["given", "forward", "loss", "backward", "update"] as const;

export interface SheetJson {
  format: number;
  batch: number;
  cells: [string, string, Formula | null][];
}

/** Values held fixed, by the place of their cell: they stand instead of the formula's. */
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
  readonly stops: number[];
  readonly formulas: (Formula | null)[];
  readonly watched: string[]; // cells that no formula gives, and nobody gives either: only whoever watched has their numbers
  readonly batch: number;
  private readonly places = new Map<string, number>();
  private readonly computes: (Compute | null)[];

  constructor(json: SheetJson) {
    if (json?.format !== 1 || !Array.isArray(json.cells)) throw new Error("this is no sheet of format 1");
    this.batch = json.batch;
    this.names = json.cells.map(([name]) => name);
    this.stops = json.cells.map(([, stop]) => STOPS.indexOf(stop as (typeof STOPS)[number]));
    this.formulas = json.cells.map(([, , formula]) => formula);
    this.watched = this.names.filter((_, k) => this.formulas[k] === null && this.stops[k] > 0);
    this.computes = json.cells.map(([name, , formula], place) => {
      const compute = formula === null ? null : this.compiled(formula);
      this.places.set(name, place);
      return compute;
    });
  }

  get size(): number {
    return this.names.length;
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /** The place of a cell among the values; an unknown name is an error. */
  place(name: string): number {
    const found = this.places.get(name);
    if (found === undefined) throw new Error(`there is no cell ${name} in this sheet`);
    return found;
  }

  /** Compute every cell that has a formula, in place, up to a place; the given cells stand in `values` already. */
  evaluate(values: Float64Array, pins: Pins = NO_PINS, last = this.computes.length - 1): Float64Array {
    for (let k = 0; k <= last; k++) {
      const compute = this.computes[k];
      if (compute !== null) values[k] = compute(values);
      if (pins.size > 0 && pins.has(k)) values[k] = pins.get(k)!;
    }
    return values;
  }

  /** The cells that the formula of a cell names, each once. */
  factors(name: string): string[] {
    const formula = this.formulas[this.place(name)];
    return formula === null ? [] : [...new Set(namesIn(formula))];
  }

  private compiled(formula: Formula): Compute {
    if (typeof formula === "number") return () => formula;
    if (typeof formula === "string") {
      const place = this.place(formula);
      return (values) => values[place];
    }
    const [operation, ...parts] = formula;
    if (!(operation in OPERATIONS)) throw new Error(`this sheet uses the operation ${operation}, which is unknown`);
    return OPERATIONS[operation](parts.map((part) => this.compiled(part)));
  }
}

export function namesIn(formula: Formula): string[] {
  if (typeof formula === "string") return [formula];
  return typeof formula === "number" ? [] : formula.slice(1).flatMap((part) => namesIn(part as Formula));
}
