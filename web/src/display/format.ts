/** Numbers and lists as text. Minus signs are typographic, and small numbers are not rounded to zero. */

export function fixed(value: number, digits: number, sign = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const plus = sign && value > 0 ? "+" : "";
  return plus + value.toFixed(digits).replace("-", "−");
}

export const signed = (value: number, digits = 2): string => fixed(value, digits, true);

/** Format a number with five significant digits, as in the terminal. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(5)))));
  const text = size < -4 || size >= 5 ? value.toExponential(4) : value.toPrecision(5);
  const [digits, power] = text.split("e");
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return (trimmed + (power ? "e" + power.replace("+", "") : "")).replaceAll("-", "−");
}

/** List a few names in full, or the first of many. */
export function listNames(names: readonly string[], max = 4): string {
  if (names.length <= max) return names.join(", ");
  return `${names.slice(0, max - 1).join(", ")} and ${integer(names.length - max + 1)} more`;
}

export const capitalized = (text: string): string => text[0].toUpperCase() + text.slice(1);
export const integer = (value: number): string => value.toLocaleString("en-US");
export const percent = (value: number): string => `${fixed(100 * value, 1)} %`;

/** Write the names of table columns into a text that has their indices between two \0. */
export const withColumnNames = (template: string, columns: string[]): string =>
  template
    .split("\0")
    .map((part, k) => (k % 2 ? columns[Number(part)] : part))
    .join("");
