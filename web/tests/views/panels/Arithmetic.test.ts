import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import type { State } from "../../../src/state/state";
import Arithmetic from "../../../src/views/panels/Arithmetic.svelte";
import { openLab } from "../../laboratory";

const WEIGHT = "layer1.weight[0,0]";
const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const text = () => document.body.textContent!.replace(/\s+/g, " ");

async function open(change: Partial<State> = {}, api: Partial<PythonApi> = {}) {
  const lab = await openLab(change, api);
  render(Arithmetic, { lab });
  return lab;
}

describe("the Arithmetic panel", () => {
  it("opens a cell with its title, and a parameter with its update", async () => {
    await open({ open: WEIGHT });
    expect(screen.getByRole("heading").textContent).toBe(`Arithmetic · ⟨${WEIGHT}⟩`);
    expect(document.querySelector("strong")!.textContent).toBe(`the words of ${WEIGHT}`);
    expect(document.querySelector(`[data-opened="${WEIGHT}.after"]`)).not.toBeNull();
  });

  it("chooses the phase", async () => {
    const lab = await open({ phase: 4 });
    await click("Input");
    expect(lab.state.phase).toBe(0);
    await click("Backward");
    expect([lab.state.phase, screen.getByRole("button", { name: "Backward" }).ariaPressed]).toEqual([3, "true"]);
  });

  it("shows the cell of the first example of a batch", async () => {
    const lab = await open();
    const recipe = { ...lab.state.recipe, batch_size: 3 };
    await lab.load({ ...lab.initialState(), architecture: { ...lab.state.architecture, sizes: [4, 2, 2] }, recipe, open: "layer2.a[1]" }); // prettier-ignore
    expect(await screen.findByText("the words of example0.layer2.a[1]")).toBeTruthy();
    lab.state.step = 1; // a batch of one
    expect(await screen.findByText("the words of layer2.a[1]")).toBeTruthy();
  });

  it("sets a parameter in a branch", async () => {
    const lab = await open({ step: 3 });
    await fireEvent.change(screen.getByLabelText("Value"), { target: { value: "-2" } });
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect([lab.state.branches[0].parameters, lab.run!.stateBefore(0)[0]]).toEqual([{ [WEIGHT]: -2 }, -2]);
  });

  it("freezes a parameter, which can be undone", async () => {
    const lab = await open();
    await fireEvent.click(screen.getByLabelText("Frozen"));
    expect(lab.state.frozen).toEqual([WEIGHT]);
    expect(text()).toMatch(/Changed values: \d+ of \d+\./);
    await click("Undo");
    expect([lab.state.frozen, text().includes("Changed values")]).toEqual([[], false]);
  });

  it("silences a hidden node, shows the change of the outputs, and branches with the changes", async () => {
    const lab = await open({ open: "layer1.a[1]" });
    const before = lab.now.predict(lab.now.input);
    await fireEvent.click(screen.getByLabelText(/Switch off this node/));
    const [, after] = /horizontal: [\d.]+ → ([\d.]+)/.exec(text())!;
    expect([Number(after) === before[0], lab.state.silenced]).toEqual([false, ["layer1.a[1]"]]);
    await click("Branch with changes");
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect(lab.run!.setup.silenced).toEqual(["layer1.a[1]"]);
    expect(screen.getByLabelText<HTMLInputElement>(/Switch off this node/)).toMatchObject({
      checked: true,
      disabled: true,
    });
  });

  it("does not silence an output", async () => {
    await open({ open: "layer2.a[1]" });
    expect(screen.queryByLabelText(/Switch off this node/)).toBeNull();
  });

  it("compares with PyTorch", async () => {
    let off = 0;
    const cells = (lab: Awaited<ReturnType<typeof open>>) => {
      const names = ["loss", `${WEIGHT}.gradient`];
      return Object.fromEntries(names.map((name) => [name, lab.now.value(name) + off]));
    };
    const check = vi.fn<PythonApi["check"]>(async () => ({ torch: "2.9", cells: cells(lab) }));
    const lab = await open({}, { check });
    await click("Check with PyTorch");
    expect(await screen.findByText("PyTorch 2.9 agrees. The loss and 1 gradient differ by at most 0.")).toBeTruthy();
    expect(check.mock.calls[0][0].parameters).toEqual([...lab.run!.stateBefore(0)]);
    off = 0.5;
    await click("Check with PyTorch");
    expect(await screen.findByText(/does not agree.* at most 0.5\./)).toBeTruthy();
    lab.playback.stepBy(1);
    await waitFor(() => expect(text()).not.toContain("does not agree"));
    check.mockRejectedValueOnce(new Error("PyTorch is not installed"));
    await click("Check with PyTorch");
    expect(await screen.findByText("PyTorch is not installed")).toBeTruthy();
  });
});
