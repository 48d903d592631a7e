import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { signed } from "../../../src/display/format";
import type { State } from "../../../src/state/state";
import Network from "../../../src/views/panels/Network.svelte";
import { LINES, openLab } from "../../laboratory";

const WEIGHT = "layer1.weight[1,2]";
const cell = (name: string) => document.querySelector(`[data-cell="${name}"]`)!;

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Network, { lab });
  return lab;
}

describe("the Network panel", () => {
  it("draws every parameter and node once", async () => {
    const lab = await open();
    const names = [...document.querySelectorAll("[data-cell]")].map((element) => element.getAttribute("data-cell"));
    const nodes = [4, 3, 2].flatMap((size, layer) =>
      Array.from({ length: size }, (_, k) =>
        layer ? [`layer${layer}.a[${k}]`, `layer${layer}.z[${k}]`] : `input[${k}]`,
      ),
    );
    expect(names.sort()).toEqual([...lab.run!.preparedFor(1).response.parameters, ...nodes.flat()].sort());
    expect(screen.getByRole("heading").textContent).toBe("Network · 4-3-2 · 23 parameters");
    expect(
      [...document.querySelectorAll("svg *")].filter((one) => one.namespaceURI !== "http://www.w3.org/2000/svg"),
    ).toEqual([]);
  });

  it("shows values, and a dot for cells of later phases", async () => {
    const lab = await open({ phase: 0 });
    expect(cell(WEIGHT).textContent).toBe(signed(lab.now.value(WEIGHT)));
    expect(cell("layer2.a[0]").textContent!.trim()).toBe("·");
    lab.state.phase = 1;
    await waitFor(() => expect(cell("layer2.a[0]").textContent!.trim()).toBe(lab.now.value("layer2.a[0]").toFixed(3)));
    expect(cell("layer2.a[0]").getAttribute("aria-label")).toBe(
      `the words of layer2.a[0]: ${lab.now.value("layer2.a[0]").toFixed(3)}`,
    );
  });

  it("opens a cell with a click or a key", async () => {
    const lab = await open();
    await fireEvent.click(cell("layer1.z[0]"));
    expect(lab.state.open).toBe("layer1.z[0]");
    await fireEvent.keyDown(cell("layer2.a[1]"), { key: "Enter" });
    expect(lab.state.open).toBe("layer2.a[1]");
    expect(cell("layer2.a[1]").classList).toContain("open");
    await fireEvent.keyDown(cell("layer2.a[0]"), { key: "x" });
    expect(lab.state.open).toBe("layer2.a[1]");
  });

  it("edits a weight, which begins a branch", async () => {
    const lab = await open({ step: 5 });
    await fireEvent.keyDown(cell(WEIGHT), { key: "Enter" });
    expect(screen.queryByRole("spinbutton")).toBeNull();
    await fireEvent.keyDown(cell(WEIGHT), { key: "Enter" });
    const input = screen.getByRole<HTMLInputElement>("spinbutton", { name: `New value of the the words of ${WEIGHT}` });
    expect([input.valueAsNumber, document.activeElement]).toEqual([lab.now.value(WEIGHT), input]);
    await fireEvent.change(input, { target: { value: "1.5" } });
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect(lab.state.branches[0]).toMatchObject({ at: 5, parameters: { [WEIGHT]: 1.5 } });
    expect([cell(WEIGHT).textContent, screen.queryByRole("spinbutton")]).toEqual(["+1.50", null]);
  });

  it("does not change a weight on Escape, or for an empty or equal value", async () => {
    const lab = await open();
    for (const value of ["", String(lab.now.value(WEIGHT))]) {
      await fireEvent.dblClick(cell(WEIGHT));
      await fireEvent.change(screen.getByRole("spinbutton"), { target: { value } });
      expect(screen.queryByRole("spinbutton")).toBeNull();
    }
    await fireEvent.dblClick(cell(WEIGHT));
    await fireEvent.keyDown(screen.getByRole("spinbutton"), { key: "Escape" });
    expect([screen.queryByRole("spinbutton"), lab.runs.length]).toEqual([null, 1]);
  });

  it("edits a bias", async () => {
    const lab = await open({ step: 5 });
    await fireEvent.dblClick(cell("layer1.bias[0]"));
    await fireEvent.change(screen.getByRole("spinbutton"), { target: { value: "-2" } });
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect(lab.state.branches[0]).toMatchObject({ at: 5, parameters: { "layer1.bias[0]": -2 } });
    await fireEvent.dblClick(cell("layer1.a[0]"));
    expect(screen.queryByRole("spinbutton")).toBeNull();
  });

  it("marks switched-off nodes and frozen parameters, also of a branch that was trained with them", async () => {
    const lab = await open({ silenced: ["layer1.a[0]"], frozen: [WEIGHT] });
    const fixed = () => [...document.querySelectorAll(".fixed")].map((one) => one.getAttribute("data-cell"));
    expect(fixed()).toEqual([WEIGHT, "layer1.a[0]"]);
    expect(cell("layer1.a[0]").ariaLabel).toBe("the words of layer1.a[0]: 0.000, switched off");
    expect(cell(WEIGHT).ariaLabel).toMatch(/, frozen$/);
    expect(document.body.textContent).toContain("Dotted: switched off or frozen.");
    await lab.branch({});
    await waitFor(() => expect([lab.now.hasWhatIf, fixed()]).toEqual([false, [WEIGHT, "layer1.a[0]"]]));
    lab.selectRun(0);
    await waitFor(() => expect(fixed()).toEqual([]));
    expect(document.body.textContent).not.toContain("Dotted");
  });

  it("marks the values that a what-if changes", async () => {
    const lab = await open();
    lab.state.silenced = ["layer1.a[0]"];
    await waitFor(() => expect(cell("layer2.a[0]").classList).toContain("touched"));
    expect(cell("input[0]").classList).not.toContain("touched");
  });

  it("names the inputs by pixels or by columns", async () => {
    await open();
    expect(screen.getByText("bottom-left")).toBeTruthy();
    expect(screen.getByText("vertical")).toBeTruthy();
    const scaling = { columns: ["a", "a long name of a column", "c", "d"], low: [0, 0, 0, 0], high: [1, 1, 1, 1] };
    await open({ pictures: { ...LINES, shape: null, scaling } });
    expect(screen.getByText("a long name…")).toBeTruthy();
  });
});
