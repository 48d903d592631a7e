import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { resumable } from "../../src/engine/replay";
import { Run } from "../../src/engine/run";
import type { WatchedTraining } from "../../src/types";
import { replayed, type Golden } from "../golden";

const GOLDEN: Golden["watched"] = JSON.parse(
  readFileSync(new URL("../../../tests/golden/watched.json", import.meta.url), "utf-8"),
);
const [KNOWN, EXTERNAL] = GOLDEN;

describe.each(GOLDEN)("a watched training", (golden) => {
  it("is done from the start", async () => {
    const run = await replayed(golden);
    expect([run.total, run.done, run.perEpoch, run.finished]).toEqual([4, 4, 2, true]);
  });

  it("has the examples of each step and the curves", async () => {
    const run = await replayed(golden);
    expect(golden.names.map((_, step) => run.batch(step).names)).toEqual(golden.names);
    expect(run.batch(4).names).toEqual(golden.names[3]); // the last batch again
    expect(run.lossPerEpoch.length).toBe(2);
    expect(run.lossPerEpoch[0]).toBeCloseTo((3 * run.losses[0] + run.losses[1]) / 4, 7);
  });

  it("ends with the parameters after the last step", async () => {
    const run = await replayed(golden);
    const { prepared, values } = run.values(3);
    prepared.after.forEach((place, k) => expect(values[place]).toBeCloseTo(run.stateBefore(4)[k], 6));
  });
});

it("a watched training has no external values for another picture, a what-if, or a step after the last", async () => {
  const run = await replayed(EXTERNAL);
  const number = ({ prepared, values }: ReturnType<Run["values"]>, name: string) => values[prepared.sheet.index(name)];
  const own = run.valuesFor(1, [0.5, 0.5, 0.5, 0.5], [1, 0]);
  expect(number(own, "layer2.a[0]")).toBeGreaterThan(0);
  const silenced = run.values(1, run.preparedFor(1).pins(["layer1.a[0]"], []));
  for (const values of [own, silenced, run.values(4)])
    for (const cell of ["loss", "layer2.slope[0]", "layer1.weight[0,0].used", "layer2.bias[0].after"])
      expect(number(values, cell), cell).toBeNaN();
});

it("a watched training with formulas has every value for another picture", async () => {
  const { prepared, values } = (await replayed(KNOWN)).valuesFor(1, [0.5, 0.5, 0.5, 0.5], [1, 0]);
  expect([...values].every(Number.isFinite)).toBe(true);
  expect(values[prepared.sheet.index("rate")]).toBe(0.25);
});

it("a watched training continues only with a known loss and optimizer", () => {
  expect(resumable({ ...DEFAULT_RECIPE, gradients: "external", schedule: "external" })).toEqual(DEFAULT_RECIPE);
  expect(() => resumable({ ...DEFAULT_RECIPE, loss: "external" })).toThrow(
    "Loss is external, and TinyNet has no formula for it.",
  );
  expect(() => resumable({ ...DEFAULT_RECIPE, optimizer: "external" })).toThrow(
    "Choose another optimizer to continue the training.",
  );
});

/** Return a watched training that keeps only every second step. */
function thinned(watched: WatchedTraining): WatchedTraining {
  const { steps, batches, parameters, gradients } = watched;
  const [kept, parameterCount] = [batches.filter((_, k) => k % 2 === 0).length, gradients.length / steps];
  const everySecond = (array: Float64Array) => {
    const width = array.length / steps;
    return Float64Array.from(
      { length: kept * width },
      (_, k) => array[2 * Math.floor(k / width) * width + (k % width)],
    );
  };
  const edges = (array: Float64Array) => {
    const width = array.length / (steps + 1);
    const rows = [...Array(kept).keys()].map((k) => 2 * k);
    return Float64Array.from([...rows, steps].flatMap((row) => [...array.subarray(row * width, (row + 1) * width)]));
  };
  const changes = gradients.map((_, k) => parameters[k + parameterCount] - parameters[k]);
  return {
    ...watched,
    stride: 2,
    batches: batches.filter((_, k) => k % 2 === 0),
    rates: everySecond(watched.rates),
    losses: everySecond(watched.losses),
    gradients: everySecond(gradients),
    slopes: everySecond(watched.slopes),
    parameters: edges(parameters),
    state: edges(watched.state),
    changes: everySecond(changes),
  };
}

describe.each(GOLDEN)("a watched training with every second step", (golden) => {
  it("has the values of the kept steps", async () => {
    const run = await replayed(golden);
    const thin = new Run({ ...run.setup, watched: thinned(run.setup.watched!) }, run.prepared, run.stateBefore(0));
    expect([thin.total, thin.stride, run.stride]).toEqual([4, 2, 1]);
    expect([0, 1, 2, 3, 4].map((step) => thin.keptStep(step))).toEqual([0, 0, 2, 2, 4]);
    for (const step of [0, 2]) {
      expect([...thin.values(step).values]).toEqual([...run.values(step).values]);
      expect(thin.batch(step).names).toEqual(run.batch(step).names);
    }
    expect([...thin.stateBefore(4)]).toEqual([...run.stateBefore(4)]);
    expect([...thin.losses]).toEqual([run.losses[0], run.losses[0], run.losses[2], run.losses[2]]);
  });
});

it("a watched training uses the settings of each step", async () => {
  const run = await replayed(KNOWN);
  const settings = { settingNames: ["momentum"], settings: Float64Array.of(0.9, 0.8, 0.7, 0.6) };
  const cycled = new Run(
    { ...run.setup, watched: { ...run.setup.watched!, ...settings } },
    run.prepared,
    run.stateBefore(0),
  );
  expect([0, 1, 3].map((step) => cycled.changedSettings(step).momentum)).toEqual([0.9, 0.8, 0.6]);
  const { prepared, values } = cycled.values(2);
  expect(values[prepared.sheet.index("momentum")]).toBe(0.7);
  expect(run.changedSettings(2)).toEqual({});
});
