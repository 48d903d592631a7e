/** Names of the inputs of a network. */

import { PIXEL_NAMES } from "../engine/world";
import type { Examples } from "../types";

/** Name each input: a pixel of a picture, a column of a table, or "input 0" and so on. */
export function inputNames({ shape, scaling, inputs }: Examples): string[] {
  if (scaling) return scaling.columns;
  if (!shape) return inputs[0].map((_, i) => `input ${i}`);
  const [rows, columns] = shape;
  if (rows === 2 && columns === 2) return PIXEL_NAMES.map((place) => `the ${place} pixel`);
  return inputs[0].map((_, i) => `the pixel in row ${Math.floor(i / columns)}, column ${i % columns}`);
}

/** Replace "{2}" in the title of a cell by the name of input 2. */
export const withInputNames = (title: string, names: string[]): string =>
  title.replace(/\{(\d+)\}/g, (_, i) => names[Number(i)]);
