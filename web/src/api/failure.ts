/** The error answers of Python: their parameters get the labels of the page. */

import { RECIPE_LABELS } from "../engine/recipe";

export interface Failure {
  error: string;
  template?: string; // the sentence, with NUL characters around each parameter
}

const LABELS: Record<string, string> = {
  ...RECIPE_LABELS,
  output: "output activation",
  networks: "number of seeds",
  held_out: "held-out fraction",
};

/** Return the sentence of an error, with the page's labels. */
export function failureText({ error, template }: Failure): string {
  if (!template) return error;
  const parts = template.split("\0"); // every second part is a parameter
  const text = parts.map((part, k) => (k % 2 ? (LABELS[part] ?? part) : part)).join("");
  return !parts[0] && parts[1] in LABELS ? text[0].toUpperCase() + text.slice(1) : text;
}
