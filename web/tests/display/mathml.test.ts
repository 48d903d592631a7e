import { describe, expect, it } from "vitest";
import { withNumbers, withSymbols } from "../../src/display/mathml";

const plain = (mathml: string): string =>
  mathml.replace(/<mfrac><mrow>(.*?)<\/mrow><mrow>(.*?)<\/mrow><\/mfrac>/g, "[$1]/[$2]").replace(/<[^>]+>/g, "");

describe("formulas", () => {
  it("use parentheses only if they are needed", () => {
    const symbol = (name: string) => `<mi>${name}</mi>`;
    expect(plain(withSymbols(["*", "a", ["-", 1, "b"]], symbol))).toBe("a·(1−b)");
    expect(plain(withSymbols(["+", ["*", "a", "b"], "c"], symbol))).toBe("a·b+c");
    expect(plain(withSymbols(["neg", ["*", "a", "b"]], symbol))).toBe("−(a·b)");
    expect(plain(withSymbols(["/", ["+", "a", "b"], 2], symbol))).toBe("[a+b]/[2]");
    expect(plain(withSymbols(["sigmoid", "z"], symbol))).toBe("σ(z)");
  });
  it("put negative numbers in parentheses", () => {
    expect(plain(withNumbers(["*", "a", "b"], (name) => (name === "a" ? 0.5 : -2)))).toBe("0.5·(−2)");
  });
});
