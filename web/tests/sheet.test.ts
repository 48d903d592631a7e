import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Prepared, Run } from "../src/core/run";
import { Sheet, type Formula, type SheetJson } from "../src/core/sheet";
import { PLAIN_ARCHITECTURE, PLAIN_RECIPE, type Pictures, type SheetAnswer } from "../src/core/types";
import { trained, type Golden } from "./golden";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/${name}.json`, import.meta.url), "utf-8"));
const golden = read("sheet_4-3-2");
const json = golden.sheet as SheetJson;
const values = golden.values as Record<string, number>;

function evaluated(): { sheet: Sheet; found: Float64Array } {
  const sheet = new Sheet(json);
  const found = new Float64Array(sheet.size);
  sheet.names.forEach((name, k) => sheet.formulas[k] === null && (found[k] = values[name]));
  return { sheet, found: sheet.evaluate(found) };
}

/** One formula on numbers, in a sheet of its own. */
function of(formula: Formula, given: Record<string, number> = {}): number {
  const cells = Object.keys(given).map((name) => [name, "given", null] as [string, string, null]);
  const sheet = new Sheet({ format: 1, batch: 1, cells: [...cells, ["result", "forward", formula]] });
  return sheet.evaluate(Float64Array.of(...Object.values(given), 0)).at(-1)!;
}

describe("a sheet", () => {
  it("lets infinity and NaN flow", () => {
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

  it("holds pinned cells fixed", () => {
    const { sheet, found } = evaluated();
    const pinned = sheet.evaluate(found.slice(), new Map([[sheet.place("layer1.a[1]"), 0]]));
    expect(pinned[sheet.place("layer1.a[1]")]).toBe(0);
    expect(pinned[sheet.place("layer2.weight[0,1].gradient")]).toBeCloseTo(0, 300);
  });

  it("refuses what it cannot compute", () => {
    const cells: SheetJson["cells"] = [
      ["a", "forward", ["+", "b", 1]],
      ["b", "given", null],
    ];
    expect(() => new Sheet({ format: 1, batch: 1, cells })).toThrow("there is no cell b");
    expect(() => new Sheet({ format: 1, batch: 1, cells: [["a", "forward", ["evil", 1]]] })).toThrow("operation evil");
    expect(() => new Sheet({ format: 2, batch: 1, cells: [] })).toThrow("no sheet of format 1");
  });
});

describe("a run", () => {
  const parameters = json.cells.map(([name]) => name).filter((name) => /^layer\d\.(weight|bias)\[[\d,]+\]$/.test(name));
  const answer: SheetAnswer = { sheet: json, symbols: {}, settings: { rate: values.rate }, state: {}, parameters };
  const pixels = [0, 1, 2, 3].map((i) => values[`pixel[${i}]`]);
  const pictures: Pictures = {
    inputs: [pixels],
    targets: [[values["target[0]"], values["target[1]"]]],
    names: ["top"],
    shape: [2, 2],
    answers: ["h", "v"],
  };
  const start = parameters.map((name) => values[name]);

  function run(change: object = {}, rate = values.rate): Run {
    const setup = {
      architecture: PLAIN_ARCHITECTURE,
      recipe: { ...PLAIN_RECIPE, learning_rate: rate, epochs: 5 },
      pictures,
      silenced: [],
      frozen: [],
      firstStep: 0,
    };
    const made = new Run({ ...setup, ...change }, new Map([[1, new Prepared(answer, 4, 2)]]), start);
    made.advance(1000);
    return made;
  }

  it("takes Python's nudge", () => {
    expect([...run().memory(1)]).toEqual(parameters.map((name) => values[`${name}.after`]));
  });

  it("gives the same numbers forth and back", () => {
    const made = run();
    const before = made.values(2).values.slice();
    made.values(4);
    expect(made.values(2).values).toEqual(before);
    expect(made.done).toBe(5);
    expect(made.lossPerEpoch).toEqual([...made.losses]);
  });

  it("leaves a frozen parameter as it was, and silences a node", () => {
    const made = run({ frozen: ["layer1.weight[0,0]"], silenced: ["layer1.a[2]"] });
    expect(made.memory(5)[0]).toBe(start[0]);
    const { prepared, values: found } = made.values(3);
    expect(found[prepared.sheet.place("layer1.a[2]")]).toBe(0);
  });

  it("stops where a number is no longer finite, and says where", () => {
    const made = run({}, Infinity);
    expect(made.stopped?.reason).toMatch(/at nudge \d; try a smaller learning rate/);
    expect([...made.memory(made.done)].every(Number.isFinite)).toBe(true);
  });
});

describe("a run with noise", () => {
  const { examples, sheets, runs }: Golden["runs"] = read("runs");

  it("shows its pictures where a node is silenced and a parameter frozen", () => {
    const [python] = runs;
    const run = trained(python, examples, sheets, { silenced: ["layer1.a[1]"], frozen: ["layer1.weight[0,0]"] });
    const { prepared: one, values: found } = run.values(7);
    expect([...one.pixels[0]].map((place) => found[place])).toEqual(python.inputs[7][0]);
    expect(found[one.sheet.place("layer1.a[1]")]).toBe(0);
    expect(run.memory(run.done)[0]).toBe(python.memory[0][0]);
  });

  it("of a world goes up to where it was stopped, at the rates it had", () => {
    const python = runs.find(({ world }) => world !== null)!;
    const run = trained(python, examples, sheets, { ends: 150 });
    expect([run.total, run.done, run.cut]).toEqual([150, 150, false]);
    expect([...run.losses]).toEqual(python.losses.slice(0, 150));
  });
});
