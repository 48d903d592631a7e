import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../../src/engine/recipe";
import { DEFAULT_WORLD } from "../../../src/engine/world";
import type { LearnerResponse, NetworkJson, RungResponse, Verdict } from "../../../src/types";
import Learner from "../../../src/views/learner/Learner.svelte";
import { cells, openLab, parameters } from "../../laboratory";
import { MEASURES } from "./ladder_data";

const forward = cells.filter(([name]) => /^(input|layer\d\.(weight|bias|z|a))\[[\d,]+\]$/.test(name));
const network = (origin: string, scale: number): NetworkJson => ({
  architecture: DEFAULT_ARCHITECTURE,
  parameters: parameters.map((_, k) => scale * Math.cos(k)),
  names: parameters,
  origin,
  sheet: { format: 2, batch: 1, cells: forward },
});
const verdict = (sentence: string, fraction: number): Verdict => ({ sentence, count: null, n: 256, interval: [fraction / 2, fraction], numbers: { fraction } }); // prettier-ignore
const rung = (key: string, kind: "step" | "side_experiment" | "pitfall" = "step") => ({
  key, name: key, change: `adds ${key}`, baseline: null, kind, architecture: DEFAULT_ARCHITECTURE, recipe: { ...DEFAULT_RECIPE, epochs: 2 }, world: null, pictures: null,
}); // prettier-ignore
const bins = (predicted: (number | null)[], count: number[]) => ({
  edges: [0, 0.5, 1], count, predicted, observed: predicted, intervals: [[0, 0.4], [0.6, 1]] as [number, number][], ece: 0.125,
}); // prettier-ignore

const RESPONSE: LearnerResponse = {
  networks: { memorizer: network("seed 0", 1), learner: network("seed 5", 3) },
  requirements: [{ label: "lines", text: "all right", values: ["4/4", "3/4"], met: [true, false] }],
  measures: MEASURES,
  reliability: { memorizer: bins([0.25, 0.75], [10, 2000]), learner: bins([null, 0.75], [0, 7]) },
  pictures: 20_000,
  world: DEFAULT_WORLD,
  bayes_scores: { accuracy: [0.9, 0], brier: [0.1, 0], cross_entropy: [0.3, 0], auroc: [0.95, 0] },
  rungs: [rung("notebook"), rung("noise"), rung("dropout", "side_experiment"), rung("labels", "pitfall")],
  unsure_below: 0.2,
};
const rungResponse = (key: string, networks: number) =>
  ({
    standing: { key, networks, passed: 200, means: { accuracy: 0.91, gray: 0.02, brier_ratio: 1.1, auroc: 0.94 } },
    sentence: `${key} was measured.`,
    passed: verdict("78 % pass.", 0.78),
    failing_clean_lines: verdict("None fails.", 0),
  }) as unknown as RungResponse;

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = (() => ({ clearRect() {}, fillRect() {} })) as any;
});

const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const text = (element: Element = document.body) => element.textContent!.replace(/\s+/g, " ");
const answerer = (name: string) => text(document.querySelector(`[data-who="${name}"]`)!);

async function open(input = [0.9, 0.6, 0.1, 0.3]) {
  const rung = vi.fn<PythonApi["rung"]>(async (key, networks) => rungResponse(key, networks));
  const bayes = vi.fn<PythonApi["bayes"]>(async (pictures) => pictures.map(() => [0.7, 0.3]));
  const lab = await openLab({ custom: { input, target: [1, 0] } }, { learner: async () => RESPONSE, rung, bayes });
  render(Learner, { lab });
  await screen.findByText("Ladder: one change at a time");
  return { lab, rung, bayes };
}

describe("the learner's chapter", () => {
  it("shows a message before its networks are loaded", async () => {
    const lab = await openLab({}, { learner: () => new Promise(() => {}) });
    render(Learner, { lab });
    expect(screen.getByRole("status").textContent).toBe("Training a memorizer and a learner …");
  });

  it("supports 2×2 pictures only", async () => {
    const lab = await openLab({}, { learner: async () => RESPONSE, bayes: async () => [] });
    lab.state.custom = { input: [1, 0, 0, 0, 1, 0, 0, 0, 1], target: [1, 0] };
    render(Learner, { lab });
    expect(await screen.findByText(/This chapter needs 2×2 pictures/)).toBeTruthy();
  });

  it("shows the outputs of the memorizer, the learner and the Bayes-optimal answer", async () => {
    const { bayes, lab } = await open();
    expect(answerer("memorizer")).toContain("3 hidden nodes, seed 0");
    expect(answerer("Bayes-optimal")).toContain("Computing … horizontal");
    await waitFor(() => expect(answerer("Bayes-optimal")).toContain("70.0 %"));
    expect(bayes.mock.lastCall![0]).toEqual([lab.now.input]);
    expect(answerer("Bayes-optimal")).toContain("margin 0.400");
    expect(text()).toMatch(/The current picture is not on the map \(brightness 0\.4[78], diagonals \+0\.25\)/);
  });

  it("selects a picture on a map", async () => {
    const { lab } = await open();
    const map = document.querySelector('[data-map="learner"]')!;
    map.getBoundingClientRect = () => new DOMRect(0, 0, 232, 232);
    await fireEvent.click(map, { clientX: 116, clientY: 16 });
    lab.state.custom!.input.forEach((value, k) => expect(value).toBeCloseTo([1, 1, 0, 0][k], 10));
    expect(text()).toContain("The mark shows the current picture.");
    await fireEvent.click(map, { clientX: 2, clientY: 2 }); // outside the map
    expect(lab.state.custom!.input[2]).toBeCloseTo(0, 10);
  });

  it("chooses and draws pictures, and sets contrasts", async () => {
    const { lab } = await open();
    await fireEvent.click(button("Diagonal"));
    expect(lab.state.custom).toEqual({ input: [0, 1, 1, 0], target: null });
    await fireEvent.click(button("Draw picture"));
    const [first] = lab.state.custom!.input;
    expect(screen.getByText(/^Drawn: .+\.$/)).toBeTruthy();
    await fireEvent.click(button("Draw picture"));
    expect(lab.state.custom!.input[0]).not.toBe(first);
    await fireEvent.click(button("Gray"));
    expect(screen.queryByText(/^Drawn/)).toBeNull();
    await fireEvent.input(screen.getByLabelText(/contrast of the rows/), { target: { value: "0.5" } });
    expect(lab.state.custom!.input).toEqual([0.75, 0.75, 0.25, 0.25]);
    await fireEvent.input(screen.getByLabelText(/contrast of the columns/), { target: { value: "1" } });
    expect(lab.state.custom!.input).toEqual([1, 0, 1, 0]);
  });

  it("shows the exam and the reliability", async () => {
    await open();
    const exam = within(document.querySelector<HTMLElement>("[data-exam]")!);
    expect(exam.getByText("Exam on 20,000 unseen pictures")).toBeTruthy();
    expect(exam.getAllByRole("cell").map((cell) => [cell.textContent, cell.classList.contains("failed")])).toEqual([["4/4\u00a0✓", false], ["3/4\u00a0✗", true]]); // prettier-ignore
    expect(text()).toContain("accuracy on lines 0.900, Brier score 0.100, cross-entropy 0.300, AUROC 0.950");
    expect(document.querySelectorAll('[data-reliability="memorizer"] circle').length).toBe(2);
    expect(document.querySelectorAll('[data-reliability="learner"] circle').length).toBe(1); // one bin is empty
    expect(document.querySelectorAll('[data-bins="memorizer"] tbody tr').length).toBe(2);
  });
});

describe("the ladder", () => {
  const slider = () => screen.getByRole("slider", { name: "Ladder rung" });

  it("measures a rung after a short delay", async () => {
    const { rung } = await open();
    expect(text()).toContain("adds notebook: not measured yet");
    expect(await screen.findByText("notebook was measured.")).toBeTruthy();
    expect(rung.mock.calls.map(([key, networks]) => [key, networks])).toEqual([["notebook", 256]]);
    expect(slider().getAttribute("aria-valuetext")).toBe(
      "notebook: line accuracy 0.910, gray margin 0.020, 78.0 % pass the exam",
    );
  });

  it("moves with buttons, keys and clicks", async () => {
    const { lab } = await open();
    expect(button("◀ Previous").disabled).toBe(true);
    await fireEvent.click(button("Next ▶"));
    expect([lab.state.rung, slider().ariaValueNow]).toEqual(["noise", "2"]);
    await fireEvent.keyDown(slider(), { key: "End" });
    expect([lab.state.rung, button("Next ▶").disabled]).toEqual(["labels", true]);
    expect(text()).toContain("4 of 4 · labels, pitfall");
    await fireEvent.keyDown(slider(), { key: "ArrowLeft" });
    expect(text()).toContain("3 of 4 · dropout, side experiment");
    await fireEvent.keyDown(slider(), { key: "Home", ctrlKey: true });
    expect(lab.state.rung).toBe("dropout");
    await fireEvent.keyDown(slider(), { key: "Home" });
    expect(lab.state.rung).toBe("notebook");
    slider().getBoundingClientRect = () => new DOMRect(0, 0, 280, 230);
    await fireEvent.click(slider(), { clientX: 34 + 1.5 * 59 });
    expect(lab.state.rung).toBe("noise");
  });

  it("measures the missing rungs, and lists all rungs", async () => {
    const { rung } = await open();
    await fireEvent.click(button("Measure all"));
    const rows = () => screen.getByRole("region", { name: "Measured rungs", hidden: true }).querySelectorAll("tr");
    await waitFor(() => expect(rows().length).toBe(5));
    expect(screen.queryByRole("button", { name: "Measure all" })).toBeNull();
    expect(new Set(rung.mock.calls.map(([key]) => key))).toEqual(new Set(["notebook", "noise", "dropout", "labels"]));
    await fireEvent.change(screen.getByLabelText("Seeds per rung"), { target: { value: "64" } });
    expect(button("Measure all")).toBeTruthy();
    await waitFor(() => expect(rung.mock.lastCall!.slice(0, 2)).toEqual(["notebook", 64]));
  });

  it("trains a rung below", async () => {
    const { lab } = await open();
    await fireEvent.click(button("Train this network below"));
    await waitFor(() => expect(lab.run!.setup.recipe.epochs).toBe(2));
    expect([lab.root.world, lab.state.step]).toEqual([null, 0]);
  });
});
