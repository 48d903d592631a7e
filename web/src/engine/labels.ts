/** The page's names for the parameters of Python's requests, on fields and in errors. */

import type { Recipe } from "../types";

/** The names of a recipe's fields, as they appear inside a sentence. */
export const RECIPE_LABELS: Record<keyof Recipe, string> = {
  learning_rate: "learning rate",
  epochs: "epochs",
  loss: "loss",
  order: "order",
  batch_size: "batch size",
  optimizer: "optimizer",
  momentum: "momentum",
  nesterov: "Nesterov",
  beta1: "beta 1",
  beta2: "beta 2",
  epsilon: "epsilon",
  weight_decay: "weight decay",
  noise: "noise",
  schedule: "schedule",
  hold_fraction: "hold fraction",
  final_fraction: "final rate (fraction)",
  label_smoothing: "label smoothing",
  augment: "augmentation (flips and rotations)",
  patience: "patience",
  gradients: "gradients",
  seed: "seed",
};

/** The names of all parameters, as they appear inside a sentence. */
export const LABELS = {
  ...RECIPE_LABELS,
  categories: "categories",
  constants: "constant columns",
  decimal: "decimal character",
  delimiter: "delimiter",
  encoding: "encoding of the columns",
  fill: "values for missing cells",
  flag: "input for missing cells",
  header: "first line has column names",
  kind: "kind of a column",
  missing: "missing cells",
  sign: "sign beside numbers",
  values: "categories",
  architecture: "network",
  batch: "batch size",
  bright: "bright levels",
  chapter: "chapter",
  columns: "columns",
  count: "number of seeds",
  dark: "dark levels",
  doubt: "ambiguous fraction",
  examples: "examples",
  first_seed: "first seed",
  flat: "flat levels",
  grid: "pixels per side",
  held_out: "held-out fraction",
  hidden: "hidden activation",
  hidden_nodes: "hidden nodes",
  high: "highest values",
  ignore: "ignored columns",
  init: "initialization",
  inputs: "inputs",
  key: "rung",
  label: "label",
  labels: "labels of ambiguous pictures",
  low: "lowest values",
  n: "pixels per side",
  name: "name",
  names: "names",
  networks: "number of seeds",
  origin: "origin",
  output: "output activation",
  parameters: "parameters",
  pictures: "pictures",
  predict: "prediction of numbers",
  recipe: "recipe",
  scaling: "scaling",
  shape: "shape",
  sizes: "layer sizes",
  target_names: "target names",
  target_scaling: "target scaling",
  targets: "target",
  text: "text",
  unbounded: "unbounded inputs",
  world: "world",
};

export type Parameter = keyof typeof LABELS;

/** Return the label of a parameter inside a sentence; undefined if it has no label. */
export const labelInSentence = (parameter: string): string | undefined =>
  Object.hasOwn(LABELS, parameter) ? LABELS[parameter as Parameter] : undefined;

/** Return the label of a parameter in sentence case, as a field shows the label. */
export const labelOf = (parameter: Parameter): string =>
  LABELS[parameter][0].toUpperCase() + LABELS[parameter].slice(1);
