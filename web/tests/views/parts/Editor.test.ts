import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { State } from "../../../src/state/state";
import Editor from "../../../src/views/parts/Editor.svelte";
import { LINES, openLab } from "../../laboratory";

const input = (name: string) => screen.getByLabelText<HTMLInputElement>(`Brightness of the ${name} pixel`);
const pixel = (name: string) => input(name).parentElement!;

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Editor, { lab });
  return lab;
}

/** Press on a pixel, move the pointer up by `by` and release it. */
async function drag(name: string, by: number) {
  await fireEvent.pointerDown(pixel(name), { clientY: 500, pointerId: 1 });
  await fireEvent.pointerMove(pixel(name), { clientY: 500 - by });
  await fireEvent.pointerUp(pixel(name), { clientY: 500 - by });
}

describe("the editor of a picture", () => {
  it("marks the picture of the step as custom only after a change", async () => {
    const lab = await open({ step: 1 });
    expect(screen.getAllByRole<HTMLInputElement>("spinbutton").map(({ value }) => value)).toEqual(["0", "0", "1", "1"]);
    expect(lab.state.custom).toBeNull();
    await fireEvent.change(input("top-left"), { target: { value: "0.25" } });
    expect(lab.state.custom).toEqual({ input: [0.25, 0, 1, 1], target: null });
  });

  it("clips a typed brightness to 0 to 1, and ignores invalid input", async () => {
    const lab = await open();
    await fireEvent.change(input("top-left"), { target: { value: "7" } });
    await fireEvent.change(input("top-right"), { target: { value: "-1" } });
    expect(lab.state.custom!.input).toEqual([1, 0, 0, 0]);
    await fireEvent.change(input("bottom-left"), { target: { value: "" } });
    expect(lab.state.custom!.input).toEqual([1, 0, 0, 0]);
  });

  it("names inputs by their index if they are not pixels", async () => {
    await open({ pictures: { ...LINES, shape: null } });
    expect(screen.getByLabelText<HTMLInputElement>("Input 2").value).toBe("0");
    expect(screen.queryByLabelText(/pixel/)).toBeNull();
  });

  it("accepts any number for unbounded inputs", async () => {
    const lab = await open({ pictures: { ...LINES, unbounded: true } });
    await fireEvent.change(input("top-left"), { target: { value: "-7" } });
    expect(lab.state.custom!.input).toEqual([-7, 1, 0, 0]);
  });

  it("darkens and brightens a dragged pixel", async () => {
    const lab = await open();
    await drag("bottom-right", 40);
    expect(lab.state.custom!.input).toEqual([1, 1, 0, 0.25]);
    await drag("top-left", -1600);
    expect(lab.state.custom!.input).toEqual([0, 1, 0, 0.25]);
  });

  it("switches a clicked pixel, but not while a number is typed", async () => {
    const lab = await open();
    await drag("top-left", 0);
    await drag("bottom-left", 0);
    expect(lab.state.custom!.input).toEqual([0, 1, 1, 0]);
    await fireEvent.pointerDown(input("top-left"), { clientY: 0 });
    await fireEvent.pointerUp(pixel("top-left"), { clientY: 0 });
    expect(lab.state.custom!.input).toEqual([0, 1, 1, 0]);
  });
});
