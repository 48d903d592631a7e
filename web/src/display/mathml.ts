/** Formulas as MathML, with symbols or with numbers. */

import { evaluateFormula } from "../engine/sheet";
import type { Formula } from "../types";
import { fewestDigits, numberIn, rounded, short } from "./format";

const SUM = 1;
const PRODUCT = 2;
const ATOM = 3; // precedence
const CALLS: Record<string, string> = { sigmoid: "σ", log: "ln" };
type Leaf = (name: string) => [string, number];

/** Return a formula with the symbols of its cells. */
export function withSymbols(formula: Formula, symbol: (name: string) => string): string {
  return write(formula, (name) => [symbol(name), ATOM])[0];
}

/** Return a formula with the values of its cells. The numbers have as many digits as give the shown result. */
export function withNumbers(formula: Formula, value: (name: string) => number): string {
  const digits = digitsOf(formula, value);
  return write(formula, (name) => numberLeaf(value(name), digits), digits)[0];
}

/** Return the fewest digits of the numbers in a formula for which the shown numbers give the shown result. */
export function digitsOf(formula: Formula, value: (name: string) => number): number {
  const result = short(evaluateFormula(formula, value));
  return fewestDigits((digits) => {
    const shown = (number: number) => numberIn(rounded(number, digits));
    return short(evaluateFormula(formula, (name) => shown(value(name)), shown)) === result;
  });
}

function numberLeaf(value: number, digits?: number): [string, number] {
  return [`<mn>${digits === undefined ? short(value) : rounded(value, digits)}</mn>`, value < 0 ? SUM : ATOM];
}

function write(formula: Formula, leaf: Leaf, digits?: number): [string, number] {
  if (typeof formula === "number") return numberLeaf(formula, digits);
  if (typeof formula === "string") return leaf(formula);
  const parts = (formula.slice(1) as Formula[]).map((part) => write(part, leaf, digits));
  switch (formula[0]) {
    case "+":
    case "-": {
      const sign = formula[0] === "+" ? "<mo>+</mo>" : "<mo>−</mo>";
      return [[parts[0][0], ...parts.slice(1).map((part) => bracketed(part, PRODUCT))].join(sign), SUM];
    }
    case "*":
      return [parts.map((part) => bracketed(part, PRODUCT)).join("<mo>·</mo>"), PRODUCT];
    case "/":
      return [`<mfrac><mrow>${parts[0][0]}</mrow><mrow>${parts[1][0]}</mrow></mfrac>`, ATOM];
    case "neg":
      return ["<mo>−</mo>" + bracketed(parts[0], ATOM), PRODUCT];
    case "sqrt":
      return [`<msqrt>${parts[0][0]}</msqrt>`, ATOM];
    default: {
      const name = CALLS[formula[0]] ?? formula[0];
      return [`<mi>${name}</mi><mo>(</mo>${parts.map(([part]) => part).join("<mo>,</mo>")}<mo>)</mo>`, ATOM];
    }
  }
}

function bracketed([text, precedence]: [string, number], least: number): string {
  return precedence >= least ? text : `<mo>(</mo>${text}<mo>)</mo>`;
}
