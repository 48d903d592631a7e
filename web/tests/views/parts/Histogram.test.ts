import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import Histogram from "../../../src/views/parts/Histogram.svelte";

const FOUR = { edges: [-0.8, -0.4, 0, 0.4, 0.8], counts: [30, 0, 1200, 60], seeds: [], left_out: 0 };
const LABEL = "Difference of the two outputs";

function open(change: object = {}) {
  const props = { histogram: FOUR, label: LABEL, ends: ["vertical", "horizontal"] as [string, string], mark: null };
  return render(Histogram, { ...props, chosen: -1, ...change });
}

const bars = () => screen.queryAllByRole("button");
const numbers = (element: Element, ...names: string[]) => names.map((name) => Number(element.getAttribute(name)));
const lines = () => [...document.querySelectorAll("line")].map((line) => numbers(line, "x1", "x2"));
const isChosen = () => bars().map((bar) => bar.classList.contains("chosen") && bar.ariaPressed === "true");

describe("the histogram", () => {
  it("names each bar by its count and range, and leaves out empty bars", () => {
    open();
    expect(screen.getByRole("group").getAttribute("aria-label")).toBe(LABEL);
    expect(bars().map((bar) => bar.getAttribute("aria-label"))).toEqual([
      "30 networks from −0.80 to −0.40", "1,200 networks from 0.00 to +0.40", "60 networks from +0.40 to +0.80",
    ]); // prettier-ignore
  });

  it("draws bars on the base line with heights in proportion to the counts", () => {
    open();
    const drawn = [...document.querySelectorAll(".bar")].map((bar) => numbers(bar, "x", "y", "height"));
    [[0.4, 122.85, 3.15], [180.4, 0, 126], [270.4, 119.7, 6.3]].forEach((bar, k) =>
      bar.forEach((value, j) => expect(drawn[k][j]).toBeCloseTo(value, 10)),
    ); // prettier-ignore
    expect([...document.querySelectorAll(".bar")].map((bar) => bar.getAttribute("fill"))).toEqual([
      "var(--minus)", "var(--plus)", "var(--plus)",
    ]); // prettier-ignore
  });

  it("draws a rare bar tall enough to be seen", () => {
    open({ histogram: { ...FOUR, counts: [1, 0, 100_000, 0] } });
    expect(bars()[0].getAttribute("aria-label")).toBe("1 network from −0.80 to −0.40");
    expect(numbers(document.querySelector(".bar")!, "y", "height")).toEqual([124.5, 1.5]);
  });

  it("names both ends of the axis", () => {
    open();
    expect([...document.querySelectorAll("text")].map((text) => text.textContent)).toEqual([
      "← vertical −0.80", "+0.80 horizontal →",
    ]); // prettier-ignore
  });

  it("marks a value, and keeps the mark and its name inside the drawing", async () => {
    const { rerender } = open({ mark: 0.4 });
    const name = () => document.querySelector(".mark")!;
    expect(lines()).toEqual([[180, 180], [270, 270]]); // prettier-ignore
    expect([name().textContent, name().getAttribute("x")]).toEqual(["this run +0.40", "270"]);
    await rerender({ mark: 7 });
    expect([lines()[1], name().textContent, name().getAttribute("x")]).toEqual([[360, 360], "this run +7.00", "314"]);
    await rerender({ mark: -7 });
    expect([lines()[1], name().getAttribute("x")]).toEqual([[0, 0], "46"]);
    await rerender({ mark: null });
    expect([lines(), document.querySelector(".mark")]).toEqual([[[180, 180]], null]);
  });

  it("chooses a bar with a click, Enter or Space, and with no other key", async () => {
    open({ chosen: 2 });
    expect(isChosen()).toEqual([false, true, false]);
    await fireEvent.click(bars()[0]);
    expect(isChosen()).toEqual([true, false, false]);
    await fireEvent.keyDown(bars()[2], { key: "Enter" });
    expect(isChosen()).toEqual([false, false, true]);
    await fireEvent.keyDown(bars()[1], { key: " " });
    expect(isChosen()).toEqual([false, true, false]);
    await fireEvent.keyDown(bars()[0], { key: "x" });
    expect(isChosen()).toEqual([false, true, false]);
  });

  it("does not scroll the page with Space", async () => {
    open();
    expect(await fireEvent.keyDown(bars()[0], { key: " " })).toBe(false); // prevented
    expect(await fireEvent.keyDown(bars()[0], { key: "x" })).toBe(true);
  });

  it("has no bars without networks", () => {
    open({ histogram: { ...FOUR, counts: [0, 0, 0, 0] } });
    expect([bars(), lines()]).toEqual([[], [[180, 180]]]);
  });
});
