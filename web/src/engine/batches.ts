/** The examples of each training step: ordered, augmented and with noise. */

import type { Examples, Recipe, World } from "../types";
import { noisy, shuffled, viewed, viewOf } from "./rng";
import { smoothed } from "./schedule";
import { drawPicture, patterns, PICTURES_PER_EPOCH } from "./world";

/** The part of a training that supplies the examples of each step. */
export interface BatchSource {
  readonly count: number; // examples per epoch
  readonly perEpoch: number; // steps per epoch
  batchSize(step: number): number;
  batch(step: number): Examples;
}

export class Batches implements BatchSource {
  readonly count: number; // examples per epoch
  readonly perEpoch: number; // steps per epoch
  private order: number[] = [];
  private orderEpoch = -1;

  constructor(
    readonly recipe: Recipe,
    readonly examples: Examples,
    readonly world: World | null,
  ) {
    this.count = world ? PICTURES_PER_EPOCH : examples.names.length;
    this.perEpoch = Math.ceil(this.count / recipe.batch_size);
  }

  /** Return the batch size of a step: the last batch of an epoch may be smaller. */
  batchSize(step: number): number {
    const { batch_size } = this.recipe;
    return Math.min(batch_size, this.count - (step % this.perEpoch) * batch_size);
  }

  batch(step: number): Examples {
    return this.world ? this.drawnBatch(step, this.world) : this.listedBatch(step);
  }

  /** Return the number of examples before a step. */
  private countBefore(step: number): number {
    return Math.floor(step / this.perEpoch) * this.count + (step % this.perEpoch) * this.recipe.batch_size;
  }

  private drawnBatch(step: number, world: World): Examples {
    const first = this.countBefore(step);
    const drawn = Array.from({ length: this.batchSize(step) }, (_, k) =>
      drawPicture(world, this.recipe.seed, first + k),
    );
    const number = step * this.recipe.batch_size; // the number makes names unique: a batch may contain a pattern twice
    return {
      ...this.examples,
      inputs: drawn.map(({ input }) => input),
      targets: smoothed(this.recipe, drawn.map(({ target }) => target)),
      names: drawn.map(({ row }, k) => `${patterns(world).names[row]} ${number + k}`),
    }; // prettier-ignore
  }

  private listedBatch(step: number): Examples {
    const { recipe, examples } = this;
    const { inputs, names } = examples;
    const targets = examples.targets && smoothed(recipe, examples.targets);
    const indices = this.indices(step);
    const first = this.countBefore(step);
    const views = indices.map((_, k) => (recipe.augment ? viewOf(recipe.seed, first + k) : 0));
    const input = (index: number, k: number) => {
      const picture = recipe.augment ? viewed(inputs[index], views[k]) : inputs[index];
      return recipe.noise > 0 ? noisy(picture, recipe.noise, recipe.seed, first + k) : picture;
    };
    const target = (index: number, k: number) => (views[k] & 1 ? targets![index].toReversed() : targets![index]);
    return {
      ...examples,
      inputs: indices.map(input),
      targets: targets && indices.map(target),
      names: indices.map((index) => names[index]),
    };
  }

  /** Return the example indices of a step, in the order of the batch. */
  private indices(step: number): number[] {
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
