/** Trainings for the page, made of what describes them: a start, a sheet for each size of batch, pictures. */

import type { BranchSpec, Root } from "./address";
import type { Api } from "./api";
import { onward, type Played } from "./playing";
import { Prepared, Run } from "./run";
import { formOf, isSound, type Architecture, type Pictures, type Recipe, type SheetAnswer } from "./types";
import { PICTURES_AN_EPOCH, type World } from "./world";

const STARTS_AHEAD = 32; // seeds whose starts are fetched together

export class Builder {
  private readonly sheets = new Map<string, Promise<SheetAnswer>>();
  private readonly starts = new Map<string, Promise<number[][]>>();
  private readonly grids = new Map<string, ReturnType<Api["pictures"]>>();

  constructor(private readonly api: Api) {}

  /** The sets of pictures of a grid. */
  pictures(grid: number): ReturnType<Api["pictures"]> {
    return remembered(this.grids, String(grid), () => this.api.pictures(grid));
  }

  /** A training from its start; `played` is what was seen of one that ran elsewhere. */
  async root(root: Root, played: Played | null): Promise<Run> {
    const { architecture, heldOut, world, ends, seed, grid } = root;
    if (world) fits(root.recipe);
    const pictures = ordered(root.pictures ?? (await this.pictures(grid)).sets.lines, root.order);
    if (!played) told(pictures);
    const given = played ? root.recipe : onward(root.recipe);
    const recipe = root.parameters ? given : { ...given, seed }; // a recording may shuffle by another seed
    const held = { silenced: [], frozen: [], firstStep: 0 };
    const setup = { architecture, recipe, pictures, heldOut, world, ends, played, ...held };
    const sizes = played?.shown.map((rows) => rows.length);
    const prepared = await this.prepare(architecture, recipe, shownIn(pictures, world), sizes);
    return new Run(setup, prepared, root.parameters ?? (await this.startOf(architecture, seed)));
  }

  /** A training from a step of another one, which has come so far. */
  async branch(parent: Run, spec: BranchSpec): Promise<Run> {
    if (spec.at > parent.done)
      throw new Error(`A branch begins after nudge ${spec.at}, and its run ends at ${parent.done}.`);
    const { setup } = parent;
    const recipe = branchRecipe(parent, spec);
    const pictures = branchPictures(setup.pictures, spec);
    told(pictures);
    const world = spec.only ? null : setup.world;
    if (world) fits(recipe);
    const prepared = await this.prepare(setup.architecture, recipe, shownIn(pictures, world));
    const start = branchStart(parent, spec, prepared.get(1)!.answer.parameters);
    const held = { silenced: spec.silenced ?? [], frozen: spec.frozen ?? [], firstStep: setup.firstStep + spec.at };
    return new Run({ ...setup, recipe, pictures, world, ends: null, played: null, ...held }, prepared, start);
  }

  /** The sheets for a training: of single pictures, of its batches, and of a short last batch, or of these. */
  private async prepare(architecture: Architecture, recipe: Recipe, count: number, these?: number[]) {
    const full = Math.min(recipe.batch_size, count);
    const batches = [...new Set([1, ...(these ?? [full, count % recipe.batch_size || full])])];
    const { sizes } = architecture;
    const found = await Promise.all(batches.map((batch) => this.sheet(architecture, recipe, batch)));
    return new Map(batches.map((batch, k) => [batch, new Prepared(found[k], sizes[0], sizes[sizes.length - 1])]));
  }

  private sheet(architecture: Architecture, recipe: Recipe, batch: number): Promise<SheetAnswer> {
    const form = formOf(architecture, recipe, batch) + (isSound(recipe) ? "" : JSON.stringify(recipe));
    return remembered(this.sheets, form, () => this.api.sheet(architecture, recipe, batch));
  }

  private async startOf(architecture: Architecture, seed: number): Promise<number[]> {
    const first = Math.min(seed - (seed % STARTS_AHEAD), 2 ** 32 - STARTS_AHEAD);
    const key = JSON.stringify([architecture, first]);
    const starts = await remembered(this.starts, key, () => this.api.starts(architecture, first, STARTS_AHEAD));
    return starts[seed - first];
  }
}

function branchRecipe(parent: Run, spec: BranchSpec): Recipe {
  const { recipe, played } = parent.setup;
  const epochs = Math.max(1, Math.ceil((parent.total - spec.at) / parent.perEpoch));
  const rate = played ? { learning_rate: parent.rateAt(spec.at) || recipe.learning_rate } : {};
  return onward({ ...recipe, ...rate, epochs, ...spec.recipe });
}

function branchPictures(pictures: Pictures, { only, order }: BranchSpec): Pictures {
  return only
    ? { ...pictures, inputs: [only.input], targets: [only.target], names: ["your own"], untold: false }
    : ordered(pictures, order ?? null);
}

function branchStart(parent: Run, spec: BranchSpec, names: string[]): number[] {
  const start = [...parent.memory(spec.at).slice(0, names.length)];
  for (const [name, value] of Object.entries(spec.parameters ?? {})) {
    const place = names.indexOf(name);
    if (place < 0) throw new Error(`There is no parameter ${name} in this network.`);
    start[place] = value;
  }
  return start;
}

/** What should come out has to be known to train on it. */
function told({ untold }: Pictures): void {
  if (untold)
    throw new Error(
      "This training ran in PyTorch, and nothing told what should come out; train on a picture of your own, or watch it with its targets.",
    );
}

function ordered(pictures: Pictures, order: number[] | null): Pictures {
  if (order === null) return pictures;
  const { inputs, targets, names } = pictures;
  if ([...order].sort((a, b) => a - b).join() !== names.map((_, k) => k).join()) {
    throw new Error(`The order ${order.join(", ")} does not name each of the ${names.length} pictures once.`);
  }
  const pick = <T>(list: T[]): T[] => order.map((k) => list[k]);
  return { ...pictures, inputs: pick(inputs), targets: targets && pick(targets), names: pick(names) };
}

/** How many pictures an epoch shows. */
const shownIn = (pictures: Pictures, world: World | null | undefined): number =>
  world ? PICTURES_AN_EPOCH : pictures.names.length;

/** A world draws each picture anew, with its own noise: it has no order and needs no further views. */
function fits({ order, noise, augment }: Recipe): void {
  if (order !== "fixed" || noise !== 0 || augment)
    throw new Error(
      "The pictures are drawn from a world, which has its own order, noise and views; leave those of the recipe.",
    );
}

/** Ask once; forget what failed. */
function remembered<T>(kept: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  let found = kept.get(key);
  if (!found) {
    found = ask();
    kept.set(key, found);
    found.catch(() => kept.delete(key));
  }
  return found;
}
