"""Explain a cell: its formula, the formula with numbers, its value, and the explanation of each factor."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tinynet.core.formulas import Formula
from tinynet.core.latex import document
from tinynet.core.notation import (
    LATEX,
    MATHML,
    TEXT,
    Symbol,
    latex_symbol,
    mathml_symbol,
    number,
    parse,
    text_symbol,
    write,
)
from tinynet.core.sheet import Sheet, Values, parts
from tinynet.errors import TinyNetError
from tinynet.validation import check_int

# meanings of the cells of a node, of an output, and of the other cells; `symbol.kind` is the key
NODE_CELLS = {
    "input": "value of",
    "z": "weighted sum of",
    "a": "activation of",
    "delta": "gradient of the weighted sum of",
    "exp": "exponential of the weighted sum of",
    "log_a": "logarithm of the activation of",
    "bias": "bias of",
}
OUTPUT_CELLS = {"target": "target of", "error": "error of", "term": "loss term of"}
OTHER_CELLS = {
    "max": "largest weighted sum",
    "sum": "sum of the exponentials",
    "dot": "sum of each output times its gradient",
    "sample_weight": "sample weight",
    "rate": "learning rate",
    "weight_decay": "weight decay",
    "decay1": "beta1 to the power of the number of steps",
    "decay2": "beta2 to the power of the number of steps",
}


@dataclass(frozen=True)
class Explanation:
    """A cell with its formula, its value, and the explanations of its factors.

    title : the meaning of the cell in words.
    formula : None for an input cell.
    values : the values of the cells in the formula.
    factors : the explanations of these cells; empty below the maximum depth, and for cells explained before.
    """

    name: str
    title: str
    formula: Formula | None
    value: float
    values: dict[str, float]
    factors: tuple["Explanation", ...]

    def text(self) -> str:
        """Return the explanation as an indented tree for a terminal."""
        return "\n".join(self._text_lines(""))

    def _text_lines(self, indent: str) -> Iterator[str]:
        symbol = text_symbol(self.name)
        if self.formula is None:
            yield f"{indent}{symbol} = {number(self.value)}   {self.title}"
            return
        yield f"{indent}{symbol} = {write(self.formula, TEXT)}   {self.title}"
        numbers, value = write(self.formula, TEXT, self.values), number(self.value)
        gap = indent + " " * len(symbol)
        if numbers != value:
            yield f"{gap} = {numbers}"
        yield f"{gap} = {value}"
        for factor in self.factors:
            yield from factor._text_lines(indent + "  ")

    def latex(self) -> str:
        """Return the explanation as an `aligned` block of LaTeX, a line for each step."""
        return "\\begin{aligned}\n" + " \\\\\n".join(self._latex_lines()) + "\n\\end{aligned}"

    def latex_document(self) -> str:
        """Return the explanation as a LaTeX file that compiles by itself, with its long formulas broken."""
        return document(self)

    def _latex_lines(self) -> Iterator[str]:
        line, value = f"{latex_symbol(self.name)} &= ", LATEX.number(number(self.value))
        if self.formula is not None:
            line += f"{write(self.formula, LATEX)} = {write(self.formula, LATEX, self.values)} = "
        yield line + value
        for factor in self.factors:
            yield from factor._latex_lines()

    def html(self) -> str:
        """Return the explanation as nested `<details>` with MathML."""
        value = MATHML.number(number(self.value))
        equals, symbol = "<mo>=</mo>", mathml_symbol(self.name)
        title = f"<small>{escape(self.title)}</small>"
        if self.formula is None:
            return f'<div class="cell given"><math>{symbol}{equals}{value}</math> {title}</div>'
        formula, numbers = write(self.formula, MATHML), write(self.formula, MATHML, self.values)
        head = f"<math>{symbol}{equals}{formula}</math> {title}"
        body = f'<div class="numbers"><math>{equals}{numbers}{equals}{value}</math></div>'
        if not self.factors:
            return f'<div class="cell">{head}{body}</div>'
        inside = "".join(factor.html() for factor in self.factors)
        return f'<details class="cell" open="open"><summary>{head}{body}</summary>{inside}</details>'

    def _repr_html_(self) -> str:
        return self.html()

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as JSON: name, title, formula and numbers as text, value, factors."""
        formula = self.formula
        return {
            "name": self.name,
            "title": self.title,
            "symbol": text_symbol(self.name),
            "formula": None if formula is None else write(formula, TEXT),
            "numbers": None if formula is None else write(formula, TEXT, self.values),
            "value": self.value,
            "factors": [factor.to_json() for factor in self.factors],
        }

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()


def explain(
    sheet: Sheet,
    values: Values,
    name: str,
    *,
    depth: int | None = None,
    input_names: Sequence[str] | None = None,
) -> Explanation:
    """Explain the cell `name` of a sheet with these values.

    depth : int or None. Levels of factors to explain; None for all, down to inputs and parameters.
    input_names : the names of the inputs; "input 0" and so on by default.

    The name of a parameter stands for its cell `.after`: how the step changed it. Each cell is explained once.

    Raises TinyNetError for a depth below 0 and for an unknown cell, with similar names.
    """
    if depth is not None:
        check_int("depth", depth, 0)
    if not isinstance(name, str) or name not in sheet.cells:
        near = difflib.get_close_matches(str(name), sheet.cells, n=3, cutoff=0.3)
        meant = f"Did you mean {' or '.join(map(repr, near))}?" if near else "A cell is, for example, 'loss'."
        raise TinyNetError(
            f"is {name!r}. It must be one of the {len(sheet.cells):,} cells of the sheet. {meant}",
            parameter="cell",
        )
    if f"{name}.after" in sheet.cells and name in sheet.architecture.parameter_names:
        name = f"{name}.after"
    return _open(sheet, values, name, depth, set(), input_names)


def _open(
    sheet: Sheet,
    values: Values,
    name: str,
    depth: int | None,
    opened: set[str],
    input_names: Sequence[str] | None,
) -> Explanation:
    opened.add(name)
    formula = sheet.cells[name].formula
    used = [] if formula is None else parts(formula)
    factors = []
    if depth != 0:
        for part in used:
            if part not in opened:
                below = None if depth is None else depth - 1
                factors.append(_open(sheet, values, part, below, opened, input_names))
    numbers = {part: values[part] for part in used}
    return Explanation(name, title(sheet, name, input_names), formula, values[name], numbers, tuple(factors))


def title(sheet: Sheet, name: str, input_names: Sequence[str] | None = None) -> str:
    """Return the meaning of a cell in words.

    input_names : the names of the inputs; "input 0" and so on by default.

    >>> from tinynet.core.architecture import Architecture
    >>> title(Sheet.of(Architecture((4, 3, 2))), "layer1.weight[0,2]")
    'weight from input 2 to hidden node 0'
    """
    symbol = parse(name)
    what = _what(sheet.architecture.sizes, symbol, input_names)
    what = {
        "gradient": f"gradient of the {what}",
        "share": f"contribution to the gradient of the {what}",
        "change": f"change of the {what}",
        "after": f"{what}, after the step",
        "used": f"gradient that the optimizer uses for the {what}",
        "decayed": f"gradient of the {what}, with weight decay",
        "velocity": f"velocity of the {what}",
        "velocity.after": f"velocity of the {what}, after the step",
        "mean": f"running mean of the gradient of the {what}",
        "mean.after": f"running mean of the gradient of the {what}, after the step",
        "mean.corrected": f"bias-corrected running mean of the gradient of the {what}",
        "square": f"running mean of the squared gradient of the {what}",
        "square.after": f"running mean of the squared gradient of the {what}, after the step",
        "square.corrected": f"bias-corrected running mean of the squared gradient of the {what}",
    }.get(symbol.mark, what)
    return what if symbol.example is None else f"{what} (example {symbol.example} of the batch)"


def _what(sizes: tuple[int, ...], symbol: Symbol, input_names: Sequence[str] | None) -> str:
    layer, indices = symbol.layer or 0, symbol.indices
    if symbol.kind == "weight":
        return f"weight from {_node(sizes, layer - 1, indices[1], input_names)} to {_node(sizes, layer, indices[0])}"
    if symbol.kind in NODE_CELLS:
        return f"{NODE_CELLS[symbol.kind]} {_node(sizes, layer, indices[0], input_names)}"
    if symbol.kind in OUTPUT_CELLS:
        return f"{OUTPUT_CELLS[symbol.kind]} output {indices[0]}"
    return OTHER_CELLS.get(symbol.kind, symbol.kind)


def _node(sizes: tuple[int, ...], layer: int, index: int, input_names: Sequence[str] | None = None) -> str:
    if layer == 0:
        return f"input {index}" if input_names is None else input_names[index]
    if layer == len(sizes) - 1:
        return f"output {index}"
    return f"hidden node {index}" + (f" of layer {layer}" if len(sizes) > 3 else "")
