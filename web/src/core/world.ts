/** Where pictures come from: the draws of Python's `World`, to the last bit. */

import { normal, TRAINING, uniform, word } from "./draws";

export const PICTURES_AN_EPOCH = 100;

export interface World {
  noise: number;
  doubt: number;
  bright: [number, number];
  dark: [number, number];
  flat: [number, number];
  labels: "soft" | "coin";
  n: number;
}

export const PLAIN_WORLD: World = {
  noise: 0.2, doubt: 0.5, bright: [0.6, 1], dark: [0, 0.4], flat: [0, 1], labels: "soft", n: 2,
}; // prettier-ignore

/** Which pixels of a picture are bright, a row for each pattern: the `lines` first, then the doubtful ones. */
export interface Patterns {
  masks: number[][];
  targets: number[][];
  isFlat: boolean[];
  names: string[];
  lines: number;
}

export interface Drawn {
  input: number[];
  target: number[];
  row: number; // of the patterns
}

type Named = [name: string, mask: number[]];
const PIXELS = ["top-left", "top-right", "bottom-left", "bottom-right"];
const LINES = ["top", "bottom", "left", "right"];

/** The patterns of an n×n picture. */
export function patternsOf(n: number): Patterns {
  const lines = linesOf(n);
  const kinds = doubtful(n);
  const rows = kinds.map((kind) => kind.length).reduce(leastCommonMultiple); // of each kind: all kinds are equally likely
  const repeated = kinds.flatMap((kind) => kind.flatMap((one) => Array<Named>(rows / kind.length).fill(one)));
  const all = [...lines, ...repeated];
  return {
    masks: all.map(([, mask]) => mask),
    targets: all.map((_, k) => (k < n ? [1, 0] : k < 2 * n ? [0, 1] : [0.5, 0.5])),
    isFlat: all.map(([name]) => name === "flat"),
    names: all.map(([name]) => name),
    lines: lines.length,
  };
}

const grid = (n: number, lit: (row: number, column: number) => boolean): number[] =>
  Array.from({ length: n * n }, (_, i) => (lit(Math.floor(i / n), i % n) ? 1 : 0));

function linesOf(n: number): Named[] {
  const each = Array.from({ length: n }, (_, k) => k);
  const name = (kind: string, k: number, first: number) => (n === 2 ? LINES[first + k] : `${kind} ${k}`);
  return [
    ...each.map((k): Named => [name("row", k, 0), grid(n, (row) => row === k)]),
    ...each.map((k): Named => [name("column", k, 2), grid(n, (_, column) => column === k)]),
  ];
}

function doubtful(n: number): Named[][] {
  const each = Array.from({ length: n * n }, (_, i) => i);
  const name = (i: number) => (n === 2 ? PIXELS[i] : `pixel ${Math.floor(i / n)},${i % n}`);
  return [
    each.map((i) => [name(i), each.map((k) => (k === i ? 1 : 0))]),
    each.map((i) => [`all but ${name(i)}`, each.map((k) => (k === i ? 0 : 1))]),
    [
      ["diagonal /", grid(n, (row, column) => row + column === n - 1)],
      ["diagonal \\", grid(n, (row, column) => row === column)],
    ],
    [["flat", each.map(() => 0)]],
  ];
}

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a * b) / divisor(a, b);
}

const tables = new Map<number, Patterns>();

export function patterns(world: World): Patterns {
  if (!tables.has(world.n)) tables.set(world.n, patternsOf(world.n));
  return tables.get(world.n)!;
}

/** Which row of the patterns a picture of the world shows. */
export function rowOf(world: World, seed: number, number: number, stream = TRAINING): number {
  const { lines, masks } = patterns(world);
  const isDoubtful = word(stream, seed, number, 0) < Math.floor(world.doubt * 4294967296);
  const count = isDoubtful ? masks.length - lines : lines;
  return Math.floor((word(stream, seed, number, 1) * count) / 4294967296) + (isDoubtful ? lines : 0);
}

/** A picture of the world, by its number. */
export function drawn(world: World, seed: number, number: number, stream = TRAINING): Drawn {
  const table = patterns(world);
  const row = rowOf(world, seed, number, stream);
  const level = ([low, high]: [number, number], j: number) =>
    low + (high - low) * uniform(word(stream, seed, number, j));
  const bright = level(world.bright, 2);
  const dark = level(table.isFlat[row] ? world.flat : world.dark, 3);
  const input = table.masks[row].map((lit, i) => {
    const seen = (lit ? bright : dark) + world.noise * normal(word(stream, seed, number, 8 + i));
    return Math.min(Math.max(seen, 0), 1);
  });
  const coin = world.labels === "coin" && row >= table.lines;
  if (!coin) return { input, target: table.targets[row], row };
  return { input, target: word(stream, seed, number, 4) >>> 31 ? [0, 1] : [1, 0], row };
}

/** Whether these are a world's numbers, in their ranges. */
export function isWorld(world: any): world is World {
  const within = (x: unknown, high: number) => typeof x === "number" && x >= 0 && x <= high;
  const levels = (x: any) => Array.isArray(x) && x.length === 2 && x.every((v) => within(v, 1)) && x[0] <= x[1];
  return (
    typeof world === "object" && world !== null && Object.keys(world).every((key) => key in PLAIN_WORLD) &&
    within(world.noise, 10) && within(world.doubt, 1) && ["bright", "dark", "flat"].every((key) => levels(world[key])) &&
    world.dark[1] <= world.bright[0] && ["soft", "coin"].includes(world.labels) &&
    Number.isInteger(world.n) && world.n >= 2 && world.n <= 8
  ); // prettier-ignore
}

/** Where the pictures come from, in words. */
export function describe(world: World): string {
  const share = world.doubt === 0.5 ? "half" : `${Number((100 * world.doubt).toFixed(1))} %`;
  const doubt = world.doubt === 0 ? "all of them lines" : `${share} of them doubtful`;
  const coin = world.doubt > 0 && world.labels === "coin" ? ", labelled by a coin" : "";
  return `drawn afresh from a world: noise ${world.noise}, ${doubt}${coin}; ${PICTURES_AN_EPOCH} count as an epoch`;
}
