import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import type { State } from "../../../src/state/state";
import type { PopulationResponse, Verdict } from "../../../src/types";
import ManySeeds from "../../../src/views/panels/ManySeeds.svelte";
import { LINES, openLab } from "../../laboratory";

const verdict = (sentence: string): Verdict => ({ sentence, count: 1, n: 2, interval: null, numbers: {} });
const RESPONSE: PopulationResponse = {
  networks: 10_000,
  verdicts: {
    all_right: verdict("Half of them."),
    first_class: verdict("To the left."),
    learned_first_class: verdict("Those too."),
  },
  histogram: { edges: [-1, 0, 1], counts: [30, 9970], seeds: [[4, 8], [1]], left_out: 0 },
};

const population = vi.fn<PythonApi["population"]>(async () => RESPONSE);
beforeEach(() => void population.mockClear());

const click = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const text = () => document.body.textContent!.replace(/\s+/g, " ");

async function open(change: Partial<State> = {}, api: Partial<PythonApi> = { population }) {
  const lab = await openLab(change, api);
  render(ManySeeds, { lab });
  return lab;
}

describe("the panel of many seeds", () => {
  it("needs Python", async () => {
    await open({}, {});
    expect(text()).toContain("Training thousands of seeds needs Python.");
    expect(screen.queryByRole("button", { name: "Measure" })).toBeNull();
  });

  it("needs a classifier", async () => {
    await open({ pictures: { ...LINES, targets: LINES.targets!.map(() => [3, 7]) } });
    expect(text()).toContain(
      "This comparison needs a classifier with known targets. The current network predicts numbers.",
    );
  });

  it("requests a population for the current training and picture", async () => {
    const lab = await open({ step: 1, seed: 5 });
    await fireEvent.change(screen.getByLabelText("Number of seeds"), { target: { value: "100000" } });
    await click("Measure");
    const [request] = population.mock.calls[0];
    expect(request).toMatchObject({ networks: 100_000, first_seed: 0, inputs: [0, 0, 1, 1] });
    expect(request.recipe).toEqual(lab.run!.setup.recipe);
    await screen.findByText("Half of them.");
    expect(text()).toMatch(/4-3-2 networks, learning rate 0\.1, 3 epochs, trained in [\d.]+ s\. Picture: bottom\./);
    expect(text()).toContain(
      "Output horizontal minus output vertical for the picture bottom. Height: number of networks, at most 9,970.",
    );
    expect(text()).not.toContain("this run"); // it is not trained yet
    lab.playback.goto(Infinity);
    await waitFor(() => expect(text()).toContain("this run"));
  });

  it("shows the verdict of the selected question", async () => {
    await open();
    await click("Measure");
    await screen.findByText("Half of them.");
    await fireEvent.change(screen.getByLabelText("Question"), { target: { value: "first_class" } });
    expect(text()).toContain("To the left.");
    expect(text()).toContain("Those too.");
    await fireEvent.change(screen.getByLabelText("Question"), { target: { value: "sure" } });
    expect(text()).toContain("This question needs two classes.");
  });

  it("opens the training of a seed from a bar", async () => {
    const lab = await open();
    await click("Measure");
    await fireEvent.click(await screen.findByRole("button", { name: "30 networks from −1.00 to 0.00" }));
    expect(text()).toContain("Difference from −1.000 to 0.000: 30 networks. Open seed 4, 8.");
    await click("8");
    await waitFor(() => expect([lab.root.seed, lab.state.step]).toEqual([8, 12]));
    expect(lab.state.custom).toEqual({ name: "top", input: [1, 1, 0, 0], target: [1, 0] });
    expect(text()).toContain("this run"); // the same training with another seed
  });

  it("marks a result of another training", async () => {
    const lab = await open();
    await click("Measure");
    await screen.findByText("Half of them.");
    expect(text()).not.toContain("belongs to another training");
    lab.playback.goto(Infinity);
    await lab.change({ recipe: { ...lab.state.recipe, learning_rate: 0.2, epochs: 5 } });
    await waitFor(() => expect(text()).toContain("The result below belongs to another training."));
    expect(text()).toContain("4-3-2 networks, learning rate 0.1, 3 epochs");
    expect(screen.getByText("Half of them.").closest(".stale")).toBeTruthy();
    expect(screen.getByRole("group", { name: /Difference/ }).classList).toContain("stale");
    expect(text()).not.toContain("this run");
  });

  it("shows the progress, and cancels", async () => {
    const lab = await open();
    population.mockImplementationOnce(
      (_, progress, signal) =>
        new Promise((_, reject) => {
          progress(0, 0, 3);
          setTimeout(() => progress(2500, 10_000), 50);
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    await click("Measure");
    expect(text()).toContain("Place in the queue: 3");
    await screen.findByText(/2,500 of 10,000/);
    expect(screen.getByRole<HTMLProgressElement>("progressbar").value).toBe(2500);
    await click("Cancel");
    await waitFor(() => expect(screen.getByRole("button", { name: "Measure" })).toBeTruthy());
    expect([lab.messages.text, screen.queryByRole("progressbar")]).toEqual(["", null]);
  });

  it("shows an error", async () => {
    const lab = await open();
    population.mockRejectedValueOnce(new Error("too many networks"));
    await click("Measure");
    await waitFor(() => expect(lab.messages.text).toBe("too many networks"));
    expect(await screen.findByRole("button", { name: "Measure" })).toBeTruthy();
  });
});
