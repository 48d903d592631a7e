import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/api/api";
import { saveBytes } from "../../src/display/download";
import { guest, type Host } from "../../src/host/host";
import { Lab } from "../../src/state/lab.svelte";
import { defaultState } from "../../src/state/state";
import { toAddress } from "../../src/state/url_state";
import App from "../../src/views/App.svelte";
import { api, tableHead } from "../laboratory";

vi.mock("../../src/display/download", () => ({ saveBytes: vi.fn(), saveTable: vi.fn(), download: vi.fn() }));
beforeEach(() => void vi.mocked(saveBytes).mockClear());
afterEach(() => delete document.documentElement.dataset.theme);

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });
const click = (name: string | RegExp) => fireEvent.click(button(name));
const CHAPTERS = [{ key: "high_rate", title: "Too high", question: "?", options: [] }];
const ADDRESS = toAddress({ ...defaultState(), step: 9, recipe: { ...defaultState().recipe, epochs: 3 } })!;

async function open(hostChange: Partial<Host> = {}, apiChange: Partial<Api> = {}) {
  const lab = new Lab({ ...api, ...apiChange });
  const host: Host = { ...guest, alone: true, read: () => ADDRESS, ...hostChange };
  const page = render(App, { lab, host });
  await waitFor(() => expect(lab.ready || lab.messages.text).toBeTruthy());
  await waitFor(() => expect(screen.queryByText("Loading …")).toBeNull());
  return { lab, page };
}

describe("the page", () => {
  it("begins with the state in the address", async () => {
    const { lab } = await open();
    expect([lab.state.step, lab.run!.total]).toEqual([9, 12]);
    expect(screen.getAllByRole("region").length).toBeGreaterThan(8);
    expect(document.querySelector("footer")!.textContent).toContain("TinyNet 1.2.");
  });

  it("begins with the default state if the address is damaged", async () => {
    const { lab } = await open({ read: () => "#1.x" });
    expect(lab.messages.text).toBe(
      "The address is damaged. A part is missing or changed. The page shows the default network instead.",
    );
    expect([lab.ready, lab.state.step]).toEqual([true, 0]);
    await click("Dismiss");
    expect([lab.messages.text, screen.queryByRole("button", { name: "Dismiss" })]).toEqual(["", null]);
  });

  it("begins with the default state if the state in the address cannot be built", async () => {
    const address = toAddress({
      ...defaultState(),
      architecture: { ...defaultState().architecture, sizes: [4, 9, 2] },
    })!;
    const { lab } = await open({ read: () => address });
    expect(lab.messages.text).toBe("no sheet for 4-9-2 in batches of 1 The page shows the default network instead.");
    expect(lab.run!.setup.architecture.sizes).toEqual([4, 3, 2]);
  });

  it("offers a retry if the server does not answer", async () => {
    const about = vi.fn(api.about).mockRejectedValueOnce(new Error("nobody there"));
    const { lab } = await open({}, { about });
    expect([lab.ready, screen.getByRole("alert").textContent!.trim()]).toEqual([false, "nobody there ✕"]);
    expect(button("Start over").disabled).toBe(true);
    await click("Try again");
    await waitFor(() => expect(lab.ready).toBe(true));
  });

  it("follows the address", async () => {
    let changed = () => {};
    let address = ADDRESS;
    const { lab } = await open({ read: () => address, follow: (act) => ((changed = act), () => {}) });
    address = "";
    changed();
    await waitFor(() => expect(lab.state.step).toBe(0));
  });

  it("writes the address and reports the position", async () => {
    const [write, moved] = [vi.fn(), vi.fn()];
    const { lab } = await open({ write, moved });
    lab.playback.goto(5);
    lab.open("loss");
    await waitFor(() => expect(moved).toHaveBeenLastCalledWith(5, "loss"));
    await waitFor(() => expect(write).toHaveBeenLastCalledWith(lab.address));
  });

  it("handles the keys of its document", async () => {
    const { lab } = await open();
    await fireEvent.keyDown(document.body, { key: "Home" });
    await fireEvent.keyDown(document.body, { key: "ArrowRight" });
    expect(lab.state.step).toBe(1);
  });

  it("updates the lower panels after a delay", async () => {
    const { lab } = await open();
    await waitFor(() => expect(document.querySelector(".lab")!.ariaBusy).toBe("false"));
    flushSync(() => lab.playback.goto(2));
    expect([document.querySelector(".lab")!.ariaBusy, lab.now.runStep, lab.settled.runStep]).toEqual(["true", 2, 9]);
    await waitFor(() => expect(lab.settled.runStep).toBe(2));
  });

  it("updates the lower panels at once when the run changes", async () => {
    const { lab } = await open();
    flushSync(() => void (lab.state.step = 3));
    await lab.change({ seed: 5 });
    flushSync();
    expect([lab.settled.run === lab.run, document.querySelector(".lab")!.ariaBusy]).toEqual([true, "false"]);
  });

  it("updates the lower panels while a training runs", async () => {
    const { lab } = await open();
    await lab.change({ recipe: { ...lab.state.recipe, epochs: 100_000 }, step: 400_000 });
    const run = lab.run!;
    await waitFor(() => expect(lab.settled.runStep).toBeGreaterThan(0), { timeout: 5000 });
    expect([run.finished, lab.settled.run === run]).toEqual([false, true]);
    await lab.change({ recipe: { ...lab.state.recipe, epochs: 3 }, step: 0 });
  });

  it("opens a dropped table, and closes it", async () => {
    const table = async () => Promise.reject(new Error("no"));
    const columns = async () => tableHead([]);
    await open({}, { table, columns });
    const file = new File(["x\n1\n"], "own.csv");
    await fireEvent.drop(document.body, { dataTransfer: { files: [file] } });
    expect(await screen.findByText("Table · own.csv · 2 rows")).toBeTruthy();
    await click("Close table");
    expect(screen.queryByText("Table · own.csv · 2 rows")).toBeNull();
  });
});

describe("the header", () => {
  it("starts a chapter, and starts over", async () => {
    const { lab } = await open(
      {},
      { about: async () => ({ version: "1.2", limits: {}, choices: {}, chapters: CHAPTERS }) },
    );
    await click(/1\s+High rate/);
    await waitFor(() =>
      expect([lab.state.chapter, lab.state.recipe.learning_rate, lab.state.step]).toEqual(["high_rate", 5, 400]),
    );
    expect(button(/1\s+High rate/).getAttribute("aria-current")).toBe("true");
    await click("Start over");
    await waitFor(() => expect([lab.state.chapter, lab.state.step]).toEqual([null, 0]));
  });

  it("shares the address, and shows the result", async () => {
    const share = vi.fn(async () => "The link is copied.");
    const { lab } = await open({ share });
    await click("Share");
    expect(share).toHaveBeenCalledWith(lab.address);
    expect(await screen.findByText("The link is copied.")).toBeTruthy();
  });

  it("has only the buttons that its host supports", async () => {
    await open({ saves: false, opens: false });
    expect(["Share", "Save", "Open"].map((name) => screen.queryByRole("button", { name }))).toEqual([null, null, null]);
  });

  it("saves a recording, or shows why it cannot", async () => {
    const bytes = new ArrayBuffer(3);
    const recording = vi.fn(async () => bytes);
    await open({}, { recording });
    await click("Save");
    await waitFor(() => expect(saveBytes).toHaveBeenCalledWith(bytes, "run.safetensors", "application/octet-stream"));
    recording.mockRejectedValueOnce(new Error("too large"));
    await click("Save");
    expect((await screen.findByText("too large")).closest(".message")).not.toBeNull();
  });

  it("opens a chosen file", async () => {
    const { lab } = await open();
    await fireEvent.change(screen.getByLabelText("Open a recording"), {
      target: { files: [new File(["x"], "it.safetensors")] },
    });
    await waitFor(() => expect(lab.messages.text).toBe("it.safetensors is not a recording. It is too short."));
  });

  it("switches the theme", async () => {
    const write = vi.fn();
    await open({ theme: { read: () => "light", write } });
    expect(document.documentElement.dataset.theme).toBe("light");
    await click("Theme: light");
    expect([document.documentElement.dataset.theme, write.mock.lastCall]).toEqual(["dark", ["dark"]]);
    await click("Theme: dark");
    expect(document.documentElement.dataset.theme).toBeUndefined();
    expect(button("Theme: auto")).toBeTruthy();
  });
});
