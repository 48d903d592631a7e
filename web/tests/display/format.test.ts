import { describe, expect, it } from "vitest";
import { fixed, listNames, short, signed, withColumnNames } from "../../src/display/format";

describe("numbers in writing", () => {
  it.each([
    [0, "0"], [1, "1"], [2.5, "2.5"], [-0.000123456, "−0.00012346"], [1e-20, "1e−20"], [123456, "1.2346e5"], [12345.678, "12346"],
    [0.1, "0.1"], [1 / 3, "0.33333"], [-1e300, "−1e300"], [-0, "0"], [1e5, "1e5"], [0.00001234, "1.234e−5"], [0.0001, "0.0001"],
  ])("%d is written as in the terminal", (value, text) => expect(short(value)).toBe(text)); // prettier-ignore
  it("use a typographic minus, and no sign for zero", () => {
    expect([fixed(-0.126, 2), signed(0.5), signed(0), fixed(-0, 1), fixed(NaN, 2), fixed(-Infinity, 2)]).toEqual([
      "−0.13",
      "+0.50",
      "0.00",
      "0.0",
      "NaN",
      "−∞",
    ]);
  });
});

describe("lists and texts", () => {
  it("lists the first of many names", () => {
    expect(listNames(["a", "b", "c", "d"])).toBe("a, b, c, d");
    expect(listNames(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
  });
  it("writes column names in place of their indices", () => {
    const columns = ["a", "b", "c", "d"];
    expect(withColumnNames("weight from \0" + "2\0 to hidden node 0", columns)).toBe("weight from c to hidden node 0");
    expect(withColumnNames("value of \0" + "1\0", columns)).toBe("value of b");
    expect(withColumnNames("bias of output 1", columns)).toBe("bias of output 1");
  });
});
