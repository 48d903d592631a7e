import { describe, expect, it } from "vitest";
import { formatOutputs } from "../../src/display/outputs";
import type { Examples } from "../../src/types";

describe("outputs as text", () => {
  const some: Examples = { inputs: [[0]], targets: [[1]], names: ["a"], shape: null, target_names: ["y"] };
  it("formats percentages, numbers and numbers in units", () => {
    expect(formatOutputs([0.25], some)).toEqual(["25.0 %"]);
    expect(formatOutputs([-4], some)).toEqual(["−4"]);
    expect(formatOutputs([0.25], { ...some, targets: [[7]] })).toEqual(["0.25"]);
    const two: Examples = { ...some, targets: [[1, 0]], target_names: ["y", "z"] };
    expect(formatOutputs([0.25, 1], two)).toEqual(["25.0 %", "100.0 %"]);
    expect(formatOutputs([0.25, 1.5], two)).toEqual(["0.25", "1.5"]);
    expect(formatOutputs([-0.5, 12345.678], two)).toEqual(["−0.5", "12346"]);
    const target_scaling = { columns: ["y"], low: [100], high: [300] };
    expect(formatOutputs([0.25], { ...some, target_scaling })).toEqual(["150"]);
  });
});
