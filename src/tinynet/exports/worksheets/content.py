"""The content of a worksheet before layout.

The content is the same for HTML and PDF, for questions and solutions.
"""

from dataclasses import dataclass
from typing import NamedTuple

MAX_HALF_LINE, MAX_LINE = 30, 78  # characters of a solved question that fit beside its box
KEY_LEGEND = (
    "a: the outputs. L: the loss. δ: the gradient of each weighted sum. ′: after the step.",
    "L′: the loss of the same example after the step, computed without rounding. The students do not compute it.",
)


class Blank(NamedTuple):
    """A place to write an answer."""

    answer: str


class Equation(str):
    """A formula in the cell of a table."""


class Question(NamedTuple):
    """One answer to find.

    formula : Formula with symbols, such as `a¹₀ = σ(z¹₀)`.
    numbers : Formula with the student's numbers; empty if the formula would only repeat the answer.
    room : "half" a line, a "whole" line, or "two" lines.
    equals : Whether an equals sign is drawn before the answer.
    """

    formula: str
    numbers: str
    answer: str
    room: str
    equals: bool = True


class Table(NamedTuple):
    """Rows under headers. Cells to fill in are `Blank`s."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | Blank, ...], ...]


class Section(NamedTuple):
    """One part of the step.

    text : The task.
    """

    title: str
    text: str
    questions: tuple[Question, ...] = ()
    table: Table | None = None


class Diagram(NamedTuple):
    """A network diagram in a unit square.

    The origin is the top left.

    nodes : (x, y, symbol) of each node.
    edges : (x, y, x, y) of each edge.
    """

    nodes: tuple[tuple[float, float, str], ...]
    edges: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Paper:
    """The paper of one student.

    instructions : Paragraphs with the numbers of the example.
    picture : Rows of pixel values; None if the example is not a picture.
    parameters : One table for each layer.
    results, closing : Only for the solution: the results with and without rounding, and sentences about them.
    """

    title: str
    seed: int
    instructions: tuple[str, ...]
    picture: tuple[tuple[float, ...], ...] | None
    diagram: Diagram
    parameters: tuple[Table, ...]
    sections: tuple[Section, ...]
    results: Table
    closing: tuple[str, ...]


def room_for(formula: str, numbers: str) -> str:
    """Return the space that a question needs.

    The space is "half" a line, a "whole" line, or "two" lines.

    >>> room_for("a¹₀ = σ(z¹₀)", "σ(−0.317)")
    'half'
    """
    length = len(formula) + len(numbers) + 3
    if length <= MAX_HALF_LINE:
        return "half"
    return "whole" if length <= MAX_LINE else "two"


def network_diagram(sizes: tuple[int, ...], symbols: tuple[tuple[str, ...], ...]) -> Diagram:
    """Return the diagram of a network with symbols for nodes.

    >>> len(network_diagram((4, 3, 2), (("x",) * 4, ("a",) * 3, ("a",) * 2)).edges)
    18
    """
    largest = max(sizes)
    places = [
        [(n / (len(sizes) - 1), 0.5 + (j - (size - 1) / 2) / largest) for j in range(size)]
        for n, size in enumerate(sizes)
    ]
    edges = [(*a, *b) for n in range(len(sizes) - 1) for a in places[n] for b in places[n + 1]]
    nodes = [
        (*at, symbol)
        for layer_places, layer_symbols in zip(places, symbols, strict=True)
        for at, symbol in zip(layer_places, layer_symbols, strict=True)
    ]
    return Diagram(tuple(nodes), tuple(edges))
