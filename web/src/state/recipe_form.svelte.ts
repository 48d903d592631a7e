/** The form of the Recipe panel: edited copies of the current recipe, architecture and data source. */

import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../engine/recipe";
import type { Run } from "../engine/run";
import { DEFAULT_WORLD } from "../engine/world";
import type { Architecture, Recipe, World } from "../types";
import type { BranchSpec, Root, State } from "./state";

export const MAX_SEED = 2 ** 32 - 1;

export class RecipeForm {
  recipe: Recipe = $state({ ...DEFAULT_RECIPE });
  architecture: Architecture = $state(copyArchitecture(DEFAULT_ARCHITECTURE));
  seed = $state(0);
  grid = $state(2);
  world: World | null = $state(null);
  order: number[] = $state([]); // order of the examples, as indices into the current order

  /** Copy the values of a run. */
  reset(run: Run, root: Root): void {
    Object.assign(this, valuesOf(run, root));
  }

  /** Whether a field differs from the values of a run. */
  isChanged(run: Run, root: Root): boolean {
    const { recipe, architecture, seed, grid, world, order } = this;
    const now = { recipe, architecture, seed, grid, world, order };
    return JSON.stringify(now) !== JSON.stringify(valuesOf(run, root));
  }

  /** Choose the pictures: "2" or "3" for lines of that size, or "world". A world ignores order and noise. */
  setSource(source: string): void {
    if (source !== "world") {
      [this.grid, this.world] = [Number(source), null];
      return;
    }
    [this.grid, this.world] = [2, copyWorld(DEFAULT_WORLD)];
    Object.assign(this.recipe, { noise: 0, order: "fixed", augment: false });
  }

  /** The number of nodes in the second hidden layer; 0 without a second layer. */
  get secondLayer(): number {
    const { sizes } = this.architecture;
    return sizes.length > 3 ? sizes[2] : 0;
  }

  setHiddenLayers(first: number, second: number): void {
    const { sizes } = this.architecture;
    this.architecture.sizes = [sizes[0], first, ...(second > 0 ? [second] : []), sizes[sizes.length - 1]];
  }

  nextSeed(): void {
    this.seed = this.seed >= MAX_SEED ? 0 : this.seed + 1;
  }

  get isReordered(): boolean {
    return this.order.some((k, position) => k !== position);
  }

  moveEarlier(position: number): void {
    const { order } = this;
    [order[position - 1], order[position]] = [order[position], order[position - 1]];
  }

  /** Return the changes for training the root of a run again with this form. */
  restart({ setup }: Run, root: Root, isBranch: boolean): Partial<State> {
    const { seed, grid } = this;
    const [recipe, architecture] = [$state.snapshot(this.recipe), $state.snapshot(this.architecture)];
    const [inputs, ...layers] = architecture.sizes;
    const sizes = [root.pictures ? inputs : grid * grid, ...layers];
    const hasOtherPictures = grid !== root.grid || this.world !== null;
    const sameStart = sizes.join() === root.architecture.sizes.join() && seed === root.seed;
    // a branch has only the remaining epochs
    if (isBranch && recipe.epochs === setup.recipe.epochs) recipe.epochs = root.recipe.epochs;
    return {
      recipe,
      architecture: { ...architecture, sizes },
      seed,
      grid,
      world: $state.snapshot(this.world),
      order: hasOtherPictures ? null : this.rootOrder(root, isBranch),
      parameters: sameStart ? root.parameters : null,
      step: 0,
      custom: null,
    };
  }

  /** Return the changes of a branch: the changed fields of the recipe, and the order. */
  branch({ setup }: Run): Omit<BranchSpec, "from" | "at"> {
    const changed = Object.entries($state.snapshot(this.recipe)).filter(
      ([name, value]) => value !== setup.recipe[name as keyof Recipe],
    );
    return {
      ...(changed.length ? { recipe: Object.fromEntries(changed) } : {}),
      ...(this.isReordered ? { order: [...this.order] } : {}),
    };
  }

  private rootOrder(root: Root, isBranch: boolean): number[] | null {
    if (!this.isReordered) return isBranch ? null : root.order;
    return this.order.map((k) => root.order?.[k] ?? k);
  }
}

/** Return the fields of a form with the values of a run. */
const valuesOf = ({ setup }: Run, root: Root) => ({
  recipe: { ...setup.recipe },
  architecture: copyArchitecture(setup.architecture),
  seed: root.seed,
  grid: root.grid,
  world: setup.world ? copyWorld(setup.world) : null,
  order: setup.examples.names.map((_, k) => k),
});

const copyArchitecture = (of: Architecture): Architecture => ({ ...of, sizes: [...of.sizes] });

const copyWorld = (of: World): World => ({
  ...of,
  bright: [...of.bright],
  dark: [...of.dark],
  flat: [...of.flat],
});
