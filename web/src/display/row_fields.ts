/** The fields of a table row: a number for each input, or a choice for the categories of a column. */

import type { Examples } from "../types";

export type RowField =
  { kind: "number"; name: string; input: number } | { kind: "category"; name: string; values: string[]; first: number }; // the input of the first category

/** Return the fields of a row, in the order of the columns. */
export function rowFields({ scaling, encoding }: Examples): RowField[] {
  const names = scaling?.columns ?? [];
  const number = (input: number): RowField => ({ kind: "number", name: names[input], input });
  if (!encoding) return names.map((_, input) => number(input));
  const fields: RowField[] = [];
  let input = 0;
  for (const { name, kind, values, flag } of encoding.columns) {
    if (kind === "category") fields.push({ kind, name, values, first: input });
    const width = kind === "number" ? 1 : values.length;
    if (kind !== "category") for (let part = 0; part < width; part++) fields.push(number(input + part));
    input += width;
    if (flag) fields.push(number(input++));
  }
  return fields;
}
