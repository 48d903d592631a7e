/** Numbers in writing: a true minus, and no zero for what is not zero. */

export function fixed(value: number, digits: number, sign = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const plus = sign && value > 0 ? "+" : "";
  return plus + value.toFixed(digits).replace("-", "−");
}

export const signed = (value: number, digits = 2): string => fixed(value, digits, true);

/** Five significant digits, as in the terminal. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(5)))));
  const written = size < -4 || size >= 5 ? value.toExponential(4) : value.toPrecision(5);
  const [digits, power] = written.split("e");
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return (trimmed + (power ? "e" + power.replace("+", "") : "")).replaceAll("-", "−");
}

/** A few names in full, of many the first. */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${whole(names.length - most + 1)} more`;
}

export const whole = (value: number): string => value.toLocaleString("en-US");
export const percent = (value: number): string => `${fixed(100 * value, 1)} %`;
