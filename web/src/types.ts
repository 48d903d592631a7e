/** Data exchanged between the page and Python. */

export interface Architecture {
  sizes: number[];
  hidden: string;
  output: string;
  init: string;
}

export interface Recipe {
  learning_rate: number;
  epochs: number;
  loss: string;
  order: string;
  batch_size: number;
  optimizer: string;
  momentum: number;
  nesterov: boolean;
  beta1: number;
  beta2: number;
  epsilon: number;
  weight_decay: number;
  noise: number;
  schedule: "constant" | "hold_then_decay" | "cosine" | "external";
  hold_fraction: number;
  final_fraction: number;
  label_smoothing: number;
  augment: boolean;
  patience: number;
  gradients: string; // "loss", or "external" if PyTorch supplied them
  seed: number;
}

export interface Examples {
  inputs: number[][];
  targets: number[][] | null;
  names: string[];
  shape: [number, number] | null;
  target_names: string[];
  scaling?: Scaling; // of the input columns of a table
  target_scaling?: Scaling; // of the target columns of a regression
  encoding?: Encoding; // of the columns of a table with categories, dates or missing cells
  unbounded?: boolean; // inputs may lie outside 0 to 1
  targetsUnknown?: boolean; // the targets are unknown and `targets` has placeholders
}

/** Min-max scaling of table columns: the lowest value becomes 0, the highest 1. */
export interface Scaling {
  columns: string[];
  low: number[];
  high: number[];
  fill?: number[]; // for missing cells
}

/** How a column of a table became inputs: one number, an input for each category, or the parts of a date. */
export interface InputColumn {
  name: string;
  kind: "number" | "category" | "date";
  values: string[]; // categories, or parts of the date
  flag: boolean; // one more input is 1 for a missing cell
  sign?: string; // beside the numbers, such as %
}

export interface Encoding {
  columns: InputColumn[];
  missing: Missing | null;
  decimal?: "." | ","; // of the file
  constants?: [name: string, value: string][]; // columns that are no inputs
}

export type Missing = "drop" | "mean" | "flag";

export interface SheetResponse {
  sheet: SheetJson;
  symbols: Record<string, [mathml: string, text: string, words: string, template?: string]>; // see withColumnNames
  settings: Record<string, number>;
  state: Record<string, number>;
  parameters: string[];
}

export interface Verdict {
  sentence: string;
  count: number | null;
  n: number;
  interval: [number, number] | null;
  numbers: Record<string, number>;
}

export interface Histogram {
  edges: number[];
  counts: number[];
  seeds: number[][];
  left_out: number;
}

export interface PopulationResponse {
  networks: number;
  verdicts: Record<string, Verdict>;
  histogram: Histogram | null;
}

export interface ChapterHead {
  key: string;
  title: string;
  question: string;
  options: string[];
}

export type ChapterPart =
  | { kind: "text"; text: string; listing: string }
  | { kind: "table"; title: string; columns: string[]; rows: string[][] }
  | { kind: "figure"; name: string; caption: string; svg: string }
  | { kind: "links"; title: string; links: { name: string; text: string; address: string }[] }
  | ({ kind: "verdict" } & Verdict);

export interface ChapterResponse {
  key: string;
  title: string;
  parts: ChapterPart[];
  answer: number;
}

export interface Experiment {
  architecture: Architecture;
  recipe: Recipe;
  examples: Examples;
  seed: number;
  parameters?: number[];
  origin?: string;
  world?: World;
}

export type Formula = number | string | [string, ...Formula[]];

export interface SheetJson {
  format: number;
  batch: number;
  cells: [name: string, phase: string, formula: Formula | null][];
}

/** The synthetic distribution of pictures. */
export interface World {
  noise: number;
  doubt: number;
  bright: [number, number];
  dark: [number, number];
  flat: [number, number];
  labels: "soft" | "coin";
  n: number;
}

/** The choices of a recipe and an architecture, by Python's name of the parameter. */
export type Choices = Record<string, string[]>;

export interface About {
  version: string;
  limits: Record<string, number>;
  choices: Choices;
  chapters: ChapterHead[];
  title?: string;
}

/** The built-in data sets of one picture size. */
export interface BuiltinSets {
  unsure_below: number;
  sets: Record<string, Examples>;
}

export interface PopulationRequest {
  architecture: Architecture;
  recipe: Recipe;
  examples: Examples;
  inputs: number[];
  networks: number;
  first_seed: number;
  world?: World;
}

export interface StoryRequest {
  chapter: string;
  seed: number;
  networks: number;
  recipe: Recipe;
}

/** The loss and the gradients as PyTorch computes them. */
export interface TorchResponse {
  torch: string;
  cells: Record<string, number>;
}

/** A network that only predicts: its parameters and its forward sheet. */
export interface NetworkJson {
  architecture: Architecture;
  parameters: number[];
  names: string[]; // of the parameters
  origin: string;
  sheet: SheetJson;
}

/** The recorded steps of a PyTorch training; arrays are flat. */
export interface WatchedTraining {
  steps: number;
  stride: number; // only every `stride`-th step is kept, with one row in each array
  perEpoch: number;
  batches: number[][]; // example indices of each kept step
  rates: Float64Array;
  settingNames: string[]; // other settings that changed during the loop, such as the momentum
  settings: Float64Array; // (kept steps, setting names)
  changes: Float64Array | null; // of the parameters, if some steps are not kept
  losses: Float64Array;
  lossPerEpoch: Float64Array;
  movementPerEpoch: Float64Array;
  parameters: Float64Array; // before each kept step, and after the last step
  state: Float64Array; // of the optimizer, before each kept step and after the last step
  gradients: Float64Array; // as the optimizer received them
  slopes: Float64Array; // derivatives of the loss with respect to the outputs, one batch per step
  notes: string[];
}

export interface TableColumn {
  name: string;
  kind: InputColumn["kind"];
  odd: string | null; // the first word among numbers
  low: number; // smallest number
  high: number;
  missing: number; // missing cells
  different: number; // different cells that are not missing
  examples: string[];
  left_out: string | null; // why the column is no input
  label: boolean; // can be the label
  names_rows: boolean;
}

/** How a CSV file is written; null stands for: find it out. */
export interface TableDialect {
  header: boolean | null;
  delimiter: string | null;
  decimal: "." | "," | null;
}

export interface TableHead extends TableDialect {
  rows: number;
  label: string | null;
  note: string; // what was understood of the file
  columns: TableColumn[];
}

export interface TableChoice extends TableDialect {
  name: string;
  text: string;
  label: string;
  predict: boolean; // the label is a regression target
  ignore: string[];
  missing: Missing | null;
  hidden_nodes: number;
  held_out: number;
  seed: number;
}

export interface TableResponse {
  examples: Examples;
  held_out: Examples | null;
  architecture: Architecture;
  recipe: Recipe;
  sentence: string;
}

export interface Reliability {
  edges: number[];
  count: number[];
  predicted: (number | null)[]; // null for an empty bin
  observed: (number | null)[];
  intervals: [number, number][];
  ece: number;
}

export interface Rung {
  key: string;
  name: string; // as the story writes it
  change: string;
  baseline: string | null;
  kind: "step" | "side_experiment" | "pitfall";
  architecture: Architecture;
  recipe: Recipe;
  world: World | null;
  pictures: Examples | null; // null: the four lines, or the pictures of the world
}

export interface LearnerResponse {
  networks: Record<string, NetworkJson>;
  requirements: { label: string; text: string; values: string[]; met: boolean[] }[];
  measures: Record<string, { label: string; meaning: string }>;
  reliability: Record<string, Reliability>;
  pictures: number; // in the test set
  world: World;
  bayes_scores: Record<string, [value: number, error: number]>;
  rungs: Rung[];
  unsure_below: number;
}

export interface RungResponse {
  standing: {
    key: string;
    networks: number;
    finite: number;
    passed: number;
    n_failing_clean_lines: number;
    met: number[];
    means: Record<string, number>;
    errors: Record<string, number>;
    medians: Record<string, number>;
  };
  sentence: string;
  passed: Verdict;
  failing_clean_lines: Verdict;
  requirements: Verdict[];
}
