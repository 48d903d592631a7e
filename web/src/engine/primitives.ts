/** The three operations that `elementary` uses besides + - * /, comparisons and negation. */

const ONE = 1022; // index of 1 in the table of powers of two
const POWERS = new Float64Array(2046).fill(1);
for (let k = 1; k < 1024; k++) POWERS[ONE + k] = POWERS[ONE + k - 1] * 2;
for (let k = 1; k <= ONE; k++) POWERS[ONE - k] = POWERS[ONE - k + 1] / 2;
const number = new DataView(new ArrayBuffer(8));

export function select(condition: boolean, yes: number, no: number): number {
  return condition ? yes : no;
}

/** Return 2**k for an integer k from -1022 to 1023. A table is faster than writing the bits. For NaN, return any number. */
export function power2(k: number): number {
  return POWERS[(k + ONE) | 0];
}

/** Return the integer k with 2**k <= x < 2**(k + 1) for a normal positive x. For another x, return any number. */
export function exponent(x: number): number {
  number.setFloat64(0, x);
  return (number.getUint32(0) >>> 20) - 1023;
}
