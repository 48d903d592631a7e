/** Requests of the page to its server, kernel or file. */

import type {
  About,
  Architecture,
  BuiltinSets,
  ChapterResponse,
  Experiment,
  LearnerResponse,
  PopulationRequest,
  Recipe,
  RungResponse,
  PopulationResponse,
  SheetResponse,
  StoryRequest,
  TableResponse,
  TableChoice,
  TableDialect,
  TableHead,
  TorchResponse,
  World,
} from "../types";

/** Python does not respond. The page works without Python. */
export class UnreachableError extends Error {}

/** The progress of a request. `waiting` is its place in the queue of the server, or 0 if it does not wait. */
export type Progress = (done: number, total: number, waiting?: number) => void;

/** A recording that the page shows first. */
export interface InitialRecording {
  name: string | null;
  bytes: ArrayBuffer;
}

/** Requests that every page must support. */
export interface RequiredApi {
  about(): Promise<About>;
  pictures(grid: number): Promise<BuiltinSets>;
  sheet(architecture: Architecture, recipe: Recipe, batch: number): Promise<SheetResponse>;
  initialParameters(architecture: Architecture, firstSeed: number, count: number): Promise<number[][]>;
}

/** Requests that only Python can support. */
export interface PythonApi {
  recording(experiment: Experiment): Promise<ArrayBuffer>;
  columns(name: string, text: string, dialect: TableDialect): Promise<TableHead>;
  table(choice: TableChoice): Promise<TableResponse>;
  check(experiment: Experiment): Promise<TorchResponse>;
  population(request: PopulationRequest, progress: Progress, signal: AbortSignal): Promise<PopulationResponse>;
  story(request: StoryRequest, progress: Progress, signal: AbortSignal): Promise<ChapterResponse>;
  learner(): Promise<LearnerResponse>;
  rung(key: string, networks: number, progress: Progress, signal: AbortSignal): Promise<RungResponse>;
  bayes(pictures: number[][], world: World, signal?: AbortSignal): Promise<number[][]>;
}

/** Without Python the page shows what is missing. Everything else works. */
export interface Api extends RequiredApi, Partial<PythonApi> {
  /** The recordings that the page shows first, instead of the default state. */
  initialRecordings?(): Promise<InitialRecording[]>;
}
