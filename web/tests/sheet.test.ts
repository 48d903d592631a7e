import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Prepared, Run } from "../src/core/run";
import { namesIn, Sheet, type Formula, type SheetJson } from "../src/core/sheet";
import { PLAIN_ARCHITECTURE, PLAIN_RECIPE, type Pictures, type Recipe, type SheetAnswer } from "../src/core/types";

const golden = JSON.parse(readFileSync(new URL("../../tests/golden/sheet_4-3-2.json", import.meta.url), "utf-8"));
const json = golden.sheet as SheetJson;
const values = golden.values as Record<string, number>;
const ROUNDED = ["sigmoid", "tanh", "exp", "log", "sqrt"];

/** How many floats lie between two. */
function ulps(x: number, y: number): number {
  const place = (value: number) => {
    const bits = new BigInt64Array(new Float64Array([value]).buffer)[0];
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
  };
  const apart = place(x) - place(y);
  return Number(apart < 0n ? -apart : apart);
}

function evaluated(): { sheet: Sheet; found: Float64Array } {
  const sheet = new Sheet(json);
  const found = new Float64Array(sheet.size);
  sheet.names.forEach((name, k) => sheet.formulas[k] === null && (found[k] = values[name]));
  return { sheet, found: sheet.evaluate(found) };
}

const operations = (formula: Formula): string[] =>
  Array.isArray(formula) ? [formula[0], ...(formula.slice(1) as Formula[]).flatMap(operations)] : [];

/** One formula on numbers, in a sheet of its own. */
function of(formula: Formula, given: Record<string, number> = {}): number {
  const cells = Object.keys(given).map((name) => [name, "given", null] as [string, string, null]);
  const sheet = new Sheet({ format: 1, batch: 1, cells: [...cells, ["result", "forward", formula]] });
  return sheet.evaluate(Float64Array.of(...Object.values(given), 0)).at(-1)!;
}

describe("a sheet", () => {
  it("is Python's to the last bit where each cell is + - * / of Python's own cells, and within 2 ulp through exp", () => {
    const { sheet } = evaluated();
    sheet.names.forEach((name, k) => {
      const formula = sheet.formulas[k];
      if (formula === null) return;
      const given = Object.fromEntries(namesIn(formula).map((cell) => [cell, values[cell]]));
      const allowed = operations(formula).some((operation) => ROUNDED.includes(operation)) ? 2 : 0;
      expect(ulps(of(formula, given), values[name]), name).toBeLessThanOrEqual(allowed);
    });
  });

  it("is Python's as a whole, as far as exp's last bit carries", () => {
    const { sheet, found } = evaluated();
    sheet.names.forEach((name, k) => expect(Math.abs(found[k] - values[name]), name).toBeLessThan(1e-15));
  });

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
    parameters.forEach((name, k) => expect(Math.abs(run().memory(1)[k] - values[`${name}.after`])).toBeLessThan(1e-15));
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

interface GoldenRuns {
  examples: Pictures;
  names: string[];
  sheets: Record<string, SheetJson>;
  runs: {
    recipe: Recipe;
    names: string[][];
    inputs: number[][][];
    targets: number[][][];
    parameters: number[][];
    losses: number[];
    loss_per_epoch: number[];
  }[];
}

describe("a run with noise, views, a schedule or smoothed targets is Python's", () => {
  const text = readFileSync(new URL("../../tests/golden/runs.json", import.meta.url), "utf-8");
  const { examples, names, sheets, runs }: GoldenRuns = JSON.parse(text);
  const prepared = new Map(
    Object.entries(sheets).map(([batch, sheet]) => {
      const given: SheetAnswer = { sheet, symbols: {}, settings: { rate: 0.1 }, state: {}, parameters: names };
      return [Number(batch), new Prepared(given, 4, 2)];
    }),
  );

  it.each(runs)("$recipe.order, $recipe.schedule, in batches of $recipe.batch_size", (python) => {
    const architecture = { ...PLAIN_ARCHITECTURE, sizes: [4, 2, 2] };
    const held = { silenced: [], frozen: [], firstStep: 0 };
    const run = new Run(
      { architecture, recipe: python.recipe, pictures: examples, ...held },
      prepared,
      python.parameters[0],
    );
    run.advance(1000);
    expect(run.done).toBe(python.losses.length);
    const seen = python.losses.map((_, step) => run.seen(step));
    expect(seen.map((pictures) => pictures.names)).toEqual(python.names);
    expect(seen.map((pictures) => pictures.inputs)).toEqual(python.inputs);
    expect(seen.map((pictures) => pictures.targets)).toEqual(python.targets);
    const apart = (ours: ArrayLike<number>, theirs: number[]) =>
      Math.max(...theirs.map((value, k) => Math.abs(value - ours[k])));
    python.parameters.forEach((row, step) => expect(apart(run.memory(step), row)).toBeLessThan(1e-14));
    expect(apart(run.losses, python.losses)).toBeLessThan(1e-14);
    expect(apart(run.lossPerEpoch, python.loss_per_epoch)).toBeLessThan(1e-14);
  });

  it("in its pictures where a node is silenced and a parameter frozen", () => {
    const [{ recipe, parameters, inputs }] = runs;
    const held = { silenced: ["layer1.a[1]"], frozen: ["layer1.weight[0,0]"], firstStep: 0 };
    const setup = { architecture: { ...PLAIN_ARCHITECTURE, sizes: [4, 2, 2] }, recipe, pictures: examples, ...held };
    const run = new Run(setup, prepared, parameters[0]);
    run.advance(1000);
    const { prepared: one, values: found } = run.values(7);
    expect([...one.pixels[0]].map((place) => found[place])).toEqual(inputs[7][0]);
    expect(found[one.sheet.place("layer1.a[1]")]).toBe(0);
    expect(run.memory(run.done)[0]).toBe(parameters[0][0]);
  });
});
