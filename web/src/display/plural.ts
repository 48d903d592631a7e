/** Counts of things as text. */

import { integer } from "./format";

/** Return a count with its noun, which is in the plural unless the count is 1. */
export const counted = (count: number, noun: string): string => `${integer(count)} ${noun}${count === 1 ? "" : "s"}`;
