import { render, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { countCorrect } from "../../../src/engine/scores";
import { DEFAULT_WORLD } from "../../../src/engine/world";
import type { Lab } from "../../../src/state/lab.svelte";
import type { State } from "../../../src/state/state";
import type { Examples } from "../../../src/types";
import TrainingSummary from "../../../src/views/parts/TrainingSummary.svelte";
import { LINES, openLab } from "../../laboratory";
import { watchedLab } from "../../watched";

const text = () => document.body.textContent!.replace(/\s+/g, " ").trim();
const only = (count: number): Examples => ({
  ...LINES,
  inputs: LINES.inputs.slice(0, count),
  targets: LINES.targets!.slice(0, count),
  names: LINES.names.slice(0, count),
});

async function open(change: Partial<State> = {}): Promise<Lab> {
  const lab = await openLab(change);
  render(TrainingSummary, { lab });
  return lab;
}

describe("the summary of a training", () => {
  it("shows the losses, the movement, and the number of correct pictures", async () => {
    const lab = await open({ step: 4 });
    const [now, end] = [lab.run!.trainingLoss(4), lab.run!.trainingLoss(12)];
    const correct = countCorrect((input) => lab.now.predict(input), LINES);
    expect(text()).toBe(
      `Epoch 1: movement of the first layer ${lab.run!.movementPerEpoch[0].toFixed(5)}. ` +
        `Training loss at this step: ${now.toFixed(4)}, at the end: ${end.toFixed(4)}. Correct: ${correct} of 4 training pictures.`,
    );
  });

  it("stays at the last epoch at the end of the training", async () => {
    await open({ step: 12 });
    expect(text()).toMatch(/^Epoch 3: /);
  });

  it("shows the last complete epoch", async () => {
    const lab = await open({ step: 3 });
    expect(text()).toMatch(/^Training loss at this step: /);
    lab.playback.goto(11);
    await waitFor(() => expect(text()).toMatch(/^Epoch 2: /));
  });

  it.each<[string, Partial<State>, string]>([
    ["rows", { pictures: { ...LINES, shape: null } }, "of 4 training rows."],
    ["one row", { pictures: { ...only(1), shape: null } }, "of 1 training row."],
    ["one held-out picture", { heldOut: only(1) }, "of 4 training pictures, "],
    ["a world", { world: { ...DEFAULT_WORLD, n: 2 } }, "of 4 clean lines."],
  ])("counts %s", async (_, change, words) => {
    await open(change);
    expect(text()).toContain(words);
  });

  it("shows the held-out score and loss after the epoch", async () => {
    const lab = await open({ step: 8, heldOut: only(1) });
    const loss = lab.run!.heldOutPerEpoch[1].toFixed(4);
    expect(text()).toMatch(new RegExp(`, [01] of 1 held-out picture\\. Held-out loss at this step: ${loss}\\.$`));
    expect(document.querySelector("strong")!.textContent).toMatch(/^[01] of 1 held-out picture$/);
  });

  it("shows errors in the units of the targets instead of correct examples", async () => {
    const target_scaling = { columns: ["y", "z"], low: [0, 0], high: [10, 10] };
    await open({ pictures: { ...only(1), shape: null, target_scaling } });
    expect(text()).toMatch(
      /On 1 training row: R² 0, MAE [\d.]+, RMSE [\d.]+ for horizontal; R² 0, MAE [\d.]+, RMSE [\d.]+ for vertical\.$/,
    );
    expect(text()).not.toContain("Correct");
  });

  it("scores numbers without units, such as targets of -1 and 1", async () => {
    await open({ pictures: { ...LINES, targets: LINES.targets!.map(([h, v]) => [2 * h - 1, 2 * v - 1]) } });
    expect(text()).toMatch(/On 4 training pictures: R² [\d.−e-]+, MAE [\d.]+, RMSE [\d.]+ for horizontal;/);
    expect(text()).not.toContain("Correct");
  });

  it("shows the progress of a training", async () => {
    const lab = await openLab();
    await lab.load({ ...lab.initialState(), recipe: { ...lab.run!.setup.recipe, epochs: 25_000 } });
    render(TrainingSummary, { lab });
    expect(text()).toMatch(/Training … [\d,]+ of 100,000 steps\./);
  });

  it("shows the early end of a recording", async () => {
    await open({ ends: 7 });
    expect(text()).toContain("The training stopped early, after step 7 of 12.");
  });

  it("shows the notes of a training in PyTorch", async () => {
    const lab = await watchedLab();
    lab.run!.setup.watched!.notes.splice(0, Infinity, "One note.", "Another note.");
    render(TrainingSummary, { lab });
    expect(text()).toContain("Watched in PyTorch. One note. Another note.");
  });
});
