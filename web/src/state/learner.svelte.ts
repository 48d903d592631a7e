/** The memorizer, the learner, and the ladder between them, as Python measures them. */

import type { PythonApi } from "../api/api";
import { Forward } from "../engine/forward";
import { mapCells } from "../engine/plane";
import type { LearnerResponse, Rung, RungResponse } from "../types";

export const SIDES = ["memorizer", "learner"] as const;
export const SEED_COUNTS = [64, 256, 2048];

export class LearnerChapter {
  response: LearnerResponse | null = $state.raw(null);
  optimalMap: number[] | null = $state.raw(null); // H − V of each cell
  optimal: { input: number[]; outputs: number[] } | null = $state.raw(null);
  seeds = $state(256);
  busy: { key: string; done: number; total: number; waiting: number; all: boolean } | null = $state.raw(null);
  private measurements: Record<string, RungResponse> = $state.raw({});
  private measuring: AbortController | null = null;
  private requesting: AbortController | null = null;

  networks: Record<string, Forward> = $derived(
    Object.fromEntries(Object.entries(this.response?.networks ?? {}).map(([key, json]) => [key, new Forward(json)])),
  );

  constructor(private readonly api: PythonApi) {}

  async start(): Promise<void> {
    this.response = await this.api.learner();
    const outputs = await this.api.bayes(
      mapCells().map(({ input }) => input),
      this.response.world,
    );
    this.optimalMap = outputs.map(([h, v]) => h - v);
  }

  get rungs(): Rung[] {
    return this.response?.rungs ?? [];
  }

  /** Return the measurement of a rung on the chosen number of seeds. */
  measurement(key: string): RungResponse | undefined {
    return this.measurements[`${this.seeds} ${key}`];
  }

  /** Request the Bayes-optimal outputs for a picture. A new request cancels the previous one. */
  async requestOptimal(input: number[]): Promise<void> {
    this.requesting?.abort();
    const requesting = (this.requesting = new AbortController());
    try {
      const [outputs] = await this.api.bayes([input], this.response!.world, requesting.signal);
      this.optimal = { input, outputs };
    } catch (error) {
      if (!requesting.signal.aborted) throw error;
    }
  }

  /** Measure rungs in order. Measured rungs are skipped. */
  async measure(keys: string[]): Promise<void> {
    this.cancel();
    const measuring = (this.measuring = new AbortController());
    const all = keys.length > 1;
    try {
      for (const key of keys) {
        if (this.measurement(key)) continue;
        const progress = (done: number, total: number, waiting = 0) => (this.busy = { key, done, total, waiting, all });
        progress(0, 0);
        const response = await this.api.rung(key, this.seeds, progress, measuring.signal);
        this.measurements = { ...this.measurements, [`${response.standing.networks} ${key}`]: response };
      }
    } catch (error) {
      if (!measuring.signal.aborted) throw error;
    } finally {
      if (this.measuring === measuring) this.cancel();
    }
  }

  /** Cancel the measurement. */
  cancel(): void {
    this.measuring?.abort();
    this.measuring = null;
    this.busy = null;
  }
}
