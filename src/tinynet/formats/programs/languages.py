"""The syntax of C, Python and JavaScript.

Only the syntax for a network is listed.
"""

import json
import string
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PLAIN_IN_C = frozenset(string.ascii_letters + string.digits + " _-+.,:;()[]<>=/*'")
FLOAT_PROMISE = "Every machine computes the same bits: sums in float, functions in double and rounded once."


@dataclass(frozen=True)
class Language:
    """The syntax of a language, as format strings.

    name : Key in `LANGUAGES`.
    constant : Declaration of a constant array.
    array, number, fixed : Declaration of an array, of a variable, and of a variable that is assigned once.
    loop, loop_from_1 : First line of a loop that counts from 0, and from 1.
    select : Conditional expression: the condition, the value if true, and the value if false.
    usage, table_usage : Comments that show a call of the program, and of the program of a table.
    text : Returns the literal of a text.
    max_function : Function that returns the larger of two numbers.
    promise : Comment about the computed bits.
    function : Name of every other function.
    end, close : End of a statement, and of a block.
    step : Indentation of a block.
    brackets : Start and end of an array literal.
    """

    name: str
    constant: str
    array: str
    number: str
    fixed: str
    loop: str
    loop_from_1: str
    select: str
    usage: str
    table_usage: str
    text: Callable[[str], str]
    max_function: str
    promise: str = "Every machine computes the same bits, those of TinyNet."
    function: str = "{operation}"
    dtype: str = "float64"
    end: str = ";"
    close: str = "}"
    step: str = "    "
    brackets: tuple[str, str] = ("[", "]")

    @property
    def kind(self) -> str:
        """Name of the type of a number in C."""
        return "float" if self.dtype == "float32" else "double"

    def literal(self, value: float) -> str:
        """Return the shortest literal with exactly this value."""
        return f"{np.float32(value)!s}f" if self.dtype == "float32" else repr(float(value))

    def function_name(self, operation: str) -> str:
        """Return the name of the function that computes an operation."""
        return self.max_function if operation == "max" else self.function.format(operation=operation)


def _c_text(text: str) -> str:
    """Return the literal of a text in UTF-8.

    Characters that may have a meaning in C are octal: a trigraph starts with two question marks.

    >>> print(_c_text('a "é"'))
    "a \\042\\303\\251\\042"
    """
    letters = (
        chr(byte) if chr(byte) in PLAIN_IN_C else f"\\{byte:03o}"
        for byte in text.encode(errors="surrogatepass")
    )
    return f'"{"".join(letters)}"'


def c(name: str, dtype: str) -> Language:
    """Return C99 for a network with this name.

    The precision is float or double.
    """
    single = dtype == "float32"
    kind = "float" if single else "double"
    return Language(
        name="c",
        constant=f"static const {kind} {{array}}{{shape}} = {{values}}",
        array=f"{kind} {{array}}[{{size}}]",
        number=f"{kind} {{cell}}",
        fixed=f"{kind} {{cell}}",
        loop="for (int {i} = 0; {i} < {count}; {i}++) {{",
        loop_from_1="for (int {i} = 1; {i} < {count}; {i}++) {{",
        select="{} ? {} : {}",
        usage=f"{kind} inputs[{{inputs}}] = {{{{...}}}}, outputs[{{outputs}}]; {{name}}_predict(inputs, outputs);",
        table_usage="double cells[{size}] = {{...}}; {kind} outputs[{outputs}]; {name}_predict(cells, outputs);",
        text=_c_text,
        max_function=f"{name}_larger",
        promise=FLOAT_PROMISE if single else Language.promise,
        function=f"(float){name}_{{operation}}"
        if single
        else f"{name}_{{operation}}",  # functions compute in double
        dtype=dtype,
        brackets=("{", "}"),
    )


PYTHON = Language(
    name="python",
    constant="{array} = {values}",
    array="{array} = [0.0] * {size}",
    number="{cell}",
    fixed="{cell}",
    loop="for {i} in range({count}):",
    loop_from_1="for {i} in range(1, {count}):",
    select="{1} if {0} else {2}",
    usage="outputs = {name}_predict(inputs)  # {inputs} numbers in, a list of {outputs} numbers out",
    table_usage="outputs = {name}_predict(row)  # a mapping of {columns} in, a list of {results} out",
    text=repr,
    max_function="max",
    end="",
    close="",
)
JAVASCRIPT = Language(
    name="javascript",
    constant="const {array} = {values}",
    array="const {array} = new Array({size}).fill(0)",
    number="let {cell}",
    fixed="const {cell}",
    loop="for (let {i} = 0; {i} < {count}; {i}++) {{",
    loop_from_1="for (let {i} = 1; {i} < {count}; {i}++) {{",
    select="{} ? {} : {}",
    usage="const outputs = {name}_predict(inputs); // {inputs} numbers in, an array of {outputs} numbers out",
    table_usage="const outputs = {name}_predict(row); // an object of {columns} in, an array of {results} out",
    text=json.dumps,
    max_function="larger",
    step="  ",
)
LANGUAGES: dict[str, Callable[[str, str], Language]] = {
    "c": c,
    PYTHON.name: lambda name, dtype: PYTHON,
    JAVASCRIPT.name: lambda name, dtype: JAVASCRIPT,
}
