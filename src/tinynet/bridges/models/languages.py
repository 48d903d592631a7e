"""Programming languages: how each writes the few things that a network is made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Language:
    """How a language writes what a network is made of.

    constant, array, number, loop : patterns, filled in by name; the first three declare.
    usage : how to call the function, for the reader.
    calls : the function of each operation that has no sign of its own.
    """

    constant: str
    array: str
    number: str
    loop: str
    usage: str
    calls: dict[str, str]
    infinity: str
    dtype: str = "float64"
    end: str = ";"
    close: str = "}"
    step: str = "    "
    brackets: tuple[str, str] = ("[", "]")

    def literal(self, value: float) -> str:
        """Return the shortest text that is this number to the bit."""
        return f"{np.float32(value)!s}f" if self.dtype == "float32" else repr(float(value))


def c(name: str, dtype: str) -> Language:
    """Return C99, in float or double, for a network of that name."""
    kind, f = ("float", "f") if dtype == "float32" else ("double", "")
    return Language(
        constant=f"static const {kind} {{array}}{{shape}} = {{values}}",
        array=f"{kind} {{array}}[{{size}}]",
        number=f"{kind} {{cell}}",
        loop="for (int {i} = 0; {i} < {count}; {i}++) {{",
        usage=f"{kind} pixels[{{inputs}}] = {{{{...}}}}, answers[{{outputs}}]; {{name}}_answer(pixels, answers);",
        calls={"sigmoid": f"{name}_sigmoid", "tanh": f"tanh{f}", "exp": f"exp{f}", "max": f"{name}_larger"},
        infinity="INFINITY",
        dtype=dtype,
        brackets=("{", "}"),
    )


PYTHON = Language(
    constant="{array} = {values}",
    array="{array} = [0.0] * {size}",
    number="{cell}",
    loop="for {i} in range({count}):",
    usage="answers = {name}_answer(pixels)  # {inputs} numbers in, a list of {outputs} out",
    calls={"sigmoid": "sigmoid", "tanh": "math.tanh", "exp": "math.exp", "max": "max"},
    infinity="math.inf",
    end="",
    close="",
)
JAVASCRIPT = Language(
    constant="const {array} = {values}",
    array="const {array} = new Array({size}).fill(0)",
    number="let {cell}",
    loop="for (let {i} = 0; {i} < {count}; {i}++) {{",
    usage="const answers = {name}_answer(pixels); // {inputs} numbers in, an array of {outputs} out",
    calls={"sigmoid": "sigmoid", "tanh": "Math.tanh", "exp": "Math.exp", "max": "Math.max"},
    infinity="Infinity",
    step="  ",
)
LANGUAGES: dict[str, Callable[[str, str], Language]] = {
    "c": c,
    "python": lambda name, dtype: PYTHON,
    "javascript": lambda name, dtype: JAVASCRIPT,
}
