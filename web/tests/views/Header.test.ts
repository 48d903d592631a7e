import { fireEvent, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/api/api";
import { guest, type Host } from "../../src/host/host";
import { Lab } from "../../src/state/lab.svelte";
import type { State } from "../../src/state/state";
import Header from "../../src/views/Header.svelte";
import { api, LINES, openLab } from "../laboratory";

afterEach(() => {
  vi.useRealTimers();
  delete document.documentElement.dataset.theme;
});

const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const status = () => screen.getByRole("status").textContent;
const fileInput = () => document.querySelector<HTMLInputElement>("input[type=file]")!;
const CHAPTERS = [
  { key: "look", title: "Look at one step", question: "?", options: [] },
  { key: "high_rate", title: "A rate that is too high", question: "?", options: [] },
];

async function open(hostChange: Partial<Host> = {}, state: Partial<State> = {}, apiChange: Partial<Api> = {}) {
  const lab = await openLab(state, apiChange);
  render(Header, { lab, host: { ...guest, ...hostChange }, fileKinds: "a recording" });
  return lab;
}

describe("the header", () => {
  it("shows the title of the page, and no chapters without Python", async () => {
    await open();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("TinyNet");
    expect(screen.queryByRole("navigation")).toBeNull();
  });

  it("lists the chapters, and marks the current chapter", async () => {
    const about = async () => ({ version: "1.2", limits: {}, choices: {}, chapters: CHAPTERS });
    const lab = await open({}, { chapter: "look" }, { about });
    const chapters = () => [...screen.getByRole("navigation", { name: "Chapters" }).querySelectorAll("button")];
    const shown = chapters().map((chapter) => [chapter.textContent!.replace(/\s+/g, " ").trim(), chapter.title, chapter.ariaCurrent]); // prettier-ignore
    expect(shown).toEqual([["1 Look", "Look at one step", "true"], ["2 High rate", "A rate that is too high", "false"]]); // prettier-ignore
    flushSync(() => (lab.state.chapter = "high_rate"));
    expect(chapters().map((chapter) => chapter.ariaCurrent)).toEqual(["false", "true"]);
  });

  it("disables the buttons that need a network until the network is ready", () => {
    const host = { ...guest, share: async () => "" };
    render(Header, { lab: new Lab(api), host, fileKinds: "a recording" });
    const names = ["Start over", "Share", "Save", "Open", "Theme: auto"];
    expect(names.map((name) => button(name).disabled)).toEqual([true, true, true, false, false]);
  });

  it("shows the result of Share for four seconds after the last press", async () => {
    await open({ share: async () => "The link is copied." });
    vi.useFakeTimers();
    const press = async () => {
      button("Share").click();
      await vi.advanceTimersByTimeAsync(0);
      flushSync();
    };
    await press();
    expect(status()).toBe("The link is copied.");
    await vi.advanceTimersByTimeAsync(3000);
    await press();
    await vi.advanceTimersByTimeAsync(3000);
    flushSync();
    expect(status()).toBe("The link is copied.");
    await vi.advanceTimersByTimeAsync(1000);
    flushSync();
    expect(status()).toBe("");
  });

  it("shows why a state cannot be shared, and shares nothing", async () => {
    const share = vi.fn(async () => "The link is copied.");
    const inputs = Array.from({ length: 600 }, () => [0, 0, 1, 1]);
    const pictures = { ...LINES, inputs, targets: inputs.map(() => [1, 0]), names: inputs.map((_, k) => `row ${k}`) };
    await open({ share }, { pictures });
    await fireEvent.click(button("Share"));
    expect(status()).toBe("The training has too many examples for a link. Save the recording and share the file.");
    expect(share).not.toHaveBeenCalled();
  });

  it("opens a recording, and tables only with Python", async () => {
    await open();
    expect([fileInput().accept, fileInput().getAttribute("aria-label")]).toEqual([".safetensors", "Open a recording"]);
    document.body.replaceChildren();
    await open({}, {}, { table: async () => Promise.reject(new Error("no")) });
    expect(fileInput().accept).toBe(".safetensors,.csv,.tsv,.txt");
  });

  it("opens the file dialog with Open, and excludes the file field from the Tab order", async () => {
    await open();
    const click = vi.spyOn(fileInput(), "click");
    await fireEvent.click(button("Open"));
    expect([click.mock.calls.length, fileInput().tabIndex]).toEqual([1, -1]);
  });

  it("opens a file, also the same file twice", async () => {
    const lab = await open();
    const opened = vi.spyOn(lab.files, "open").mockResolvedValue();
    const file = new File(["x"], "it.safetensors");
    const value = vi.spyOn(fileInput(), "value", "set");
    for (let k = 0; k < 2; k++) await fireEvent.change(fileInput(), { target: { files: [file] } });
    expect(opened.mock.calls).toEqual([[file], [file]]);
    expect(value.mock.calls).toEqual([[""], [""]]);
    await fireEvent.change(fileInput(), { target: { files: [] } });
    expect(opened).toHaveBeenCalledTimes(2);
  });
});
