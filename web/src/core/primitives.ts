/** The three operations that the page brings to `elementary` besides + - * /, comparisons and negation. */

const ONE = 1022; // where the table of the powers of two has 1
const POWERS = new Float64Array(2046).fill(1);
for (let k = 1; k < 1024; k++) POWERS[ONE + k] = POWERS[ONE + k - 1] * 2;
for (let k = 1; k <= ONE; k++) POWERS[ONE - k] = POWERS[ONE - k + 1] / 2;
const number = new DataView(new ArrayBuffer(8));

export function select(condition: boolean, yes: number, no: number): number {
  return condition ? yes : no;
}

/** 2 to the power k, a whole number from -1022 to 1023; any number for NaN. From a table: a store and a load take longer. */
export function power2(k: number): number {
  return POWERS[(k + ONE) | 0];
}

/** The whole number k with 2**k <= x < 2**(k + 1), for a normal positive x; any number for another x. */
export function exponent(x: number): number {
  number.setFloat64(0, x);
  return (number.getUint32(0) >>> 20) - 1023;
}
