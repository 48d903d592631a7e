/** The plane of row contrast and column contrast: what a 2×2 picture is, but for its brightness and its diagonals. */

export interface Contrasts {
  rows: number; // the upper pixels above the lower ones, -1 to 1
  columns: number; // the left pixels above the right ones
  diagonals: number; // top-left and bottom-right above the other two
  brightness: number; // mean, 0 to 1
}

export const MIDDLE = 0.5; // brightness of the pictures on the map; their diagonals differ by nothing
const CELLS = 61; // of the map, a side: odd, so that the middle is one of them
const FLAT = 1e-9;

export function contrasts([tl, tr, bl, br]: number[]): Contrasts {
  return {
    rows: (tl + tr - bl - br) / 2,
    columns: (tl + bl - tr - br) / 2,
    diagonals: (tl + br - tr - bl) / 2,
    brightness: (tl + tr + bl + br) / 4,
  };
}

/** The picture of the map at these contrasts; those with |rows| + |columns| above 1 are no pictures. */
export function pictureAt(rows: number, columns: number): number[] {
  const pixel = (r: number, c: number) => Math.min(1, Math.max(0, MIDDLE + (r * rows + c * columns) / 2));
  return [pixel(1, 1), pixel(1, -1), pixel(-1, 1), pixel(-1, -1)];
}

/** The nearest place that is a picture, where one contrast is as wanted and the other gives way. */
export function placed(wanted: number, other: number): [wanted: number, other: number] {
  const kept = Math.min(1, Math.max(-1, wanted));
  const room = 1 - Math.abs(kept);
  return [kept, Math.min(room, Math.max(-room, other))];
}

/** Whether a picture stands on the map itself, rather than before or behind it. */
export function isOnMap(input: number[]): boolean {
  const { diagonals, brightness } = contrasts(input);
  return Math.abs(diagonals) < FLAT && Math.abs(brightness - MIDDLE) < FLAT;
}

export interface MapCell {
  row: number; // from the top, where rows = 1
  column: number; // from the left, where columns = 1: there stands the left line
  input: number[];
}

/** The cells of the map that are pictures, each with its picture. */
export function mapCells(cells = CELLS): MapCell[] {
  const half = (cells - 1) / 2;
  const found: MapCell[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const [down, right] = [row - half, column - half];
      if (Math.abs(down) + Math.abs(right) <= half)
        found.push({ row, column, input: pictureAt(-down / half, -right / half) });
    }
  }
  return found;
}

export const mapSize = CELLS;

/** What the best possible answer leans to: the sign of (TL − BR)(TR − BL), whatever the noise and the levels. */
export function bestVerdict([tl, tr, bl, br]: number[]): number {
  return Math.sign((tl - br) * (tr - bl));
}
