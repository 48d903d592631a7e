import { describe, expect, it, vi } from "vitest";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { DEFAULT_WORLD } from "../../src/engine/world";
import { Builder } from "../../src/state/builder";
import { defaultState, rootOf, type Root } from "../../src/state/state";
import type { Examples } from "../../src/types";
import { api, LINES } from "../laboratory";
import { known, watchedApi } from "../watched";

const rootWith = (change: Partial<Root>): Root => ({ ...rootOf(defaultState()), ...change });
const small = { recipe: { ...DEFAULT_RECIPE, epochs: 3, batch_size: 3 } };
const architecture = { ...defaultState().architecture, sizes: [4, 2, 2] };

describe("a builder", () => {
  it("fetches the sheets of single examples, full batches and the last batch, each once", async () => {
    const sheet = vi.fn(api.sheet);
    const builder = new Builder({ ...api, sheet });
    const run = await builder.root(rootWith({ ...small, architecture }), null);
    await builder.root(rootWith({ ...small, architecture, seed: 1 }), null);
    expect(sheet.mock.calls.map(([, , batch]) => batch)).toEqual([1, 3]);
    expect([run.perEpoch, run.total]).toEqual([2, 6]);
  });

  it("fetches the initial parameters of neighboring seeds together", async () => {
    const initialParameters = vi.fn(api.initialParameters);
    const builder = new Builder({ ...api, initialParameters });
    for (const seed of [33, 40, 2 ** 32 - 1]) await builder.root(rootWith({ seed }), null);
    expect(initialParameters.mock.calls.map(([, first, count]) => [first, count])).toEqual([[32, 32], [2 ** 32 - 32, 32]]); // prettier-ignore
  });

  it("repeats a failed request", async () => {
    const pictures = vi.fn(api.pictures).mockRejectedValueOnce(new Error("busy"));
    const builder = new Builder({ ...api, pictures });
    await expect(builder.builtinSets(2)).rejects.toThrow("busy");
    expect((await builder.builtinSets(2)).sets.lines).toEqual(LINES);
    await builder.builtinSets(2);
    expect(pictures).toHaveBeenCalledTimes(2);
  });

  it("trains with the seed of the root, or with the recipe of given parameters", async () => {
    const builder = new Builder(api);
    const seeds = async (change: Partial<Root>) =>
      (await builder.root(rootWith({ seed: 5, ...change }), null)).setup.recipe.seed;
    expect([await seeds({}), await seeds({ parameters: Array(23).fill(0) })]).toEqual([5, 0]);
  });

  it("rejects an order that does not list every example once", async () => {
    const builder = new Builder(api);
    await expect(builder.root(rootWith({ order: [0, 1, 1, 3] }), null)).rejects.toThrow(
      "The order is 0, 1, 1, 3. It must contain each index from 0 to 3 once.",
    );
    const run = await builder.root(rootWith({ order: [3, 2, 1, 0] }), null);
    expect([run.setup.examples.names, run.setup.examples.targets]).toEqual([LINES.names.toReversed(), LINES.targets!.toReversed()]); // prettier-ignore
  });

  it.each([
    [{ learning_rate: -1 }, "Learning rate is -1."],
    [{ batch_size: 0.5 }, "Batch size is 0.5."],
  ])("rejects a recipe with %j", async (change, words) => {
    const root = rootWith({ recipe: { ...DEFAULT_RECIPE, ...change } });
    await expect(new Builder(api).root(root, null)).rejects.toThrow(words);
  });

  it.each([{ order: "shuffled" }, { noise: 0.1 }, { augment: true }])("rejects a world with %j", async (change) => {
    const root = rootWith({ world: DEFAULT_WORLD, recipe: { ...DEFAULT_RECIPE, ...change } });
    await expect(new Builder(api).root(root, null)).rejects.toThrow(
      "A world has its own order, noise and augmentation.",
    );
  });

  it("starts a branch with the state of its parent", async () => {
    const builder = new Builder(api);
    const parent = await builder.root(rootWith({ recipe: { ...DEFAULT_RECIPE, epochs: 3 } }), null);
    await expect(builder.branch(parent, { from: 0, at: 5 })).rejects.toThrow(
      "starts at step 5. It must start at most at step 0, the end of its run.",
    );
    parent.advance(Infinity);
    const branch = await builder.branch(parent, {
      from: 0,
      at: 5,
      parameters: { "layer1.bias[1]": 9 },
      frozen: ["layer1.bias[1]"],
    });
    expect([branch.setup.firstStep, branch.setup.recipe.epochs]).toEqual([5, 2]); // the 7 steps that are left
    const parameters = [...parent.stateBefore(5)];
    parameters[13] = 9;
    expect([...branch.stateBefore(0)]).toEqual(parameters);
    await expect(builder.branch(parent, { from: 0, at: 5, parameters: { b: 1 } })).rejects.toThrow(
      "The network has no parameter b.",
    );
  });
});

describe("a watched training", () => {
  it("cannot be trained on without targets", async () => {
    const builder = new Builder(watchedApi);
    const unknown: Examples = { ...known.root.pictures!, targetsUnknown: true };
    const run = await builder.root({ ...known.root, pictures: unknown }, known.watched);
    await expect(builder.branch(run, { from: 0, at: 1 })).rejects.toThrow(
      "The targets of this PyTorch training are unknown.",
    );
    await expect(builder.root({ ...known.root, pictures: unknown }, null)).rejects.toThrow(
      "targets of this PyTorch training are unknown",
    );
    const only = { input: [1, 0, 1, 0], target: [0, 1] };
    const branch = await builder.branch(run, { from: 0, at: 1, only });
    branch.advance(Infinity);
    expect([branch.done, branch.stopped]).toEqual([branch.total, null]);
  });
});
