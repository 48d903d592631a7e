import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { Lab } from "../../../src/state/lab.svelte";
import type { State } from "../../../src/state/state";
import Timeline from "../../../src/views/panels/Timeline.svelte";
import { LINES, openLab, parameters } from "../../laboratory";

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });
const click = (name: string | RegExp) => fireEvent.click(button(name));
const title = () => screen.getByRole("heading").textContent;
const text = () => document.body.textContent!.replace(/\s+/g, " ");

async function open(change: Partial<State> = {}): Promise<Lab> {
  const lab = await openLab(change);
  render(Timeline, { lab });
  return lab;
}

describe("the Timeline panel", () => {
  it("moves by steps and epochs", async () => {
    const lab = await open();
    expect(title()).toBe("Timeline · step 0 of 12 · epoch 0 · top");
    await click("Next step");
    await click("Next epoch");
    expect([lab.state.step, title()]).toEqual([5, "Timeline · step 5 of 12 · epoch 1 · bottom"]);
    await click("Previous step");
    await click("Previous epoch");
    expect(lab.state.step).toBe(0);
    await click("Go to end");
    expect(lab.state.step).toBe(12);
    await click("Go to start");
    expect(lab.state.step).toBe(0);
  });

  it("disables the buttons that lead beyond the training", async () => {
    await open();
    const disabled = (names: string[]) => names.map((name) => button(name).disabled);
    expect(disabled(["Previous step", "Previous epoch", "Next step", "Go to end"])).toEqual([true, true, false, false]);
    await click("Go to end");
    expect(disabled(["Previous step", "Previous epoch", "Next step", "Go to end"])).toEqual([false, false, true, true]);
  });

  it("moves by phases, also into the next step", async () => {
    const lab = await open({ phase: 3 });
    await click("Next phase");
    expect(screen.getByText("Update")).toBeTruthy();
    await click("Next phase");
    expect([lab.state.step, lab.state.phase, screen.getByText("Input").className]).toEqual([1, 0, expect.any(String)]);
    await click("Previous phase");
    expect([lab.state.step, lab.state.phase]).toEqual([0, 4]);
  });

  it("goes to the step of the slider", async () => {
    const lab = await open();
    await fireEvent.input(screen.getByRole("slider", { name: "Step" }), { target: { value: "7" } });
    expect(lab.state.step).toBe(7);
  });

  it("plays and pauses", async () => {
    const lab = await open();
    await fireEvent.change(screen.getByLabelText("Speed"), { target: { value: "2500" } });
    expect(lab.playback.speed).toBe(2500);
    await click("▶ Play");
    expect(button("❚❚ Pause")).toBeTruthy();
    await waitFor(() => expect([lab.state.step, lab.playback.playing]).toEqual([12, false]));
    expect(button("▶ Play")).toBeTruthy();
  });

  it("shows the losses and the number of correct examples", async () => {
    const lab = await open({ step: 4, heldOut: LINES });
    const [now, end] = [lab.run!.trainingLoss(4), lab.run!.trainingLoss(12)];
    expect(text()).toContain(`Training loss at this step: ${now.toFixed(4)}, at the end: ${end.toFixed(4)}.`);
    const heldOut = lab.run!.heldOutPerEpoch[0].toFixed(4);
    expect(text()).toMatch(new RegExp(`, [0-4] of 4 held-out pictures\\. Held-out loss at this step: ${heldOut}\\.`));
    expect(now).toBeGreaterThan(end);
    expect(text()).not.toContain(lab.run!.lossPerEpoch.at(-1)!.toFixed(4));
  });

  it("shows the errors of a regression in its units", async () => {
    const target_scaling = { columns: ["y", "z"], low: [0, 0], high: [10, 10] };
    await open({ pictures: { ...LINES, target_scaling }, heldOut: { ...LINES, target_scaling } });
    expect(text()).toMatch(
      /On 4 training pictures: R² [\d.−e]+, MAE [\d.]+, RMSE [\d.]+ for horizontal; R² [\d.−e]+, MAE [\d.]+, RMSE [\d.]+ for vertical\. On 4 held-out pictures: R²/,
    );
  });

  it("shows why a training stopped", async () => {
    await open({ parameters: parameters.map(() => Infinity) });
    await waitFor(() =>
      expect(text()).toMatch(/Training stopped\. .* is (NaN|infinite) at step \d+\. Try a smaller learning rate\./),
    );
  });

  it("branches, and shows the runs side by side", async () => {
    const lab = await open({ step: 4 });
    expect(screen.queryByRole("table")).toBeNull();
    await click("⤷ Branch here");
    await waitFor(() => expect(lab.runs.length).toBe(2));
    expect(screen.getByRole("table")).toBeTruthy();
    expect([lab.state.active, lab.run!.setup.firstStep]).toEqual([1, 4]);
  });
});
