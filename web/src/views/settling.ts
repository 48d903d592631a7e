/** Timing of the lower panels. They update after a quick movement, so that the upper panels stay responsive. */

const SETTLE = 40; // milliseconds without a change
const LATEST = 250; // milliseconds from the first change to the update

export class Settler {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private deadline = 0;

  constructor(private readonly settle: () => void) {}

  /** Settle after a pause in the changes, and at the latest 250 ms after the first change. */
  later(): void {
    const now = performance.now();
    if (this.timer === undefined) this.deadline = now + LATEST;
    else if (now + SETTLE > this.deadline) return; // the timer that is set fires before the deadline
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), SETTLE);
  }

  /** Settle at once. */
  now(): void {
    this.cancel();
    this.settle();
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
