/** The questions that the page asks of its surroundings. */

import type {
  About,
  Architecture,
  BuiltinSets,
  ChapterAnswer,
  Experiment,
  LearnerAnswer,
  PopulationRequest,
  Recipe,
  RungAnswer,
  PopulationAnswer,
  SheetAnswer,
  StoryRequest,
  TableAnswer,
  TableChoice,
  TableHead,
  TorchAnswer,
  World,
} from "../types";

/** Python does not answer. The page goes on without it. */
export class UnreachableError extends Error {}

export type Progress = (done: number, total: number) => void;

/** A recording that the page begins with. */
export interface InitialRecording {
  name: string | null;
  bytes: ArrayBuffer;
}

/** The questions that every page needs an answer to. */
export interface RequiredApi {
  about(): Promise<About>;
  pictures(grid: number): Promise<BuiltinSets>;
  sheet(architecture: Architecture, recipe: Recipe, batch: number): Promise<SheetAnswer>;
  initialParameters(architecture: Architecture, firstSeed: number, count: number): Promise<number[][]>;
}

/** The questions that only Python can answer. */
export interface PythonApi {
  recording(experiment: Experiment): Promise<ArrayBuffer>;
  columns(name: string, text: string): Promise<TableHead>;
  table(choice: TableChoice): Promise<TableAnswer>;
  check(experiment: Experiment): Promise<TorchAnswer>;
  population(request: PopulationRequest, progress: Progress, signal: AbortSignal): Promise<PopulationAnswer>;
  story(request: StoryRequest, progress: Progress, signal: AbortSignal): Promise<ChapterAnswer>;
  learner(): Promise<LearnerAnswer>;
  rung(key: string, networks: number, progress: Progress, signal: AbortSignal): Promise<RungAnswer>;
  bayes(pictures: number[][], world: World, signal?: AbortSignal): Promise<number[][]>;
}

/** Without Python the page explains what is missing and does everything else. */
export interface Api extends RequiredApi, Partial<PythonApi> {
  /** The recordings to begin with, instead of the default state. */
  initialRecordings?(): Promise<InitialRecording[]>;
}
