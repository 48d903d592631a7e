import { deflateSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromAddress, plainState, rootOf, toAddress, type Root, type State } from "../src/core/address";
import type { Api } from "../src/core/api";
import { embedded } from "../src/core/embedded";
import { Lab } from "../src/core/lab.svelte";
import type { SheetJson } from "../src/core/sheet";
import { PLAIN_ARCHITECTURE, PLAIN_RECIPE, type Pictures } from "../src/core/types";

const golden = JSON.parse(readFileSync(new URL("../../tests/golden/sheet_4-3-2.json", import.meta.url), "utf-8"));
const cells = (golden.sheet as SheetJson).cells;
const parameters = cells.map(([name]) => name).filter((name) => /^layer\d\.(weight|bias)\[[\d,]+\]$/.test(name));
const sets: Record<string, Pictures> = {
  lines: {
    inputs: [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
    targets: [[1, 0], [1, 0], [0, 1], [0, 1]],
    names: ["top", "bottom", "left", "right"],
    shape: [2, 2],
    answers: ["horizontal", "vertical"],
  },
}; // prettier-ignore
const SEEDS = 64;
const starts = Float32Array.from({ length: SEEDS * parameters.length }, (_, k) => Math.sin(k));

/** The data of a file, as Python packs it; the bytes that come along are those of the starts. */
function file(change: object = {}): string {
  const form = { recipe: {}, batch: 1, cells: cells.map((_, k) => Number(k > 0)), settings: { rate: 0.1 }, state: {} };
  const document = {
    version: "1.2",
    title: "a file",
    pictures: { 2: { unsure_below: 0.2, sets } },
    sheets: [{ architecture: PLAIN_ARCHITECTURE, cells, symbols: {}, parameters, forms: [form] }],
    starts: [{ architecture: PLAIN_ARCHITECTURE, first: 0, count: SEEDS, at: [0, starts.byteLength] }],
    recordings: [{ name: "one", at: [4, 12] }],
    ...change,
  };
  const json = Buffer.from(JSON.stringify(document));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return deflateSync(Buffer.concat([length, json, Buffer.from(starts.buffer)])).toString("base64");
}

const api: Api = embedded(file());

describe("a file's own Api", () => {
  it("says what it is, and shows no chapters", async () => {
    expect(await api.about()).toEqual({ version: "1.2", title: "a file", limits: {}, chapters: [] });
  });
  it("has the sheet as it was packed", async () => {
    const { sheet, parameters: names } = await api.sheet(PLAIN_ARCHITECTURE, PLAIN_RECIPE, 1);
    expect(sheet).toEqual({ format: 1, batch: 1, cells });
    expect(names).toEqual(parameters);
  });
  it("writes a cell that several forms share once, and finds it in each", async () => {
    const recipe = { momentum: 0.9, nesterov: true };
    const forms = [{ recipe, batch: 1, cells: [2, -1, 3], settings: {}, state: {} }];
    const sheets = [{ architecture: PLAIN_ARCHITECTURE, cells, symbols: {}, parameters, forms }];
    const nesterov = { ...PLAIN_RECIPE, momentum: 0.5, nesterov: true, learning_rate: 3 };
    const { sheet } = await embedded(file({ sheets })).sheet(PLAIN_ARCHITECTURE, nesterov, 1);
    expect(sheet.cells).toEqual([cells[2], cells[1], cells[4]]);
  });
  it("has the starts of its seeds, as float32", async () => {
    const found = await api.starts(PLAIN_ARCHITECTURE, 32, 32);
    expect(found).toHaveLength(32);
    expect(found[5]).toEqual(parameters.map((_, k) => Math.fround(Math.sin(37 * parameters.length + k))));
  });
  it("gives the bytes that came along", async () => {
    const [{ name, bytes }] = await api.brought!();
    expect([name, new Uint8Array(bytes)]).toEqual(["one", new Uint8Array(starts.buffer.slice(4, 12))]);
  });
  it("has none of what only Python knows", () => {
    for (const name of ["population", "story", "check", "recording", "learner"] as const)
      expect(api[name]).toBeUndefined();
  });
  it.each([
    [{}, { loss: "bce" }, 1, "no formulas for the loss bce with sgd in batches of 1. It has: loss mse; sgd; batches of 1"],
    [{}, { momentum: 0.5, nesterov: true }, 1, "with sgd with momentum and Nesterov's step in"],
    [{}, {}, 3, "in batches of 3"],
    [{ sizes: [4, 5, 2] }, {}, 1, "for a 4-5-2 network of sigmoid and sigmoid nodes; it has those of a 4-3-2 network"],
    [{}, { learning_rate: -1 }, 1, "The recipe's learning_rate is -1"],
    [{}, { batch_size: 0.5 }, 1, "The recipe's batch_size is 0.5"],
  ])("says what it has instead of %j %j in batches of %d", async (architecture, recipe, batch, words) => {
    const asked = api.sheet({ ...PLAIN_ARCHITECTURE, ...architecture }, { ...PLAIN_RECIPE, ...recipe }, batch);
    await expect(asked).rejects.toThrow(words);
  }); // prettier-ignore
  it("says which seeds it has, and which pictures it has not", async () => {
    await expect(api.starts(PLAIN_ARCHITECTURE, 64, 32)).rejects.toThrow(
      "the starts of the seeds 0 to 63. Others need",
    );
    const none = api.starts({ ...PLAIN_ARCHITECTURE, start: "he" }, 0, 32);
    await expect(none).rejects.toThrow("no starts of other seeds for this network");
    await expect(api.pictures(3)).rejects.toThrow("no pictures of 3×3 pixels");
  });
});

const other = (name: string, recipe: object): Root => ({
  ...rootOf(plainState()),
  name,
  recipe: { ...PLAIN_RECIPE, ...recipe },
});

async function lab(...others: Root[]): Promise<Lab> {
  const found = new Lab({ ...api, brought: undefined });
  await found.start();
  await found.become({ ...plainState(), recipe: { ...PLAIN_RECIPE, epochs: 3 }, others });
  for (const run of found.runs) run.advance(Infinity);
  return found;
}

describe("trainings side by side", () => {
  const fast = other("fast", { learning_rate: 5, epochs: 2 });
  it("run each by its own recipe, and are looked at at the same step", async () => {
    const page = await lab(fast);
    expect(page.runs.map((run) => run.total)).toEqual([12, 8]);
    expect(page.runs[0].memory(0)).toEqual(page.runs[1].memory(0));
    expect(page.runs[0].memory(5)).not.toEqual(page.runs[1].memory(5));
    page.goto(5);
    page.show(1);
    expect([page.local, page.run, page.nameOf(0), page.nameOf(1)]).toEqual([5, page.runs[1], "run 1", "fast"]);
    page.goto(11);
    expect(page.local).toBe(8);
    page.rewind();
    expect([page.state.active, page.local]).toEqual([1, 0]);
  });
  it("have branches of their own", async () => {
    const page = await lab(fast);
    page.goto(4);
    page.show(1);
    await page.branch({ recipe: { learning_rate: 0.01 } });
    expect(page.state.branches[0].from).toBe(1);
    expect(page.nameOf(2)).toBe("branch 1");
    expect(page.run!.memory(0)).toEqual(page.runs[1].memory(4));
    expect(page.root.name).toBe("fast");
    await page.prune(1); // and the branch with it
    expect([page.runs.length, page.state.others, page.state.branches, page.state.active]).toEqual([1, [], [], 0]);
  });
  it("are left one by one: the branches of the others stay", async () => {
    const page = await lab(fast, other("slow", { learning_rate: 0.01, epochs: 1 }));
    page.show(2);
    await page.branch({});
    const branch = page.run;
    await page.prune(1);
    expect(page.state.branches.map(({ from }) => from)).toEqual([1]);
    expect([page.run, page.root.name, page.runs.length]).toEqual([branch, "slow", 3]);
  });
  it("are changed one by one", async () => {
    const page = await lab(fast);
    page.show(1);
    await page.change({ seed: 7, step: 0 });
    expect(page.message).toBe("");
    expect(page.state.others[0].seed).toBe(7);
    expect([page.state.seed, page.state.recipe.epochs, page.nameOf(1)]).toEqual([0, 3, "run 2"]);
    expect(page.runs[1].memory(0)[0]).toBe(Math.fround(Math.sin(7 * parameters.length)));
  });
  it("say why they cannot be changed, and stay", async () => {
    const page = await lab(fast);
    const runs = page.runs;
    await page.change({ recipe: { ...PLAIN_RECIPE, batch_size: 2 } });
    expect(page.message).toContain("in batches of 2");
    expect(page.runs).toBe(runs);
    await expect(page.recording()).rejects.toThrow("needs Python: tinynet lab");
  });
  it("stand in the address, as what differs from the start", () => {
    const state: State = { ...plainState(), others: [fast], active: 2, branches: [{ from: 1, at: 3 }], step: 5 };
    expect(fromAddress(toAddress(state)!)).toEqual(state);
    const start = { ...plainState(), others: [fast] };
    expect(toAddress(start, start)).toBe("");
    expect(fromAddress(toAddress({ ...start, step: 5 }, start)!, start)).toEqual({ ...start, step: 5 });
    expect(() => fromAddress(toAddress({ ...state, active: 3 })!)).toThrow("its active");
    expect(() => fromAddress(toAddress({ ...start, others: [{ ...fast, seed: -1 }] })!)).toThrow("its others");
  });
});
