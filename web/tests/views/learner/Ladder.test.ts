import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../../src/api/api";
import { DEFAULT_WORLD } from "../../../src/engine/world";
import { LearnerChapter } from "../../../src/state/learner.svelte";
import Ladder from "../../../src/views/learner/Ladder.svelte";
import { LINES, openLab } from "../../laboratory";
import { learnerResponse, rung, rungResponse } from "./ladder_data";

const RUNGS = [
  rung("start"),
  rung("noise"),
  rung("width", { kind: "side_experiment" }),
  rung("labels", { kind: "pitfall" }),
];
const DELAY = 200; // milliseconds until the selected rung is measured

const measure = vi.fn<PythonApi["rung"]>();
beforeEach(() => void measure.mockReset().mockImplementation(async (key, networks) => rungResponse(key, { networks })));

const find = (name: string) => screen.queryByRole<HTMLButtonElement>("button", { name });
const click = (name: string) => fireEvent.click(find(name)!);
const text = () => document.body.textContent!.replace(/\s+/g, " ");
const measured = () => measure.mock.calls.map(([key, networks]) => `${key} ${networks}`);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function open(selected?: string, rungs = RUNGS) {
  const lab = await openLab({ rung: selected });
  const python = { learner: async () => learnerResponse(rungs), bayes: async () => [], rung: measure };
  const learning = new LearnerChapter(python as unknown as PythonApi);
  await learning.start();
  render(Ladder, { lab, learning });
  return { lab, learning };
}

/** Measure rungs with a promise that never settles, and report progress. */
function measureForever(done: number, total: number) {
  measure.mockImplementation((_key, _networks, progress) => {
    progress(done, total);
    return new Promise(() => {});
  });
}

describe("the ladder", () => {
  it("shows the selected rung, and the first rung for an unknown name", async () => {
    await open("labels");
    expect(screen.getByRole("heading", { level: 4 }).textContent).toBe("4 of 4 · labels, pitfall");
    expect([find("◀ Previous")!.disabled, find("Next ▶")!.disabled]).toEqual([false, true]);
    cleanup();
    await open("removed long ago");
    expect(screen.getByRole("heading", { level: 4 }).textContent).toBe("1 of 4 · start");
    expect([find("◀ Previous")!.disabled, find("Next ▶")!.disabled]).toEqual([true, false]);
  });

  it("names a side experiment", async () => {
    await open("width");
    expect(screen.getByRole("heading", { level: 4 }).textContent).toBe("3 of 4 · width, side experiment");
  });

  it("stays on the last rung and on the first", async () => {
    const { lab } = await open("labels");
    const press = (key: string) => fireEvent.keyDown(screen.getByRole("slider"), { key });
    await press("ArrowRight");
    expect(lab.state.rung).toBe("labels");
    await press("Home");
    await press("ArrowLeft");
    expect(lab.state.rung).toBe("start");
  });

  it("shows each number of the measurement", async () => {
    await open("noise");
    await screen.findByText("noise was measured.");
    const names = [...document.querySelectorAll("dt")].map((name) => name.textContent);
    const values = [...document.querySelectorAll("dd")].map((value) => value.textContent);
    expect(Object.fromEntries(names.map((name, k) => [name, values[k]]))).toEqual({
      "Clean-line failures": "6.3 %",
      "Line accuracy": "0.900",
      "Gray margin": "0.050",
      "Brier ratio": "1.125",
      AUROC: "0.940",
      "Exam passes": "128/256",
    });
    expect(text()).toContain("Some pass. Few fail. Values without a count are means over the seeds.");
    expect(text()).toContain("explained. The gray margin is explained. The Brier ratio is explained.");
  });

  it("lists the measured rungs in a table", async () => {
    const { learning } = await open();
    await learning.measure(["labels", "noise"]);
    const table = screen.getByRole("table");
    await waitFor(() => expect(table.querySelectorAll("tbody tr").length).toBeGreaterThanOrEqual(2));
    const rows = [...table.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows.filter(([key]) => key !== "start")).toEqual([
      ["noise", "6.3 %", "0.900", "0.050", "1.125", "0.940", "128/256"],
      ["labels", "6.3 %", "0.900", "0.050", "1.125", "0.940", "128/256"],
    ]); // in the order of the ladder
    expect(table.querySelector("caption")!.textContent).toBe("256 seeds per rung");
  });

  it("measures only the rung that stays selected", async () => {
    await open();
    await click("Next ▶");
    await click("Next ▶");
    await screen.findByText("width was measured.");
    expect(measured()).toEqual(["width 256"]);
  });

  it("measures each rung once", async () => {
    await open();
    await screen.findByText("start was measured.");
    await click("Next ▶");
    await screen.findByText("noise was measured.");
    await click("◀ Previous");
    await pause(DELAY + 100);
    expect(measured()).toEqual(["start 256", "noise 256"]);
  });

  it("shows the progress, and can be canceled", async () => {
    measureForever(64, 256);
    const { learning } = await open("noise");
    await click("Measure");
    const progress = screen.getByRole<HTMLProgressElement>("progressbar");
    expect([progress.value, progress.max, progress.parentElement!.textContent!.trim()]).toEqual([64, 256, "noise"]);
    expect(text()).toContain("adds noise: training 256 networks …");
    expect([find("Measure"), find("Measure all")]).toEqual([null, null]);
    await click("Cancel");
    expect(measure.mock.lastCall![3]!.aborted).toBe(true);
    expect([learning.busy, screen.queryByRole("progressbar"), find("Cancel")]).toEqual([null, null, null]);
    expect(text()).toContain("adds noise: not measured yet");
  });

  it("shows its place in the queue of the server", async () => {
    measure.mockImplementation((_key, _networks, progress) => {
      progress(0, 0, 7);
      return new Promise(() => {});
    });
    await open("noise");
    await click("Measure");
    expect(text()).toContain("Place in the queue: 7");
    expect(screen.queryByRole("progressbar")).toBeNull();
  });

  it("does not measure the selected rung while all rungs are being measured", async () => {
    measureForever(0, 0);
    await open();
    await click("Measure all");
    await click("Next ▶");
    expect(text()).toContain("adds noise: not measured yet");
    await pause(DELAY + 100);
    expect(measured()).toEqual(["start 256"]);
    expect(measure.mock.lastCall![3]!.aborted).toBe(false);
  });

  it("measures again for another number of seeds, and cancels the previous measurement", async () => {
    measureForever(0, 0);
    await open();
    await click("Measure");
    const [, , , signal] = measure.mock.lastCall!;
    measure.mockImplementation(async (key, networks) => rungResponse(key, { networks }));
    await fireEvent.change(screen.getByLabelText("Seeds per rung"), { target: { value: "2048" } });
    expect(signal!.aborted).toBe(true);
    await screen.findByText("start was measured.");
    expect(measured()).toEqual(["start 256", "start 2048"]);
    expect(document.querySelector("caption")!.textContent).toBe("2,048 seeds per rung");
    expect(text()).toContain("1024/2048");
  });

  it("shows why a measurement failed, and measures again on request", async () => {
    measure.mockRejectedValueOnce(new Error("The server is busy."));
    const { lab } = await open();
    await waitFor(() => expect(lab.messages.text).toBe("The server is busy."));
    expect(text()).toContain("adds start: not measured yet");
    await click("Measure");
    expect(await screen.findByText("start was measured.")).toBeTruthy();
    expect(find("Measure")).toBeNull();
  });

  it("trains the network of the rung in the other panels", async () => {
    const world = { ...DEFAULT_WORLD, noise: 0.3 };
    const { lab } = await open("own", [...RUNGS, rung("own", { world, pictures: LINES })]);
    const change = vi.spyOn(lab, "change").mockResolvedValue();
    await click("Train this network below");
    const { architecture, recipe } = rung("own");
    expect(change.mock.calls).toEqual([[
      { architecture, recipe, world, pictures: LINES, grid: 2, order: null, parameters: null, step: 0 },
    ]]); // prettier-ignore
  });
});
