import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Prepared, Run } from "../src/core/run";
import { PLAIN_ARCHITECTURE, type Pictures, type Recipe, type SheetAnswer } from "../src/core/types";
import {
  describe as words,
  drawn,
  isWorld,
  patternsOf,
  PLAIN_WORLD,
  type Patterns,
  type World,
} from "../src/core/world";

interface Golden {
  patterns: { masks: number[][]; targets: number[][]; is_flat: boolean[]; names: string[]; lines: number }[];
  worlds: {
    world: World;
    seed: number;
    stream: number;
    pictures: { inputs: number[][]; targets: number[][]; rows: number[] };
  }[];
  runs: {
    world: World;
    recipe: Recipe;
    names: string[][];
    inputs: number[][][];
    targets: number[][][];
    first: number[];
    last: number[];
    losses: number[];
    loss_per_epoch: number[];
  }[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/${name}`, import.meta.url), "utf-8"));
const golden: Golden = read("worlds.json");
const NUMBERS = [...Array(20).keys(), 2 ** 32 - 1];

describe("a world is Python's to the last bit:", () => {
  it.each([2, 3, 4])("the patterns of %d pixels a side, in their order", (n) => {
    const { is_flat, ...table } = golden.patterns[n - 2];
    expect(patternsOf(n)).toEqual({ ...table, isFlat: is_flat } satisfies Patterns);
  });
  it.each(golden.worlds)("pictures of noise $world.noise, seed $seed, stream $stream", (python) => {
    const ours = NUMBERS.map((number) => drawn(python.world, python.seed, number, python.stream));
    expect(ours.map(({ row }) => row)).toEqual(python.pictures.rows);
    expect(ours.map(({ target }) => target)).toEqual(python.pictures.targets);
    expect(ours.map(({ input }) => input)).toEqual(python.pictures.inputs);
  });
});

describe("a training from a world is Python's", () => {
  const { examples, names, sheets }: { examples: Pictures; names: string[]; sheets: Record<string, any> } =
    read("runs.json");
  const sheetOf = (batch: number): SheetAnswer => {
    return { sheet: sheets[batch], symbols: {}, settings: { rate: 0.1 }, state: {}, parameters: names };
  };
  const prepared = new Map([1, 3].map((batch) => [batch, new Prepared(sheetOf(batch), 4, 2)]));
  const setup = {
    architecture: { ...PLAIN_ARCHITECTURE, sizes: [4, 2, 2] },
    pictures: examples,
    silenced: [],
    frozen: [],
    firstStep: 0,
  };

  it.each(golden.runs)("in batches of $recipe.batch_size", (python) => {
    const run = new Run({ ...setup, recipe: python.recipe, world: python.world }, prepared, python.first);
    run.advance(5000);
    expect(run.done).toBe(python.losses.length);
    const seen = python.names.map((_, step) => run.seen(step));
    expect(seen.map((shown) => shown.names)).toEqual(python.names);
    expect(seen.map((shown) => shown.inputs)).toEqual(python.inputs);
    expect(seen.map((shown) => shown.targets)).toEqual(python.targets);
    const apart = (ours: ArrayLike<number>, theirs: number[]) =>
      Math.max(...theirs.map((value, k) => Math.abs(value - ours[k])));
    expect(apart(run.memory(run.done), python.last)).toBeLessThan(1e-12);
    expect(apart(run.losses, python.losses)).toBeLessThan(1e-12);
    expect(apart(run.lossPerEpoch, python.loss_per_epoch)).toBeLessThan(1e-12);
  });

  it("up to where it was stopped, at the rates it had", () => {
    const [python] = golden.runs;
    const run = new Run({ ...setup, recipe: python.recipe, world: python.world, ends: 150 }, prepared, python.first);
    run.advance(5000);
    expect([run.total, run.done, run.cut]).toEqual([150, 150, false]);
    python.losses.slice(0, 150).forEach((loss, step) => expect(Math.abs(loss - run.losses[step])).toBeLessThan(1e-12));
  });
});

describe("a world from an address", () => {
  it("is one where its numbers are in range", () => {
    for (const { world } of golden.worlds) expect(isWorld(world)).toBe(true);
  });
  it.each([
    { noise: -1 }, { noise: null }, { doubt: 1.5 }, { bright: [0.9, 0.7] }, { dark: [0, 0.7] }, { flat: [0] }, { labels: "hard" },
    { n: 9 }, { n: 2.5 }, { colour: 1 },
  ])("is none with %j", (change) => expect(isWorld({ ...PLAIN_WORLD, ...(change as object) })).toBe(false)); // prettier-ignore
  it("is described by its numbers", () => {
    expect(words(PLAIN_WORLD)).toBe(
      "drawn afresh from a world: noise 0.2, half of them doubtful; 100 count as an epoch",
    );
    expect(words({ ...PLAIN_WORLD, doubt: 0.25, labels: "coin" })).toContain(
      "25 % of them doubtful, labelled by a coin",
    );
    expect(words({ ...PLAIN_WORLD, doubt: 0 })).toContain("all of them lines");
  });
});
