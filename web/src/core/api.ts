/** What the page asks of its surroundings; and the laboratory's server, which answers all of it. */

import type {
  Architecture, ChapterHead, ChapterTold, Experiment, Pictures, Recipe, SeedsAnswer, SheetAnswer,
} from "./types"; // prettier-ignore
import type { LearnerAnswer, RungAnswer } from "./learner.svelte";
import type { TableAnswer, TableChoice, TableHead } from "./table.svelte";
import type { World } from "./world";

export class Unreachable extends Error {}

export interface PopulationQuestion {
  architecture: Architecture;
  recipe: Recipe;
  examples: Pictures;
  picture: number[];
  networks: number;
  first_seed: number;
  world?: World;
}

/** A recording that the page begins with. */
export interface Brought {
  name: string | null;
  bytes: ArrayBuffer;
}

/** What the page cannot do without. */
export interface Needed {
  about(): Promise<{ version: string; limits: Record<string, number>; chapters: ChapterHead[]; title?: string }>;
  pictures(grid: number): Promise<{ unsure_below: number; sets: Record<string, Pictures> }>;
  sheet(architecture: Architecture, recipe: Recipe, batch: number): Promise<SheetAnswer>;
  starts(architecture: Architecture, firstSeed: number, count: number): Promise<number[][]>;
}

/** What only Python can answer, at once and of any network. */
export interface Python {
  recording(experiment: Experiment): Promise<ArrayBuffer>;
  columns(name: string, text: string): Promise<TableHead>;
  table(choice: TableChoice): Promise<TableAnswer>;
  check(experiment: Experiment): Promise<{ torch: string; cells: Record<string, number> }>;
  population(question: PopulationQuestion, progress: Progress, signal: AbortSignal): Promise<SeedsAnswer>;
  story(asked: object, progress: Progress, signal: AbortSignal): Promise<ChapterTold>;
  learner(): Promise<LearnerAnswer>;
  rung(key: string, networks: number, progress: Progress, signal: AbortSignal): Promise<RungAnswer>;
  bayes(pictures: number[][], world: World, signal?: AbortSignal): Promise<number[][]>;
}

/** Without a Python behind it the page says what it would take, and does all else. */
export interface Api extends Needed, Partial<Python> {
  /** The recordings to begin with, instead of the plain start. */
  brought?(): Promise<Brought[]>;
}

export type Progress = (done: number, total: number) => void;

async function ask(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const options: RequestInit = { signal };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(`./api/${path}`, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(
      "The laboratory's server does not answer. This network stays alive; start it again with: tinynet lab",
    );
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error ?? `the server answered with status ${answer.status}`);
  }
  return answer;
}

/** Read lines of JSON: progress, and at last a result or an error. */
async function follow<T>(answer: Response, progress: Progress): Promise<T> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const said = JSON.parse(line);
      if (said.error) throw new Error(said.error);
      if (said.result) return said.result as T;
      progress(said.done, said.total);
    }
    if (done) throw new Unreachable("The laboratory's server went away before it had an answer.");
  }
}

export const http: Needed & Python = {
  about: async () => (await ask("about")).json(),
  pictures: async (grid) => (await ask(`pictures/${grid}`)).json(),
  sheet: async (architecture, recipe, batch) => (await ask("sheet", { architecture, recipe, batch })).json(),
  starts: async (architecture, first_seed, count) =>
    (await (await ask("starts", { architecture, first_seed, count })).json()).starts,
  recording: async (experiment) => (await ask("recording", experiment)).arrayBuffer(),
  columns: async (name, text) => (await ask("columns", { name, text })).json(),
  table: async (choice) => (await ask("table", choice)).json(),
  check: async (experiment) => (await ask("check", experiment)).json(),
  population: async (question, progress, signal) => follow(await ask("population", question, signal), progress),
  story: async (asked, progress, signal) => follow(await ask("story", asked, signal), progress),
  learner: async () => (await ask("learner")).json(),
  rung: async (key, networks, progress, signal) => follow(await ask("rung", { key, networks }, signal), progress),
  bayes: async (pictures, world, signal) => (await (await ask("bayes", { pictures, world }, signal)).json()).answers,
};
