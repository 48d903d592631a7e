/** What the page shows when a chapter begins: the chapter's network, step, stop and picture. */

import { plainState, type State } from "./address";
import type { Lab } from "./lab.svelte";

const GRAY = { input: [0.5, 0.5, 0.5, 0.5], target: [0.5, 0.5] }; // nobody can tell
const FUZZY = { input: [0.8888, 0.9, 0.1112, 0.1], target: [1, 0] };
const LONG = 100; // times as many epochs, for the networks that did learn

const STAGES: Record<string, (of: State) => Partial<State>> = {
  look: () => ({ stop: 1, open: "layer1.weight[0,0]" }),
  nudge: () => ({ stop: 4, open: "layer1.weight[0,0]" }),
  train: (of) => ({ step: ends(of) }),
  converge: (of) => ({ step: ends(of) }),
  fuzzy: (of) => ({ step: ends(of), own: FUZZY, stop: 2 }),
  inside: (of) => ({ step: ends(of) }),
  stress: (of) => ({ step: ends(of), own: GRAY, stop: 2 }),
  bold: (of) => ({ step: ends(of), recipe: { ...of.recipe, learning_rate: 5 } }),
  aha: (of) => ({
    recipe: { ...of.recipe, epochs: LONG * of.recipe.epochs },
    step: LONG * ends(of),
    own: GRAY,
    stop: 2,
  }),
  learner: (of) => ({ step: ends(of), own: GRAY, stop: 2 }),
};

const ends = (of: State): number => of.recipe.epochs * 4;

/** Set the stage of a chapter, on the 2×2 lines. */
export async function stage(lab: Lab, chapter: string): Promise<void> {
  const plain = { ...plainState(), seed: lab.state.seed, chapter };
  await lab.become({ ...plain, ...(STAGES[chapter]?.(plain) ?? {}) });
}
