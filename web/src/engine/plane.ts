/** The plane of row and column contrast of 2×2 pictures. */

export interface Contrasts {
  rows: number; // upper minus lower pixels, -1 to 1
  columns: number; // left minus right pixels
  diagonals: number; // top-left and bottom-right minus top-right and bottom-left
  brightness: number; // mean, 0 to 1
}

const MIDDLE = 0.5; // brightness of all pictures on the map; their diagonals are equal
export const MAP_SIZE = 61; // cells per side; odd, so that the map has a middle cell
const TOLERANCE = 1e-9;

export function contrasts([tl, tr, bl, br]: number[]): Contrasts {
  return {
    rows: (tl + tr - bl - br) / 2,
    columns: (tl + bl - tr - br) / 2,
    diagonals: (tl + br - tr - bl) / 2,
    brightness: (tl + tr + bl + br) / 4,
  };
}

/** Return the picture at these contrasts. |rows| + |columns| must be at most 1. */
export function pictureAt(rows: number, columns: number): number[] {
  const pixel = (r: number, c: number) => Math.min(1, Math.max(0, MIDDLE + (r * rows + c * columns) / 2));
  return [pixel(1, 1), pixel(1, -1), pixel(-1, 1), pixel(-1, -1)];
}

/** Clamp two contrasts to the map: the first to -1 to 1, the second to the range that remains. */
export function clampContrasts(first: number, second: number): [first: number, second: number] {
  const clamped = Math.min(1, Math.max(-1, first));
  const room = 1 - Math.abs(clamped);
  return [clamped, Math.min(room, Math.max(-room, second))];
}

/** Whether a picture is on the map: brightness of the map, equal diagonals. */
export function isOnMap(input: number[]): boolean {
  const { diagonals, brightness } = contrasts(input);
  return Math.abs(diagonals) < TOLERANCE && Math.abs(brightness - MIDDLE) < TOLERANCE;
}

export interface MapCell {
  row: number; // from the top, where rows = 1
  column: number; // from the left, where columns = 1
  input: number[];
}

/** Return the cells of the map that show pictures. */
export function mapCells(size = MAP_SIZE): MapCell[] {
  const half = (size - 1) / 2;
  const cells: MapCell[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [down, right] = [row - half, column - half];
      if (Math.abs(down) + Math.abs(right) <= half)
        cells.push({ row, column, input: pictureAt(-down / half, -right / half) });
    }
  }
  return cells;
}

/** Return the sign of the Bayes-optimal answer, (TL − BR)(TR − BL), for any noise and levels. */
export function optimalSign([tl, tr, bl, br]: number[]): number {
  return Math.sign((tl - br) * (tr - bl));
}
