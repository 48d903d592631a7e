/** Compute the golden files of tests/golden with the code of the page: in Node with vitest, in browsers with a separate test. */

import * as elementary from "virtual:elementary";
import { Prepared } from "../src/engine/prepared";
import { openRecording } from "../src/engine/recording_file";
import { NOISE, noisy, normal, shuffled, word } from "../src/engine/rng";
import { Run } from "../src/engine/run";
import { Sheet } from "../src/engine/sheet";
import { drawPicture, patternsOf } from "../src/engine/world";
import type { Architecture, Examples, Recipe, SheetResponse, SheetJson, World } from "../src/types";

export interface Golden {
  elementary: Record<string, [x: string[], y: string[]]>; // the bits of float64
  "sheet_4-3-2": { sheet: SheetJson; values: Record<string, number> };
  draws: GoldenDraws;
  worlds: GoldenWorlds;
  runs: { examples: Examples; held_out: Examples; sheets: SheetResponse[]; runs: GoldenRun[] };
  watched: GoldenWatched[];
}

export const NAMES = ["elementary", "sheet_4-3-2", "draws", "worlds", "runs", "watched"] as const;

interface GoldenDraws {
  words: { numbers: [number, ...number[]]; word: number }[];
  orders: { count: number; seed: number; epoch: number; order: number[] }[];
  normals: { seed: number; presentation: number; pixel: number; normal: number }[];
  pictures: { input: number[]; noise: number; seed: number; presentation: number; seen: number[] }[];
}

interface GoldenWorlds {
  patterns: { masks: number[][]; targets: number[][]; is_flat: boolean[]; names: string[]; lines: number }[];
  worlds: {
    world: World;
    seed: number;
    stream: number;
    pictures: { inputs: number[][]; targets: number[][]; rows: number[] };
  }[];
}

export interface GoldenRun {
  architecture: Architecture;
  recipe: Recipe;
  world: World | null;
  sheets: Record<string, number>; // index of the sheet for each batch size
  names: string[][];
  inputs: number[][][];
  targets: number[][][];
  memory: number[][]; // parameters and optimizer state before each step
  last: number[];
  losses: number[];
  loss_per_epoch: number[];
  movement_per_epoch: number[];
  validation_per_epoch: number[];
}

interface GoldenWatched {
  bytes: string;
  sheets: Record<string, SheetResponse>;
  names: string[][];
  values: Record<string, number>[];
}

/** A result of the page and the result of Python. */
export interface Compared {
  name: string;
  found: unknown;
  expected: unknown;
}

const WORLD_NUMBERS = [...Array(20).keys(), 2 ** 32 - 1];

export async function compared(golden: Golden): Promise<Compared[]> {
  const { examples, held_out: heldOut, sheets, runs } = golden.runs;
  return [
    ...Object.entries(golden.elementary).map(([name, [x, y]]) => ofFunction(name, x, y)),
    ...ofSheet(golden["sheet_4-3-2"]),
    ...ofDraws(golden.draws),
    ...ofWorlds(golden.worlds),
    ...runs.flatMap((python) => ofRun(python, trained(python, examples, sheets, { heldOut }))),
    ...(await Promise.all(golden.watched.map(ofWatched))),
  ];
}

/** Count the numbers and strings in two values, and list those that differ in any bit. */
export function difference(found: unknown, expected: unknown, path = ""): { count: number; different: string[] } {
  if (typeof expected !== "object" || typeof found !== "object" || expected === null || found === null)
    return { count: 1, different: Object.is(found, expected) ? [] : [`${path}: ${found} is not ${expected}`] };
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])] as never[];
  const parts = keys.map((key) => difference(found[key], expected[key], `${path}.${key}`));
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    different: parts.flatMap(({ different }) => different),
  };
}

const view = new DataView(new ArrayBuffer(8));

function float(bits: string): number {
  if (bits === "nan") return NaN;
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}

function ofFunction(name: string, x: string[], y: string[]): Compared {
  const f = elementary[name as keyof typeof elementary];
  return { name, found: x.map((bits) => f(float(bits))), expected: y.map(float) };
}

function ofSheet({ sheet: json, values }: Golden["sheet_4-3-2"]): Compared[] {
  const sheet = new Sheet(json);
  const given = () => Float64Array.from(sheet.names, (name, k) => (sheet.formulas[k] === null ? values[name] : NaN));
  const whole = sheet.evaluate(given());
  const named = (numbers: ArrayLike<number>) => Object.fromEntries(sheet.names.map((name, k) => [name, numbers[k]]));
  return [{ name: "the sheet", found: named(whole), expected: values }];
}

function ofDraws({ words, orders, normals, pictures }: GoldenDraws): Compared[] {
  const normalAt = (seed: number, n: number, pixel: number) => normal(word(NOISE, seed, n, pixel));
  return [
    { name: "words", found: words.map((one) => word(...one.numbers)), expected: words.map((one) => one.word) },
    {
      name: "orders",
      found: orders.map((one) => shuffled(one.count, one.seed, one.epoch)),
      expected: orders.map((one) => one.order),
    },
    {
      name: "normal numbers",
      found: normals.map((one) => normalAt(one.seed, one.presentation, one.pixel)),
      expected: normals.map((one) => one.normal),
    },
    {
      name: "noisy pictures",
      found: pictures.map((one) => noisy(one.input, one.noise, one.seed, one.presentation)),
      expected: pictures.map((one) => one.seen),
    },
  ];
}

function ofWorlds({ patterns, worlds }: GoldenWorlds): Compared[] {
  const tables = patterns.map(({ is_flat, ...table }, k) => ({
    name: `the patterns of ${k + 2}pixels a side, in order`,
    found: patternsOf(k + 2),
    expected: { ...table, isFlat: is_flat },
  }));
  const pictures = worlds.map(({ world, seed, stream, pictures: expected }) => {
    const ours = WORLD_NUMBERS.map((number) => drawPicture(world, seed, number, stream));
    const found = {
      inputs: ours.map(({ input }) => input),
      targets: ours.map(({ target }) => target),
      rows: ours.map(({ row }) => row),
    };
    return { name: `pictures with noise ${world.noise}, seed ${seed}, stream ${stream}`, found, expected };
  });
  return [...tables, ...pictures];
}

/** Train as Python did, with a changed setup. */
export function trained(python: GoldenRun, examples: Examples, sheets: SheetResponse[], change: object = {}): Run {
  const { architecture, recipe, world } = python;
  const [pixels, outputs] = [architecture.sizes[0], architecture.sizes.at(-1)!];
  const prepared = new Map(
    Object.entries(python.sheets).map(([batch, k]) => [Number(batch), new Prepared(sheets[k], pixels, outputs)]),
  );
  const setup = { architecture, recipe, examples, world, silenced: [], frozen: [], firstStep: 0, ...change };
  const run = new Run(setup, prepared, python.memory[0]);
  run.advance(Infinity);
  return run;
}

function ofRun(python: GoldenRun, run: Run): Compared[] {
  const { architecture: a, recipe: r, world } = python;
  const form = `${a.sizes.join("-")} ${a.hidden} ${a.output}, ${r.loss}, ${r.optimizer}, ${r.schedule}, ${r.order}`;
  const name = `${form}, batches of ${r.batch_size}, ${world ? "a world" : "the lines"}`;
  const { names, inputs, targets, memory, last, losses, loss_per_epoch, movement_per_epoch, validation_per_epoch } =
    python;
  const seen = names.map((_, step) => run.batch(step));
  return [
    {
      name: `batches: ${name}`,
      found: seen.map((shown) => [shown.names, shown.inputs, shown.targets]),
      expected: names.map((_, step) => [names[step], inputs[step], targets[step]]),
    },
    {
      name: `training: ${name}`,
      found: [
        memory.map((_, step) => [...run.stateBefore(step)]),
        [...run.stateBefore(run.done)],
        [...run.losses],
        run.lossPerEpoch,
        run.movementPerEpoch,
        run.heldOutPerEpoch,
      ],
      expected: [memory, last, losses, loss_per_epoch, movement_per_epoch, validation_per_epoch],
    },
  ];
}

export async function replayed({ bytes, sheets }: GoldenWatched): Promise<Run> {
  const file = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
  const { architecture, recipe, examples, watched } = await openRecording(file.buffer, "it");
  const setup = { architecture, recipe, examples, watched, silenced: [], frozen: [], firstStep: 0 };
  const prepared = new Map(Object.entries(sheets).map(([n, response]) => [Number(n), new Prepared(response, 4, 2)]));
  return new Run(setup, prepared, watched!.parameters.subarray(0, 16));
}

async function ofWatched(python: GoldenWatched, k: number): Promise<Compared> {
  const run = await replayed(python);
  const found = python.values.map((_, step) => {
    const { prepared, values } = run.values(step);
    return Object.fromEntries(prepared.sheet.names.map((name, place) => [name, values[place]]));
  });
  return { name: `every cell of watched training ${k}`, found, expected: python.values };
}
