import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import LadderChart from "../../../src/views/learner/LadderChart.svelte";
import { MEASURES, type Measured, rung, rungResponse } from "./ladder_data";

const RUNGS = [
  rung("start"),
  rung("trap", { kind: "pitfall" }),
  rung("noise"),
  rung("width", { kind: "side_experiment" }),
];
// the drawing in jsdom is 280 wide: 34 on the left, 10 on the right, and 59 per rung
const [LEFT, PITCH] = [34, 59];
const x = (place: number) => LEFT + (place + 0.5) * PITCH;
const y = (fraction: number) => 166 - 156 * fraction;

const slider = () => screen.getByRole("slider", { name: "Ladder rung" });
const number = (element: Element, name: string) => Number(element.getAttribute(name));
const points = (mean: string) =>
  [...document.querySelectorAll(`circle.${mean}`)].map((one) => [number(one, "cx"), number(one, "cy")]);
const path = (mean: string) => document.querySelector(`path.${mean}`)!.getAttribute("d");

function open(measured: Record<string, Measured> = {}, place = 0, rungs = RUNGS) {
  const go = vi.fn();
  const measurement = (key: string) => (key in measured ? rungResponse(key, measured[key]) : undefined);
  const page = render(LadderChart, { rungs, place, measures: MEASURES, measurement, go });
  slider().getBoundingClientRect = () => new DOMRect(100, 0, 560, 460); // twice as large as the drawing
  return { go, page };
}

describe("the chart of the ladder", () => {
  it("names the rung, its place, and its measurement", async () => {
    const { page } = open({ noise: { accuracy: 0.98765, gray: -0.0421, fraction: 0.785 } }, 2);
    const { ariaValueMin, ariaValueMax, ariaValueNow } = slider();
    expect([ariaValueMin, ariaValueMax, ariaValueNow]).toEqual(["1", "4", "3"]);
    expect(slider().getAttribute("aria-valuetext")).toBe(
      "noise: line accuracy 0.988, gray margin −0.042, 78.5 % pass the exam",
    );
    await page.rerender({ place: 3 });
    expect([slider().ariaValueNow, slider().getAttribute("aria-valuetext")]).toEqual(["4", "width: not measured yet"]);
  });

  it("highlights the column of the selected rung", async () => {
    const { page } = open();
    const highlighted = () => ["x", "width"].map((name) => number(document.querySelector(".here")!, name));
    expect(highlighted()).toEqual([LEFT, PITCH]);
    await page.rerender({ place: 3 });
    expect(highlighted()).toEqual([LEFT + 3 * PITCH, PITCH]);
  });

  it("draws accuracy and margin of the measured rungs at their heights", () => {
    open({ start: { accuracy: 1, gray: 0 }, noise: { accuracy: 0.5, gray: 0.25 } });
    expect(points("accuracy")).toEqual([[x(0), y(1)], [x(2), y(0.5)]]); // prettier-ignore
    expect(points("gray")).toEqual([[x(0), y(0)], [x(2), y(0.25)]]); // prettier-ignore
  });

  it("draws a line through the steps only, and side experiments as open points", () => {
    const measured = { accuracy: 0.5, gray: 0 };
    open({ start: measured, trap: { accuracy: 0.25 }, noise: { accuracy: 1, gray: 0.5 }, width: measured });
    expect(path("accuracy")).toBe(`M${x(0)} ${y(0.5)}L${x(2)} ${y(1)}`);
    expect(path("gray")).toBe(`M${x(0)} ${y(0)}L${x(2)} ${y(0.5)}`);
    const isBeside = [...document.querySelectorAll("circle.accuracy")].map((one) => one.classList.contains("beside"));
    expect(isBeside).toEqual([false, true, false, true]);
  });

  it("draws the fraction that passes as a bar, with its interval", () => {
    open({ noise: { fraction: 0.75, interval: [0.5, 1] } });
    const bar = document.querySelector(".bar")!;
    expect(["y", "height"].map((name) => number(bar, name))).toEqual([y(0.75), 0.75 * 156]);
    expect(number(bar, "x") + number(bar, "width") / 2).toBeCloseTo(x(2), 10);
    const interval = document.querySelector("line[stroke='var(--accent)']")!;
    expect(["x1", "x2", "y1", "y2"].map((name) => number(interval, name))).toEqual([x(2), x(2), y(0.5), y(1)]);
  });

  it("draws no bar without an interval", () => {
    open({ noise: { interval: null } });
    expect([document.querySelector(".bar"), points("accuracy").length]).toEqual([null, 1]);
  });

  it("marks the rungs that are not measured, and draws no line then", () => {
    const { page } = open({ noise: {} });
    const unmeasured = () => [...document.querySelectorAll("circle[fill=none]")].map((one) => number(one, "cx"));
    expect(unmeasured()).toEqual([x(0), x(1), x(3)]);
    page.unmount();
    open();
    expect([unmeasured().length, path("accuracy"), points("accuracy")]).toEqual([4, "", []]);
  });

  it("names all rungs, and side experiments in another style", () => {
    open();
    const names = [...document.querySelectorAll("text.name")];
    expect(names.map((name) => [name.textContent, name.classList.contains("beside")])).toEqual([
      ["start", false], ["trap", true], ["noise", false], ["width", true],
    ]); // prettier-ignore
  });

  it("selects a rung with the keys of a slider", async () => {
    const { go } = open({}, 2);
    const press = (key: string, change = {}) => fireEvent.keyDown(slider(), { key, ...change });
    const places = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: 3, ArrowUp: 3, Home: 0, End: 3 };
    for (const [key, place] of Object.entries(places)) {
      expect(await press(key)).toBe(false); // prevented
      expect(go.mock.lastCall).toEqual([place]);
    }
    for (const modifier of ["ctrlKey", "metaKey", "altKey"])
      expect(await press("End", { [modifier]: true })).toBe(true);
    expect(await press("x")).toBe(true);
    expect(go).toHaveBeenCalledTimes(6);
  });

  it("handles its keys, and passes other keys to the page", async () => {
    open();
    const listener = vi.fn();
    document.body.addEventListener("keydown", listener);
    await fireEvent.keyDown(slider(), { key: "ArrowRight" });
    expect(listener).not.toHaveBeenCalled();
    await fireEvent.keyDown(slider(), { key: "b" });
    expect(listener).toHaveBeenCalledTimes(1);
    document.body.removeEventListener("keydown", listener);
  });

  it("selects the rung under the pointer, at any size of the drawing", async () => {
    const { go } = open();
    for (const place of [0, 1, 3]) await fireEvent.click(slider(), { clientX: 100 + 2 * (x(place) + 0.45 * PITCH) });
    expect(go.mock.calls).toEqual([[0], [1], [3]]);
  });

  it("gives the whole width to a single rung", () => {
    open({ only: { accuracy: 1, gray: 0 } }, 0, [rung("only")]);
    expect([slider().ariaValueMax, points("accuracy")]).toEqual(["1", [[LEFT + 236 / 2, y(1)]]]);
    expect(path("accuracy")).toBe(`M${LEFT + 236 / 2} ${y(1)}`);
  });
});
