/** Recordings that the page was given: what each begins with, its bytes, and the numbers it has to end with. */

import { plainState, rootOf, type Root, type State } from "./address";
import type { Brought } from "./api";
import { openRecording } from "./safetensors";

const LARGEST_GRID = 8; // of the pictures that come in sets

export interface Kept {
  label: string; // in a message
  root: Root;
  steps: number;
  final: Float64Array; // its last parameters
  bytes: ArrayBuffer;
}

export async function keep({ name, bytes }: Brought, label = name ?? "the recording"): Promise<Kept> {
  const opened = await openRecording(bytes, label);
  const { architecture, world, steps, parameters } = opened;
  const [side] = opened.pictures.shape ?? [2];
  const count = parameters.length / (Math.ceil(steps / opened.stride) + 1);
  const root = rootOf({
    name,
    architecture,
    recipe: { ...opened.recipe, patience: 0 }, // it ends where it ended
    seed: Number(/^seed (\d+)$/.exec(opened.origin)?.[1] ?? opened.recipe.seed),
    grid: side <= LARGEST_GRID ? side : 2,
    order: null,
    pictures: world ? null : opened.pictures,
    world,
    ends: opened.ended ? steps : null,
    parameters: [...parameters.slice(0, count)],
  });
  return { label, root, steps, final: parameters.slice(-count), bytes };
}

/** The state that these recordings begin with, side by side; without any, the plain start. */
export function stateOf(kept: Kept[]): State {
  const [first, ...others] = kept.map(({ root }) => root);
  return { ...plainState(), ...first, others };
}

export const isStart = ({ root }: Kept, of: Root): boolean => JSON.stringify(root) === JSON.stringify(of);
