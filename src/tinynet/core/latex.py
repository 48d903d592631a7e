"""An explanation as a LaTeX document.

Long formulas are broken at their operators.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from tinynet.core.formulas import Formula
from tinynet.core.notation import LATEX, latex_symbol, number, write
from tinynet.errors import TinyNetError

MAX_CELLS = 5_000  # several hundred pages
WIDEST = 78  # characters that fit on a line of formula
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage[margin=20mm]{geometry}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
"""
NOTE = r"""Superscripts in brackets count layers from~1, subscripts count nodes from~0; $w^{(1)}_{0,2}$ leads to node~0 from input~2.
Numbers are shown with five digits."""


class Opened(Protocol):
    """An explanation of a cell.

    An explanation has the formula, the value and the factors of the cell.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def formula(self) -> Formula | None: ...
    @property
    def value(self) -> float: ...
    @property
    def values(self) -> dict[str, float]: ...
    @property
    def factors(self) -> "Sequence[Opened]": ...


class Chain(NamedTuple):
    """A long formula as terms for several lines.

    The text before, between and after the terms is kept apart.
    """

    head: str
    terms: tuple[Formula, ...]
    between: str
    tail: str


def document(explanation: Opened) -> str:
    r"""Return an explanation as a complete LaTeX document.

    The document uses the packages amsmath and geometry.

    Raises TinyNetError for more than `MAX_CELLS` cells.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> print(document(moment.explain("layer1.a[0]", depth=0)).splitlines()[9])
    \section*{Activation of hidden node 0: $a^{(1)}_{0} = 0.4469$}
    """
    cells = list(_opened(explanation))
    if len(cells) > MAX_CELLS:
        raise TinyNetError(
            f"the explanation has {len(cells):,} cells. A document can have at most {MAX_CELLS:,}. Choose a smaller depth."
        )
    steps = [_step(cell) for cell in cells if cell.formula is not None]
    given = [cell for cell in cells if cell.formula is None]
    words = explanation.title[:1].upper() + explanation.title[1:]
    title = f"{_escaped(words)}: ${latex_symbol(explanation.name)} = {_number(explanation.value)}$"
    body = [f"\\section*{{{title}}}", NOTE, *steps, *_given(given)]
    return "\n".join([PREAMBLE, "\\begin{document}", *body, "\\end{document}", ""])


def display(cell: Opened) -> str:
    r"""Return one cell as an `align*`.

    The lines are the formula, the formula with its numbers, and the value.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> print(display(moment.explain("layer1.a[0]")))
    \begin{align*}
    a^{(1)}_{0} &= \sigma\left(z^{(1)}_{0}\right) \\
    &= \sigma\left(-0.2132\right) \\
    &= 0.4469
    \end{align*}
    """
    lines = [f"&= {_number(cell.value)}"]
    if cell.formula is not None:
        numbers = _broken(cell.formula, cell.values)
        lines = [*_broken(cell.formula, None), *(numbers if numbers != lines else []), *lines]
    return _aligned([f"{latex_symbol(cell.name)} {lines[0]}", *lines[1:]])


def _aligned(lines: list[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _opened(explanation: Opened) -> Iterator[Opened]:
    yield explanation
    for factor in explanation.factors:
        yield from _opened(factor)


def _step(cell: Opened) -> str:
    return f"\n\\medskip {_escaped(cell.title[:1].upper() + cell.title[1:])}:\n{display(cell)}"


def _given(cells: list[Opened]) -> list[str]:
    if not cells:
        return []
    lines = [f"{latex_symbol(c.name)} &= {_number(c.value)} && \\text{{{_escaped(c.title)}}}" for c in cells]
    return [f"\n\\medskip Given:\n{_aligned(lines)}"]


def _broken(formula: Formula, values: dict[str, float] | None) -> list[str]:
    """Return the aligned lines of a formula.

    A formula that is too long takes several lines.
    """
    whole = write(formula, LATEX, values)
    if seen(whole) <= WIDEST:
        return [f"&= {whole}"]
    chain = _chain(formula)
    terms = [write(chain.terms[0], LATEX, values)]
    terms += [
        write(("*", term) if chain.between == " + " else term, LATEX, values) for term in chain.terms[1:]
    ]
    lines, line = [], chain.head + terms[0]
    for term in terms[1:]:
        if seen(line + chain.between + term) > WIDEST:
            lines.append(line + (chain.between.rstrip() if chain.between == ", " else ""))
            line = "{}" + chain.between.lstrip(" ,") + term
        else:
            line += chain.between + term
    first, *rest = [*lines, line + chain.tail]
    return [f"&= {first}", *(f"&\\quad {more}" for more in rest)]


def _chain(formula: Formula) -> Chain:
    """Split a long sum, mean or maximum.

    Any other formula stays whole.
    """
    match formula:
        case ("+", *terms):
            return Chain("", tuple(terms), " + ", "")
        case ("/", ("+", *terms), float(count)):
            return Chain(rf"\tfrac{{1}}{{{count:g}}} \bigl(", tuple(terms), " + ", r"\bigr)")
        case ("max", *terms):
            return Chain(r"\max \bigl(", tuple(terms), ", ", r"\bigr)")
    return Chain("", (formula,), "", "")


def seen(latex: str) -> int:
    r"""Return the approximate width of a formula on paper.

    The unit is one character.

    >>> seen(r"\delta^{(2)}_{0} \cdot 0.5")
    10
    """
    latex = re.sub(r"\\(?:left|right|bigl|bigr|quad)\b", "", latex)
    latex = re.sub(r"\\frac\{\\partial L\}\{\\partial ([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"\1", latex)
    latex = re.sub(r"\^\{([^{}]*)\}_\{([^{}]*)\}", lambda both: max(both.groups(), key=len), latex)
    return len(
        re.sub(r"\\[a-zA-Z]+", "x", latex).translate(str.maketrans("", "", "{}^_\\")).replace("  ", " ")
    )


def _number(value: float) -> str:
    return LATEX.number(number(value))


def _escaped(text: str) -> str:
    return re.sub(r"([%&_#$])", r"\\\1", text)
