"""Programming languages: how each writes the few things that a network is made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

IN_FLOAT = "Every machine computes the same bits: sums in float, functions in double and rounded once."


@dataclass(frozen=True)
class Language:
    """How a language writes what a network is made of.

    constant, array, number, fixed : patterns of declarations, filled in by name; `fixed` declares what never changes.
    loop, rest : patterns of a loop that counts from 0, and from 1.
    select : the pattern of a choice: the condition, the number where it holds, and where not.
    usage : how to call the function, for the reader.
    promise : which bits the program computes, for the reader.
    larger : the function that returns the larger of two numbers.
    function : the pattern of every other function's name.
    """

    constant: str
    array: str
    number: str
    fixed: str
    loop: str
    rest: str
    select: str
    usage: str
    larger: str
    promise: str = "Every machine computes the same bits, those of TinyNet."
    function: str = "{operation}"
    dtype: str = "float64"
    end: str = ";"
    close: str = "}"
    step: str = "    "
    brackets: tuple[str, str] = ("[", "]")

    def literal(self, value: float) -> str:
        """Return the shortest text that is this number to the bit."""
        return f"{np.float32(value)!s}f" if self.dtype == "float32" else repr(float(value))

    def called(self, operation: str) -> str:
        """Return the name of the function that computes an operation."""
        return self.larger if operation == "max" else self.function.format(operation=operation)


def c(name: str, dtype: str) -> Language:
    """Return C99, in float or double, for a network of that name."""
    single = dtype == "float32"
    kind = "float" if single else "double"
    return Language(
        constant=f"static const {kind} {{array}}{{shape}} = {{values}}",
        array=f"{kind} {{array}}[{{size}}]",
        number=f"{kind} {{cell}}",
        fixed=f"{kind} {{cell}}",
        loop="for (int {i} = 0; {i} < {count}; {i}++) {{",
        rest="for (int {i} = 1; {i} < {count}; {i}++) {{",
        select="{} ? {} : {}",
        usage=f"{kind} pixels[{{inputs}}] = {{{{...}}}}, answers[{{outputs}}]; {{name}}_answer(pixels, answers);",
        larger=f"{name}_larger",
        promise=IN_FLOAT if single else Language.promise,
        function=f"(float){name}_{{operation}}" if single else f"{name}_{{operation}}",  # computed in double
        dtype=dtype,
        brackets=("{", "}"),
    )


PYTHON = Language(
    constant="{array} = {values}",
    array="{array} = [0.0] * {size}",
    number="{cell}",
    fixed="{cell}",
    loop="for {i} in range({count}):",
    rest="for {i} in range(1, {count}):",
    select="{1} if {0} else {2}",
    usage="answers = {name}_answer(pixels)  # {inputs} numbers in, a list of {outputs} out",
    larger="max",
    end="",
    close="",
)
JAVASCRIPT = Language(
    constant="const {array} = {values}",
    array="const {array} = new Array({size}).fill(0)",
    number="let {cell}",
    fixed="const {cell}",
    loop="for (let {i} = 0; {i} < {count}; {i}++) {{",
    rest="for (let {i} = 1; {i} < {count}; {i}++) {{",
    select="{} ? {} : {}",
    usage="const answers = {name}_answer(pixels); // {inputs} numbers in, an array of {outputs} out",
    larger="larger",
    step="  ",
)
LANGUAGES: dict[str, Callable[[str, str], Language]] = {
    "c": c,
    "python": lambda name, dtype: PYTHON,
    "javascript": lambda name, dtype: JAVASCRIPT,
}
