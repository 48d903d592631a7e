import { expect, it } from "vitest";
import { rowFields } from "../../src/display/row_fields";
import type { Examples } from "../../src/types";

const examples = (columns: string[], encoding?: Examples["encoding"]): Examples => ({
  inputs: [], targets: null, names: [], shape: null, target_names: [],
  scaling: { columns, low: columns.map(() => 0), high: columns.map(() => 1) }, encoding,
}); // prettier-ignore

it("a row without categories has a number for each input", () => {
  expect(rowFields(examples(["x", "y"]))).toEqual([
    { kind: "number", name: "x", input: 0 },
    { kind: "number", name: "y", input: 1 },
  ]);
});

it("a column of categories is one field", () => {
  const names = ["sex = f", "sex = m", "sex missing", "age", "when year", "when month"];
  const encoding = {
    columns: [
      { name: "sex", kind: "category" as const, values: ["f", "m"], flag: true },
      { name: "age", kind: "number" as const, values: [], flag: false },
      { name: "when", kind: "date" as const, values: ["year", "month"], flag: false },
    ],
    missing: "flag" as const,
  };
  expect(rowFields(examples(names, encoding))).toEqual([
    { kind: "category", name: "sex", values: ["f", "m"], first: 0 },
    { kind: "number", name: "sex missing", input: 2 },
    { kind: "number", name: "age", input: 3 },
    { kind: "number", name: "when year", input: 4 },
    { kind: "number", name: "when month", input: 5 },
  ]);
});
