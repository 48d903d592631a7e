/** A memorizer and a learner side by side, and the ladder between them: what the server tells of them, as it comes. */

import type { Python } from "./api";
import { Forward, type NetworkJson } from "./forward";
import { mapCells } from "./plane";
import type { Architecture, Pictures, Recipe, Verdict } from "./types";
import type { World } from "./world";

export const SIDES = ["memorizer", "learner"] as const;
export const SEEDS = [64, 256, 2048];

export interface Reliability {
  edges: number[];
  count: number[];
  said: (number | null)[]; // null where a bin is empty
  share: (number | null)[];
  intervals: [number, number][];
  ece: number;
}

export interface Rung {
  key: string;
  adds: string;
  after: string | null;
  kind: "step" | "aside" | "trap";
  architecture: Architecture;
  recipe: Recipe;
  world: World | null;
  pictures: Pictures | null; // null: the four lines, or the world's
}

export interface LearnerAnswer {
  networks: Record<string, NetworkJson>;
  parts: { name: string; asked: string; marks: string[]; passed: boolean[] }[];
  reliability: Record<string, Reliability>;
  pictures: number; // that both were judged on
  world: World;
  floors: Record<string, [value: number, error: number]>;
  rungs: Rung[];
  unsure_below: number;
}

export interface RungAnswer {
  standing: {
    key: string;
    networks: number;
    finite: number;
    passed: number;
    unsound: number;
    parts: number[];
    means: Record<string, number>;
    errors: Record<string, number>;
    medians: Record<string, number>;
  };
  sentence: string;
  passed: Verdict;
  unsound: Verdict;
  parts: Verdict[];
}

export class Learning {
  told: LearnerAnswer | null = $state.raw(null);
  bestOnMap: number[] | null = $state.raw(null); // H − V of each cell
  best: { input: number[]; outputs: number[] } | null = $state.raw(null);
  seeds = $state(256);
  busy: { key: string; done: number; total: number; all: boolean } | null = $state.raw(null);
  private found: Record<string, RungAnswer> = $state.raw({});
  private asking: AbortController | null = null;
  private askingBest: AbortController | null = null;

  networks: Record<string, Forward> = $derived(
    Object.fromEntries(Object.entries(this.told?.networks ?? {}).map(([key, json]) => [key, new Forward(json)])),
  );

  constructor(private readonly api: Python) {}

  async start(): Promise<void> {
    this.told = await this.api.learner();
    const answers = await this.api.bayes(
      mapCells().map(({ input }) => input),
      this.told.world,
    );
    this.bestOnMap = answers.map(([h, v]) => h - v);
  }

  get rungs(): Rung[] {
    return this.told?.rungs ?? [];
  }

  /** What was measured of a rung, on as many seeds as are chosen. */
  measured(key: string): RungAnswer | undefined {
    return this.found[`${this.seeds} ${key}`];
  }

  /** Ask for the best possible answer to a picture; only the last question counts. */
  async askBest(input: number[]): Promise<void> {
    this.askingBest?.abort();
    const asking = (this.askingBest = new AbortController());
    try {
      const [outputs] = await this.api.bayes([input], this.told!.world, asking.signal);
      this.best = { input, outputs };
    } catch (error) {
      if (!asking.signal.aborted) throw error;
    }
  }

  /** Measure these rungs one after the other, but for those that are. */
  async measure(keys: string[]): Promise<void> {
    this.cancel();
    const asking = (this.asking = new AbortController());
    const all = keys.length > 1;
    try {
      for (const key of keys) {
        if (this.measured(key)) continue;
        const say = (done: number, total: number) => (this.busy = { key, done, total, all });
        say(0, 0);
        const found = await this.api.rung(key, this.seeds, say, asking.signal);
        this.found = { ...this.found, [`${found.standing.networks} ${key}`]: found };
      }
    } catch (error) {
      if (!asking.signal.aborted) throw error;
    } finally {
      if (this.asking === asking) this.cancel();
    }
  }

  cancel(): void {
    this.asking?.abort();
    this.asking = null;
    this.busy = null;
  }
}
