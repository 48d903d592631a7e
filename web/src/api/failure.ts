/** Error responses of Python: their parameters get the labels of the page. */

import { InvalidValueError } from "../engine/invalid_value";
import { labelInSentence } from "../engine/labels";

export interface Failure {
  error: string;
  template?: string; // the sentence, with NUL characters around each parameter
}

/** Return the error of a response. A sentence that begins with a parameter refuses the value of that parameter. */
export function failureError({ error, template }: Failure): Error {
  if (!template) return new Error(error);
  const parts = template.split("\0"); // every second part is a parameter
  const text = parts.map((part, k) => (k % 2 ? withLabel(part) : part)).join("");
  if (parts[0]) return new Error(text);
  const name = nameOf(parts[1]);
  return new InvalidValueError(labelInSentence(name) ? text[0].toUpperCase() + text.slice(1) : text, name);
}

/** Return the name of a parameter without the index of an element, as in `sizes[1]`. */
const nameOf = (parameter: string): string => parameter.replace(/\[.*/, "");

const withLabel = (parameter: string): string => {
  const name = nameOf(parameter);
  return (labelInSentence(name) ?? name) + parameter.slice(name.length);
};
