import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { PythonApi } from "../../src/api/api";
import { DEFAULT_RECIPE } from "../../src/engine/recipe";
import type { ChapterHead, ChapterResponse } from "../../src/types";
import Chapter from "../../src/views/Chapter.svelte";
import { openLab } from "../laboratory";

const HEADS: ChapterHead[] = [
  { key: "look", title: "Look", question: "What comes out?", options: ["one", "two"] },
  { key: "nudge", title: "A nudge", question: "Which way?", options: ["up", "down", "neither"] },
];
const TOLD: ChapterResponse = {
  key: "nudge",
  title: "A nudge",
  answer: 1,
  parts: [
    { kind: "text", text: "It goes down.", listing: "  a: 1\n  b: 2" },
    { kind: "verdict", sentence: "Every one of 1,000.", count: 1000, n: 1000, interval: null, numbers: {} },
    { kind: "table", title: "The numbers", columns: ["seed", "loss"], rows: [["0", "0.25"]] },
    { kind: "figure", name: "loss", caption: "The loss", svg: "<svg/>" },
    {
      kind: "links",
      title: "Read on",
      links: [{ name: "a paper", text: "by Rosenblatt", address: "https://example.org/" }, { name: "a book", text: "old", address: "" }],
    },
  ],
}; // prettier-ignore

const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const text = () => document.body.textContent!.replace(/\s+/g, " ");

async function open(chapter: string | null = "nudge") {
  const story = vi.fn<PythonApi["story"]>(async () => TOLD);
  const about = async () => ({ version: "1", limits: {}, choices: {}, chapters: HEADS });
  const lab = await openLab({ chapter, seed: 7 }, { story, about });
  render(Chapter, { lab });
  return { lab, story };
}

describe("a chapter", () => {
  it("is hidden until it is chosen, and can be closed", async () => {
    const { lab } = await open(null);
    expect(text().trim()).toBe("");
    lab.state.chapter = "nudge";
    expect((await screen.findByRole("heading")).textContent).toBe("2 · A nudge");
    expect(text()).toContain("press ▶ (next step) in the Timeline panel several times");
    await fireEvent.click(button("Close chapter"));
    expect([lab.state.chapter, text().trim()]).toEqual([null, ""]);
  });

  it("reveals its answer only after a guess", async () => {
    const { story } = await open();
    expect([button("Reveal").disabled, text().includes("Choose an answer first.")]).toEqual([true, true]);
    await fireEvent.click(screen.getByRole("radio", { name: "down" }));
    await fireEvent.click(button("Reveal"));
    expect(story.mock.calls[0][0]).toEqual({ chapter: "nudge", seed: 7, networks: 1000, recipe: DEFAULT_RECIPE });
    expect(await screen.findByText("Correct")).toBeTruthy();
    expect(text()).toContain("Measured: down.");
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "up" }).disabled).toBe(true);
  });

  it("marks a wrong guess", async () => {
    await open();
    await fireEvent.click(screen.getByRole("radio", { name: "up" }));
    await fireEvent.click(button("Reveal"));
    expect((await screen.findByText("Incorrect")).className).toContain("warn");
  });

  it("shows texts, verdicts, tables, figures and links", async () => {
    URL.createObjectURL = vi.fn(() => "blob:figure");
    URL.revokeObjectURL = vi.fn();
    await open();
    await fireEvent.click(screen.getByRole("radio", { name: "down" }));
    await fireEvent.click(button("Reveal"));
    expect(await screen.findByText("It goes down.")).toBeTruthy();
    expect(document.querySelector("pre")!.textContent).toBe("  a: 1\n  b: 2");
    expect(screen.getByText("Every one of 1,000.").className).toContain("verdict");
    expect([...document.querySelectorAll("td, table th")].map((cell) => cell.textContent)).toEqual([
      "seed",
      "loss",
      "0",
      "0.25",
    ]);
    expect(screen.getByAltText<HTMLImageElement>("The loss").src).toBe("blob:figure");
    expect(screen.getByRole<HTMLAnchorElement>("link", { name: "a paper" }).href).toBe("https://example.org/");
    expect(screen.queryByRole("link", { name: "a book" })).toBeNull();
  });

  it("restarts with another seed, and cancels its measurement", async () => {
    const { lab, story } = await open();
    let cancelled = false;
    story.mockImplementationOnce(
      (_, __, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => ((cancelled = true), reject(signal.reason)));
        }),
    );
    await fireEvent.click(screen.getByRole("radio", { name: "down" }));
    await fireEvent.click(button("Reveal"));
    expect(text()).toContain("Measuring on up to 1,000 seeds");
    lab.state.seed = 8;
    await waitFor(() => expect(text()).toContain("Choose an answer first."));
    expect([cancelled, lab.messages.text]).toEqual([true, ""]);
  });

  it("shows its place in the queue of the server", async () => {
    const { story } = await open();
    let report: Parameters<PythonApi["story"]>[1];
    story.mockImplementationOnce((_, progress) => ((report = progress), new Promise(() => {})));
    await fireEvent.click(screen.getByRole("radio", { name: "down" }));
    await fireEvent.click(button("Reveal"));
    report!(0, 0, 12);
    await waitFor(() => expect(text()).toContain("Waiting for other jobs. Place in the queue: 12"));
    report!(0, 0, 0);
    await waitFor(() => expect(text()).toContain("Measuring on up to 1,000 seeds"));
    expect(text()).not.toContain("queue");
  });

  it("shows an error, and can be revealed again", async () => {
    const { lab, story } = await open();
    story.mockRejectedValueOnce(new Error("busy"));
    await fireEvent.click(screen.getByRole("radio", { name: "down" }));
    await fireEvent.click(button("Reveal"));
    await waitFor(() => expect([lab.messages.text, button("Reveal").disabled]).toEqual(["busy", false]));
  });
});
