/** Rungs of the ladder and their measurements, as Python sends them. */

import { DEFAULT_ARCHITECTURE, DEFAULT_RECIPE } from "../../../src/engine/recipe";
import { DEFAULT_WORLD } from "../../../src/engine/world";
import type { LearnerResponse, Reliability, Rung, RungResponse, Verdict } from "../../../src/types";

export const MEASURES = {
  accuracy: { label: "line accuracy", meaning: "The line accuracy is explained." },
  gray: { label: "gray margin", meaning: "The gray margin is explained." },
  brier_ratio: { label: "Brier ratio", meaning: "The Brier ratio is explained." },
  auroc: { label: "AUROC", meaning: "The AUROC is explained." },
};

export function rung(key: string, fields: Partial<Rung> = {}): Rung {
  const recipe = { ...DEFAULT_RECIPE, epochs: 2 };
  const [architecture, baseline, world, pictures] = [DEFAULT_ARCHITECTURE, null, null, null];
  return {
    key,
    name: key,
    change: `adds ${key}`,
    baseline,
    kind: "step",
    architecture,
    recipe,
    world,
    pictures,
    ...fields,
  };
}

/** The values of a measured rung that a test sets. */
export interface Measured {
  networks?: number;
  accuracy?: number;
  gray?: number;
  fraction?: number; // of the networks that pass the exam
  interval?: [number, number] | null; // of the fraction
}

export function rungResponse(key: string, measured: Measured = {}): RungResponse {
  const { networks = 256, accuracy = 0.9, gray = 0.05, fraction = 0.5, interval = [0.4, 0.6] } = measured;
  const verdict = (sentence: string, fraction: number): Verdict =>
    ({ sentence, count: null, n: networks, interval, numbers: { fraction } }); // prettier-ignore
  const means = { accuracy, gray, brier_ratio: 1.125, auroc: 0.94 };
  const passed = fraction * networks;
  const standing = {
    key,
    networks,
    finite: networks,
    passed,
    n_failing_clean_lines: 0,
    met: [],
    means,
    errors: {},
    medians: {},
  };
  return {
    standing,
    sentence: `${key} was measured.`,
    passed: verdict("Some pass.", fraction),
    failing_clean_lines: verdict("Few fail.", 0.0625),
    requirements: [],
  };
}

/** The answer about the memorizer and the learner, for a ladder with these rungs. */
export function learnerResponse(rungs: Rung[]): LearnerResponse {
  const bayes_scores = {};
  return {
    networks: {},
    requirements: [],
    measures: MEASURES,
    reliability: {},
    pictures: 20_000,
    world: DEFAULT_WORLD,
    bayes_scores,
    rungs,
    unsure_below: 0.2,
  };
}

/** Reliability in bins of equal width; a bin without pictures has no probabilities. */
export function reliability(bins: [count: number, predicted: number | null, observed: number | null][]): Reliability {
  const edges = [...bins.map((_, k) => k / bins.length), 1];
  return {
    edges,
    count: bins.map(([count]) => count),
    predicted: bins.map(([, predicted]) => predicted),
    observed: bins.map(([, , observed]) => observed),
    intervals: bins.map(([, , observed]) => [(observed ?? 0) / 2, ((observed ?? 1) + 1) / 2]),
    ece: 0.0625,
  };
}
