import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Settler } from "../../src/views/settling";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Report a change every `interval` ms for a second. Return the times of the updates in ms. */
function updates(interval: number): number[] {
  const times: number[] = [];
  const begin = performance.now();
  const settler = new Settler(() => times.push(performance.now() - begin));
  for (let time = 0; time < 1000; time += interval) {
    settler.later();
    vi.advanceTimersByTime(interval);
  }
  vi.advanceTimersByTime(1000);
  return times;
}

it("an update follows 40 ms after a pause", () => {
  expect(updates(1000)).toEqual([40]);
  expect(updates(100)).toEqual([40, 140, 240, 340, 440, 540, 640, 740, 840, 940]);
});

it("an update is at most 250 ms late, however often the changes come", () => {
  for (const interval of [1, 5, 10, 30, 39]) {
    const times = updates(interval);
    const gaps = times.map((time, k) => time - (times[k - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(250 + interval); // the next change begins a new wait
    expect(times.length).toBeGreaterThanOrEqual(4);
  }
});

it("an update can come at once, and then not again", () => {
  const settle = vi.fn();
  const settler = new Settler(settle);
  settler.later();
  settler.now();
  vi.advanceTimersByTime(1000);
  expect(settle).toHaveBeenCalledOnce();
  settler.later();
  settler.cancel();
  vi.advanceTimersByTime(1000);
  expect(settle).toHaveBeenCalledOnce();
});
