import { describe, expect, it } from "vitest";
import type { Api } from "../../src/api/api";
import { embedded } from "../../src/api/embedded";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../src/engine/recipe";
import { cells, fileData, parameters, initialParameters } from "../laboratory";

const api: Api = embedded(fileData());

describe("a file's own Api", () => {
  it("has a version and a title, but no chapters", async () => {
    expect(await api.about()).toEqual({ version: "1.2", title: "a file", limits: {}, chapters: [] });
  });
  it("has the sheet as it was packed", async () => {
    const { sheet, parameters: names } = await api.sheet(DEFAULT_ARCHITECTURE, DEFAULT_RECIPE, 1);
    expect(sheet).toEqual({ format: 2, batch: 1, cells });
    expect(names).toEqual(parameters);
  });
  it("stores a cell once for several forms", async () => {
    const recipe = { momentum: 0.9, nesterov: true };
    const forms = [{ recipe, batch: 1, cells: [2, -1, 3], settings: {}, state: {} }];
    const sheets = [{ architecture: DEFAULT_ARCHITECTURE, cells, symbols: {}, parameters, forms }];
    const nesterov = { ...DEFAULT_RECIPE, momentum: 0.5, nesterov: true, learning_rate: 3 };
    const { sheet } = await embedded(fileData({ sheets })).sheet(DEFAULT_ARCHITECTURE, nesterov, 1);
    expect(sheet.cells).toEqual([cells[2], cells[1], cells[4]]);
  });
  it("has the initial parameters of its seeds, as float32", async () => {
    const found = await api.initialParameters(DEFAULT_ARCHITECTURE, 32, 32);
    expect(found).toHaveLength(32);
    expect(found[5]).toEqual(parameters.map((_, k) => Math.fround(Math.sin(37 * parameters.length + k))));
  });
  it("gives the bytes of its recordings", async () => {
    const [{ name, bytes }] = await api.initialRecordings!();
    expect([name, new Uint8Array(bytes)]).toEqual(["one", new Uint8Array(initialParameters.buffer.slice(4, 12))]);
  });
  it("has no requests that only Python can handle", () => {
    for (const name of ["population", "story", "check", "recording", "learner"] as const)
      expect(api[name]).toBeUndefined();
  });
  it.each([
    [{}, { loss: "bce" }, 1, "no formulas for loss bce, optimizer sgd, batch size 1. It has formulas for loss mse; optimizer sgd; batch size 1."],
    [{}, { momentum: 0.5, nesterov: true }, 1, "optimizer sgd + momentum + Nesterov, batch"],
    [{}, {}, 3, "batch size 3"],
    [{ sizes: [4, 5, 2] }, {}, 1, "for a 4-5-2 network with hidden activation sigmoid and output activation sigmoid. It has formulas for a 4-3-2 network"],
  ])("says what it has instead of %j %j in batches of %d", async (architecture, recipe, batch, words) => {
    const asked = api.sheet({ ...DEFAULT_ARCHITECTURE, ...architecture }, { ...DEFAULT_RECIPE, ...recipe }, batch);
    await expect(asked).rejects.toThrow(words);
  }); // prettier-ignore
  it("lists its seeds, and rejects unknown picture sizes", async () => {
    await expect(api.initialParameters(DEFAULT_ARCHITECTURE, 64, 32)).rejects.toThrow(
      "the initial parameters of seeds 0 to 63 only. More choices need Python.",
    );
    const none = api.initialParameters({ ...DEFAULT_ARCHITECTURE, init: "he" }, 0, 32);
    await expect(none).rejects.toThrow("no initial parameters for this network");
    await expect(api.pictures(3)).rejects.toThrow("no pictures of 3×3 pixels");
  });
});
