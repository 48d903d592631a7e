/** Recordings that the page was given: what each begins with, its bytes, and the numbers it has to end with. */

import { plainState, rootOf, type Root, type State } from "./address";
import type { Brought } from "./api";
import type { Played } from "./playing";
import { openRecording } from "./safetensors";

const GRIDS = [2, 8]; // sides of the pictures that come in sets

export interface Kept {
  label: string; // in a message
  root: Root;
  steps: number;
  played: Played | null; // what was seen of it, where it ran elsewhere
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
    grid: GRIDS[0] <= side && side <= GRIDS[1] ? side : 2,
    order: null,
    pictures: world ? null : opened.pictures,
    heldOut: null,
    world,
    ends: opened.ended ? steps : null,
    parameters: [...parameters.slice(0, count)],
    watched: opened.played && opened.content,
  });
  return { label, root, steps, played: opened.played, final: parameters.slice(-count), bytes };
}

/** The state that these recordings begin with, side by side; without any, the plain start. */
export function stateOf(kept: Kept[]): State {
  const [first, ...others] = kept.map(({ root }) => root);
  return { ...plainState(), ...first, others };
}

const isStart = ({ root }: Kept, of: Root): boolean => JSON.stringify(root) === JSON.stringify(of);

/** The recordings that are at hand: those that came along, and the one that was opened last. */
export class Shelf {
  brought: Kept[] = [];
  private opened: Kept | null = null;

  /** Put an opened recording beside the others for an action; where that fails, the one before comes back. */
  async with(opened: Kept, action: () => Promise<void>): Promise<void> {
    const before = this.opened;
    this.opened = opened;
    try {
      await action();
    } catch (error) {
      this.opened = before;
      throw error;
    }
  }

  /** The recording that a training's start comes from. */
  find(root: Root): Kept | undefined {
    return [...(this.opened ? [this.opened] : []), ...this.brought].find((kept) => isStart(kept, root));
  }

  /** What was seen of a training that ran elsewhere: its file has it. */
  playedOf(root: Root): Played | null {
    if (root.watched === null) return null;
    const kept = this.find(root);
    if (!kept) throw new Error("This training ran in PyTorch, and only its file has its steps; open the file again.");
    return kept.played;
  }
}
