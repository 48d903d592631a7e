/** The error answers of Python: their parameters get the labels of the page. */

import { RECIPE_LABELS } from "../engine/recipe";

export interface Failure {
  error: string;
  template?: string; // the sentence with its parameters in braces
  parameters?: string[];
}

const LABELS: Record<string, string> = {
  ...RECIPE_LABELS,
  output: "output activation",
  networks: "number of seeds",
  held_out: "held-out fraction",
};

/** Return the sentence of an error, with the page's labels. */
export function failureText({ error, template, parameters = [] }: Failure): string {
  if (!template || !parameters.length) return error;
  const text = parameters.reduce((text, name) => text.replaceAll(`{${name}}`, LABELS[name] ?? name), template);
  return parameters[0] in LABELS && template.startsWith("{") ? text[0].toUpperCase() + text.slice(1) : text;
}
