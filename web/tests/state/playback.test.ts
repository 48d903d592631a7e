import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Lab } from "../../src/state/lab.svelte";
import { Playback, type Timeline } from "../../src/state/playback.svelte";
import { defaultState } from "../../src/state/state";
import { openLab } from "../laboratory";

let lab: Lab;
beforeEach(async () => void (lab = await openLab())); // 12 steps

describe("playback", () => {
  it("goes to a step within the run", () => {
    for (const [step, expected] of [[5.4, 5], [-3, 0], [Infinity, 12]]) {
      lab.playback.goto(step);
      expect(lab.state.step).toBe(expected);
    } // prettier-ignore
  });

  it("counts steps from the start of a branch, and rewinds to its parent run", async () => {
    lab.playback.goto(6);
    await lab.branch({});
    lab.playback.stepBy(-100);
    expect([lab.state.step, lab.runStep]).toEqual([6, 0]);
    lab.playback.rewind();
    expect([lab.state.step, lab.state.active]).toEqual([0, 0]);
  });

  it("stays within the phases of the first and the last step", () => {
    lab.state.phase = 0;
    lab.playback.stepByPhase(-1);
    expect([lab.state.step, lab.state.phase]).toEqual([0, 0]);
    lab.playback.goto(12);
    lab.state.phase = 4;
    lab.playback.stepByPhase(1);
    expect([lab.state.step, lab.state.phase]).toEqual([12, 4]);
  });

  it("advances by the time that passed, and keeps fractions of a step", () => {
    lab.playback.speed = 20;
    lab.playback.toggle();
    lab.playback.tick(30);
    expect(lab.state.step).toBe(0);
    lab.playback.tick(30);
    expect(lab.state.step).toBe(1);
    lab.playback.tick(200);
    expect([lab.state.step, lab.playback.playing]).toEqual([5, true]);
  });

  it("pauses at the end, and starts again from the beginning", () => {
    lab.playback.toggle();
    lab.playback.tick(60_000);
    expect([lab.state.step, lab.playback.playing]).toEqual([12, false]);
    lab.playback.toggle();
    expect([lab.state.step, lab.playback.playing]).toEqual([0, true]);
    lab.playback.toggle();
    expect(lab.playback.playing).toBe(false);
  });

  it("plays in animation frames until it is stopped", () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (act: FrameRequestCallback) => frames.push(act));
    const cancel = vi.fn();
    vi.stubGlobal("cancelAnimationFrame", cancel);
    const stop = lab.playback.animate();
    const now = performance.now();
    frames[0](now + 100);
    frames[1](now + 250);
    expect([lab.state.step >= 4, frames.length]).toEqual([true, 3]);
    stop();
    expect(cancel).toHaveBeenCalledWith(3);
    vi.unstubAllGlobals();
  });
});

it("moves at least to the next kept step of a watched training", () => {
  const run = { setup: { firstStep: 0 }, total: 10, stride: 4, stopped: null };
  const timeline = { state: defaultState(), run, runStep: 4 } as unknown as Timeline;
  const playback = new Playback(timeline);
  for (const [by, expected] of [[1, 8], [-1, 0], [6, 10], [9, 10]]) {
    playback.stepBy(by);
    expect(timeline.state.step).toBe(expected);
  } // prettier-ignore
  timeline.state.step = 4;
  playback.speed = 20;
  playback.tick(150); // 3 steps are not enough for the next kept step
  expect(timeline.state.step).toBe(4);
  playback.tick(60);
  expect(timeline.state.step).toBe(8);
});
