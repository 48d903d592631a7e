/** All 2×2 pictures with five gray levels, in a square: the upper pixels by row, the lower pixels by column. */

const LEVELS = [0, 0.25, 0.5, 0.75, 1];
const PAIRS = LEVELS.flatMap((left) => LEVELS.map((right) => [left, right]));

export const LATTICE_SIZE = PAIRS.length; // pictures per side

/** Return the picture in a row and column. Positions outside are clamped. */
export function latticePicture(row: number, column: number): number[] {
  const pair = (k: number) => PAIRS[Math.min(LATTICE_SIZE - 1, Math.max(0, k))];
  return [...pair(row), ...pair(column)];
}

/** Return all pictures, row by row. */
export const latticePictures = (): number[][] =>
  Array.from({ length: LATTICE_SIZE ** 2 }, (_, k) => latticePicture(Math.floor(k / LATTICE_SIZE), k % LATTICE_SIZE));
