import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { saveTable } from "../../../src/display/download";
import type { State } from "../../../src/state/state";
import World from "../../../src/views/panels/World.svelte";
import { LINES, openLab, SETS } from "../../laboratory";

vi.mock("../../../src/display/download", () => ({ saveTable: vi.fn(), download: vi.fn() }));
beforeEach(() => void vi.mocked(saveTable).mockClear());

const click = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const text = () => document.body.textContent!.replace(/\s+/g, " ");

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(World, { lab });
  return lab;
}

describe("the panel of all inputs", () => {
  it("shows the prediction for each of the 16 pictures", async () => {
    const lab = await open({ step: 12 });
    expect(screen.getAllByRole("listitem").length).toBe(16);
    const margins = SETS.world.inputs.map((input) => lab.now.predict(input)).map(([h, v]) => Math.abs(h - v));
    const unsure = margins.filter((margin) => margin < 0.2).length;
    expect(text()).toContain(
      `Outputs, top to bottom: horizontal, vertical. Unsure (margin below 20 points): ${unsure} of 16.`,
    );
  });

  it("selects a picture", async () => {
    const lab = await open({ step: 1 });
    await click(/^1001: /);
    expect(lab.state.custom).toEqual({ name: "1001", input: [1, 0, 0, 1], target: null });
  });

  it("shows the lattice of gray levels", async () => {
    const lab = await open();
    await click("Gray lattice");
    expect(lab.state.view).toBe("lattice");
    const lattice = screen.getByRole("img", { name: /25 by 25 pictures/ });
    expect(lattice.querySelectorAll("rect").length).toBe(626);
    const [, h, v, unsure] = /1: (\d+) horizontal, (\d+) vertical, (\d+) unsure/.exec(text())!.map(Number);
    expect(h + v + unsure).toBe(625);
    lattice.getBoundingClientRect = () => new DOMRect(10, 20, 250, 250);
    await fireEvent.click(lattice, { clientX: 10 + 5, clientY: 20 + 245 });
    expect(lab.state.custom!.input).toEqual([1, 1, 0, 0]);
  });

  it("shows tables with correct answers", async () => {
    const lab = await open({ heldOut: LINES });
    await click("Tables");
    const titles = screen
      .getAllByRole("region")
      .slice(1)
      .map((region) => region.getAttribute("aria-label"));
    expect(titles).toEqual(["Training pictures", "Held-out pictures", "Fuzzy line", "Stress test"]);
    const rows = within(screen.getByRole("region", { name: titles[0]! }))
      .getAllByRole("row")
      .slice(1);
    const right = LINES.inputs.map((input, k) => {
      const [h, v] = lab.now.predict(input);
      return h > v === (LINES.targets![k][0] === 1) ? "yes" : "no";
    });
    expect(rows.map((row) => row.lastElementChild!.textContent)).toEqual(right);
    const [stress] = within(screen.getByRole("region", { name: "Stress test" }))
      .getAllByRole("row")
      .slice(1);
    expect(stress.lastElementChild!.textContent).toBe(""); // gray has no right answer
    await fireEvent.click(within(rows[2]).getByRole("button", { name: "left" }));
    expect(lab.state.custom).toEqual({ name: "left", input: [1, 0, 1, 0], target: [0, 1] });
  });

  it("saves the view as a table", async () => {
    const lab = await open({ step: 3 });
    await click("CSV");
    const [[rows, name]] = vi.mocked(saveTable).mock.calls;
    expect([rows.length, name]).toEqual([17, "outputs-3"]);
    expect(rows[0]).toEqual([
      "set",
      "picture",
      "pixel 0",
      "pixel 1",
      "pixel 2",
      "pixel 3",
      "horizontal",
      "vertical",
      "prediction",
    ]);
    const outputs = lab.now.predict([0, 0, 0, 1]);
    expect(rows[2].slice(0, 8)).toEqual(["all", "0001", 0, 0, 0, 1, ...outputs]);
    await click("Tables");
    await click("CSV");
    expect(
      vi
        .mocked(saveTable)
        .mock.calls[1][0].map(([set]) => set)
        .slice(-2),
    ).toEqual(["Fuzzy line", "Stress test"]);
  });

  it("shows the first predicted numbers of a regression, without lattice and classes", async () => {
    const many = Array.from({ length: 201 }, (_, k) => k);
    const target_scaling = { columns: ["y", "z"], low: [0, 0], high: [2, 2] };
    await open({
      view: "lattice",
      pictures: {
        ...LINES,
        inputs: many.map((k) => [k / 201, 0, 0, 1]),
        targets: many.map(() => [0, 1]),
        names: many.map((k) => `row ${k}`),
        shape: null,
        target_scaling,
      },
    });
    expect(screen.getByRole("heading").textContent).toBe("Training rows");
    expect(screen.queryByRole("button", { name: "Gray lattice" })).toBeNull();
    expect([
      screen.getAllByRole("listitem").length,
      text().includes("Outputs, top to bottom: horizontal, vertical."),
    ]).toEqual([200, true]);
    await click("Tables");
    expect(screen.getAllByRole("row")[1].lastElementChild!.textContent).toBe("");
  });
});
