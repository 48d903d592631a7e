/** Formulas as MathML, with symbols or with numbers. */

import type { Formula } from "../types";
import { short } from "./format";

const SUM = 1;
const PRODUCT = 2;
const ATOM = 3; // precedence
const CALLS: Record<string, string> = { sigmoid: "σ", log: "ln" };
type Leaf = (name: string) => [string, number];

/** Return a formula with the symbols of its cells. */
export function withSymbols(formula: Formula, symbol: (name: string) => string): string {
  return write(formula, (name) => [symbol(name), ATOM])[0];
}

/** Return a formula with the values of its cells. */
export function withNumbers(formula: Formula, value: (name: string) => number): string {
  return write(formula, (name) => numberLeaf(value(name)))[0];
}

function numberLeaf(value: number): [string, number] {
  return [`<mn>${short(value)}</mn>`, value < 0 ? SUM : ATOM];
}

function write(formula: Formula, leaf: Leaf): [string, number] {
  if (typeof formula === "number") return numberLeaf(formula);
  if (typeof formula === "string") return leaf(formula);
  const parts = (formula.slice(1) as Formula[]).map((part) => write(part, leaf));
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
