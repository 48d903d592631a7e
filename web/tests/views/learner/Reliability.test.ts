import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { download } from "../../../src/display/download";
import type { Reliability as Bins } from "../../../src/types";
import Reliability from "../../../src/views/learner/Reliability.svelte";
import { learnerResponse, reliability } from "./ladder_data";

vi.mock("../../../src/display/download", () => ({ download: vi.fn() }));
beforeEach(() => void vi.mocked(download).mockClear());

const MEMORIZER = reliability([[10, 0.125, 0], [0, null, null], [2000, 0.625, 0.5], [3, 0.875, 1]]); // prettier-ignore
const LEARNER = reliability([[7, 0.25, 0.25], [5, 0.75, 0.8125]]); // prettier-ignore

const open = (memorizer: Bins = MEMORIZER) =>
  render(Reliability, { response: { ...learnerResponse([]), reliability: { memorizer, learner: LEARNER } } });
const figure = (side: string) => document.querySelector(`[data-reliability="${side}"]`)!;
const drawn = (side: string, shape: string, ...names: string[]) =>
  [...figure(side).querySelectorAll(shape)].map((one) => names.map((name) => Number(one.getAttribute(name))));
const table = (side: string) =>
  [...document.querySelectorAll(`[data-bins="${side}"] tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
// a square of 200 beside the axes
const x = (probability: number) => 30 + 200 * probability;
const y = (frequency: number) => 8 + 200 * (1 - frequency);

describe("the reliability diagrams", () => {
  it("name the network and its calibration error", () => {
    open({ ...MEMORIZER, ece: 0.12345 });
    expect(screen.getAllByRole("img").map((drawing) => drawing.getAttribute("aria-label"))).toEqual([
      "Reliability of the memorizer: expected calibration error 0.123",
      "Reliability of the learner: expected calibration error 0.063",
    ]);
    expect(figure("memorizer").querySelector("figcaption")!.textContent).toMatch(
      /^\s*memorizer, expected calibration error 0\.123/,
    );
  });

  it("draw the predicted against the observed probability, without empty bins", () => {
    open();
    expect(drawn("memorizer", "circle", "cx", "cy")).toEqual([
      [x(0.125), y(0)], [x(0.625), y(0.5)], [x(0.875), y(1)],
    ]); // prettier-ignore
    expect(drawn("learner", "circle", "cx", "cy")).toEqual([[x(0.25), y(0.25)], [x(0.75), y(0.8125)]]); // prettier-ignore
  });

  it("draw the interval of each point, and the diagonal of perfect calibration", () => {
    open();
    const [diagonal, ...intervals] = drawn("memorizer", "line", "x1", "x2", "y1", "y2");
    expect(diagonal).toEqual([x(0), x(1), y(0), y(1)]);
    expect(intervals).toEqual([
      [x(0.125), x(0.125), y(0), y(0.5)],
      [x(0.625), x(0.625), y(0.25), y(0.75)],
      [x(0.875), x(0.875), y(0.5), y(1)],
    ]);
  });

  it("list the numbers of each bin that is not empty", () => {
    open();
    expect(table("memorizer")).toEqual([
      ["0.000 – 0.250", "10", "0.1250", "0.0000", "0.0 % – 50.0 %"],
      ["0.500 – 0.750", "2,000", "0.6250", "0.5000", "25.0 % – 75.0 %"],
      ["0.750 – 1.000", "3", "0.8750", "1.0000", "50.0 % – 100.0 %"],
    ]);
    expect(table("learner").map(([range]) => range)).toEqual(["0.000 – 0.500", "0.500 – 1.000"]);
    expect(screen.getAllByRole("region").map((region) => region.getAttribute("aria-label"))).toEqual([
      "Reliability of the memorizer in numbers", "Reliability of the learner in numbers",
    ]); // prettier-ignore
  });

  it("have no points if all bins are empty", () => {
    open(reliability([[0, null, null], [0, null, null]])); // prettier-ignore
    expect([drawn("memorizer", "circle", "cx"), drawn("memorizer", "line", "x1").length]).toEqual([[], 1]);
    expect([table("memorizer"), table("learner").length]).toEqual([[], 2]);
  });

  it("are saved one by one", async () => {
    open();
    await fireEvent.click(screen.getByRole("button", { name: "SVG of the learner" }));
    await fireEvent.click(screen.getByRole("button", { name: "SVG of the memorizer" }));
    const [memorizer, learner] = screen.getAllByRole("img");
    expect(vi.mocked(download).mock.calls).toEqual([
      [learner, "reliability-learner", "svg"], [memorizer, "reliability-memorizer", "svg"],
    ]); // prettier-ignore
  });
});
