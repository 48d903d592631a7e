/** Descriptions of the differences between runs. */

import { integer, short } from "../display/format";
import { RECIPE_LABELS } from "../engine/labels";
import { DEFAULT_RECIPE } from "../engine/recipe";
import type { Recipe } from "../types";
import { type BranchSpec, type Root, rootsOf, runName, type State } from "./state";

/** Return the differences of a run. `symbol` returns the symbol of a cell. */
export function describeRun(state: State, which: number, symbol: (cell: string) => string): string {
  const roots = rootsOf(state);
  const spec: BranchSpec | undefined = state.branches[which - roots.length];
  if (!spec) return roots.length > 1 ? describeRoot(roots[which]) : "from step 0";
  const from = roots.length > 1 || spec.from >= roots.length ? ` of ${runName(state, spec.from)}` : "";
  return `from step ${integer(firstStep(state, which))}${from}: ${changesOf(spec, symbol).join(", ") || "no changes"}`;
}

/** Return the first step of a run on the timeline. */
function firstStep(state: State, which: number): number {
  const spec: BranchSpec | undefined = state.branches[which - rootsOf(state).length];
  return spec ? firstStep(state, spec.from) + spec.at : 0;
}

/** Describe a root by its sizes, its seed, and its fields with other values than the default recipe. */
function describeRoot({ architecture, recipe, seed, watched }: Root): string {
  const names = (Object.keys(DEFAULT_RECIPE) as (keyof Recipe)[]).filter((name) => name !== "seed");
  const changed = names.filter((name) => recipe[name] !== DEFAULT_RECIPE[name]);
  const from = watched === null ? `seed ${seed}` : "watched in PyTorch";
  return [architecture.sizes.join("-"), from, ...changed.map((name) => `${RECIPE_LABELS[name]} ${recipe[name]}`)].join(
    ", ",
  );
}

function changesOf(spec: BranchSpec, symbol: (cell: string) => string): string[] {
  const { recipe = {}, parameters = {}, silenced = [], frozen = [] } = spec;
  return [
    ...Object.entries(recipe).map(([name, value]) => `${RECIPE_LABELS[name as keyof Recipe]} ${value}`),
    ...Object.entries(parameters).map(([name, value]) => `${symbol(name)} = ${short(value)}`),
    ...(spec.order ? ["custom order"] : []),
    ...(spec.only ? ["one example"] : []),
    ...silenced.map((name) => `${symbol(name)} switched off`),
    ...frozen.map((name) => `${symbol(name)} frozen`),
  ];
}
