/** Opened recordings: their roots, their bytes, and their final parameters. */

import type { InitialRecording } from "../api/api";
import { openRecording } from "../engine/recording_file";
import type { Run } from "../engine/run";
import type { WatchedTraining } from "../types";
import { defaultState, type Root, rootOf, type State } from "./state";

const GRIDS = [2, 8]; // smallest and largest side of the built-in pictures

export interface Recording {
  label: string; // for messages
  root: Root;
  steps: number;
  watched: WatchedTraining | null;
  final: Float64Array; // final parameters
  bytes: ArrayBuffer;
}

export async function readRecording(
  { name, bytes }: InitialRecording,
  label = name ?? "the recording",
): Promise<Recording> {
  const opened = await openRecording(bytes, label);
  const { architecture, world, steps, parameters, watched } = opened;
  const [side] = opened.examples.shape ?? [2];
  const count = parameters.length / (Math.ceil(steps / opened.stride) + 1);
  const root = rootOf({
    name,
    architecture,
    recipe: { ...opened.recipe, patience: 0 }, // `ends` limits the steps
    seed: opened.seed ?? opened.recipe.seed,
    grid: GRIDS[0] <= side && side <= GRIDS[1] ? side : 2,
    order: null,
    pictures: world ? null : opened.examples,
    heldOut: null,
    world,
    ends: opened.ended ? steps : null,
    parameters: [...parameters.slice(0, count)],
    watched: watched && opened.content,
  });
  return { label, root, steps, watched, final: parameters.slice(-count), bytes };
}

/** Return the state that shows recordings side by side. Without recordings, return the default state. */
export function stateOfRecordings(recordings: Recording[]): State {
  const [first, ...others] = recordings.map(({ root }) => root);
  return { ...defaultState(), ...first, others };
}

/** Return a warning if a replayed run does not end with the recording's parameters; otherwise null. */
export function replayWarning({ final, label }: Recording, run: Run): string | null {
  const replayed = run.stateBefore(run.done);
  const worst = Math.max(...[...final].map((value, k) => Math.abs(value - replayed[k])));
  if (!(worst > 0)) return null;
  return `The replay of ${label} ends with different parameters. The largest difference is ${worst.toPrecision(2)}.`;
}

/** The initial recordings, and the last opened recording. */
export class Recordings {
  initial: Recording[] = [];
  private opened: Recording | null = null;

  /** Use an opened recording during an action. If the action fails, restore the previous recording. */
  async withOpened(recording: Recording, action: () => Promise<void>): Promise<void> {
    const before = this.opened;
    this.opened = recording;
    try {
      await action();
    } catch (error) {
      this.opened = before;
      throw error;
    }
  }

  /** Return the recording of a root. */
  find(root: Root): Recording | undefined {
    const key = JSON.stringify(root);
    return [...(this.opened ? [this.opened] : []), ...this.initial].find(({ root }) => JSON.stringify(root) === key);
  }

  /** Return the steps of a watched training. Only the file of the training has these steps. */
  watchedOf(root: Root): WatchedTraining | null {
    if (root.watched === null) return null;
    const recording = this.find(root);
    if (!recording) throw new Error("Only the file of this PyTorch training has its steps. Open the file again.");
    return recording.watched;
  }
}
