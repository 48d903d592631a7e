/** The state of the page, as it stands in the address: only what differs from the plain start. */

import { PLAIN_ARCHITECTURE, PLAIN_RECIPE, type Architecture, type Pictures, type Recipe } from "./types";
import { isWorld, type World } from "./world";

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

export interface State {
  architecture: Architecture;
  recipe: Recipe;
  seed: number;
  grid: number;
  order: number[] | null; // of the lines
  pictures: Pictures | null; // instead of the lines
  world: World | null; // that the pictures are drawn from
  ends: number | null; // after so many nudges, where a recording was stopped early
  parameters: number[] | null; // of a start that no seed draws
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
    architecture: { ...PLAIN_ARCHITECTURE, sizes: [...PLAIN_ARCHITECTURE.sizes] },
    recipe: { ...PLAIN_RECIPE },
    seed: 0, grid: 2, order: null, pictures: null, world: null, ends: null, parameters: null, branches: [], active: 0, step: 0, stop: 4,
    open: "layer1.weight[0,0]", own: null, silenced: [], frozen: [], chapter: null, rung: "notebook", view: "world", sort: "network",
  }; // prettier-ignore
}

function differences<T extends object>(value: T, plain: T): Partial<T> {
  const entries = Object.entries(value).filter(
    ([key, v]) => JSON.stringify(v) !== JSON.stringify(plain[key as keyof T]),
  );
  return Object.fromEntries(entries) as Partial<T>;
}

export function toAddress(state: State): string {
  const plain = plainState();
  const short: Record<string, unknown> = differences(state, plain);
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
export function fromAddress(hash: string): State {
  if (hash === "" || hash === "#") return plainState();
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
  const plain = plainState();
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

function check(state: State): void {
  const picture = (own: any): boolean => own === null || (isNumbers(own?.input) && isNumbers(own?.target));
  const branch = (b: any, k: number): boolean =>
    typeof b === "object" && isCount(b.from) && b.from <= k && isCount(b.at) && picture(b.only ?? null) &&
    (b.order === undefined || isNumbers(b.order)) && isNames(b.silenced ?? []) && isNames(b.frozen ?? []) &&
    Object.values(b.parameters ?? {}).every(Number.isFinite); // prettier-ignore
  const rules: [string, boolean][] = [
    ["sizes", isNumbers(state.architecture.sizes) && state.architecture.sizes.length >= 2],
    ["seed", isCount(state.seed)],
    ["grid", isCount(state.grid)],
    ["order", state.order === null || isNumbers(state.order)],
    [
      "pictures",
      state.pictures === null || (Array.isArray(state.pictures.inputs) && state.pictures.inputs.every(isNumbers)),
    ],
    ["world", state.world === null || (isWorld(state.world) && state.world.n === state.grid)],
    ["ends", state.ends === null || isCount(state.ends)],
    ["rung", typeof state.rung === "string"],
    ["parameters", state.parameters === null || isNumbers(state.parameters)],
    ["branches", Array.isArray(state.branches) && state.branches.every(branch)],
    ["active", isCount(state.active) && state.active <= state.branches.length],
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
