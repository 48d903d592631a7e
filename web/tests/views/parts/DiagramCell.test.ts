import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { describe, expect, it, vi } from "vitest";
import type { State } from "../../../src/state/state";
import DiagramCell from "../../../src/views/parts/DiagramCell.svelte";
import { openLab } from "../../laboratory";

const NAME = "layer1.bias[1]";
const cell = () => screen.getByRole("button");
const children = createRawSnippet(() => ({ render: () => "<text>0.25</text>" }));

async function open(props: { name?: string; isNode?: boolean; edit?: () => void } = {}, state: Partial<State> = {}) {
  const lab = await openLab(state);
  render(DiagramCell, { lab, name: NAME, text: "+0.25", children, ...props });
  return lab;
}

describe("a cell of the diagram", () => {
  it("is a button with the words and the text of its value", async () => {
    await open();
    expect(cell().getAttribute("aria-label")).toBe(`the words of ${NAME}: +0.25`);
    expect([cell().getAttribute("tabindex"), cell().textContent]).toEqual(["0", "0.25"]);
    expect(cell().getAttribute("data-cell")).toBe(NAME);
    expect([cell().classList.contains("node"), cell().classList.contains("open")]).toEqual([false, false]);
  });

  it("opens with a click, Enter or Space", async () => {
    for (const act of [
      () => fireEvent.click(cell()),
      () => fireEvent.keyDown(cell(), { key: "Enter" }),
      () => fireEvent.keyDown(cell(), { key: " " }),
    ]) {
      const lab = await open();
      await act();
      expect(lab.state.open).toBe(NAME);
      expect(cell().classList).toContain("open");
      document.body.replaceChildren();
    }
  });

  it("passes other keys to the page, and does not scroll the page with Space", async () => {
    const lab = await open();
    const isFree = (key: string) => fireEvent.keyDown(cell(), { key });
    expect([await isFree("x"), await isFree("ArrowLeft"), lab.state.open]).toEqual([true, true, "layer1.weight[0,0]"]);
    expect([await isFree(" "), await isFree("Enter")]).toEqual([false, false]);
  });

  it("is edited with Enter if it is open, or with a double click", async () => {
    const edit = vi.fn();
    await open({ edit });
    await fireEvent.keyDown(cell(), { key: "Enter" });
    expect(edit).not.toHaveBeenCalled();
    await fireEvent.keyDown(cell(), { key: "Enter" });
    expect(edit).toHaveBeenCalledTimes(1);
    await fireEvent.dblClick(cell());
    expect(edit).toHaveBeenCalledTimes(2);
  });

  it("stays open with Enter if it cannot be edited", async () => {
    const lab = await open({}, { open: NAME });
    await fireEvent.keyDown(cell(), { key: "Enter" });
    await fireEvent.dblClick(cell());
    expect(lab.state.open).toBe(NAME);
  });

  it("is marked if a what-if changes its value", async () => {
    const lab = await open({ name: "layer2.a[0]", isNode: true });
    expect(cell().classList).not.toContain("touched");
    lab.state.silenced = ["layer1.a[0]"];
    await waitFor(() => expect(cell().classList).toContain("touched"));
    expect(cell().classList).toContain("node");
  });
});
