import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openRecording } from "../../src/engine/recording_file";
import type { Golden } from "../golden";

describe("a recording's bytes", () => {
  async function bytes(
    change: Record<string, unknown> = {},
    kind = "tinynet",
    more: Record<string, number[]> = {}, // further arrays of one row
  ): Promise<Uint8Array<ArrayBuffer>> {
    const arrays: Record<string, number[][]> = {
      parameters: [
        [1, 2],
        [3, 4],
      ],
    };
    for (const [name, row] of Object.entries(more)) arrays[name] = [row];
    const names = Object.keys(arrays).sort();
    const data = names.map((name) => new Uint8Array(new Float64Array(arrays[name].flat()).buffer));
    const shapes = names.map((name) => [arrays[name].length, arrays[name][0].length]);
    const parts = names.flatMap((name, k) => [`${name} float64 (${shapes[k].join(", ")});`, data[k]]);
    const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
    const content = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const about = {
      kind: "recording",
      format: 1,
      content,
      steps: 1,
      stride: 1,
      origin: "seed 0",
      architecture: {},
      recipe: {},
      examples: {},
      ...change,
    };
    const described: Record<string, unknown> = { __metadata__: { [kind]: JSON.stringify(about) } };
    let size = 0;
    names.forEach((name, k) => {
      described[name] = { dtype: "F64", shape: shapes[k], data_offsets: [size, size + data[k].length] };
      size += data[k].length;
    });
    const header = new TextEncoder().encode(JSON.stringify(described));
    const whole = new Uint8Array(8 + header.length + size);
    new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
    whole.set(header, 8);
    let place = 8 + header.length;
    for (const part of data) {
      whole.set(part, place);
      place += part.length;
    }
    return whole;
  }
  it("are opened", async () => {
    const opened = await openRecording((await bytes()).buffer, "run");
    expect([...opened.parameters]).toEqual([1, 2, 3, 4]);
    expect(opened.recipe.noise).toBe(0); // a field that older recordings do not have
  });
  it.each([
    ["../tests/golden/earlier/recording.json", "a recording that was exported as JSON"],
    ["../tests/golden/earlier/network.json", "a network that was exported as JSON"],
    ["package.json", "JSON"],
  ])("are not those of %s", async (path, content) => {
    const file = new Uint8Array(readFileSync(path));
    await expect(openRecording(file.buffer, "run.json")).rejects.toThrow(
      new Error(
        `run.json is ${content}. It must be a safetensors file. Open the recording itself, which tinynet train --out saved, such as run.safetensors.`,
      ),
    );
  });
  it.each(["{}", '{"kind": "recording"', '\n{ "a": 1}'])("are not the text %s", async (text) => {
    const file = new TextEncoder().encode(text);
    await expect(openRecording(file.buffer, "run.json")).rejects.toThrow("run.json is JSON. It must be a safetensors");
  });
  it("may begin with the characters of JSON, as the length of the header", async () => {
    const file = new Uint8Array(20);
    file.set(new TextEncoder().encode('{"')); // a header of 8,827 bytes
    await expect(openRecording(file.buffer, "run")).rejects.toThrow(
      "run is damaged or not a recording. Its header is too long.",
    );
  });
  it("have the seed of the initial parameters", async () => {
    const seed = async (about: Record<string, unknown>) =>
      (await openRecording((await bytes(about)).buffer, "run")).seed;
    expect(await seed({ seed: 7, origin: "a network of mine" })).toBe(7);
    expect(await seed({ origin: "a network of mine" })).toBeNull();
    expect(await seed({ origin: "seed 3" })).toBe(3); // earlier versions wrote no seed
    for (const wrong of [-1, 0.5, 2 ** 32, "7"])
      await expect(seed({ seed: wrong })).rejects.toThrow("run is damaged. Its seed is not valid.");
  });
  it("are rejected for a training that the page cannot compute", async () => {
    const opened = async (recipe: object, more: Record<string, number[]>, watched?: object) =>
      openRecording((await bytes({ recipe, watched }, "tinynet", more)).buffer, "run");
    await expect(opened({}, { sample_weights: [0.5, 1.5] })).rejects.toThrow("run has sample weights.");
    const later = "run continues the optimizer of an earlier training.";
    await expect(opened({ optimizer: "adam" }, { state: [0, 0.5, 0, 0, 0.9, 0.999] })).rejects.toThrow(later);
    await expect(opened({ optimizer: "sgd" }, { state: [0, 1] })).rejects.toThrow(later);
    await opened({ optimizer: "adam" }, { state: [0, 0, 0, 0, 1, 1] });
    await opened({ optimizer: "sgd" }, { state: [0, 0] });
  });
  it("are rejected if the file is truncated", async () => {
    const whole = await bytes();
    for (let end = 0; end < whole.length; end += 7) {
      await expect(openRecording(whole.slice(0, end).buffer, "run")).rejects.toThrow(
        /^run (is damaged|is not a recording)/,
      );
    }
  });
  it("are rejected if a number was changed", async () => {
    const whole = await bytes();
    whole[whole.length - 3] ^= 1;
    await expect(openRecording(whole.buffer, "run")).rejects.toThrow("Its content does not match its checksum.");
  });
  it("are rejected for another kind, another program or a newer version", async () => {
    await expect(openRecording((await bytes({ kind: "population" })).buffer, "run")).rejects.toThrow(
      "of kind population",
    );
    await expect(openRecording((await bytes({}, "other")).buffer, "run")).rejects.toThrow("not a TinyNet recording");
    await expect(openRecording((await bytes({ format: 4 })).buffer, "run")).rejects.toThrow(
      "It must be at most 3. Open it with a newer TinyNet.",
    );
  });
});

const GOLDEN: Golden["watched"] = JSON.parse(
  readFileSync(new URL("../../../tests/golden/watched.json", import.meta.url), "utf-8"),
);
const [KNOWN] = GOLDEN;

it("a watched training with a missing part is rejected", async () => {
  const file = Uint8Array.from(atob(KNOWN.bytes), (c) => c.charCodeAt(0));
  await expect(openRecording(file.slice(0, -8).buffer, "it")).rejects.toThrow("it is damaged. It ends too early.");
});
