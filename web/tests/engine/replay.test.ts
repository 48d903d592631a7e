import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { resumable } from "../../src/engine/replay";
import type { Run } from "../../src/engine/run";
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
  expect(resumable({ ...DEFAULT_RECIPE, gradients: "external" })).toEqual(DEFAULT_RECIPE);
  expect(() => resumable({ ...DEFAULT_RECIPE, loss: "external" })).toThrow(
    "Loss is external, and TinyNet has no formula for it.",
  );
  expect(() => resumable({ ...DEFAULT_RECIPE, optimizer: "external" })).toThrow(
    "Choose another optimizer to continue the training.",
  );
});
