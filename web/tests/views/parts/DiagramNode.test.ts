import { fireEvent, render, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { gray } from "../../../src/display/colors";
import { signed } from "../../../src/display/format";
import type { Lab } from "../../../src/state/lab.svelte";
import type { State } from "../../../src/state/state";
import DiagramNode from "../../../src/views/parts/DiagramNode.svelte";
import { LINES, openLab } from "../../laboratory";

const cell = (name: string) => document.querySelector(`[data-cell="${name}"]`)!;
const text = (name: string) => cell(name).textContent!.trim();
const cells = () => [...document.querySelectorAll("[data-cell]")].map((one) => one.getAttribute("data-cell"));
const nodeName = () => document.querySelector("text.name")?.textContent ?? null;

async function open(layer: number, index: number, change: Partial<State> = {}): Promise<Lab> {
  const lab = await openLab(change);
  render(DiagramNode, { lab, node: { layer, index, x: 100, y: 50 }, radius: 20, edit: () => {} });
  return lab;
}

describe("a node of the diagram", () => {
  it("is a square with its value and the name of its pixel, if it is an input", async () => {
    const lab = await open(0, 2);
    expect([cells(), text("input[2]"), nodeName()]).toEqual([["input[2]"], lab.now.input[2].toFixed(2), "bottom-left"]);
    const square = document.querySelector("rect.shape")!;
    expect(["x", "y", "width", "fill"].map((name) => square.getAttribute(name))).toEqual(["79", "29", "42", gray(lab.now.input[2])]); // prettier-ignore
    expect(document.querySelector("circle")).toBeNull();
  });

  it("is a circle with its weighted sum and its bias, if it is hidden", async () => {
    const lab = await open(1, 1);
    const value = (name: string) => lab.now.value(name);
    expect(cells()).toEqual(["layer1.a[1]", "layer1.z[1]", "layer1.bias[1]"]);
    expect(text("layer1.a[1]")).toBe(value("layer1.a[1]").toFixed(3));
    expect(text("layer1.z[1]")).toBe(`z ${signed(value("layer1.z[1]"))}`);
    expect(text("layer1.bias[1]")).toBe(`b ${signed(value("layer1.bias[1]"))}`);
    const circle = document.querySelector("circle.shape")!;
    expect(["cx", "cy", "r"].map((name) => circle.getAttribute(name))).toEqual(["100", "50", "20"]);
    expect(nodeName()).toBeNull();
  });

  it("has the name of its class, if it is an output", async () => {
    await open(2, 1);
    expect(nodeName()).toBe("vertical");
  });

  it("shows a dot without gray until it is computed", async () => {
    const lab = await open(1, 0, { phase: 0 });
    expect([text("layer1.a[0]"), text("layer1.z[0]")]).toEqual(["·", "z ·"]);
    expect(document.querySelector("circle")!.getAttribute("fill")).toBe("var(--card)");
    expect(text("layer1.bias[0]")).toBe(`b ${signed(lab.now.value("layer1.bias[0]"))}`);
    lab.state.phase = 1;
    await waitFor(() => expect(text("layer1.a[0]")).toBe(lab.now.value("layer1.a[0]").toFixed(3)));
    expect(document.querySelector("circle")!.getAttribute("fill")).toBe(gray(lab.now.value("layer1.a[0]")));
  });

  it("has a label for screen readers at each of its cells", async () => {
    const lab = await open(2, 0);
    expect(cell("layer2.a[0]").getAttribute("aria-label")).toBe(
      `the words of layer2.a[0]: ${lab.now.value("layer2.a[0]").toFixed(3)}`,
    );
    expect(cell("layer2.z[0]").getAttribute("aria-label")).toBe(
      `the words of layer2.z[0]: z ${signed(lab.now.value("layer2.z[0]"))}`,
    );
  });

  it("opens each of its cells with a click", async () => {
    const lab = await open(1, 2);
    for (const name of ["layer1.z[2]", "layer1.bias[2]", "layer1.a[2]"]) {
      await fireEvent.click(cell(name));
      expect(lab.state.open).toBe(name);
    }
  });

  it("has the name of its column, shortened, or its number", async () => {
    const columns = ["a", "a long name of a column", "c", "d"];
    const scaling = { columns, low: [0, 0, 0, 0], high: [1, 1, 1, 1] };
    await open(0, 1, { pictures: { ...LINES, shape: null, scaling } });
    expect(nodeName()).toBe("a long name…");
    document.body.replaceChildren();
    await open(0, 3, { pictures: { ...LINES, shape: null } });
    expect(nodeName()).toBe("3");
  });
});
