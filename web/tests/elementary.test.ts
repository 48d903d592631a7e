import { describe, expect, it } from "vitest";
import { translate } from "../elementary.ts";

const FUNCTION = `"""What it is.

x = y # no statement
"""

from tinynet.numerics.primitives import exponent, power2, select

BIG = 1.5e-300  # as large as it gets


def f(
    x: float,
    y: float,
) -> float:
    """Return a number; 3 (or more."""
    a = select(x < -750.0, -x, (x + BIG) - BIG)
    long = (
        a * 0.5  # half
        - y / 2.0
    )
    return long == a
`;

describe("elementary.py as JavaScript", () => {
  it("has the constants, functions and statements, also over several lines", () => {
    const [imports, ...lines] = translate(FUNCTION).split("\n");
    expect(imports).toMatch(/^import { exponent, power2, select } from ".*\/src\/engine\/primitives\.ts";$/);
    expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual([
      "const BIG = 1.5e-300;",
      "export function f( x, y,) {",
      "const a = select(x < -750.0, -x, (x + BIG) - BIG);",
      "const long = ( a * 0.5 - y / 2.0 );",
      "return long == a; }",
    ]);
  });
  it.each([
    ["a = x ** 2.0", 2],
    ["a = x // 2.0", 2],
    ["a = x if x else y", 2],
    ["a = x % 2.0", 2],
    ["a: float = x", 2],
    ["a = x\n    b += (\n        a\n    )", 3],
    ["if x < y:\n        return x", 2],
  ])("refuses %j and names the line", (statement, line) => {
    const python = `def f(x: float) -> float:\n    ${statement}\n    return x\n`;
    expect(() => translate(python)).toThrow(`elementary.py, line ${line}: JavaScript has no such statement`);
  });
  it.each(["return 1.0", "import math", "    a = 1.0", "def f(x: int) -> float:", "x = f(", "print(1.0)"])(
    "refuses %j outside of a function",
    (statement) => expect(() => translate(`${statement}\n`)).toThrow("elementary.py, line 1: JavaScript has no such"),
  );
});
