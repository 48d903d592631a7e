/** Open files and save the current training as a recording. */

import type { Api } from "../api/api";
import { counted } from "../display/plural";
import type { Run } from "../engine/run";
import type { Experiment } from "../types";
import type { Messages } from "./messages.svelte";
import { readRecording, type Recording, type Recordings, stateOfRecordings } from "./recordings";
import { type Root, rootIndex, rootsOf, type State } from "./state";
import { isTable, type TableImport } from "./table.svelte";

/** The part of the laboratory that opens and saves files. */
export interface FileTarget {
  readonly api: Api;
  readonly state: State;
  readonly runs: Run[];
  readonly run: Run | undefined;
  readonly root: Root;
  readonly messages: Messages;
  readonly recordings: Recordings;
  readonly table: TableImport;
  load(state: State): Promise<void>;
}

export class Files {
  constructor(private readonly lab: FileTarget) {}

  async open(file: File): Promise<void> {
    const { lab } = this;
    if (isTable(file)) return lab.table.open(file);
    await lab.messages.attempt(async () => {
      const recording = await readRecording({ name: null, bytes: await file.arrayBuffer() }, file.name);
      const step = recording.steps - (recording.watched ? 1 : 0); // the last complete step
      await lab.recordings.withOpened(recording, () => lab.load({ ...stateOfRecordings([recording]), step }));
    });
  }

  /** Return the recording of the current run: the opened file, or a new recording from Python. */
  async recording(): Promise<ArrayBuffer> {
    const opened = this.openedAs(this.lab.run!);
    if (opened) return opened.bytes;
    if (!this.lab.api.recording)
      throw new Error(
        "Without Python the page can save only recordings that were opened. To save this training, start the laboratory with: tinynet lab",
      );
    return this.lab.api.recording(this.experiment());
  }

  /** Return the opened recording of a run. */
  openedAs(run: Run): Recording | undefined {
    const root = rootsOf(this.lab.state)[this.lab.runs.indexOf(run)];
    return root && this.lab.recordings.find(root);
  }

  /** Return the experiment of the current run for Python. */
  experiment(): Experiment {
    const { setup, prepared } = this.lab.run!;
    const { state, root } = this.lab;
    if (setup.silenced.length + setup.frozen.length > 0)
      throw new Error(
        "A run with switched-off nodes or frozen parameters cannot be saved. Branch without these changes first.",
      );
    if (setup.ends)
      throw new Error(
        "The page cannot repeat the early stopping of this training. Open its recording again to save it.",
      );
    const { architecture, recipe, examples, world } = setup;
    const isFromSeed = state.active === rootIndex(state) && root.parameters === null;
    const parameters = [...this.lab.run!.stateBefore(0)].slice(0, [...prepared.values()][0].parameters.length);
    const origin = `seed ${root.seed}, branched after ${counted(setup.firstStep, "step")}`;
    return {
      architecture,
      recipe,
      examples,
      seed: root.seed,
      ...(isFromSeed ? {} : { parameters, origin }),
      ...(world ? { world } : {}),
    };
  }
}
