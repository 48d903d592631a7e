import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { TEST } from "../../../src/engine/rng";
import { DEFAULT_WORLD, drawPicture, patterns } from "../../../src/engine/world";
import Chooser from "../../../src/views/learner/Chooser.svelte";
import { openLab } from "../../laboratory";

const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const status = () => screen.getByRole("status").textContent!.trim();
const HINT = "Drag a pixel up or down, click it, or type a value.";
const slider = (which: "rows" | "columns") =>
  screen.getByRole<HTMLInputElement>("slider", { name: new RegExp(`contrast of the ${which}$`) });
const shown = (which: "rows" | "columns") => slider(which).parentElement!.querySelector(".value")!.textContent;
const slide = (which: "rows" | "columns", value: number) => fireEvent.input(slider(which), { target: { value } });

async function open(input: number[], world = DEFAULT_WORLD) {
  const lab = await openLab({ custom: { input, target: [1, 0] } });
  render(Chooser, { lab, world });
  return lab;
}

describe("the chooser of a picture", () => {
  it("shows the contrasts of the current picture", async () => {
    const lab = await open([1, 0.75, 0, 0.25]);
    expect([shown("rows"), shown("columns")]).toEqual(["+0.75", "0.00"]);
    expect([slider("rows").value, slider("columns").value]).toEqual(["0.75", "0"]);
    lab.state.custom = { input: [0, 0.5, 0, 0.5], target: [1, 0] };
    await Promise.resolve();
    expect([shown("rows"), shown("columns")]).toEqual(["0.00", "−0.50"]);
    expect(slider("columns").value).toBe("-0.5");
  });

  it("shows each of the example pictures, which have no target", async () => {
    const lab = await open([1, 1, 0, 0]);
    const pictures = {
      Gray: [0.5, 0.5, 0.5, 0.5],
      "Faint line": [0.6, 0.6, 0.4, 0.4],
      "One pixel": [1, 0, 0, 0],
      Diagonal: [0, 1, 1, 0],
    };
    for (const [name, input] of Object.entries(pictures)) {
      await click(name);
      expect(lab.state.custom).toEqual({ input, target: null });
    }
  });

  it("draws the test pictures of its world in order, and names them", async () => {
    const world = { ...DEFAULT_WORLD, noise: 0.05, doubt: 1 };
    const lab = await open([1, 1, 0, 0], world);
    expect(status()).toBe(HINT);
    for (const number of [0, 1, 2]) {
      await click("Draw picture");
      const { input, target, row } = drawPicture(world, 0, number, TEST);
      expect(lab.state.custom).toEqual({ input, target });
      expect(status()).toBe(`Drawn: ${patterns(world).names[row]}.`);
    }
  });

  it("names a drawn picture only while the picture is shown", async () => {
    await open([1, 1, 0, 0]);
    await click("Draw picture");
    expect(status()).toMatch(/^Drawn: /);
    await click("One pixel");
    expect(status()).toBe(HINT);
  });

  it("sets one contrast and keeps the other", async () => {
    const lab = await open([0.75, 0.25, 0.75, 0.25]);
    await slide("rows", -0.25);
    expect(lab.state.custom).toEqual({ input: [0.625, 0.125, 0.875, 0.375], target: null });
    await slide("columns", -0.5);
    expect(lab.state.custom!.input).toEqual([0.125, 0.625, 0.375, 0.875]);
  });

  it("reduces the other contrast if there is no picture with both", async () => {
    const lab = await open([1, 1, 0, 0]);
    await slide("columns", 0.75);
    expect(lab.state.custom!.input).toEqual([1, 0.25, 0.75, 0]);
    expect([shown("rows"), shown("columns")]).toEqual(["+0.25", "+0.75"]);
    await slide("rows", -1);
    expect(lab.state.custom!.input).toEqual([0, 0, 1, 1]);
    expect([shown("rows"), shown("columns")]).toEqual(["−1.00", "0.00"]);
  });

  it("evens out the diagonals and the brightness when a contrast is set", async () => {
    const lab = await open([1, 0, 0, 0]); // contrasts +0.50 and +0.50, not on the map
    await slide("rows", 0.5);
    expect(lab.state.custom!.input).toEqual([1, 0.5, 0.5, 0]);
  });
});
