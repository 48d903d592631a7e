import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Sheet } from "../../src/engine/sheet";
import type { Formula, SheetJson } from "../../src/types";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../tests/golden/${name}.json`, import.meta.url), "utf-8"));
const golden = read("sheet_4-3-2");
const json = golden.sheet as SheetJson;
const values = golden.values as Record<string, number>;

function evaluated(): { sheet: Sheet; found: Float64Array } {
  const sheet = new Sheet(json);
  const found = new Float64Array(sheet.size);
  sheet.names.forEach((name, k) => sheet.formulas[k] === null && (found[k] = values[name]));
  return { sheet, found: sheet.evaluate(found) };
}

/** Evaluate one formula in a separate sheet. */
function of(formula: Formula, given: Record<string, number> = {}): number {
  const cells = Object.keys(given).map((name) => [name, "input", null] as [string, string, null]);
  const sheet = new Sheet({ format: 2, batch: 1, cells: [...cells, ["result", "forward", formula]] });
  return sheet.evaluate(Float64Array.of(...Object.values(given), 0)).at(-1)!;
}

describe("a sheet", () => {
  it("propagates infinity and NaN", () => {
    expect(of(["log", "x"], { x: 0 })).toBe(-Infinity);
    expect(of(["log", "x"], { x: -1 })).toBeNaN();
    expect(of(["sqrt", "x"], { x: -1 })).toBeNaN();
    expect(of(["max", "x", 0], { x: NaN })).toBeNaN();
    expect(of(["max", 0, "x"], { x: NaN })).toBeNaN();
    expect(of(["/", "x", 0], { x: -1 })).toBe(-Infinity);
    expect(of(["sigmoid", "x"], { x: -1000 })).toBe(0);
    expect(of(["step", "x"], { x: 0 })).toBe(0);
  });

  it("adds and multiplies from left to right", () => {
    expect(of(["+", 1e16, 1, -1e16])).toBe(0);
    expect(of(["*", 1e200, 1e200, 0])).toBeNaN();
  });

  it("does not change pinned cells", () => {
    const { sheet, found } = evaluated();
    const pinned = sheet.evaluate(found.slice(), new Map([[sheet.index("layer1.a[1]"), 0]]));
    expect(pinned[sheet.index("layer1.a[1]")]).toBe(0);
    expect(pinned[sheet.index("layer2.weight[0,1].gradient")]).toBeCloseTo(0, 300);
  });

  it("rejects formulas that it cannot compute", () => {
    const cells: SheetJson["cells"] = [
      ["a", "forward", ["+", "b", 1]],
      ["b", "input", null],
    ];
    expect(() => new Sheet({ format: 2, batch: 1, cells })).toThrow("The sheet has no cell b.");
    expect(() => new Sheet({ format: 2, batch: 1, cells: [["a", "forward", ["evil", 1]]] })).toThrow(
      "unknown operation evil",
    );
    expect(() => new Sheet({ format: 9, batch: 1, cells: [] })).toThrow("The format of the sheet is 9. It must be 2.");
  });
});
