import { fireEvent, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { contrasts, mapCells } from "../../../src/engine/plane";
import PlaneMap from "../../../src/views/learner/PlaneMap.svelte";

const CELLS = mapCells();
const MIDDLE = CELLS.findIndex(({ row, column }) => row === 30 && column === 30);

/** The filled rectangles of the canvas since it was cleared. */
let drawn: { place: number[]; color: string; opacity: number }[] = [];
beforeEach(() => {
  const pen = {
    fillStyle: "",
    globalAlpha: 1,
    clearRect: () => (drawn = []),
    fillRect: (...place: number[]) => drawn.push({ place, color: pen.fillStyle, opacity: pen.globalAlpha }),
  };
  HTMLCanvasElement.prototype.getContext = (() => pen) as any;
  for (const name of ["plus", "minus", "track"]) document.documentElement.style.setProperty(`--${name}`, name);
});

const map = () => screen.getByRole("img");
const caption = () => document.querySelector("figcaption")!.textContent;
const mark = () => document.querySelector("g")!.getAttribute("transform");

function open(change: object = {}) {
  const pick = vi.fn();
  const props = { margins: CELLS.map(() => 0.9), who: "learner", unsureBelow: 0.2, mark: contrasts([1, 1, 0, 0]) };
  const page = render(PlaneMap, { ...props, onMap: true, pick, ...change });
  flushSync();
  map().getBoundingClientRect = () => new DOMRect(10, 20, 232, 232); // 100 pixels per unit of contrast
  return { pick, page };
}

describe("the map of predictions", () => {
  it("names the percentages of both classes and of the unsure predictions", async () => {
    const half = CELLS.map((_, k) => (k < 931 ? 0.2 : k < 1489 ? -0.7 : -0.19)); // of 1861 cells
    const { page } = open({ margins: half });
    expect(map().getAttribute("aria-label")).toBe("Predictions, learner: 50 % horizontal, 30 % vertical, 20 % unsure");
    expect(caption()).toBe("50 % horizontal, 30 % vertical, 20 % unsure");
    await page.rerender({ unsureBelow: 0.1 });
    expect(caption()).toBe("50 % horizontal, 50 % vertical, 0 % unsure");
    await page.rerender({ margins: CELLS.map(() => NaN) });
    expect(caption()).toBe("0 % horizontal, 0 % vertical, 100 % unsure");
  });

  it("draws each cell at its place, in the color and strength of its margin", () => {
    open({ margins: CELLS.map((_, k) => (k === 0 ? -0.25 : k === MIDDLE ? 3 : 0)) });
    expect(drawn.length).toBe(2 * CELLS.length); // each cell on its background
    const at = (k: number) => drawn.slice(2 * k, 2 * k + 2);
    expect(at(0).map(({ place }) => place)).toEqual([[120, 0, 4, 4], [120, 0, 4, 4]]); // prettier-ignore
    expect(at(0).map(({ opacity }) => opacity)).toEqual([1, 0.25]);
    expect(at(MIDDLE)[1]).toMatchObject({ place: [120, 120, 4, 4], opacity: 1 });
    expect(at(MIDDLE)[1].color).not.toBe(at(0)[1].color);
    expect(at(1)[1]).toMatchObject({ color: at(MIDDLE)[1].color, opacity: 0 });
  });

  it("draws the background until the margins are computed", async () => {
    const { page } = open({ margins: null });
    expect([map().getAttribute("aria-label"), caption()]).toEqual(["Predictions, learner: not computed yet", "…"]);
    expect(drawn.length).toBe(CELLS.length);
    await page.rerender({ margins: CELLS.map(() => 0.9) });
    expect(drawn.length).toBe(2 * CELLS.length);
    expect(caption()).toBe("100 % horizontal, 0 % vertical, 0 % unsure");
  });

  it("draws again when the theme changes", async () => {
    open();
    drawn = [];
    document.documentElement.dataset.theme = "dark";
    await vi.waitFor(() => expect(drawn.length).toBe(2 * CELLS.length));
    delete document.documentElement.dataset.theme;
  });

  it("marks the picture, filled only if it is on the map", async () => {
    const { page } = open();
    expect(mark()).toBe("translate(0 -1)"); // the top line, at the upper corner
    expect(document.querySelector(".mark.off")).toBeNull();
    await page.rerender({ mark: contrasts([0, 0.5, 0, 0.5]), onMap: false });
    expect(mark()).toBe("translate(0.5 0)");
    expect(document.querySelector(".mark.off")).not.toBeNull();
  });

  it("picks the contrasts under the pointer", async () => {
    const { pick } = open();
    const clicked = async (right: number, down: number) => {
      await fireEvent.click(map(), { clientX: 10 + 116 + 100 * right, clientY: 20 + 116 + 100 * down });
      return pick.mock.lastCall!.map((contrast: number) => contrast.toFixed(6).replace("-0.000000", "0.000000"));
    };
    expect(await clicked(0.5, -0.25)).toEqual(["0.250000", "-0.500000"]);
    expect(await clicked(-0.99, 0)).toEqual(["0.000000", "0.990000"]);
    expect(await clicked(0, 0)).toEqual(["0.000000", "0.000000"]);
  });

  it("picks nothing outside of the map", async () => {
    const { pick } = open();
    for (const [x, y] of [[12, 22], [240, 250], [126 + 60, 136 + 60]]) await fireEvent.click(map(), { clientX: x, clientY: y }); // prettier-ignore
    expect(pick).not.toHaveBeenCalled();
  });
});
