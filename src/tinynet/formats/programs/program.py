"""A network as a program that needs nothing else, in C, Python or JavaScript, printed from its sheet."""

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
from tinynet.formats.programs.loops import Statement, at, rolled
from tinynet.formats.tensors import layers_of
from tinynet.numerics.definitions import called
from tinynet.templates import render

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
WIDTH = 80  # of a line of numbers


def printed(
    network: Weights,
    language: str,
    name: str = "network",
    dtype: str | None = None,
    examples: Examples | None = None,
) -> str:
    """Return the program; see `Network.code`. examples : whose columns and answers its reader is told."""
    if language not in LANGUAGES:
        raise TinyNetError(f"language is {language!r}; it must be one of {', '.join(map(repr, LANGUAGES))}")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise TinyNetError(
            f"is {name!r}; it must begin with a letter and have only letters, digits and underscores",
            parameter="name",
        )
    if language != "c" and dtype not in (None, "float64"):
        raise TinyNetError(f"is {dtype!r}; {language} computes in float64", parameter="dtype")
    written = LANGUAGES[language](name, dtype or "float32")
    program = Program(network, written)
    for statement in rolled(Sheet.of(network.architecture)):
        program.state(statement)
    double = LANGUAGES[language](name, "float64")  # what functions are computed in
    shown = {"name": name, "inputs": network.sizes[0], "outputs": network.sizes[-1]}
    return render(
        "tinynet.formats.programs",
        f"code.{language}.jinja",
        **shown,
        language=written,
        about=[*_about(network), *_legend(examples), written.usage.format(**shown), written.promise],
        constants="\n".join(_constants(network, written)),
        body="\n".join(program.lines),
        used=[double.called(function) for function in sorted(program.used)],
        functions=list(functions(program.used, double)),
        scaled=None if examples is None else _ends(examples.scaling, written),
        units=None if examples is None else _ends(examples.target_scaling, written),
    )


class Program:
    """The lines of a function, written statement by statement, and the functions of `elementary` that they call."""

    def __init__(self, network: Weights, language: Language) -> None:
        self.language = language
        self.arrays = {"pixel": "pixels", f"layer{len(network.sizes) - 1}.a": "answers"}
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.depth = 1

    def state(self, statement: Statement) -> None:
        """Write an array cell by cell, or a cell by itself."""
        array, formula, size = statement
        self.used |= called(formula)
        if size and array not in self.arrays:
            self._line(self.language.array.format(array=self.named(array), size=size))
        if size > 1:
            with self._loop(self.language.loop, "j", size):
                self._set(self.named(f"{array}[j]"), formula)
        elif size:
            self._set(self.named(f"{array}[0]"), formula)
        else:
            self._set(self.named(array), formula, self.language.number)

    def named(self, cell: str) -> str:
        """Return what a cell is called: `layer1_weight[j][i]` for `layer1.weight[j,i]`."""
        array, opening, places = cell.partition("[")
        return self.arrays.get(array, array.replace(".", "_")) + opening + places.replace(",", "][")

    def value(self, formula: Formula) -> str:
        """Return a formula as an expression."""
        return expression(formula, self.language, self.named)

    def _set(self, cell: str, formula: Formula, declared: str = "{cell}") -> None:
        """Write cell = formula; a sum or maximum of terms alike grows in the cell, from the first to the last."""
        start = declared.format(cell=cell)
        match formula:
            case ("+" | "max" as operation, ("each", count, term), *rest):
                self._line(f"{start} = {self.value(at(term, 'i', 0))}")
                with self._loop(self.language.rest, "i", count):
                    self._grow(cell, operation, term)
                for term in rest:
                    self._grow(cell, operation, term)
            case _:
                self._line(f"{start} = {self.value(formula)}")

    def _grow(self, cell: str, operation: str, term: Formula) -> None:
        if operation == "+":
            self._line(f"{cell} += {self.value(term)}")
        else:
            self._line(f"{cell} = {self.language.larger}({cell}, {self.value(term)})")

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
    """Yield the declaration of each layer's weights and biases."""
    for n, layer in enumerate(layers_of(network, language.dtype), 1):
        for part, array in zip(("weight", "bias"), layer, strict=True):
            shape = "".join(f"[{size}]" for size in array.shape)
            values = _listed(array, language)
            yield (
                language.constant.format(array=f"layer{n}_{part}", shape=shape, values=values) + language.end
            )


def _listed(array: np.ndarray, language: Language) -> str:
    """Return an array as the language's list: a row of weights, or as many numbers as fit, a line."""
    opening, closing = language.brackets
    if array.ndim == 2:
        text = ",\n".join(_listed(row, language) for row in array)
    else:
        text = ", ".join(map(language.literal, array))
        if len(text) <= WIDTH:
            return f"{opening}{text}{closing}"
        text = "\n".join(wrap(text, WIDTH))
    return f"{opening}\n{indent(text, language.step)}\n{closing}"


def _about(network: Weights) -> list[str]:
    """Return what the network is, in lines without a character that could end a comment."""
    from tinynet.version import __version__

    layers = [
        f"{network.sizes[0]} pixels",
        *(f"{len(layer.bias)} of {layer.activation}" for layer in network.layers),
    ]
    origin = _printable(network.origin) or "unknown"
    return [
        f"A {'-'.join(map(str, network.sizes))} network of {network.architecture.parameter_count:,} numbers, "
        f"printed from its sheet by TinyNet {__version__}.",
        f"Origin: {origin}.",
        f"Layers: {', '.join(layers)}.",
    ]


def _legend(examples: Examples | None) -> Iterator[str]:
    """Yield what each input and each answer stands for, where it is known."""
    if examples is None:
        return
    for i, column in enumerate(examples.columns or ()):
        ends = ", and beyond as the nearer end"  # as `Scaling` does
        yield f"pixels[{i}]: {_printable(column)}{_span(examples.scaling, i, ends)}."
    for j, answer in enumerate(examples.target_names):
        yield f"answers[{j}]: {_printable(answer)}{_span(examples.target_scaling, j)}."


def _span(scaling: Scaling | None, i: int, ends: str = "") -> str:
    """Say which values of a column are 0 and 1."""
    if scaling is None or (scaling.low[i], scaling.high[i]) == (0.0, 1.0):
        return ""
    if scaling.low[i] == scaling.high[i]:
        return f", always {scaling.low[i]!r}, as 0"
    return f", from {scaling.low[i]!r} to {scaling.high[i]!r} as 0 to 1{ends}"


def _ends(scaling: Scaling | None, language: Language) -> dict[str, str] | None:
    """Return what 0 and 1 are of each column, as the language's lists."""
    if scaling is None:
        return None
    return {name: _listed(np.array(getattr(scaling, name)), language) for name in ("low", "high")}


def _printable(text: str) -> str:
    """Return a text without what could end a comment."""
    return "".join(letter for letter in text if letter.isprintable())
