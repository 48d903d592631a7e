"""What a chapter is made of: text, tables, figures and verdicts, before anyone has laid them out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet import judging
from tinynet.examples import Examples
from tinynet.judging import Verdict
from tinynet.moment import Moment
from tinynet.network import Network
from tinynet.notation import number


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under column names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A figure, drawn when it is asked for. name : of its file."""

    name: str
    caption: str
    draw: Callable[[], Any]


Part = Text | Table | Figure | Verdict


@dataclass(frozen=True)
class Chapter:
    """One chapter of the journey."""

    key: str
    title: str
    parts: tuple[Part, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the chapter without its figures' pixels, ready for JSON."""
        return {"key": self.key, "title": self.title, "parts": [_part_json(part) for part in self.parts]}

    def _repr_html_(self) -> str:
        from tinynet.report import chapter_html

        return chapter_html(self)


def _part_json(part: Part) -> dict[str, Any]:
    if isinstance(part, Verdict):
        return {"kind": "verdict", **part.to_json()}
    if isinstance(part, Figure):
        return {"kind": "figure", "name": part.name, "caption": part.caption}
    if isinstance(part, Table):
        rows = [list(row) for row in part.rows]
        return {"kind": "table", "title": part.title, "columns": list(part.columns), "rows": rows}
    return {"kind": "text", "text": part.text}


def signed(value: float) -> str:
    """Write a number with its sign and six decimals; what is not zero never looks like it.

    >>> signed(0.25), signed(-0.0), signed(-1.5e-9)
    ('+0.250000', '0', '−1.5e−9')
    """
    if value == 0:
        return "0"
    return f"{value:+.6f}".replace("-", "−") if abs(value) >= 5e-7 else f"{'+' * (value > 0)}{number(value)}"


def answers_table(title: str, network: Network, *sets: Examples) -> Table:
    """Return what the network says of each picture; whether it is right, where a target says so."""
    right = {True: "yes", False: "no", None: ""}
    found = [answer for shown in sets for answer in judging.answers(network, shown)]
    rows = [(a.name, *(f"{100 * x:.1f} %" for x in a.outputs), a.words(), right[a.right]) for a in found]
    columns = ("picture", *sets[0].answers, "says", "right")
    keep = slice(None) if any(a.right is not None for a in found) else slice(-1)
    return Table(title, columns[keep], tuple(row[keep] for row in rows))


def numbers_table(title: str, network: Network, examples: Examples) -> Table:
    """Return what a network predicts and what is so, in the table's own units where it has some."""
    assert examples.targets is not None
    said, wanted = (_in_units(examples, x) for x in (network(examples), examples.targets))
    rows = [
        (name, *(number(float(x)) for pair in zip(*both, strict=True) for x in pair))
        for name, *both in zip(examples.names, said, wanted, strict=True)
    ]
    columns = [head for column in examples.answers for head in (f"{column}, said", "is")]
    return Table(title, ("row", *columns), tuple(rows))


def _in_units(examples: Examples, outputs: np.ndarray) -> np.ndarray:
    return outputs if examples.target_scaling is None else examples.unscaled(outputs)


def ledger_table(title: str, moment: Moment) -> Table:
    """Return every parameter before the nudge, its gradient, its change, and after."""
    rows = tuple((row.name, *map(signed, row[1:])) for row in moment.ledger())
    return Table(title, ("parameter", "before", "gradient", "change", "after"), rows)
