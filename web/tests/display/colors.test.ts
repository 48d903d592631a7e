import { expect, it } from "vitest";
import { gray, hue, onGray, strength } from "../../src/display/colors";

it("opacity is scaled to the largest value", () => {
  expect([strength(0.5, 2), strength(-3, 2), strength(1, 0), strength(NaN, 1)]).toEqual([0.25, 1, 0, 0]);
});

it("gray levels are clipped", () => {
  expect([gray(0.5), gray(-1), gray(7), gray(NaN)]).toEqual(["rgb(128 128 128)", "rgb(0 0 0)", "rgb(255 255 255)", "rgb(0 0 0)"]); // prettier-ignore
  expect([onGray(0.9), onGray(0.1)]).toEqual(["#000", "#fff"]);
});

it("values are orange from zero upward and blue below", () => {
  expect([hue(0), hue(-0.1)]).toEqual(["var(--plus)", "var(--minus)"]);
});
