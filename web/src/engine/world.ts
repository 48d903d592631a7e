/** The synthetic distribution of pictures. The draws equal those of Python's `World`, to the last bit. */

import type { World } from "../types";
import { normal, TRAINING, uniform, word } from "./rng";

export const PICTURES_PER_EPOCH = 100;

export const DEFAULT_WORLD: World = {
  noise: 0.2, doubt: 0.5, bright: [0.6, 1], dark: [0, 0.4], flat: [0, 1], labels: "soft", n: 2,
}; // prettier-ignore

/** The bright pixels of each pattern, one row per pattern: the `lines` first, then the ambiguous patterns. */
export interface Patterns {
  masks: number[][];
  targets: number[][];
  isFlat: boolean[];
  names: string[];
  lines: number;
}

export interface DrawnPicture {
  input: number[];
  target: number[];
  row: number; // index of the picture's pattern
}

type Named = [name: string, mask: number[]];
export const PIXEL_NAMES = ["top-left", "top-right", "bottom-left", "bottom-right"]; // of a 2×2 picture
const LINES = ["top", "bottom", "left", "right"];

/** Return the patterns of an n×n picture. */
export function patternsOf(n: number): Patterns {
  const lines = linesOf(n);
  const kinds = ambiguousOf(n);
  const rows = kinds.map((kind) => kind.length).reduce(leastCommonMultiple); // per kind, so that all kinds are equally likely
  const repeated = kinds.flatMap((kind) => kind.flatMap((pattern) => Array<Named>(rows / kind.length).fill(pattern)));
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

function ambiguousOf(n: number): Named[][] {
  const each = Array.from({ length: n * n }, (_, i) => i);
  const name = (i: number) => (n === 2 ? PIXEL_NAMES[i] : `pixel ${Math.floor(i / n)},${i % n}`);
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

const cache = new Map<number, Patterns>();

/** Return the patterns of a world, computed once per picture size. */
export function patterns(world: World): Patterns {
  if (!cache.has(world.n)) cache.set(world.n, patternsOf(world.n));
  return cache.get(world.n)!;
}

/** Return the pattern index of a picture, by the number of the picture. */
function rowOf(world: World, seed: number, number: number, stream = TRAINING): number {
  const { lines, masks } = patterns(world);
  const isAmbiguous = word(stream, seed, number, 0) < Math.floor(world.doubt * 4294967296);
  const count = isAmbiguous ? masks.length - lines : lines;
  return Math.floor((word(stream, seed, number, 1) * count) / 4294967296) + (isAmbiguous ? lines : 0);
}

/** Draw a picture of a world by its number. */
export function drawPicture(world: World, seed: number, number: number, stream = TRAINING): DrawnPicture {
  const table = patterns(world);
  const row = rowOf(world, seed, number, stream);
  const level = ([low, high]: [number, number], j: number) =>
    low + (high - low) * uniform(word(stream, seed, number, j));
  const bright = level(world.bright, 2);
  const dark = level(table.isFlat[row] ? world.flat : world.dark, 3);
  const input = table.masks[row].map((lit, i) => {
    const value = (lit ? bright : dark) + world.noise * normal(word(stream, seed, number, 8 + i));
    return Math.min(Math.max(value, 0), 1);
  });
  const coin = world.labels === "coin" && row >= table.lines;
  if (!coin) return { input, target: table.targets[row], row };
  return { input, target: word(stream, seed, number, 4) >>> 31 ? [0, 1] : [1, 0], row };
}

/** Whether a value is a world with all fields in their ranges. */
export function isWorld(world: any): world is World {
  const within = (x: unknown, high: number) => typeof x === "number" && x >= 0 && x <= high;
  const levels = (x: any) => Array.isArray(x) && x.length === 2 && x.every((v) => within(v, 1)) && x[0] <= x[1];
  return (
    typeof world === "object" && world !== null && Object.keys(world).every((key) => key in DEFAULT_WORLD) &&
    within(world.noise, 10) && within(world.doubt, 1) && ["bright", "dark", "flat"].every((key) => levels(world[key])) &&
    world.dark[1] <= world.bright[0] && ["soft", "coin"].includes(world.labels) &&
    Number.isInteger(world.n) && world.n >= 2 && world.n <= 8
  ); // prettier-ignore
}

/** Describe the pictures of a world in sentences. */
export function describe(world: World): string {
  const ambiguous = `${Number((100 * world.doubt).toFixed(1))} % ambiguous pictures`;
  const coin = world.doubt > 0 && world.labels === "coin" ? " with random labels" : "";
  return `Each step draws new pictures with noise ${world.noise} and ${ambiguous}${coin}. An epoch has ${PICTURES_PER_EPOCH} pictures.`;
}
