import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { saveTable } from "../../../src/display/download";
import { fixed, signed } from "../../../src/display/format";
import type { State } from "../../../src/state/state";
import Ledger from "../../../src/views/panels/Ledger.svelte";
import { openLab } from "../../laboratory";

vi.mock("../../../src/display/download", () => ({ saveTable: vi.fn() }));
beforeEach(() => void vi.mocked(saveTable).mockClear());

const text = () => document.body.textContent!.replace(/\s+/g, " ");
const rows = () => screen.getAllByRole("row").slice(1);
const cellsOf = (row: Element) => [...row.children].map((cell) => cell.textContent!.trim());
const names = () => rows().map((row) => cellsOf(row)[0].slice(1, -1));

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Ledger, { lab });
  return lab;
}

describe("the Ledger panel", () => {
  it("shows each parameter before and after the step", async () => {
    const lab = await open({ step: 2 });
    const value = (suffix: string) => lab.now.value(`layer2.bias[1]${suffix}`);
    expect(cellsOf(rows()[22])).toEqual([
      "⟨layer2.bias[1]⟩", fixed(value(""), 4), signed(value(".gradient"), 5), signed(value(".change"), 5), fixed(value(".after"), 4),
    ]); // prettier-ignore
    expect(text()).toContain("before + change = after holds for 23 of 23 parameters, to the last bit.");
  });

  it("shows gradients and changes from their phase on", async () => {
    const lab = await open({ phase: 2 });
    expect(cellsOf(rows()[0]).slice(2)).toEqual(["·", "·", "·"]);
    expect(text()).toContain("The gradients appear in the Backward phase, the changes in the Update phase.");
    lab.state.phase = 3;
    await waitFor(() => expect(cellsOf(rows()[0])[2]).not.toBe("·"));
    expect(cellsOf(rows()[0]).slice(3)).toEqual(["·", "·"]);
  });

  it("is sorted by the size of the selected column", async () => {
    const lab = await open();
    const parameters = names();
    for (const [sort, suffix] of [["gradient", ".gradient"], ["change", ".change"], ["value", ""]]) {
      await fireEvent.change(screen.getByLabelText("Sort by"), { target: { value: sort } });
      const size = (name: string) => Math.abs(lab.now.value(name + suffix));
      expect(names(), sort).toEqual([...parameters].sort((a, b) => size(b) - size(a)));
    } // prettier-ignore
    await fireEvent.change(screen.getByLabelText("Sort by"), { target: { value: "network" } });
    expect(names()).toEqual(parameters);
  });

  it("opens a parameter", async () => {
    const lab = await open();
    await fireEvent.click(screen.getByRole("button", { name: "⟨layer1.bias[2]⟩, the words of layer1.bias[2]" }));
    expect(lab.state.open).toBe("layer1.bias[2]");
    await waitFor(() => expect(document.querySelector("tr.open th")!.textContent).toBe("⟨layer1.bias[2]⟩"));
  });

  it("shows the share of each example of a batch", async () => {
    const lab = await openLab();
    const { recipe, architecture } = lab.state;
    const batches = { recipe: { ...recipe, batch_size: 3 }, architecture: { ...architecture, sizes: [4, 2, 2] } };
    await open({ ...batches, phase: 4 });
    const headers = screen.getAllByRole("columnheader").map((header) => header.textContent);
    expect(headers).toEqual([
      "Parameter",
      "Before",
      "Gradient",
      "From top",
      "From bottom",
      "From left",
      "Change",
      "After",
    ]);
    await fireEvent.click(screen.getByRole("button", { name: "CSV" }));
    const [[saved, name]] = vi.mocked(saveTable).mock.calls;
    expect([saved[0], name]).toEqual([["parameter", "before", "gradient", "gradient from top", "gradient from bottom", "gradient from left", "change", "after"], "ledger-0"]); // prettier-ignore
    const [, , gradient, ...shares] = saved[1].slice(0, 6) as number[];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(gradient, 12);
  });
});
