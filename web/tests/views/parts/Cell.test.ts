import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { short } from "../../../src/display/format";
import Cell from "../../../src/views/parts/Cell.svelte";
import { openLab } from "../../laboratory";
import { GOLDEN, bytesOf, watchedLab } from "../../watched";

const text = (element: Element | null = document.body) => element!.textContent!.replace(/\s+/g, " ");
const factor = (name: string) =>
  screen.getByRole("button", { name: new RegExp(`the words of ${name.replace(/[[\].]/g, "\\$&")}$`) });

describe("an open cell", () => {
  it("shows its formula with symbols and with numbers, and its value", async () => {
    const lab = await openLab({ phase: 4 });
    render(Cell, { at: lab.now, name: "layer1.bias[0].after" });
    const value = (name: string) => short(lab.now.value(name));
    const [before, change] = [value("layer1.bias[0]"), value("layer1.bias[0].change")];
    const lines = [...document.querySelectorAll(".lines > div")].map((line) => text(line).replaceAll(" ", ""));
    expect(lines[0]).toBe("layer1.bias[0].after=layer1.bias[0]+layer1.bias[0].change");
    expect(lines[1]).toBe(`=${before}+${change}`);
    expect(lines[2]).toBe(`=${value("layer1.bias[0].after")}`);
  });

  it("opens and closes its factors and their factors", async () => {
    const lab = await openLab({ phase: 4 });
    render(Cell, { at: lab.now, name: "layer2.z[0]" });
    expect(document.querySelectorAll("[data-opened]").length).toBe(1);
    await fireEvent.click(factor("layer1.a[1]"));
    expect(document.querySelector('[data-opened="layer1.a[1]"].nested')).not.toBeNull();
    await fireEvent.click(factor("layer1.z[1]"));
    expect([...document.querySelectorAll("[data-opened]")].map((one) => one.getAttribute("data-opened"))).toEqual(["layer2.z[0]", "layer1.a[1]", "layer1.z[1]"]); // prettier-ignore
    await fireEvent.click(factor("layer1.a[1]"));
    expect(document.querySelectorAll("[data-opened]").length).toBe(1);
  });

  it("shows a switched-off node and a frozen parameter with the values of their formulas", async () => {
    const lab = await openLab({ phase: 4, silenced: ["layer1.a[0]"], frozen: ["layer2.weight[0,1]"] });
    const { rerender } = render(Cell, { at: lab.now, name: "layer1.a[0]" });
    const line = () => text(document.querySelector(".lines")).replace(/\s/g, "");
    const off = short(lab.now.valueOfFormula("layer1.a[0]"));
    expect(line()).toBe(`layer1.a[0]=0Switchedoff.Otherwise:layer1.a[0]=σ(layer1.z[0])=${off}`);
    await rerender({ name: "layer2.weight[0,1].change" });
    const change = lab.now.valueOfFormula("layer2.weight[0,1].change");
    expect(change).toBe(-lab.now.value("rate") * lab.now.value("layer2.weight[0,1].gradient"));
    expect(line()).toMatch(/^layer2\.weight\[0,1\]\.change=0Frozen\.Otherwise:/);
    expect(line()).toContain(`=${short(change)}`);
    await rerender({ name: "layer2.weight[0,1].after" });
    expect(line()).toContain("+0=");
  });

  it("shows unknown values of an example without a target", async () => {
    const lab = await openLab({ phase: 4 });
    lab.chosen.choose([0.5, 0.5, 0.5, 0.5]);
    const { rerender } = render(Cell, { at: lab.now, name: "layer1.bias[0].gradient" });
    expect(text()).toContain("Unknown: this example has no target");
    expect(factor("layer1.delta[0]").textContent).toContain("unknown");
    await rerender({ name: "layer1.a[0]" });
    expect(text()).not.toContain("nknown");
  });

  it("has no value before its phase", async () => {
    const lab = await openLab({ phase: 1 });
    render(Cell, { at: lab.now, name: "layer1.bias[0].gradient" });
    expect(text()).toContain("Not computed yet in this phase");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("shows nothing for a cell that the sheet does not have", async () => {
    render(Cell, { at: (await openLab()).now, name: "layer9.a[0]" });
    expect(document.querySelector(".cell")).toBeNull();
  });

  it("labels values recorded from PyTorch", async () => {
    const lab = await watchedLab();
    await lab.files.open(new File([bytesOf(GOLDEN[1])], "it.safetensors"));
    lab.playback.goto(1);
    const { rerender } = render(Cell, { at: lab.now, name: "loss" });
    expect(text()).toContain("Recorded from PyTorch: TinyNet has no formula for this value");
    lab.playback.goto(4);
    await rerender({ name: "loss" });
    expect(text()).toContain("Unknown: PyTorch did not run this step");
  });
});
