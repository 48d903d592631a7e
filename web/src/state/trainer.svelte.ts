/** Train runs in short time slices, so that the page stays responsive. */

import type { Run } from "../engine/run";

const SLICE = 12; // milliseconds

export class Trainer {
  revision = $state(0); // increases when a run has more steps to show
  private generation = 0;

  /** Cancel all running training. Return the generation of the next training. */
  begin(): number {
    return ++this.generation;
  }

  get current(): number {
    return this.generation;
  }

  isCurrent(generation: number): boolean {
    return generation === this.generation;
  }

  /** Train for one slice. */
  advance(run: Run): void {
    run.advance(SLICE);
    this.revision++;
  }

  /** Train until `step` is finished, the run is finished, or the generation is cancelled. */
  async trainTo(run: Run, step: number, generation: number): Promise<void> {
    while (run.done < step && !run.finished && this.isCurrent(generation)) {
      this.advance(run);
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.revision++;
  }
}
