/** Encode the state of the page as an address, and decode it. */

import { stateWithPresentNames } from "../engine/earlier_names";
import { LAST_PHASE } from "../engine/sheet";
import { isWorld } from "../engine/world";
import type { Examples } from "../types";
import { defaultState, type Root, type State } from "./state";

const MAX_NUMBERS = 2_000; // of examples in an address: about 50 kB

/** Whether a state has too many examples for an address. */
function isTooLong({ others = [], ...first }: Partial<State>): boolean {
  const sets = [first, ...others].flatMap(({ pictures, heldOut }) => [pictures, heldOut]);
  const numbers = sets.map((set) => (set ? set.inputs.length * (set.inputs[0]?.length ?? 0) : 0));
  return numbers.reduce((sum, count) => sum + count, 0) > MAX_NUMBERS;
}

/** Return the fields of a value with other values than the defaults. */
function differences<T extends object>(value: T, defaults: T): Partial<T> {
  const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);
  const entries = Object.entries(value).filter(([key, v]) => !same(v, defaults[key as keyof T]));
  return Object.fromEntries(entries) as Partial<T>;
}

/** Encode the difference to the initial state. Return null if it is too long for an address. */
export function toAddress(state: State, initial = defaultState()): string | null {
  const changes: Partial<Record<keyof State, unknown>> = differences(state, initial);
  if (isTooLong(changes as Partial<State>)) return null;
  if (changes.recipe) changes.recipe = differences(state.recipe, initial.recipe);
  if (changes.architecture) changes.architecture = differences(state.architecture, initial.architecture);
  if (Object.keys(changes).length === 0) return "";
  const bytes = new TextEncoder().encode(JSON.stringify(changes));
  return (
    "#1." +
    btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replace(/=+$/, "")
  );
}

/** Decode an address. Throws if it is damaged or of a newer version. */
export function fromAddress(hash: string, initial = defaultState()): State {
  if (hash === "" || hash === "#") return initial;
  if (!hash.startsWith("#1.")) throw new Error("This version of the page cannot read the address.");
  const changes = stateWithPresentNames(decoded(hash.slice(3)));
  const unknown = Object.keys(changes).find((key) => !(key in initial));
  if (unknown) throw new Error(`The address has the unknown field ${unknown}.`);
  const state: State = {
    ...initial,
    ...changes,
    recipe: { ...initial.recipe, ...changes.recipe },
    architecture: { ...initial.architecture, ...changes.architecture },
  };
  check(state);
  return state;
}

function decoded(text: string): any {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("The address is damaged. A part is missing or changed.");
  }
}

const isNumbers = (x: unknown): boolean =>
  Array.isArray(x) && x.every((v) => typeof v === "number" && Number.isFinite(v));
const isNames = (x: unknown): boolean => Array.isArray(x) && x.every((v) => typeof v === "string");
const isOptional = (x: unknown, type: "string" | "boolean"): boolean => x === undefined || typeof x === type;
const isCount = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= 0;

const isSet = (set: Examples | null): boolean =>
  set === null || (Array.isArray(set?.inputs) && set.inputs.every(isNumbers));

/** Return the validity of each field of a root, by name. */
const rulesOf = (root: Root): [string, boolean][] => [
  ["name", root.name === null || typeof root.name === "string"],
  ["sizes", isNumbers(root.architecture?.sizes) && root.architecture.sizes.length >= 2],
  ["seed", isCount(root.seed)],
  ["grid", isCount(root.grid)],
  ["order", root.order === null || isNumbers(root.order)],
  ["pictures", isSet(root.pictures)],
  ["heldOut", isSet(root.heldOut) && (root.heldOut === null || root.heldOut.targets?.every(isNumbers) === true)],
  ["world", root.world === null || (isWorld(root.world) && root.world.n === root.grid)],
  ["ends", root.ends === null || isCount(root.ends)],
  ["parameters", root.parameters === null || isNumbers(root.parameters)],
  ["watched", root.watched === null || typeof root.watched === "string"],
]; // prettier-ignore

/** Throw if a field of a decoded state is not valid. */
function check(state: State): void {
  const roots = 1 + (state.others?.length ?? 0);
  const isExample = (example: any, mayLackTarget = false): boolean =>
    isNumbers(example?.input) &&
    (isNumbers(example.target) || (mayLackTarget && example.target === null)) &&
    isOptional(example.name, "string") &&
    isOptional(example.labeled, "boolean");
  const isBranch = (b: any, k: number): boolean =>
    typeof b === "object" && isCount(b.from) && b.from < roots + k && isCount(b.at) && ((b.only ?? null) === null || isExample(b.only)) &&
    (b.order === undefined || isNumbers(b.order)) && isNames(b.silenced ?? []) && isNames(b.frozen ?? []) &&
    Object.values(b.parameters ?? {}).every(Number.isFinite); // prettier-ignore
  const rules: [string, boolean][] = [
    ...rulesOf(state),
    [
      "others",
      Array.isArray(state.others) && state.others.every((other) => rulesOf(other).every(([, isValid]) => isValid)),
    ],
    ["rung", typeof state.rung === "string"],
    ["branches", Array.isArray(state.branches) && state.branches.every(isBranch)],
    ["active", isCount(state.active) && state.active < roots + state.branches.length],
    ["step", isCount(state.step)],
    ["phase", isCount(state.phase) && state.phase <= LAST_PHASE],
    ["open", typeof state.open === "string"],
    ["custom", state.custom === null || isExample(state.custom, true)],
    ["silenced", isNames(state.silenced)],
    ["frozen", isNames(state.frozen)],
    ["view", ["world", "lattice", "table"].includes(state.view)],
    ["sort", ["network", "change", "gradient", "value"].includes(state.sort)],
    ["chapter", state.chapter === null || typeof state.chapter === "string"],
  ];
  const invalid = rules.find(([, isValid]) => !isValid);
  if (invalid) throw new Error(`The address is damaged. Its field ${invalid[0]} is not valid.`);
}
