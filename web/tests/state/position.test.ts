import { describe, expect, it } from "vitest";
import { bytesOf, GOLDEN, watchedLab } from "../watched";

const file = (bytes: ArrayBuffer) => new File([bytes], "it.safetensors");

describe("a watched training", () => {
  it("has unknown values only for steps that PyTorch did not take", async () => {
    const page = await watchedLab();
    page.playback.goto(4);
    expect(page.now.hasUnknown).toBe(false);
    await page.files.open(file(bytesOf(GOLDEN[1])));
    expect(page.now.hasUnknown).toBe(false);
    page.playback.goto(4);
    expect(page.now.hasUnknown).toBe(true);
    page.playback.goto(1);
    page.state.own = { input: [0, 0, 1, 1], target: [1, 0] };
    expect(page.now.hasUnknown).toBe(true);
  });
});
