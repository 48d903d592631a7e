import { describe, expect, it } from "vitest";
import { MAX_SEED, RecipeForm } from "../../src/state/recipe_form.svelte";
import type { State } from "../../src/state/state";
import { LINES, openLab } from "../laboratory";

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  const form = new RecipeForm();
  form.reset(lab.run!, lab.root);
  return { lab, form, restart: (isBranch = false) => form.restart(lab.run!, lab.root, isBranch) };
}

describe("the form of a recipe", () => {
  it("changes nothing of the run until it is applied", async () => {
    const { lab, form } = await open();
    form.recipe.epochs = 9;
    form.setHiddenLayers(8, 2);
    expect([lab.run!.setup.recipe.epochs, lab.run!.setup.architecture.sizes]).toEqual([3, [4, 3, 2]]);
    expect([form.architecture.sizes, form.secondLayer]).toEqual([[4, 8, 2, 2], 2]);
    form.setHiddenLayers(8, 0);
    expect([form.architecture.sizes, form.secondLayer]).toEqual([[4, 8, 2], 0]);
  });

  it("restarts with as many inputs as the pictures have pixels", async () => {
    const { form, restart } = await open();
    form.setSource("3");
    expect(restart()).toMatchObject({
      grid: 3,
      world: null,
      order: null,
      architecture: { sizes: [9, 3, 2] },
      step: 0,
      custom: null,
    });
    const own = await open({ pictures: LINES });
    own.form.grid = 3;
    expect(own.restart().architecture!.sizes).toEqual([4, 3, 2]);
  });

  it("keeps initial parameters only for the same layers and seed", async () => {
    const parameters = Array.from({ length: 23 }, (_, k) => k / 10);
    const { form, restart } = await open({ parameters });
    expect(restart().parameters).toEqual(parameters);
    form.seed = 1;
    expect(restart().parameters).toBeNull();
    form.seed = 0;
    form.setHiddenLayers(2, 0);
    expect(restart().parameters).toBeNull();
  });

  it("restarts a branch with the epochs of its root, unless they were changed", async () => {
    const { lab, form } = await open({ step: 8 });
    await lab.branch({});
    form.reset(lab.run!, lab.root);
    expect(form.recipe.epochs).toBe(1);
    expect(form.restart(lab.run!, lab.root, true).recipe!.epochs).toBe(3);
    form.recipe.epochs = 2;
    expect(form.restart(lab.run!, lab.root, true).recipe!.epochs).toBe(2);
  });

  it("applies a new order after the current one", async () => {
    const { form, restart } = await open({ order: [3, 2, 1, 0] });
    expect([form.isReordered, restart().order, restart(true).order]).toEqual([false, [3, 2, 1, 0], null]);
    form.moveEarlier(1);
    expect([form.isReordered, form.order, restart().order]).toEqual([true, [1, 0, 2, 3], [2, 3, 1, 0]]);
    form.setSource("world");
    expect(restart().order).toBeNull();
  });

  it("begins a world without noise, order and augmentation of the recipe", async () => {
    const { form } = await open();
    Object.assign(form.recipe, { noise: 0.3, order: "shuffled", augment: true });
    form.setSource("world");
    expect(form.recipe).toMatchObject({ noise: 0, order: "fixed", augment: false });
    form.world!.bright[0] = 0.7;
    form.setSource("world");
    expect(form.world!.bright[0]).toBe(0.6);
  });

  it("branches without changes if nothing was edited", async () => {
    const { lab, form } = await open();
    expect(form.branch(lab.run!)).toEqual({});
    form.recipe.noise = 0.1;
    form.moveEarlier(1);
    expect(form.branch(lab.run!)).toEqual({ recipe: { noise: 0.1 }, order: [1, 0, 2, 3] });
  });

  it("begins again after the largest seed", async () => {
    const { form } = await open();
    form.seed = MAX_SEED;
    form.nextSeed();
    expect(form.seed).toBe(0);
    form.nextSeed();
    expect(form.seed).toBe(1);
  });
});
