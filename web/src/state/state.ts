/** The state of the page: its trainings, the current step, and the user's selection. */

import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../engine/recipe";
import type { Architecture, Examples, Recipe, World } from "../types";

export interface Example {
  name?: string; // in the list from which it was chosen
  input: number[];
  target: number[] | null; // null: the example has no target
  labeled?: boolean; // the user set the target
}

/** An example to train on. */
export interface LabeledExample {
  name?: string;
  input: number[];
  target: number[];
}

/** A training from its first step. Runs that continue a training are its branches. */
export interface Root {
  name: string | null;
  architecture: Architecture;
  recipe: Recipe;
  seed: number;
  grid: number;
  order: number[] | null; // order of the built-in lines
  pictures: Examples | null; // replaces the built-in lines
  heldOut: Examples | null;
  world: World | null; // the distribution of the pictures
  ends: number | null; // the number of steps, if the training was stopped early
  parameters: number[] | null; // initial parameters without a seed
  watched: string | null; // content hash of the file with the steps of a watched training
}

export interface BranchSpec {
  from: number; // index of the run before the branch
  at: number; // steps of that run before the branch
  recipe?: Partial<Recipe>;
  parameters?: Record<string, number>; // changed by the user
  order?: number[]; // of the examples
  only?: LabeledExample; // one example instead of the set
  silenced?: string[];
  frozen?: string[];
}

export interface State extends Root {
  others: Root[]; // more trainings beside the first training; in `runs` the branches follow the others
  branches: BranchSpec[];
  active: number;
  step: number;
  phase: number; // index of PHASES
  open: string;
  custom: Example | null; // the user's example
  silenced: string[];
  frozen: string[];
  chapter: string | null;
  rung: string; // rung of the ladder in the last chapter
  view: "world" | "lattice" | "table"; // of the panel with all inputs
  sort: "network" | "change" | "gradient" | "value"; // of the ledger
}

export function defaultState(): State {
  return {
    name: null, architecture: { ...DEFAULT_ARCHITECTURE, sizes: [...DEFAULT_ARCHITECTURE.sizes] },
    recipe: { ...DEFAULT_RECIPE },
    seed: 0, grid: 2, order: null, pictures: null, heldOut: null, world: null, ends: null, parameters: null, watched: null,
    others: [], branches: [], active: 0, step: 0, phase: 4,
    open: "layer1.weight[0,0]", custom: null, silenced: [], frozen: [], chapter: null, rung: "notebook", view: "world", sort: "network",
  }; // prettier-ignore
}

/** Return only the fields of a root. */
export function rootOf(state: Root): Root {
  const { name, architecture, recipe, seed, grid, order, pictures, heldOut, world, ends, parameters, watched } = state;
  return { name, architecture, recipe, seed, grid, order, pictures, heldOut, world, ends, parameters, watched };
}

/** Return all trainings that are not branches, in the order of the runs. */
export const rootsOf = (state: State): Root[] => [rootOf(state), ...state.others];

/** Return the index of the root of a run. */
export function rootIndex(state: State, which = state.active): number {
  const { others, branches } = state;
  return which <= others.length ? which : rootIndex(state, branches[which - 1 - others.length].from);
}

/** Remove a run and all its branches. Return the new state and the indices of the remaining runs. */
export function withoutRun(state: State, which: number): { state: State; kept: number[] } {
  const roots = 1 + state.others.length;
  const removed = new Set([which]);
  state.branches.forEach((spec, k) => removed.has(spec.from) && removed.add(roots + k));
  const isKept = (k: number) => !removed.has(k);
  const kept = Array.from({ length: roots + state.branches.length }, (_, k) => k).filter(isKept);
  const others = state.others.filter((_, k) => isKept(1 + k));
  const branches = state.branches.filter((_, k) => isKept(roots + k));
  const moved = branches.map((spec) => ({ ...spec, from: kept.indexOf(spec.from) }));
  return { state: { ...state, others, branches: moved, active: Math.max(0, kept.indexOf(state.active)) }, kept };
}

/** Return the name of a run. Unnamed runs are numbered. */
export function runName(state: State, which: number): string {
  const roots = rootsOf(state);
  if (which >= roots.length) return `branch ${which - roots.length + 1}`;
  return roots[which].name ?? (roots.length === 1 ? "main run" : `run ${which + 1}`);
}
