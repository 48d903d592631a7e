/** Numbers and lists as text. Minus signs are typographic, and small numbers are not rounded to zero. */

export function fixed(value: number, digits: number, sign = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const plus = sign && value > 0 ? "+" : "";
  return plus + value.toFixed(digits).replace("-", "−");
}

export const signed = (value: number, digits = 2): string => fixed(value, digits, true);

const DIGITS = 5; // significant digits of a number
const MAX_DIGITS = 17; // that a number may have

/** Format a number with five significant digits, as in the terminal. */
export const short = (value: number): string => rounded(value, DIGITS);

/** Format a number with a number of significant digits. */
export function rounded(value: number, digits: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  const text = size < -4 || size >= DIGITS ? value.toExponential(digits - 1) : value.toPrecision(digits);
  const [mantissa, power] = text.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return (trimmed + (power ? "e" + power.replace("+", "") : "")).replaceAll("-", "−");
}

/** Return the number that a text of `short` shows. */
export const numberIn = (text: string): number => Number(text.replaceAll("−", "-").replace("∞", "Infinity"));

/** Return the fewest digits, from five on, for which a condition holds. */
export function fewestDigits(holds: (digits: number) => boolean): number {
  let digits = DIGITS;
  while (digits < MAX_DIGITS && !holds(digits)) digits++;
  return digits;
}

/** List a few names in full, or the first of many. */
export function listNames(names: readonly string[], max = 4): string {
  if (names.length <= max) return names.join(", ");
  return `${names.slice(0, max - 1).join(", ")} and ${integer(names.length - max + 1)} more`;
}

export const capitalized = (text: string): string => text[0].toUpperCase() + text.slice(1);
export const integer = (value: number): string => value.toLocaleString("en-US");
export const percent = (value: number): string => `${fixed(100 * value, 1)} %`;
