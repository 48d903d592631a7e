/** Counts of things as text. */

import { integer } from "./format";

/** Describe the place of a request in the queue of the server. */
export const queueText = (waiting: number): string => `Waiting for other jobs. Place in the queue: ${integer(waiting)}`;

/** Return a count with its noun, which is in the plural unless the count is 1. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${integer(count)} ${count === 1 ? noun : plural}`;
