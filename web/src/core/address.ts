/** The state of the page, as it stands in the address: only what differs from the plain start. */

import { PLAIN_ARCHITECTURE, PLAIN_RECIPE, type Architecture, type Pictures, type Recipe } from "./types";
import { isWorld, type World } from "./world";

const MOST_NUMBERS = 2_000; // of own examples that an address carries: some 50 kB

/** A training from its start: what the first run is made of, and any other that grows from no run. */
export interface Root {
  name: string | null; // where it has one
  architecture: Architecture;
  recipe: Recipe;
  seed: number;
  grid: number;
  order: number[] | null; // of the lines
  pictures: Pictures | null; // instead of the lines
  heldOut: Pictures | null; // examples that are not trained on
  world: World | null; // that the pictures are drawn from
  ends: number | null; // after so many nudges, where a recording was stopped early
  parameters: number[] | null; // of a start that no seed draws
  watched: string | null; // where it ran elsewhere, the content of the file that alone has its steps
}

export interface BranchSpec {
  from: number; // which run
  at: number; // after how many of its nudges
  recipe?: Partial<Recipe>;
  parameters?: Record<string, number>; // set by hand
  order?: number[]; // of the pictures
  only?: { input: number[]; target: number[] }; // one picture instead of the set
  silenced?: string[];
  frozen?: string[];
}

export interface State extends Root {
  others: Root[]; // further trainings beside the first; the branches come after them
  branches: BranchSpec[];
  active: number;
  step: number;
  stop: number;
  open: string;
  own: { input: number[]; target: number[] } | null;
  silenced: string[];
  frozen: string[];
  chapter: string | null;
  rung: string; // of the ladder from memorizer to learner
  view: "world" | "lattice" | "table"; // of all pictures
  sort: "network" | "change" | "gradient" | "value"; // of the ledger
}

export function plainState(): State {
  return {
    name: null, architecture: { ...PLAIN_ARCHITECTURE, sizes: [...PLAIN_ARCHITECTURE.sizes] },
    recipe: { ...PLAIN_RECIPE },
    seed: 0, grid: 2, order: null, pictures: null, heldOut: null, world: null, ends: null, parameters: null, watched: null,
    others: [], branches: [], active: 0, step: 0, stop: 4,
    open: "layer1.weight[0,0]", own: null, silenced: [], frozen: [], chapter: null, rung: "notebook", view: "world", sort: "network",
  }; // prettier-ignore
}

/** The training that a state, or anything more than a root, begins with. */
export function rootOf(state: Root): Root {
  const { name, architecture, recipe, seed, grid, order, pictures, heldOut, world, ends, parameters, watched } = state;
  return { name, architecture, recipe, seed, grid, order, pictures, heldOut, world, ends, parameters, watched };
}

/** Whether there are more examples in it than an address should carry. */
function isLong({ others = [], ...first }: Partial<State>): boolean {
  const sets = [first, ...others].flatMap(({ pictures, heldOut }) => [pictures, heldOut]);
  const numbers = sets.map((set) => (set ? set.inputs.length * (set.inputs[0]?.length ?? 0) : 0));
  return numbers.reduce((sum, count) => sum + count, 0) > MOST_NUMBERS;
}

/** All that grow from no run, in the order of the runs. */
export const rootsOf = (state: State): Root[] => [rootOf(state), ...state.others];

function differences<T extends object>(value: T, plain: T): Partial<T> {
  const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);
  const entries = Object.entries(value).filter(([key, v]) => !same(v, plain[key as keyof T]));
  return Object.fromEntries(entries) as Partial<T>;
}

/** The address of a state: what differs from the one that the page begins with. Null where that is too much. */
export function toAddress(state: State, plain = plainState()): string | null {
  const short: Partial<Record<keyof State, unknown>> = differences(state, plain);
  if (isLong(short as Partial<State>)) return null;
  if (short.recipe) short.recipe = differences(state.recipe, plain.recipe);
  if (short.architecture) short.architecture = differences(state.architecture, plain.architecture);
  if (Object.keys(short).length === 0) return "";
  const bytes = new TextEncoder().encode(JSON.stringify(short));
  return (
    "#1." +
    btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replace(/=+$/, "")
  );
}

/** Read an address; what cannot be read is an error that says so. */
export function fromAddress(hash: string, plain = plainState()): State {
  if (hash === "" || hash === "#") return plain;
  if (!hash.startsWith("#1."))
    throw new Error("The address holds a state that this version of the page does not know.");
  let short: any;
  try {
    const binary = atob(hash.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
    short = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))),
    );
  } catch {
    throw new Error("The address is damaged: a part of it is missing or was changed.");
  }
  const unknown = Object.keys(short).find((key) => !(key in plain));
  if (unknown) throw new Error(`The address holds ${unknown}, which this version of the page does not know.`);
  const state: State = {
    ...plain,
    ...short,
    recipe: { ...plain.recipe, ...short.recipe },
    architecture: { ...plain.architecture, ...short.architecture },
  };
  check(state);
  return state;
}

const isNumbers = (x: unknown): boolean =>
  Array.isArray(x) && x.every((v) => typeof v === "number" && Number.isFinite(v));
const isNames = (x: unknown): boolean => Array.isArray(x) && x.every((v) => typeof v === "string");
const isCount = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= 0;

const isSet = (set: Pictures | null): boolean =>
  set === null || (Array.isArray(set?.inputs) && set.inputs.every(isNumbers));

/** What has to hold of a training's start, by the name of what does not. */
const rulesOf = (root: Root): [string, boolean][] => [
  ["name", root.name === null || typeof root.name === "string"],
  ["sizes", isNumbers(root.architecture?.sizes) && root.architecture.sizes.length >= 2],
  ["seed", isCount(root.seed)],
  ["grid", isCount(root.grid)],
  ["order", root.order === null || isNumbers(root.order)],
  ["pictures", isSet(root.pictures)],
  ["held-out examples", isSet(root.heldOut) && (root.heldOut === null || root.heldOut.targets?.every(isNumbers) === true)],
  ["world", root.world === null || (isWorld(root.world) && root.world.n === root.grid)],
  ["ends", root.ends === null || isCount(root.ends)],
  ["parameters", root.parameters === null || isNumbers(root.parameters)],
  ["watched", root.watched === null || typeof root.watched === "string"],
]; // prettier-ignore

function check(state: State): void {
  const roots = 1 + (state.others?.length ?? 0);
  const picture = (own: any): boolean => own === null || (isNumbers(own?.input) && isNumbers(own?.target));
  const branch = (b: any, k: number): boolean =>
    typeof b === "object" && isCount(b.from) && b.from < roots + k && isCount(b.at) && picture(b.only ?? null) &&
    (b.order === undefined || isNumbers(b.order)) && isNames(b.silenced ?? []) && isNames(b.frozen ?? []) &&
    Object.values(b.parameters ?? {}).every(Number.isFinite); // prettier-ignore
  const rules: [string, boolean][] = [
    ...rulesOf(state),
    ["others", Array.isArray(state.others) && state.others.every((one) => rulesOf(one).every(([, holds]) => holds))],
    ["rung", typeof state.rung === "string"],
    ["branches", Array.isArray(state.branches) && state.branches.every(branch)],
    ["active", isCount(state.active) && state.active < roots + state.branches.length],
    ["step", isCount(state.step)],
    ["stop", isCount(state.stop) && state.stop <= 4],
    ["open", typeof state.open === "string"],
    ["own", picture(state.own)],
    ["silenced", isNames(state.silenced)],
    ["frozen", isNames(state.frozen)],
    ["view", ["world", "lattice", "table"].includes(state.view)],
    ["sort", ["network", "change", "gradient", "value"].includes(state.sort)],
    ["chapter", state.chapter === null || typeof state.chapter === "string"],
  ];
  const wrong = rules.find(([, holds]) => !holds);
  if (wrong) throw new Error(`The address is damaged: its ${wrong[0]} cannot be.`);
}
