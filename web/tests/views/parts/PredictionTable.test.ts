import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { formatOutputs } from "../../../src/display/outputs";
import { classify } from "../../../src/engine/predictions";
import type { Lab } from "../../../src/state/lab.svelte";
import type { Examples } from "../../../src/types";
import PredictionTable from "../../../src/views/parts/PredictionTable.svelte";
import { LINES, openLab } from "../../laboratory";

const cells = (row: Element) => [...row.children].map((cell) => cell.textContent!.trim());
const rows = () => screen.getAllByRole("row").map(cells);
const scopes = (scope: string) => document.querySelectorAll(`th[scope=${scope}]`).length;

async function open(change: Partial<Examples> = {}, unsureBelow = 0.2) {
  const pictures = { ...LINES, ...change };
  const lab = await openLab({ pictures, step: 12 });
  const select = vi.fn();
  render(PredictionTable, { at: lab.now, title: "Training pictures", examples: pictures, unsureBelow, select });
  return { lab, select };
}

const outputsOf = (lab: Lab, k: number) => lab.now.predict(LINES.inputs[k]);

describe("a table of predictions", () => {
  it("has a caption, the name of a scrollable region, and headers for rows and columns", async () => {
    await open();
    const region = screen.getByRole("region", { name: "Training pictures" });
    expect([region.tabIndex, document.querySelector("caption")!.textContent]).toEqual([0, "Training pictures"]);
    expect(rows()[0]).toEqual(["Picture", "horizontal", "vertical", "Prediction", "Correct"]);
    expect([scopes("col"), scopes("row")]).toEqual([5, 4]);
  });

  it("shows the outputs, the prediction, and whether it is correct", async () => {
    const { lab } = await open({}, 0);
    const expected = LINES.names.map((name, k) => {
      const outputs = outputsOf(lab, k);
      const { words, winner } = classify(outputs, LINES.target_names, 0);
      return [name, ...formatOutputs(outputs, LINES), words, winner === LINES.target_names[LINES.targets![k].indexOf(1)] ? "yes" : "no"]; // prettier-ignore
    });
    expect(rows().slice(1)).toEqual(expected);
    const correct = expected.map((row) => row.at(-1));
    expect([correct.includes("yes"), correct.includes("no")]).toEqual([true, true]);
  });

  it("marks a prediction with a small margin as unsure", async () => {
    await open({}, 2);
    expect(rows().slice(1).every((row) => /^(\w+ \(unsure\)|undecided)$/.test(row[3]))).toBe(true);
  }); // prettier-ignore

  it("selects the example of a row", async () => {
    const { select } = await open();
    await fireEvent.click(screen.getByRole("button", { name: LINES.names[2] }));
    expect(select.mock.calls).toEqual([[2]]);
  });

  it("shows rows of a table as rows", async () => {
    await open({ shape: null });
    expect(rows()[0][0]).toBe("Row");
  });

  it.each<[string, Partial<Examples>]>([
    ["unknown targets", { targetsUnknown: true }],
    ["no targets", { targets: null }],
  ])("leaves out whether a prediction is correct with %s", async (_, change) => {
    const lab = await openLab();
    render(PredictionTable, { at: lab.now, title: "A set", examples: { ...LINES, ...change }, unsureBelow: 0.2, select: vi.fn() }); // prettier-ignore
    expect(rows().slice(1).map((row) => row.at(-1))).toEqual(["", "", "", ""]); // prettier-ignore
    expect(rows()[1][3]).not.toBe("");
  });

  it("shows numbers in their units, without a prediction, for a regression", async () => {
    const target_scaling = { columns: ["y", "z"], low: [100, 100], high: [200, 200] };
    const { lab } = await open({ target_scaling });
    const [first, second] = outputsOf(lab, 0);
    const shown = rows()[1];
    expect([shown[3], shown[4]]).toEqual(["", ""]);
    expect(Number(shown[1])).toBeCloseTo(100 + 100 * first, 1);
    expect(Number(shown[2])).toBeCloseTo(100 + 100 * second, 1);
  });
});
