/** What each nudge of a training shows: which pictures, in which view, with which noise, and what should come out. */

import { noisy, shuffled, viewOf, viewed } from "./draws";
import { smoothed } from "./schedule";
import type { Pictures, Recipe } from "./types";
import { drawn, patterns, PICTURES_AN_EPOCH, type World } from "./world";

/** What a run asks of what it shows. */
export interface Shows {
  readonly count: number; // pictures of an epoch
  readonly perEpoch: number; // nudges
  size(step: number): number;
  seen(step: number): Pictures;
}

export class Showing implements Shows {
  readonly count: number; // pictures of an epoch
  readonly perEpoch: number; // nudges
  private order: number[] = [];
  private orderEpoch = -1;

  constructor(
    readonly recipe: Recipe,
    readonly pictures: Pictures,
    readonly world: World | null,
  ) {
    this.count = world ? PICTURES_AN_EPOCH : pictures.names.length;
    this.perEpoch = Math.ceil(this.count / recipe.batch_size);
  }

  /** How many pictures nudge `step` shows: the last batch of an epoch may be smaller. */
  size(step: number): number {
    const { batch_size } = this.recipe;
    return Math.min(batch_size, this.count - (step % this.perEpoch) * batch_size);
  }

  /** The pictures of nudge `step` as it shows them: in their order and view, with their noise. */
  seen(step: number): Pictures {
    return this.world ? this.drawnAt(step, this.world) : this.chosenAt(step);
  }

  /** How many pictures were shown before nudge `step`. */
  private before(step: number): number {
    return Math.floor(step / this.perEpoch) * this.count + (step % this.perEpoch) * this.recipe.batch_size;
  }

  private drawnAt(step: number, world: World): Pictures {
    const first = this.before(step);
    const all = Array.from({ length: this.size(step) }, (_, k) => drawn(world, this.recipe.seed, first + k));
    const number = step * this.recipe.batch_size; // a pattern may come twice in a batch
    return {
      ...this.pictures,
      inputs: all.map(({ input }) => input),
      targets: smoothed(this.recipe, all.map(({ target }) => target)),
      names: all.map(({ row }, k) => `${patterns(world).names[row]} ${number + k}`),
    }; // prettier-ignore
  }

  private chosenAt(step: number): Pictures {
    const { recipe, pictures } = this;
    const { inputs, names } = pictures;
    const targets = pictures.targets && smoothed(recipe, pictures.targets);
    const shown = this.rows(step);
    const first = this.before(step);
    const views = shown.map((_, place) => (recipe.augment ? viewOf(recipe.seed, first + place) : 0));
    const see = (k: number, place: number) => {
      const picture = recipe.augment ? viewed(inputs[k], views[place]) : inputs[k];
      return recipe.noise > 0 ? noisy(picture, recipe.noise, recipe.seed, first + place) : picture;
    };
    const wanted = (k: number, place: number) => (views[place] & 1 ? targets![k].toReversed() : targets![k]);
    return {
      ...pictures,
      inputs: shown.map(see),
      targets: targets && shown.map(wanted),
      names: shown.map((k) => names[k]),
    };
  }

  /** Which pictures nudge `step` shows, in their order. */
  private rows(step: number): number[] {
    const { recipe, count } = this;
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.orderEpoch) {
      this.order =
        recipe.order === "shuffled" ? shuffled(count, recipe.seed, epoch) : Array.from({ length: count }, (_, k) => k);
      this.orderEpoch = epoch;
    }
    const first = (step % this.perEpoch) * recipe.batch_size;
    return this.order.slice(first, first + recipe.batch_size);
  }
}
