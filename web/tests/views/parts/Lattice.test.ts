import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { download } from "../../../src/display/download";
import Lattice from "../../../src/views/parts/Lattice.svelte";

vi.mock("../../../src/display/download", () => ({ download: vi.fn() }));
beforeEach(() => void vi.mocked(download).mockClear());

const CLASSES = ["horizontal", "vertical"];
const drawing = () => screen.getByRole("img");
const text = () => document.body.textContent!.replace(/\s+/g, " ");
const cells = () => [...drawing().querySelectorAll("rect")].slice(1); // without the background
const cell = (row: number, column: number) =>
  ["x", "y", "fill", "opacity"].map((name) => cells()[25 * row + column].getAttribute(name));

/** Open the drawing for a network whose first output is the top-left pixel and whose second is the bottom-right. */
function open(change: object = {}) {
  const select = vi.fn();
  const predict = ([first, , , last]: number[]) => [first, last];
  const page = render(Lattice, { predict, classes: CLASSES, unsureBelow: 0.5, select, ...change });
  drawing().getBoundingClientRect = () => new DOMRect(100, 50, 250, 500);
  return { select, page };
}

describe("the lattice of pictures", () => {
  it("counts the pictures of each class and the unsure ones", () => {
    open(); // of 25 pairs of levels, 6 differ by at least one half in each direction; 25 pictures share each pair
    expect(text()).toContain("All 625 pictures with pixel values 0, ¼, ½, ¾ or 1: 150 horizontal, 150 vertical, 325 unsure.");
  }); // prettier-ignore

  it("counts the pictures again for another threshold and another network", async () => {
    const { page } = open();
    await page.rerender({ unsureBelow: 1 });
    expect(text()).toContain(": 25 horizontal, 25 vertical, 575 unsure.");
    await page.rerender({ predict: () => [1, 0] });
    expect(text()).toContain(": 625 horizontal, 0 vertical, 0 unsure.");
    await page.rerender({ predict: () => [NaN, NaN] });
    expect(text()).toContain(": 0 horizontal, 0 vertical, 625 unsure.");
    expect(new Set(cells().map((rect) => rect.getAttribute("opacity")))).toEqual(new Set(["0"]));
  });

  it("draws each picture at its place, in the color and strength of its margin", () => {
    open();
    expect(cells().length).toBe(625);
    expect(cell(0, 0)).toEqual(["0", "0", "var(--plus)", "0"]); // 0 0 / 0 0
    expect(cell(24, 0)).toEqual(["0", "24", "var(--plus)", "1"]); // 1 1 / 0 0
    expect(cell(0, 24)).toEqual(["24", "0", "var(--minus)", "1"]); // 0 0 / 1 1
    expect(cell(5, 2)).toEqual(["2", "5", "var(--minus)", "0.25"]); // ¼ 0 / 0 ½
  });

  it("names the classes by their colors", () => {
    open({ classes: ["cat", "dog"] });
    expect(drawing().getAttribute("aria-label")).toMatch(/^25 by 25 pictures\..* Orange is cat, blue is dog\.$/);
    expect(text()).toContain("Orange is cat, blue is dog, pale is unsure.");
  });

  it("selects the picture under the pointer", async () => {
    const { select } = open();
    const click = (row: number, column: number) =>
      fireEvent.click(drawing(), { clientX: 100 + 10 * (column + 0.5), clientY: 50 + 20 * (row + 0.5) });
    await click(0, 0);
    await click(23, 7); // upper pixels 1 ¾, lower pixels ¼ ½
    expect(select.mock.calls).toEqual([[[0, 0, 0, 0]], [[1, 0.75, 0.25, 0.5]]]);
    await fireEvent.click(drawing(), { clientX: 350, clientY: 550 }); // on the edge
    expect(select.mock.lastCall).toEqual([[1, 1, 1, 1]]);
  });

  it("is saved as SVG and as PNG", async () => {
    open();
    await fireEvent.click(screen.getByRole("button", { name: "SVG" }));
    await fireEvent.click(screen.getByRole("button", { name: "PNG" }));
    expect(vi.mocked(download).mock.calls).toEqual([[drawing(), "lattice", "svg"], [drawing(), "lattice", "png"]]); // prettier-ignore
  });
});
