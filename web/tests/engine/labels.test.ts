import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { labelInSentence, labelOf, LABELS } from "../../src/engine/labels";

const golden = join(import.meta.dirname, "../../../tests/golden/request_parameters.json");
const parameters: string[] = JSON.parse(readFileSync(golden, "utf-8"));

it("every parameter of a request has a label, and every label is used", () => {
  expect(parameters.filter((name) => !labelInSentence(name))).toEqual([]);
  expect(Object.keys(LABELS).filter((name) => !parameters.includes(name))).toEqual([]);
});

it("the label of a field begins with a capital letter", () => {
  expect([labelOf("learning_rate"), labelOf("nesterov"), labelInSentence("toString")]).toEqual(["Learning rate", "Nesterov", undefined]); // prettier-ignore
});
