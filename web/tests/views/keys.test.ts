import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Lab } from "../../src/state/lab.svelte";
import { handleKey } from "../../src/views/keys";
import { openLab } from "../laboratory";

let lab: Lab;
beforeEach(async () => void (lab = await openLab({ step: 5, phase: 2 })));

/** Press a key in an element. Return whether the page used it. */
function press(key: string, html = "<p></p>", change: KeyboardEventInit = {}): boolean {
  document.body.innerHTML = html;
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...change });
  document.body.addEventListener("keydown", (event) => handleKey(event, lab), { once: true });
  document.body.querySelector("*:not(:has(*))")!.dispatchEvent(event);
  return event.defaultPrevented;
}

describe("a key", () => {
  it.each([
    ["ArrowLeft", 4], ["ArrowRight", 6], ["PageUp", 1], ["PageDown", 9], ["Home", 0], ["End", 12],
  ])("%s goes to step %i", (key, step) => {
    expect(press(key)).toBe(true);
    expect(lab.state.step).toBe(step);
  }); // prettier-ignore
  it("moves by phases, plays and branches", async () => {
    press(".");
    expect(lab.state.phase).toBe(3);
    press(",");
    expect(lab.state.phase).toBe(2);
    press(" ");
    expect(lab.playback.playing).toBe(true);
    press("b");
    await expect.poll(() => lab.runs.length).toBe(2);
  });
  it.each([
    ["b", "<input>", {}], ["ArrowLeft", "<select></select>", {}], [".", "<textarea></textarea>", {}], [" ", "<button></button>", {}],
    [" ", "<summary></summary>", {}], ["b", "<p></p>", { ctrlKey: true }],
    ["ArrowLeft", "<p></p>", { altKey: true }], ["Home", "<p></p>", { metaKey: true }], ["x", "<p></p>", {}],
  ])("%s in %s with %j is ignored", (key, html, change) => {
    expect(press(key, html, change)).toBe(false);
    expect([lab.state.step, lab.state.phase, lab.playback.playing, lab.runs.length]).toEqual([5, 2, false, 1]);
  }); // prettier-ignore
  it("is ignored until the page is ready", () => {
    lab.ready = false;
    expect(press("Home")).toBe(false);
  });
  it("scrolls a table with arrows only if the table can be scrolled", () => {
    expect(press("ArrowRight", '<div class="scroll"><p></p></div>')).toBe(true);
    const width = vi.spyOn(Element.prototype, "scrollWidth", "get").mockReturnValue(500);
    expect(press("ArrowRight", '<div class="scroll"><p></p></div>')).toBe(false);
    width.mockRestore();
    expect(press("Home", '<div class="scroll"><p></p></div>')).toBe(true);
    expect(press("ArrowLeft", "<button></button>")).toBe(true);
  });
});
