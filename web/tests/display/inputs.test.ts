import { describe, expect, it } from "vitest";
import { inputNames, withInputNames } from "../../src/display/inputs";
import type { Examples } from "../../src/types";

const examples = (width: number, rest: Partial<Examples>): Examples => ({
  inputs: [Array<number>(width).fill(0)],
  targets: null,
  names: ["first"],
  shape: null,
  target_names: ["yes"],
  ...rest,
});

describe("names of inputs", () => {
  it("are the positions of the pixels of a picture", () => {
    expect(inputNames(examples(4, { shape: [2, 2] }))[2]).toBe("the bottom-left pixel");
    expect(inputNames(examples(4, { shape: [1, 4] }))[2]).toBe("the pixel in row 0, column 2");
    expect(inputNames(examples(6, { shape: [2, 3] }))[4]).toBe("the pixel in row 1, column 1");
  });
  it("are the columns of a table, or indices", () => {
    const scaling = { columns: ["a", "b"], low: [0, 0], high: [1, 1] };
    expect(inputNames(examples(2, { scaling }))).toEqual(["a", "b"]);
    expect(inputNames(examples(4, {}))).toEqual(["input 0", "input 1", "input 2", "input 3"]);
  });
  it("replace the indices in titles of cells", () => {
    const names = ["a {1}", "b"];
    expect(withInputNames("weight from {0} to hidden node 0", names)).toBe("weight from a {1} to hidden node 0");
    expect(withInputNames("bias of output 1", names)).toBe("bias of output 1");
  });
});
