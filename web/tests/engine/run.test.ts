import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Prepared } from "../../src/engine/prepared";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../src/engine/recipe";
import { Run } from "../../src/engine/run";
import type { Examples, SheetResponse, SheetJson } from "../../src/types";
import { trained, type Golden } from "../golden";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../tests/golden/${name}.json`, import.meta.url), "utf-8"));
const golden = read("sheet_4-3-2");
const json = golden.sheet as SheetJson;
const values = golden.values as Record<string, number>;

describe("a run", () => {
  const parameters = json.cells.map(([name]) => name).filter((name) => /^layer\d\.(weight|bias)\[[\d,]+\]$/.test(name));
  const response: SheetResponse = { sheet: json, symbols: {}, settings: { rate: values.rate }, state: {}, parameters };
  const pixels = [0, 1, 2, 3].map((i) => values[`input[${i}]`]);
  const examples: Examples = {
    inputs: [pixels],
    targets: [[values["target[0]"], values["target[1]"]]],
    names: ["top"],
    shape: [2, 2],
    target_names: ["h", "v"],
  };
  const start = parameters.map((name) => values[name]);

  function run(change: object = {}, rate = values.rate): Run {
    const setup = {
      architecture: DEFAULT_ARCHITECTURE,
      recipe: { ...DEFAULT_RECIPE, learning_rate: rate, epochs: 5 },
      examples,
      silenced: [],
      frozen: [],
      firstStep: 0,
    };
    const made = new Run({ ...setup, ...change }, new Map([[1, new Prepared(response, 4, 2)]]), start);
    made.advance(1000);
    return made;
  }

  it("ends its first step with the parameters of Python", () => {
    expect([...run().stateBefore(1)]).toEqual(parameters.map((name) => values[`${name}.after`]));
  });

  it("gives the same values in both directions", () => {
    const made = run();
    const before = made.values(2).values.slice();
    made.values(4);
    expect(made.values(2).values).toEqual(before);
    expect(made.done).toBe(5);
    expect(made.lossPerEpoch).toEqual([...made.losses]);
  });

  it("does not change a frozen parameter, and silences a node", () => {
    const made = run({ frozen: ["layer1.weight[0,0]"], silenced: ["layer1.a[2]"] });
    expect(made.stateBefore(5)[0]).toBe(start[0]);
    const { prepared, values: found } = made.values(3);
    expect(found[prepared.sheet.index("layer1.a[2]")]).toBe(0);
  });

  it("stops if a number is not finite, and reports the step", () => {
    const made = run({}, Infinity);
    expect(made.stopped?.reason).toMatch(/ is (NaN|infinite) at step \d\. Try a smaller learning rate\.$/);
    expect([...made.stateBefore(made.done)].every(Number.isFinite)).toBe(true);
  });
});

describe("a run with noise", () => {
  const { examples, sheets, runs }: Golden["runs"] = read("runs");

  it("has noisy pictures also with a silenced node and a frozen parameter", () => {
    const [python] = runs;
    const run = trained(python, examples, sheets, { silenced: ["layer1.a[1]"], frozen: ["layer1.weight[0,0]"] });
    const { prepared: one, values: found } = run.values(7);
    expect([...one.inputs[0]].map((place) => found[place])).toEqual(python.inputs[7][0]);
    expect(found[one.sheet.index("layer1.a[1]")]).toBe(0);
    expect(run.stateBefore(run.done)[0]).toBe(python.memory[0][0]);
  });

  it("from a world ends at its last step, with equal learning rates", () => {
    const python = runs.find(({ world }) => world !== null)!;
    const run = trained(python, examples, sheets, { ends: 150 });
    expect([run.total, run.done, run.truncated]).toEqual([150, 150, false]);
    expect([...run.losses]).toEqual(python.losses.slice(0, 150));
  });
});
