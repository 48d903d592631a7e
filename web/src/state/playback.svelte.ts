/** Moves through a training, by steps and phases or in animation frames. */

import type { Run } from "../engine/run";
import { LAST_PHASE } from "../engine/sheet";
import { rootIndex, type State } from "./state";

/** The training to play. */
export interface Timeline {
  readonly state: State;
  readonly run: Run | undefined;
  readonly runStep: number; // finished steps of the run, as shown
}

export class Playback {
  playing = $state(false);
  speed = $state(20); // steps per second
  private pending = 0; // fractions of a step since the last frame

  constructor(private readonly timeline: Timeline) {}

  goto(step: number): void {
    const { run, state } = this.timeline;
    if (!run) return;
    const first = run.setup.firstStep;
    state.step = Math.min(Math.max(Math.round(step), first), first + run.total);
  }

  /** Move by a number of steps, and at least to the next step that can be shown. */
  stepBy(steps: number): void {
    const { run, runStep } = this.timeline;
    const least = Math.sign(steps) * Math.max(Math.abs(steps), run!.stride);
    this.goto(run!.setup.firstStep + runStep + least);
  }

  stepByPhase(by: 1 | -1): void {
    const { run, runStep, state } = this.timeline;
    const phase = state.phase + by;
    if (phase >= 0 && phase <= LAST_PHASE) state.phase = phase;
    else if (by > 0 ? runStep < run!.total : runStep > 0) {
      this.stepBy(by);
      state.phase = by > 0 ? 0 : LAST_PHASE;
    }
  }

  /** Go to the first step of the training, also from a branch. */
  rewind(): void {
    const { state } = this.timeline;
    state.active = rootIndex(state);
    state.step = 0;
  }

  /** Start or pause. At the end, start again from the beginning of the run. */
  toggle(): void {
    const { run, runStep } = this.timeline;
    if (!this.playing && runStep >= run!.total) this.goto(run!.setup.firstStep);
    this.playing = !this.playing;
  }

  /** Advance by the time of one frame. Pause at the end of the run. */
  tick(milliseconds: number): void {
    this.pending += (milliseconds / 1000) * this.speed;
    const { stride } = this.timeline.run!;
    const steps = Math.floor(this.pending / stride) * stride;
    this.pending -= steps;
    if (steps > 0) this.stepBy(steps);
    const { run, runStep } = this.timeline;
    if (runStep >= run!.total || run!.stopped) this.playing = false;
  }

  /** Play in animation frames. Return a function that stops the playback. */
  animate(): () => void {
    this.pending = 0;
    let before = performance.now();
    const next = (now: number) => {
      this.tick(now - before);
      before = now;
      frame = requestAnimationFrame(next);
    };
    let frame = requestAnimationFrame(next);
    return () => cancelAnimationFrame(frame);
  }
}
