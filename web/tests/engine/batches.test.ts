import { describe, expect, it } from "vitest";
import { Batches } from "../../src/engine/batches";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { DEFAULT_WORLD } from "../../src/engine/world";
import { LINES } from "../laboratory";

const batches = (change: object) => new Batches({ ...DEFAULT_RECIPE, ...change }, LINES, null);

describe("the batches of a training", () => {
  it("contain the examples in order, with a smaller last batch", () => {
    const source = batches({ batch_size: 3 });
    expect([source.count, source.perEpoch]).toEqual([4, 2]);
    expect([0, 1, 2, 3].map((step) => source.batchSize(step))).toEqual([3, 1, 3, 1]);
    expect([0, 1, 2].map((step) => source.batch(step).names.join())).toEqual([
      "top,bottom,left",
      "right",
      "top,bottom,left",
    ]);
  });

  it("have a new order in each epoch, which depends only on the seed", () => {
    const source = batches({ batch_size: 4, order: "shuffled", seed: 3 });
    const orders = [0, 1, 2, 3].map((epoch) => source.batch(epoch).names);
    for (const order of orders) expect([...order].sort()).toEqual([...LINES.names].sort());
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
    expect(source.batch(0).names).toEqual(orders[0]);
  });

  it("keep targets with their inputs", () => {
    const { inputs, targets } = batches({ batch_size: 4, order: "shuffled" }).batch(1);
    for (const [k, input] of inputs.entries())
      expect(targets![k]).toEqual(LINES.targets![LINES.inputs.findIndex((line) => String(line) === String(input))]);
  });

  it("swap the classes of a transposed picture", () => {
    const source = batches({ augment: true });
    const seen = Array.from({ length: 40 }, (_, epoch) => source.batch(4 * epoch));
    for (const { inputs, targets } of seen) {
      const [[tl, tr]] = inputs;
      expect(targets![0]).toEqual(tl === tr ? [1, 0] : [0, 1]);
    }
    expect(new Set(seen.map(({ inputs }) => String(inputs[0]))).size).toBe(4);
  });

  it("have noise within the range of a pixel", () => {
    const [input] = batches({ noise: 5 }).batch(0).inputs;
    expect(input).not.toEqual(LINES.inputs[0]);
    for (const value of input) expect(value >= 0 && value <= 1).toBe(true);
  });

  it("are drawn by their number from a world, with unique names", () => {
    const source = new Batches({ ...DEFAULT_RECIPE, batch_size: 8 }, LINES, DEFAULT_WORLD);
    expect([source.count, source.perEpoch, source.batchSize(12)]).toEqual([100, 13, 4]);
    const [first, second] = [source.batch(0), source.batch(1)];
    expect(new Set([...first.names, ...second.names]).size).toBe(16);
    expect(source.batch(0).inputs).toEqual(first.inputs);
  });
});
