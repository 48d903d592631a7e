"""Networks as C, Python or JavaScript programs.

The programs have no dependencies. The programs are generated from the sheet.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent, wrap

import numpy as np

from tinynet.core.formulas import Formula
from tinynet.core.sheet import Sheet
from tinynet.core.weights import Weights
from tinynet.data.examples import Examples
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError
from tinynet.formats.programs.expressions import expression
from tinynet.formats.programs.functions import functions
from tinynet.formats.programs.languages import LANGUAGES, Language
from tinynet.formats.programs.loops import Statement, at, statements
from tinynet.formats.tensors import layers_of
from tinynet.numerics.definitions import called
from tinynet.templates import render
from tinynet.validation import check_choice

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
MAX_LINE = 80  # characters of a line of numbers


def program_text(
    network: Weights,
    language: str,
    name: str = "network",
    dtype: str | None = None,
    examples: Examples | None = None,
) -> str:
    """Return the program.

    See `Network.code`.

    examples : The meaning of inputs and outputs for a comment, and the scaling.
    """
    check_choice("language", language, LANGUAGES)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise TinyNetError(
            f"is {name!r}. It must start with a letter and have only letters, digits and underscores.",
            parameter="name",
        )
    if language != "c" and dtype not in (None, "float64"):
        raise TinyNetError(f"is {dtype!r}. It must be 'float64' for {language}.", parameter="dtype")
    syntax = LANGUAGES[language](name, dtype or "float32")
    program = Program(network, syntax)
    for statement in statements(Sheet.of(network.architecture)):
        program.add(statement)
    double = LANGUAGES[language](name, "float64")  # functions compute in double
    fields = {"name": name, "inputs": network.sizes[0], "outputs": network.sizes[-1]}
    return render(
        "tinynet.formats.programs",
        f"code.{language}.jinja",
        **fields,
        language=syntax,
        comment=[*_summary(network), *_legend(examples), syntax.usage.format(**fields), syntax.promise],
        constants="\n".join(_constants(network, syntax)),
        body="\n".join(program.lines),
        used=[double.function_name(function) for function in sorted(program.used)],
        functions=list(functions(program.used, double)),
        scaling=None if examples is None else _ranges(examples.scaling, syntax),
        target_scaling=None if examples is None else _ranges(examples.target_scaling, syntax),
    )


class Program:
    """The lines of the network's function.

    The program also has the elementary functions that the lines call.
    """

    def __init__(self, network: Weights, language: Language) -> None:
        self.language = language
        self.parameters = {"input": "inputs", f"layer{len(network.sizes) - 1}.a": "outputs"}
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.depth = 1

    def add(self, statement: Statement) -> None:
        """Add the lines that compute an array, or one cell."""
        array, formula, size = statement
        self.used |= called(formula)
        if size and array not in self.parameters:
            self._line(self.language.array.format(array=self.variable(array), size=size))
        if size > 1:
            with self._loop(self.language.loop, "j", size):
                self._assign(self.variable(f"{array}[j]"), formula)
        elif size:
            self._assign(self.variable(f"{array}[0]"), formula)
        else:
            self._assign(self.variable(array), formula, self.language.number)

    def variable(self, cell: str) -> str:
        """Return the variable of a cell.

        The variable of `layer1.weight[j,i]` is `layer1_weight[j][i]`.
        """
        array, opening, places = cell.partition("[")
        return self.parameters.get(array, array.replace(".", "_")) + opening + places.replace(",", "][")

    def value(self, formula: Formula) -> str:
        """Return a formula as an expression."""
        return expression(formula, self.language, self.variable)

    def _assign(self, cell: str, formula: Formula, declaration: str = "{cell}") -> None:
        """Add `cell = formula`.

        Similar terms of a sum or maximum are accumulated in a loop, in their order.
        """
        start = declaration.format(cell=cell)
        match formula:
            case ("+" | "max" as operation, ("each", count, term), *rest):
                self._line(f"{start} = {self.value(at(term, 'i', 0))}")
                with self._loop(self.language.loop_from_1, "i", count):
                    self._accumulate(cell, operation, term)
                for term in rest:
                    self._accumulate(cell, operation, term)
            case _:
                self._line(f"{start} = {self.value(formula)}")

    def _accumulate(self, cell: str, operation: str, term: Formula) -> None:
        if operation == "+":
            self._line(f"{cell} += {self.value(term)}")
        else:
            self._line(f"{cell} = {self.language.max_function}({cell}, {self.value(term)})")

    def _line(self, text: str) -> None:
        self.lines.append(self.language.step * self.depth + text + self.language.end)

    @contextmanager
    def _loop(self, pattern: str, i: str, count: int) -> Iterator[None]:
        step = self.language.step
        self.lines.append(step * self.depth + pattern.format(i=i, count=count))
        self.depth += 1
        yield
        self.depth -= 1
        if self.language.close:
            self.lines.append(step * self.depth + self.language.close)


def _constants(network: Weights, language: Language) -> Iterator[str]:
    """Yield declarations of each layer's weights and biases."""
    for n, layer in enumerate(layers_of(network, language.dtype), 1):
        for part, array in zip(("weight", "bias"), layer, strict=True):
            shape = "".join(f"[{size}]" for size in array.shape)
            values = _array_literal(array, language)
            yield (
                language.constant.format(array=f"layer{n}_{part}", shape=shape, values=values) + language.end
            )


def _array_literal(array: np.ndarray, language: Language) -> str:
    """Return an array as a literal.

    Each row of weights is on its own lines of up to 80 characters.
    """
    opening, closing = language.brackets
    if array.ndim == 2:
        text = ",\n".join(_array_literal(row, language) for row in array)
    else:
        text = ", ".join(map(language.literal, array))
        if len(text) <= MAX_LINE:
            return f"{opening}{text}{closing}"
        text = "\n".join(wrap(text, MAX_LINE))
    return f"{opening}\n{indent(text, language.step)}\n{closing}"


def _summary(network: Weights) -> list[str]:
    """Return lines about the network.

    The lines have no characters that could end a comment.
    """
    from tinynet.version import __version__

    layers = [
        f"{network.sizes[0]} inputs",
        *(f"{len(layer.bias)} {layer.activation}" for layer in network.layers),
    ]
    origin = _printable(network.origin) or "unknown"
    return [
        f"A {'-'.join(map(str, network.sizes))} network with {network.architecture.parameter_count:,} parameters, "
        f"generated by TinyNet {__version__}.",
        f"Origin: {origin}.",
        f"Layers: {', '.join(layers)}.",
    ]


def _legend(examples: Examples | None) -> Iterator[str]:
    """Yield the meaning of each input and output.

    Nothing is yielded without examples.
    """
    if examples is None:
        return
    for i, column in enumerate(examples.columns or ()):
        yield f"inputs[{i}]: {_printable(column)}{_range_text(examples.scaling, i)}."
    for j, name in enumerate(examples.target_names):
        yield f"outputs[{j}]: {_printable(name)}{_range_text(examples.target_scaling, j)}."


def _range_text(scaling: Scaling | None, i: int) -> str:
    """Return a phrase with the range of a column.

    The ends of the range become 0 and 1.
    """
    if scaling is None or (scaling.low[i], scaling.high[i]) == (0.0, 1.0):
        return ""
    if scaling.low[i] == scaling.high[i]:
        return f", constant {scaling.low[i]!r}, scaled to 0"
    return f", {scaling.low[i]!r} to {scaling.high[i]!r} scaled to 0 to 1"


def _ranges(scaling: Scaling | None, language: Language) -> dict[str, str] | None:
    """Return the ranges of the columns as array literals.

    The first literal has the low values, the second the high values.
    """
    if scaling is None:
        return None
    return {name: _array_literal(np.array(getattr(scaling, name)), language) for name in ("low", "high")}


def _printable(text: str) -> str:
    """Return a text without characters that could end a comment."""
    return "".join(letter for letter in text if letter.isprintable())
