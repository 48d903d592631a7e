import { describe, expect, it } from "vitest";
import { Lab } from "../../src/state/lab.svelte";
import { bytesOf, GOLDEN, known, watchedApi, watchedLab } from "../watched";

const file = (bytes: ArrayBuffer) => new File([bytes], "it.safetensors");

describe("the open recordings", () => {
  it("return the bytes of the file that was opened last", async () => {
    const page = await watchedLab();
    const fuller = { ...known, bytes: new ArrayBuffer(1) };
    await page.recordings.withOpened(fuller, async () => {});
    expect(await page.files.recording()).toBe(fuller.bytes);
  });
  it("stay unchanged if a file cannot be shown", async () => {
    const page = await watchedLab();
    await page.files.open(file(bytesOf(GOLDEN[1])));
    expect([page.messages.text, page.state.recipe.loss, page.state.step]).toEqual(["", "external", 3]);
    await page.files.open(file(new ArrayBuffer(3)));
    expect(page.messages.text).toBe("it.safetensors is not a recording. It is too short.");
    const unshown = new Lab({ ...watchedApi, sheet: async () => Promise.reject(new Error("no sheet")) });
    Object.assign(page["builder"], { api: unshown.api, sheets: new Map() });
    await page.files.open(file(bytesOf(GOLDEN[0])));
    expect([page.messages.text, page.state.recipe.loss]).toEqual(["no sheet", "external"]);
    expect(new Uint8Array(await page.files.recording())).toEqual(new Uint8Array(bytesOf(GOLDEN[1])));
  });
});
