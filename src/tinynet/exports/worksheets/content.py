"""What stands on a worksheet, before anyone has laid it out: the same for HTML and PDF, for questions and solutions."""

from dataclasses import dataclass
from typing import NamedTuple

MAX_IN_HALF, MAX_IN_WHOLE = 30, 78  # characters of a question, solved, that fit beside its box
LEGEND = (  # of the key
    "a: the answers. L: the loss. δ: the slope of the loss by each weighted sum. ′: after the nudge.",
    "L′: the loss of the same picture with the parameters after the nudge, in one go; the students are not asked for it.",
)


class Blank(NamedTuple):
    """A place to write in, and what belongs there."""

    answer: str


class Question(NamedTuple):
    """One number to compute.

    formula : with symbols, such as `a¹₀ = σ(z¹₀)`.
    numbers : the same with the student's own numbers; empty where that would say no more than the answer.
    room : half a line, a whole line, or two.
    """

    formula: str
    numbers: str
    answer: str
    room: str


class Table(NamedTuple):
    """Rows under headers; what is to be written in is a `Blank`."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | Blank, ...], ...]


class Section(NamedTuple):
    """One part of the nudge."""

    title: str
    words: str
    questions: tuple[Question, ...] = ()
    table: Table | None = None


class Diagram(NamedTuple):
    """A small network diagram in a box of width and height 1, from the top left.

    nodes : (x, y, symbol); edges : (x, y, x, y).
    """

    nodes: tuple[tuple[float, float, str], ...]
    edges: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Paper:
    """One student's paper.

    words : the task, line by line.
    picture : rows of brightnesses; None where the inputs are no picture.
    given : the parameters, a table for each layer.
    results, closing : for the solution: the end results beside what they are without rounding.
    """

    title: str
    seed: int
    words: tuple[str, ...]
    picture: tuple[tuple[float, ...], ...] | None
    diagram: Diagram
    given: tuple[Table, ...]
    sections: tuple[Section, ...]
    results: Table
    closing: tuple[str, ...]


def room_for(formula: str, numbers: str) -> str:
    """Return how much of a line a question takes.

    >>> room_for("a¹₀ = σ(z¹₀)", "σ(−0.317)")
    'half'
    """
    length = len(formula) + len(numbers) + 3
    return "half" if length <= MAX_IN_HALF else "whole" if length <= MAX_IN_WHOLE else "two"


def layered(sizes: tuple[int, ...], symbols: tuple[tuple[str, ...], ...]) -> Diagram:
    """Return the diagram of a network of these sizes, with a symbol for each node.

    >>> len(layered((4, 3, 2), (("x",) * 4, ("a",) * 3, ("a",) * 2)).edges)
    18
    """
    highest = max(sizes)
    places = [
        [(n / (len(sizes) - 1), 0.5 + (j - (size - 1) / 2) / highest) for j in range(size)]
        for n, size in enumerate(sizes)
    ]
    edges = [(*a, *b) for n in range(len(sizes) - 1) for a in places[n] for b in places[n + 1]]
    nodes = [
        (*at, symbol)
        for column, marks in zip(places, symbols, strict=True)
        for at, symbol in zip(column, marks, strict=True)
    ]
    return Diagram(tuple(nodes), tuple(edges))
