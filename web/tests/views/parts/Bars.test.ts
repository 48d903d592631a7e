import { render, screen } from "@testing-library/svelte";
import { expect, it } from "vitest";
import Bars from "../../../src/views/parts/Bars.svelte";

const shown = () => [...document.querySelectorAll("dt")].map((term) => term.textContent);
const open = (count: number) => {
  const outputs = Array.from({ length: count }, (_, k) => ((k * 37) % count) / count);
  const classes = outputs.map((_, k) => `class ${k}`);
  render(Bars, { outputs, classes, texts: outputs.map(String) });
  return classes.toSorted((a, b) => outputs[classes.indexOf(b)] - outputs[classes.indexOf(a)]);
};

it("all outputs of a few classes are shown", () => {
  open(12);
  expect(shown()).toEqual(Array.from({ length: 12 }, (_, k) => `class ${k}`));
  expect(screen.queryByText(/largest/)).toBeNull();
});

it("of 100 classes, the largest outputs are shown", () => {
  const ordered = open(100);
  expect(shown()).toEqual(ordered.slice(0, 12));
  expect(screen.getByText("12 of 100 outputs: the largest.")).toBeTruthy();
});
