import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { onward } from "../src/core/playing";
import type { Run } from "../src/core/run";
import { openRecording } from "../src/core/safetensors";
import { PLAIN_RECIPE } from "../src/core/types";
import { played, type Golden } from "./golden";

const GOLDEN: Golden["watched"] = JSON.parse(
  readFileSync(new URL("../../tests/golden/watched.json", import.meta.url), "utf-8"),
);
const [KNOWN, GIVEN] = GOLDEN;

describe.each(GOLDEN)("a watched training", (golden) => {
  it("is done from the start", async () => {
    const run = await played(golden);
    expect([run.total, run.done, run.perEpoch, run.finished]).toEqual([4, 4, 2, true]);
  });

  it("shows what each step showed, and its curves", async () => {
    const run = await played(golden);
    expect(golden.names.map((_, step) => run.seen(step).names)).toEqual(golden.names);
    expect(run.seen(4).names).toEqual(golden.names[3]); // nothing is shown after the last
    expect(run.lossPerEpoch.length).toBe(2);
    expect(run.lossPerEpoch[0]).toBeCloseTo((3 * run.losses[0] + run.losses[1]) / 4, 7);
  });

  it("ends with what the last step led to", async () => {
    const run = await played(golden);
    const { prepared, values } = run.values(3);
    prepared.after.forEach((place, k) => expect(values[place]).toBeCloseTo(run.memory(4)[k], 6));
  });
});

it("has no numbers for what nobody saw: another picture, a what-if, a step after the last", async () => {
  const run = await played(GIVEN);
  const number = ({ prepared, values }: ReturnType<Run["values"]>, name: string) => values[prepared.sheet.place(name)];
  const own = run.valuesWith(1, [0.5, 0.5, 0.5, 0.5], [1, 0]);
  expect(number(own, "layer2.a[0]")).toBeGreaterThan(0);
  const silenced = run.values(1, run.preparedFor(1).pins(["layer1.a[0]"], []));
  for (const looked of [own, silenced, run.values(4)])
    for (const cell of ["loss", "layer2.slope[0]", "layer1.weight[0,0].used", "layer2.bias[0].after"])
      expect(number(looked, cell), cell).toBeNaN();
});

it("knows all of another picture where formulas give it", async () => {
  const { prepared, values } = (await played(KNOWN)).valuesWith(1, [0.5, 0.5, 0.5, 0.5], [1, 0]);
  expect([...values].every(Number.isFinite)).toBe(true);
  expect(values[prepared.sheet.place("rate")]).toBe(0.25);
});

it("is gone on from by what is known of its recipe", () => {
  expect(onward({ ...PLAIN_RECIPE, gradients: "given" })).toEqual(PLAIN_RECIPE);
  expect(() => onward({ ...PLAIN_RECIPE, loss: "given" })).toThrow("with a loss that no formula here gives");
  expect(() => onward({ ...PLAIN_RECIPE, optimizer: "given" })).toThrow("choose another optimizer to go on");
});

it("is refused where a part is missing", async () => {
  const file = Uint8Array.from(atob(KNOWN.bytes), (c) => c.charCodeAt(0));
  await expect(openRecording(file.slice(0, -8).buffer, "it")).rejects.toThrow("it is damaged: it ends too early");
});
