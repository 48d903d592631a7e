/** Build runs from roots and branches: initial parameters, sheets for each batch size, examples. */

import type { Api } from "../api/api";
import { integer } from "../display/format";
import { Prepared } from "../engine/prepared";
import { formulaKey, recipeError } from "../engine/recipe";
import { resumable } from "../engine/replay";
import { Run } from "../engine/run";
import { PICTURES_PER_EPOCH } from "../engine/world";
import type { Architecture, BuiltinSets, Examples, Recipe, SheetResponse, WatchedTraining, World } from "../types";
import type { BranchSpec, Root } from "./state";

const SEEDS_PER_REQUEST = 32; // one request fetches the initial parameters of several seeds

export class Builder {
  private readonly sheets = new Map<string, Promise<SheetResponse>>();
  private readonly blocks = new Map<string, Promise<number[][]>>();
  private readonly grids = new Map<string, Promise<BuiltinSets>>();

  constructor(private readonly api: Api) {}

  /** Return the built-in data sets of a picture size. */
  builtinSets(grid: number): Promise<BuiltinSets> {
    return cached(this.grids, String(grid), () => this.api.pictures(grid));
  }

  /** Build the run of a root. `watched` holds the steps of a watched training. */
  async root(root: Root, watched: WatchedTraining | null): Promise<Run> {
    const { architecture, heldOut, world, ends, seed, grid } = root;
    if (world) requireWorldRecipe(root.recipe);
    const examples = ordered(root.pictures ?? (await this.builtinSets(grid)).sets.lines, root.order);
    if (!watched) requireTargets(examples);
    const trainable = watched ? root.recipe : resumable(root.recipe);
    const recipe = root.parameters ? trainable : { ...trainable, seed }; // a recording may use another seed for shuffling
    const fromStart = { silenced: [], frozen: [], firstStep: 0 };
    const setup = { architecture, recipe, examples, heldOut, world, ends, watched, ...fromStart };
    const batches = watched?.batches.map((indices) => indices.length);
    const prepared = await this.prepare(architecture, recipe, perEpoch(examples, world), batches);
    return new Run(setup, prepared, root.parameters ?? (await this.initialParameters(architecture, seed)));
  }

  /** Build a run that starts at a trained step of another run. */
  async branch(parent: Run, spec: BranchSpec): Promise<Run> {
    if (spec.at > parent.done)
      throw new Error(
        `The branch starts at step ${integer(spec.at)}. It must start at most at step ${integer(parent.done)}, the end of its run.`,
      );
    const { setup } = parent;
    const recipe = branchRecipe(parent, spec);
    const examples = branchExamples(setup.examples, spec);
    requireTargets(examples);
    const world = spec.only ? null : setup.world;
    if (world) requireWorldRecipe(recipe);
    const prepared = await this.prepare(setup.architecture, recipe, perEpoch(examples, world));
    const parameters = branchParameters(parent, spec, prepared.get(1)!.response.parameters);
    const fixed = { silenced: spec.silenced ?? [], frozen: spec.frozen ?? [], firstStep: setup.firstStep + spec.at };
    return new Run({ ...setup, recipe, examples, world, ends: null, watched: null, ...fixed }, prepared, parameters);
  }

  /** Fetch sheets for single examples and for `batches`. Default batches: full batches and the last batch of an epoch. */
  private async prepare(architecture: Architecture, recipe: Recipe, count: number, batches?: number[]) {
    const invalid = recipeError(recipe);
    if (invalid) throw invalid;
    const full = Math.min(recipe.batch_size, count);
    const needed = [...new Set([1, ...(batches ?? [full, count % recipe.batch_size || full])])];
    const { sizes } = architecture;
    const responses = await Promise.all(needed.map((batch) => this.sheet(architecture, recipe, batch)));
    return new Map(needed.map((batch, k) => [batch, new Prepared(responses[k], sizes[0], sizes[sizes.length - 1])]));
  }

  private sheet(architecture: Architecture, recipe: Recipe, batch: number): Promise<SheetResponse> {
    const key = formulaKey(architecture, recipe, batch);
    return cached(this.sheets, key, () => this.api.sheet(architecture, recipe, batch));
  }

  private async initialParameters(architecture: Architecture, seed: number): Promise<number[]> {
    const first = Math.min(seed - (seed % SEEDS_PER_REQUEST), 2 ** 32 - SEEDS_PER_REQUEST);
    const key = JSON.stringify([architecture, first]);
    const block = await cached(this.blocks, key, () =>
      this.api.initialParameters(architecture, first, SEEDS_PER_REQUEST),
    );
    return block[seed - first];
  }
}

function branchRecipe(parent: Run, spec: BranchSpec): Recipe {
  const { recipe, watched } = parent.setup;
  const epochs = Math.max(1, Math.ceil((parent.total - spec.at) / parent.perEpoch));
  const rate = watched ? { learning_rate: parent.rateAt(spec.at) || recipe.learning_rate } : {};
  return resumable({ ...recipe, ...rate, ...parent.changedSettings(spec.at), epochs, ...spec.recipe });
}

function branchExamples(examples: Examples, { only, order }: BranchSpec): Examples {
  return only
    ? {
        ...examples,
        inputs: [only.input],
        targets: [only.target],
        names: [only.name ?? "custom"],
        targetsUnknown: false,
      }
    : ordered(examples, order ?? null);
}

function branchParameters(parent: Run, spec: BranchSpec, names: string[]): number[] {
  const parameters = [...parent.stateBefore(spec.at).slice(0, names.length)];
  for (const [name, value] of Object.entries(spec.parameters ?? {})) {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`The network has no parameter ${name}.`);
    parameters[index] = value;
  }
  return parameters;
}

/** Throw if the targets of the examples are unknown. */
function requireTargets({ targetsUnknown }: Examples): void {
  if (targetsUnknown)
    throw new Error(
      "The targets of this PyTorch training are unknown. Train on a custom example, or watch the training with its examples.",
    );
}

/** Throw if a recipe orders or changes pictures. A world draws each picture once, with its own noise. */
function requireWorldRecipe({ order, noise, augment }: Recipe): void {
  if (order !== "fixed" || noise !== 0 || augment)
    throw new Error(
      "A world has its own order, noise and augmentation. Set Order to fixed and Noise to 0, and switch off Augmentation.",
    );
}

function ordered(examples: Examples, order: number[] | null): Examples {
  if (order === null) return examples;
  const { inputs, targets, names } = examples;
  if ([...order].sort((a, b) => a - b).join() !== names.map((_, k) => k).join()) {
    throw new Error(`The order is ${order.join(", ")}. It must contain each index from 0 to ${names.length - 1} once.`);
  }
  const pick = <T>(list: T[]): T[] => order.map((k) => list[k]);
  return { ...examples, inputs: pick(inputs), targets: targets && pick(targets), names: pick(names) };
}

const perEpoch = (examples: Examples, world: World | null | undefined): number =>
  world ? PICTURES_PER_EPOCH : examples.names.length;

/** Return a cached response, or send the request. Failed requests are not cached. */
function cached<T>(cache: Map<string, Promise<T>>, key: string, send: () => Promise<T>): Promise<T> {
  let response = cache.get(key);
  if (!response) {
    response = send();
    cache.set(key, response);
    response.catch(() => cache.delete(key));
  }
  return response;
}
