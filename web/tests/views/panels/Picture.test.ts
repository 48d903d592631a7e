import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { State } from "../../../src/state/state";
import type { Examples } from "../../../src/types";
import Picture from "../../../src/views/panels/Picture.svelte";
import { LINES, openLab } from "../../laboratory";

const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const text = () => document.body.textContent!.replace(/\s+/g, " ");
const choose = (element: Element, value: string) => fireEvent.change(element, { target: { value } });

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Picture, { lab });
  return lab;
}

describe("the Picture panel", () => {
  it("shows the picture of the step and the outputs", async () => {
    const lab = await open({ step: 1 });
    expect(screen.getByRole("heading").textContent).toBe("Picture · bottom");
    expect(text()).toContain("This is the picture of step 1.");
    const [h, v] = lab.now.predict([0, 0, 1, 1]);
    expect(text()).toContain(`Target: horizontal. Margin: ${(100 * Math.abs(h - v)).toFixed(1)} points.`);
    lab.playback.goto(12);
    await waitFor(() => expect(text()).toContain("The training has ended. The next step would use this picture."));
  });

  it("shows a selected picture until the user returns to the training picture", async () => {
    const lab = await open();
    await click("left");
    expect(lab.state.custom).toEqual({ name: "left", input: [1, 0, 1, 0], target: [0, 1] });
    expect(screen.getByRole("heading").textContent).toBe("Picture · left");
    expect(screen.getByRole("button", { name: "left" }).ariaPressed).toBe("true");
    await choose(screen.getByLabelText("Black-and-white pictures"), "15");
    expect(lab.state.custom).toEqual({ name: "1111", input: [1, 1, 1, 1], target: null });
    expect(screen.getByRole("heading").textContent).toBe("Picture · 1111");
    await click("Show training picture");
    expect(lab.state.custom).toBeNull();
  });

  it("changes the target of the selected picture", async () => {
    const lab = await open();
    await click("gray");
    expect(lab.state.custom!.target).toBeNull();
    expect(text()).toContain("This picture has no target: nothing says what is correct.");
    expect(document.querySelector(".pill")!.className).toContain("plain");
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Train on this picture" }).disabled).toBe(true);
    await choose(screen.getByLabelText("Target"), "2");
    expect(lab.state.custom!.target).toEqual([0, 1]);
    expect(text()).toContain("Target: vertical.");
    await choose(screen.getByLabelText("Target"), "3");
    expect(lab.state.custom!.target).toEqual([0.5, 0.5]);
    expect(text()).not.toMatch(/Target:|has no target/);
    await choose(screen.getByLabelText("Target"), "0");
    expect(lab.state.custom!.target).toBeNull();
  });

  it("lists a soft target, and the other targets", async () => {
    const lab = await open();
    lab.state.custom = { input: [1, 0.9, 0, 0], target: [0.9, 0.1] };
    const list = await screen.findByLabelText<HTMLSelectElement>("Target");
    const choices = () => [...list.options].map(({ text }) => text);
    const others = ["none", "horizontal", "vertical", "all classes equally"];
    expect([choices(), list.selectedOptions[0].text]).toEqual([[...others, "0.9, 0.1"], "0.9, 0.1"]);
    expect(text()).toContain("Target: horizontal.");
    await choose(list, "2");
    await waitFor(() => expect([choices(), list.selectedOptions[0].text]).toEqual([others, "vertical"]));
    expect(lab.state.custom!.target).toEqual([0, 1]);
  });

  it("trains on the selected picture alone", async () => {
    const lab = await open({ step: 4 });
    await click("left");
    await click("Train on this picture");
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect([lab.run!.setup.examples.inputs, lab.run!.setup.examples.names]).toEqual([[[1, 0, 1, 0]], ["left"]]);
  });

  it("warns of a confident wrong prediction", async () => {
    const lab = await open();
    lab.unsureBelow = 0;
    const wrong = lab.now.predict([1, 1, 0, 0])[0] < lab.now.predict([1, 1, 0, 0])[1] ? [1, 0] : [0, 1];
    lab.state.custom = { input: [1, 1, 0, 0], target: wrong };
    await waitFor(() => expect(document.querySelector(".pill")!.className).toContain("warn"));
    lab.state.custom = { input: [1, 1, 0, 0], target: wrong.toReversed() };
    await waitFor(() => expect(document.querySelector(".pill")!.className).not.toContain("warn"));
  });

  it("lists many examples and the held-out examples in a menu", async () => {
    const many = (name: string, count: number): Examples => ({
      ...LINES,
      inputs: Array.from({ length: count }, () => [0.5, 0, 0, 1]), // all equal
      targets: Array.from({ length: count }, (_, k) => [(k + 1) % 2, k % 2]),
      names: Array.from({ length: count }, (_, k) => `${name} ${k}`),
      shape: null,
    });
    const lab = await open({ pictures: many("row", 20), heldOut: many("test", 2) });
    expect(screen.queryByRole("button", { name: "row 1" })).toBeNull();
    await choose(screen.getByLabelText("Other rows"), "Held-out/1");
    expect(lab.state.custom).toEqual({ name: "test 1", input: [0.5, 0, 0, 1], target: [0, 1] });
    expect(screen.getByRole("heading").textContent).toBe("Row · test 1");
    await choose(screen.getByLabelText("Other rows"), "Training/4");
    expect(screen.getByRole("heading").textContent).toBe("Row · row 4");
    expect(text()).toContain("Target: horizontal.");
  });

  it("shows numbers to predict in their units", async () => {
    const target_scaling = { columns: ["y", "z"], low: [100, 0], high: [300, 1] };
    const scaling = { columns: ["a", "b", "c", "d"], low: [0, 0, 0, 0], high: [10, 1, 1, 1] };
    const lab = await open({ pictures: { ...LINES, shape: null, scaling, target_scaling, target_names: ["y", "z"] } });
    const value = 100 + 200 * lab.now.predict([1, 1, 0, 0])[0];
    expect(text()).toContain(`y: prediction ${Number(value.toPrecision(5))}, target 300.`);
    expect(screen.queryByLabelText("Target")).toBeNull();
    lab.chosen.choose([0.5, 0, 0, 0]);
    const field = await screen.findByLabelText("Target of y");
    expect(text()).toContain("This row has no target");
    await choose(field, "150");
    expect(lab.state.custom!.target).toBeNull(); // the other target is not set yet
    await choose(screen.getByLabelText("Target of z"), "0.5");
    expect(lab.state.custom!.target).toEqual([0.25, 0.5]);
    expect(text()).toContain("target 150.");
  });
});
