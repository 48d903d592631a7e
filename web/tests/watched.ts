/** Watched trainings of the golden files, and a page that shows one. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "../src/api/api";
import { Lab } from "../src/state/lab.svelte";
import { readRecording } from "../src/state/recordings";
import type { SheetResponse } from "../src/types";
import { CHOICES } from "./choices";

export interface Golden {
  bytes: string;
  sheets: Record<string, SheetResponse>;
}

export const GOLDEN: Golden[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../tests/golden/watched.json"), "utf-8"),
);
export const bytesOf = ({ bytes }: Golden) => Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).buffer;
/** Recordings with a known and with an unknown loss. */
export const [known, given] = await Promise.all(
  GOLDEN.map((golden) => readRecording({ name: null, bytes: bytesOf(golden) })),
);

export const watchedApi: Api = {
  about: async () => ({ version: "1", limits: {}, choices: CHOICES, chapters: [] }),
  initialRecordings: async () => [{ name: null, bytes: bytesOf(GOLDEN[0]) }],
  pictures: async () => ({ unsure_below: 0.2, sets: {} }),
  sheet: async (_, { loss }, batch) => {
    const found = GOLDEN[loss === "external" ? 1 : 0].sheets[batch];
    if (!found) throw new Error(`no batches of ${batch}`);
    return found;
  },
  initialParameters: async () => [],
};

export async function watchedLab(): Promise<Lab> {
  const found = new Lab(watchedApi);
  await found.start();
  await found.load(found.initialState());
  return found;
}
