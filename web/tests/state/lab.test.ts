import { describe, expect, it } from "vitest";
import { embedded } from "../../src/api/embedded";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import { Lab } from "../../src/state/lab.svelte";
import { stateOfRecordings } from "../../src/state/recordings";
import { defaultState, rootOf, type Root } from "../../src/state/state";
import { fileData, openLab, parameters } from "../laboratory";
import { known, watchedLab } from "../watched";

const api = embedded(fileData());

const other = (name: string, recipe: object): Root => ({
  ...rootOf(defaultState()),
  name,
  recipe: { ...DEFAULT_RECIPE, ...recipe },
});

async function lab(...others: Root[]): Promise<Lab> {
  const found = new Lab({ ...api, initialRecordings: undefined });
  await found.start();
  await found.load({ ...defaultState(), recipe: { ...DEFAULT_RECIPE, epochs: 3 }, others });
  for (const run of found.runs) run.advance(Infinity);
  return found;
}

describe("trainings side by side", () => {
  const fast = other("fast", { learning_rate: 5, epochs: 2 });
  it("use separate recipes, and are shown at the same step", async () => {
    const page = await lab(fast);
    expect(page.runs.map((run) => run.total)).toEqual([12, 8]);
    expect(page.runs[0].stateBefore(0)).toEqual(page.runs[1].stateBefore(0));
    expect(page.runs[0].stateBefore(5)).not.toEqual(page.runs[1].stateBefore(5));
    page.playback.goto(5);
    page.selectRun(1);
    expect([page.runStep, page.run, page.runName(0), page.runName(1)]).toEqual([5, page.runs[1], "run 1", "fast"]);
    page.playback.goto(11);
    expect(page.runStep).toBe(8);
    page.playback.rewind();
    expect([page.state.active, page.runStep]).toEqual([1, 0]);
  });
  it("have separate branches", async () => {
    const page = await lab(fast);
    page.playback.goto(4);
    page.selectRun(1);
    await page.branch({ recipe: { learning_rate: 0.01 } });
    expect(page.state.branches[0].from).toBe(1);
    expect(page.runName(2)).toBe("branch 1");
    expect(page.run!.stateBefore(0)).toEqual(page.runs[1].stateBefore(4));
    expect(page.root.name).toBe("fast");
    await page.removeRun(1); // also removes its branch
    expect([page.runs.length, page.state.others, page.state.branches, page.state.active]).toEqual([1, [], [], 0]);
  });
  it("are removed one by one, without the branches of the others", async () => {
    const page = await lab(fast, other("slow", { learning_rate: 0.01, epochs: 1 }));
    page.selectRun(2);
    await page.branch({});
    const branch = page.run;
    await page.removeRun(1);
    expect(page.state.branches.map(({ from }) => from)).toEqual([1]);
    expect([page.run, page.root.name, page.runs.length]).toEqual([branch, "slow", 3]);
  });
  it("are changed one by one", async () => {
    const page = await lab(fast);
    page.selectRun(1);
    await page.change({ seed: 7, step: 0 });
    expect(page.messages.text).toBe("");
    expect(page.state.others[0].seed).toBe(7);
    expect([page.state.seed, page.state.recipe.epochs, page.runName(1)]).toEqual([0, 3, "run 2"]);
    expect(page.runs[1].stateBefore(0)[0]).toBe(Math.fround(Math.sin(7 * parameters.length)));
  });
  it("stay unchanged with a message if a change fails", async () => {
    const page = await lab(fast);
    const runs = page.runs;
    await page.change({ recipe: { ...DEFAULT_RECIPE, batch_size: 2 } });
    expect(page.messages.text).toContain("batch size 2");
    expect(page.runs).toBe(runs);
    await expect(page.files.recording()).rejects.toThrow("start the laboratory with: tinynet lab");
  });
});

describe("a watched training", () => {
  it("cannot be shared as a link", async () => {
    const page = await watchedLab();
    expect(page.unlinked).toContain("A link cannot hold the steps of a PyTorch training.");
    await page.load(stateOfRecordings([{ ...known, root: { ...known.root, watched: null } }]));
    expect(page.unlinked).toBeNull();
  });
});

describe("the laboratory", () => {
  it("shows why a training stopped", async () => {
    const page = await openLab({ parameters: parameters.map(() => Infinity) });
    await expect
      .poll(() => page.messages.text)
      .toMatch(/^The training stopped\. .* is (NaN|infinite) at step \d\. Try a smaller learning rate\.$/);
  });

  it("ignores a state that is loaded too late", async () => {
    let answer = () => {};
    const waiting = new Promise<void>((resolve) => (answer = resolve));
    const page = await openLab();
    const { pictures } = page.api;
    page.api.pictures = async (grid) => (await waiting, pictures(grid));
    const late = page.load({ ...defaultState(), grid: 3, seed: 1 });
    await page.load({ ...defaultState(), seed: 2 });
    answer();
    await late;
    expect(page.state.seed).toBe(2);
  });

  it("opens the first parameter instead of an unknown cell", async () => {
    const page = await openLab({ open: "layer7.bias[0]" });
    expect(page.state.open).toBe(parameters[0]);
    page.open("layer7.bias[0]");
    expect(page.state.open).toBe(parameters[0]);
    page.open("loss");
    expect(page.state.open).toBe("loss");
  });

  it("opens the cell of an example of a batch", async () => {
    const { architecture, recipe } = defaultState();
    const batches = { recipe: { ...recipe, batch_size: 3 }, architecture: { ...architecture, sizes: [4, 2, 2] } };
    const page = await openLab({ ...batches, open: "example1.layer2.a[0]" });
    expect(page.state.open).toBe("example1.layer2.a[0]");
    page.open("example2.layer1.z[1]");
    expect(page.state.open).toBe("example2.layer1.z[1]");
    page.open("example3.layer1.z[1]"); // the batches have 3 examples and 1 example
    expect(page.state.open).toBe("example2.layer1.z[1]");
  });

  it("resets what-ifs for a run with other layers", async () => {
    const architecture = { ...defaultState().architecture, sizes: [4, 2, 2] };
    const page = await openLab({
      others: [other("small", {}), { ...other("other", {}), architecture }],
      silenced: ["layer1.a[0]"],
    });
    page.selectRun(1);
    expect(page.state.silenced).toEqual(["layer1.a[0]"]);
    page.selectRun(2);
    expect([page.run!.setup.architecture.sizes, page.state.silenced]).toEqual([[4, 2, 2], []]);
  });
});
