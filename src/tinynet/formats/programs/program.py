"""Networks as C, Python or JavaScript programs.

The programs have no dependencies. The programs are generated from the sheet.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinynet.core.formulas import Formula
from tinynet.core.sheet import Sheet
from tinynet.core.weights import Weights
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.formats.programs.comments import legend, summary
from tinynet.formats.programs.expressions import array_literal, expression
from tinynet.formats.programs.functions import functions
from tinynet.formats.programs.languages import LANGUAGES, Language
from tinynet.formats.programs.loops import Statement, at, statements
from tinynet.formats.programs.table_rows import TableRows, table_rows
from tinynet.formats.tensors import layers_of
from tinynet.numerics.definitions import called
from tinynet.templates import render
from tinynet.validation import check_choice

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def program_text(
    network: Weights,
    language: str,
    name: str = "network",
    dtype: str | None = None,
    examples: Examples | None = None,
) -> str:
    """Return the program.

    See `Network.code`.

    examples : The meaning of inputs and outputs for a comment. If the examples are rows of a table, the program takes
        such rows.
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
    double = LANGUAGES[language](name, "float64")  # functions and tables compute in double
    table = None if examples is None else table_rows(examples, double)
    fields = {"name": name, "inputs": network.sizes[0], "outputs": network.sizes[-1]}
    return render(
        "tinynet.formats.programs",
        f"code.{language}.jinja",
        **fields,
        language=syntax,
        comment=[
            *summary(network),
            *legend(examples, name, syntax),
            _usage(syntax, table, fields),
            syntax.promise,
        ],
        constants="\n".join(_constants(network, syntax)),
        body="\n".join(program.lines),
        used=[double.function_name(function) for function in sorted(program.used)],
        functions=list(functions(program.used, double)),
        table=table,
    )


def _usage(language: Language, table: TableRows | None, fields: dict[str, Any]) -> str:
    """Return a call of the program."""
    if table is None:
        return language.usage.format(**fields)
    counts = {"columns": counted(len(table.cells), "column"), "results": counted(fields["outputs"], "number")}
    kind = language.kind if table.target_scaling is None else "double"
    return language.table_usage.format(**fields, **counts, size=table.size, kind=kind)


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
            values = array_literal(array, language)
            yield (
                language.constant.format(array=f"layer{n}_{part}", shape=shape, values=values) + language.end
            )
