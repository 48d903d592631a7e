/** Timing of the lower panels. They update after a quick movement, so that the upper panels stay responsive. */

const SETTLE = 40; // milliseconds without a movement
const LATEST = 500; // milliseconds between two updates during a movement

/** Return the milliseconds until the lower panels update. */
export const settleDelay = (sinceUpdate: number): number => Math.min(SETTLE, Math.max(0, LATEST - sinceUpdate));
