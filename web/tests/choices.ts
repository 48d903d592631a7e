import type { Choices } from "../src/types";

/** A few choices, as Python sends them. */
export const CHOICES: Choices = {
  loss: ["mse", "bce", "cross_entropy"],
  order: ["fixed", "shuffled"],
  optimizer: ["sgd", "adam"],
  schedule: ["constant", "cosine"],
  hidden: ["sigmoid", "tanh"],
  output: ["sigmoid", "softmax"],
  init: ["pytorch", "zeros"],
};
