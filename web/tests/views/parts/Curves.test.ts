import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { State } from "../../../src/state/state";
import Curves from "../../../src/views/parts/Curves.svelte";
import { LINES, openLab } from "../../laboratory";

const drawing = () => screen.getByRole("img");
const legend = () => [...document.querySelectorAll(".legend span")].map((one) => one.textContent!.trim());

async function open(change: Partial<State> = {}) {
  const lab = await openLab(change);
  render(Curves, { lab });
  drawing().getBoundingClientRect = () => new DOMRect(0, 0, 200, 170); // as wide as the drawing in jsdom
  return lab;
}

describe("the curves", () => {
  it("show the loss of each run, of the held-out examples, and the movement", async () => {
    const lab = await open({ heldOut: LINES, branches: [{ from: 0, at: 4 }] });
    expect(legend()).toEqual([
      "— Mean loss while training of main run", "— Mean loss while training of branch 1", "╌ Held-out loss (4 pictures)", "┄ Movement of the first layer",
    ]); // prettier-ignore
    expect(document.querySelectorAll("path").length).toBe(4);
    const [loss, heldOut] = [lab.run!.lossPerEpoch.at(-1)!, lab.run!.heldOutPerEpoch.at(-1)!];
    expect(drawing().getAttribute("aria-label")).toBe(
      `Loss and movement over 12 steps. The mean loss while training of the current run ends at ${loss.toFixed(4)}, its held-out loss at ${heldOut.toFixed(4)}.`,
    );
  });

  it("have a point for each epoch", async () => {
    await open();
    expect(legend()[0]).toBe("— Mean loss while training");
    const [, loss] = document.querySelectorAll("path");
    expect(loss.getAttribute("d")!.match(/[ML]/g)).toEqual(["M", "L", "L"]);
  });

  it("move through the steps while they are dragged", async () => {
    const lab = await open();
    const [left, right] = [40, 200 - 46];
    await fireEvent.pointerMove(drawing(), { clientX: right });
    expect(lab.state.step).toBe(0);
    await fireEvent.pointerDown(drawing(), { clientX: (left + right) / 2, pointerId: 1 });
    expect(lab.state.step).toBe(6);
    await fireEvent.pointerMove(drawing(), { clientX: 500 });
    expect(lab.state.step).toBe(12);
    await fireEvent.pointerUp(drawing());
    await fireEvent.pointerMove(drawing(), { clientX: 0 });
    expect(lab.state.step).toBe(12);
  });
});
