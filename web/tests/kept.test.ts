import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Api } from "../src/core/api";
import { Builder } from "../src/core/building";
import { listed } from "../src/core/format";
import { written } from "../src/core/judge";
import { keep, Shelf, stateOf } from "../src/core/kept";
import { Lab } from "../src/core/lab.svelte";
import type { Pictures, SheetAnswer } from "../src/core/types";

interface Golden {
  bytes: string;
  sheets: Record<string, SheetAnswer>;
}

const GOLDEN: Golden[] = JSON.parse(readFileSync(new URL("../../tests/golden/watched.json", import.meta.url), "utf-8"));
const bytesOf = ({ bytes }: Golden) => Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).buffer;
const [known, given] = await Promise.all(GOLDEN.map((one) => keep({ name: null, bytes: bytesOf(one) })));

const api: Api = {
  about: async () => ({ version: "1", limits: {}, chapters: [] }),
  brought: async () => [{ name: null, bytes: bytesOf(GOLDEN[0]) }],
  pictures: async () => ({ unsure_below: 0.2, sets: {} }),
  sheet: async (_, { loss }, batch) => {
    const found = GOLDEN[loss === "given" ? 1 : 0].sheets[batch];
    if (!found) throw new Error(`no batches of ${batch}`);
    return found;
  },
  starts: async () => [],
};

async function lab(): Promise<Lab> {
  const found = new Lab(api);
  await found.start();
  await found.become(found.plain());
  return found;
}

const file = (bytes: ArrayBuffer) => new File([bytes], "it.safetensors");

describe("the recordings at hand", () => {
  it("are told apart by their content, also where they begin alike", () => {
    const twin = { ...known, root: { ...known.root, watched: "another" }, played: { ...known.played!, steps: 3 } };
    const shelf = new Shelf();
    shelf.brought = [known, twin];
    expect([known, twin].map(({ root }) => shelf.playedOf(root)!.steps)).toEqual([4, 3]);
    expect(() => shelf.playedOf(given.root)).toThrow("only its file has its steps; open the file again");
    expect(shelf.playedOf({ ...given.root, watched: null })).toBeNull();
  });
  it("give back the bytes of the file that was opened last, also of one that came along with fewer steps", async () => {
    const page = await lab();
    const fuller = { ...known, bytes: new ArrayBuffer(1) };
    await page["shelf"].with(fuller, async () => {});
    expect(await page.recording()).toBe(fuller.bytes);
  });
  it("stay as they are where a file cannot be shown", async () => {
    const page = await lab();
    await page.openFile(file(bytesOf(GOLDEN[1])));
    expect([page.message, page.state.recipe.loss, page.state.step]).toEqual(["", "given", 3]);
    await page.openFile(file(new ArrayBuffer(3)));
    expect(page.message).toBe("it.safetensors is no recording: it is too short");
    const unshown = new Lab({ ...api, sheet: async () => Promise.reject(new Error("no sheet")) });
    Object.assign(page["builder"], { api: unshown.api, sheets: new Map() });
    await page.openFile(file(bytesOf(GOLDEN[0])));
    expect([page.message, page.state.recipe.loss]).toEqual(["no sheet", "given"]);
    expect(new Uint8Array(await page.recording())).toEqual(new Uint8Array(bytesOf(GOLDEN[1])));
  });
});

describe("a watched training", () => {
  it("has no link, which would not have its steps", async () => {
    const page = await lab();
    expect(page.unlinked).toContain("ran in PyTorch, and a link does not have its steps");
    await page.become(stateOf([{ ...known, root: { ...known.root, watched: null } }]));
    expect(page.unlinked).toBeNull();
  });
  it("misses numbers only of what PyTorch did not do, where no formula gives them", async () => {
    const page = await lab();
    page.goto(4);
    expect(page.now.unseen).toBe(false);
    await page.openFile(file(bytesOf(GOLDEN[1])));
    expect(page.now.unseen).toBe(false);
    page.goto(4);
    expect(page.now.unseen).toBe(true);
    page.goto(1);
    page.state.own = { input: [0, 0, 1, 1], target: [1, 0] };
    expect(page.now.unseen).toBe(true);
  });
  it("is not trained on where nobody knows what should come out", async () => {
    const builder = new Builder(api);
    const untold: Pictures = { ...known.root.pictures!, untold: true };
    const run = await builder.root({ ...known.root, pictures: untold }, known.played);
    await expect(builder.branch(run, { from: 0, at: 1 })).rejects.toThrow("nothing told what should come out");
    await expect(builder.root({ ...known.root, pictures: untold }, null)).rejects.toThrow("nothing told");
    const only = { input: [1, 0, 1, 0], target: [0, 1] };
    const branch = await builder.branch(run, { from: 0, at: 1, only });
    branch.advance(Infinity);
    expect([branch.done, branch.stopped]).toEqual([branch.total, null]);
  });
});

describe("in writing", () => {
  const some: Pictures = { inputs: [[0]], targets: [[1]], names: ["a"], shape: null, answers: ["y"] };
  it("answers are shares, numbers, or in the units of what is predicted", () => {
    expect(written([0.25], some)).toEqual(["25.0 %"]);
    expect(written([-4], some)).toEqual(["−4"]);
    expect(written([0.25], { ...some, targets: [[7]] })).toEqual(["0.25"]);
    const target_scaling = { columns: ["y"], low: [100], high: [300] };
    expect(written([0.25], { ...some, target_scaling })).toEqual(["150"]);
  });
  it("of many names there are a few", () => {
    expect(listed(["a", "b", "c", "d"])).toBe("a, b, c, d");
    expect(listed(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
  });
});
