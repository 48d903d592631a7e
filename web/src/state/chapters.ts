/** The first state of each chapter: its network, step, phase and picture. */

import { defaultState, type State } from "./state";

const GRAY = { input: [0.5, 0.5, 0.5, 0.5], target: null }; // belongs to neither class
const FUZZY = { input: [0.8888, 0.9, 0.1112, 0.1], target: [1, 0] };
const EPOCHS_FACTOR = 100; // of the chapter in which the network learns the task

const CHANGES: Record<string, (state: State) => Partial<State>> = {
  look: () => ({ phase: 1, open: "layer1.weight[0,0]" }),
  nudge: () => ({ phase: 4, open: "layer1.weight[0,0]" }),
  train: (state) => ({ step: lastStep(state) }),
  converge: (state) => ({ step: lastStep(state) }),
  fuzzy: (state) => ({ step: lastStep(state), custom: FUZZY, phase: 2 }),
  inside: (state) => ({ step: lastStep(state) }),
  stress: (state) => ({ step: lastStep(state), custom: GRAY, phase: 2 }),
  high_rate: (state) => ({ step: lastStep(state), recipe: { ...state.recipe, learning_rate: 5 } }),
  confidence: (state) => ({
    recipe: { ...state.recipe, epochs: EPOCHS_FACTOR * state.recipe.epochs },
    step: EPOCHS_FACTOR * lastStep(state),
    custom: GRAY,
    phase: 2,
  }),
  learner: (state) => ({ step: lastStep(state), custom: GRAY, phase: 2 }),
};

const lastStep = (state: State): number => state.recipe.epochs * 4;

/** Return the first state of a chapter, on the 2×2 lines. */
export function chapterState(chapter: string, seed: number): State {
  const state = { ...defaultState(), seed, chapter };
  return { ...state, ...CHANGES[chapter]?.(state) };
}
