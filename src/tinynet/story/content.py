"""The parts of a chapter.

The parts are text, tables, figures, verdicts and links.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from itertools import pairwise
from threading import Lock
from typing import Any

from tinynet import plots
from tinynet.core.notation import number
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions
from tinynet.evaluation.regression import in_units
from tinynet.evaluation.verdicts import Verdict
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.numerics.cancellation import detached
from tinynet.numerics.integers import ceil_div
from tinynet.templates import render
from tinynet.training.recording import Recording

DRAWING = Lock()
MAX_OUTPUT_COLUMNS = 8  # a table with more classes has only the largest outputs
LARGEST = 3


@dataclass(frozen=True)
class Text:
    """A paragraph.

    listing : preformatted lines after the paragraph.
    """

    text: str
    listing: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under column names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A figure that is drawn when it is shown.

    name : str. Part of the figure's file name.
    """

    name: str
    caption: str
    draw: Callable[[], Any]

    def __copy__(self) -> "Figure":
        return self

    def __deepcopy__(self, copied: dict[int, Any]) -> "Figure":
        return self

    def __getstate__(self) -> None:
        raise TinyNetError(
            "a chapter cannot be pickled, because its figures are drawn by functions. Pickle the result of its to_json."
        )


@dataclass(frozen=True)
class Link:
    """A name, its explanation, and its web address.

    The address may be "".
    """

    name: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class Links:
    """A list of links.

    You open an address yourself. No page loads it.
    """

    title: str
    links: tuple[Link, ...]

    def _repr_html_(self) -> str:
        return Chapter("links", self.title, (self,))._repr_html_()


Part = Text | Table | Figure | Verdict | Links


@dataclass(frozen=True)
class Chapter:
    """One chapter of the journey."""

    key: str
    title: str
    parts: tuple[Part, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the chapter as JSON, without its drawn figures."""
        return {"key": self.key, "title": self.title, "parts": [_part_json(part) for part in self.parts]}

    def _repr_html_(self) -> str:
        return chapter_html(self)


def _part_json(part: Part) -> dict[str, Any]:
    if isinstance(part, Verdict):
        return {"kind": "verdict", **part.to_json()}
    if isinstance(part, Figure):
        return {"kind": "figure", "name": part.name, "caption": part.caption}
    if isinstance(part, Links):
        return {"kind": "links", "title": part.title, "links": [asdict(link) for link in part.links]}
    if isinstance(part, Table):
        rows = [list(row) for row in part.rows]
        return {"kind": "table", "title": part.title, "columns": list(part.columns), "rows": rows}
    return {"kind": "text", "text": part.text, "listing": part.listing}


def signed(value: float) -> str:
    """Write a number with its sign and six decimals.

    Only zero is written as 0.

    >>> signed(0.25), signed(-0.0), signed(-1.5e-9)
    ('+0.250000', '0', '−1.5e−9')
    """
    if value == 0:
        return "0"
    if abs(value) >= 5e-7:
        return f"{value:+.6f}".replace("-", "−")
    return f"+{number(value)}" if value > 0 else number(value)


def loss_words(value: float) -> str:
    """Write a loss with four decimals or scientifically.

    >>> loss_words(0.25), loss_words(1.5e30), loss_words(3e-7)
    ('0.2500', '1.5e+30', '3e-07')
    """
    return f"{value:.4f}" if value == 0 or 1e-4 <= value < 1e6 else f"{value:.3g}"


def repeats_table(losses: Sequence[float]) -> Table:
    """Return the loss before and after each nudge."""
    rows = [(f"{k}", f"{loss:.6f}") for k, loss in enumerate(losses)]
    return Table("The loss on this picture", ("nudges taken", "loss"), tuple(rows))


def falls(losses: Sequence[float]) -> str:
    """Return a sentence: whether the loss falls with every nudge.

    >>> falls([0.3, 0.2, 0.1]), falls([0.3, 0.2, 0.4])
    ('The loss falls every time.', 'The loss does not fall every time.')
    """
    down = all(after < before for before, after in pairwise(losses))
    return "The loss falls every time." if down else "The loss does not fall every time."


def loss_table(run: Recording) -> Table:
    """Return the training loss before the training and after about ten numbers of epochs.

    Up to 10 epochs, the table has every number. Up to 100 epochs it has every tenth, up to 200 every
    twentieth, and so on. The last row is the final network.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=250))
    >>> [epochs for epochs, _ in loss_table(run).rows]
    ['0', '30', '60', '90', '120', '150', '180', '210', '240', '250']
    """
    every = 10 * ceil_div(run.epochs, 100) if run.epochs > 10 else 1
    shown = [(epochs, epochs * run.steps_per_epoch) for epochs in range(0, run.epochs, every)]
    shown.append((run.epochs, run.steps))
    rows = [(f"{epochs:,}", loss_words(run.training_loss(step))) for epochs, step in shown]
    return Table("The training loss", ("epochs", "loss"), tuple(rows))


def predictions_table(title: str, network: Network, *sets: Examples) -> Table:
    """Return the predictions for examples as a table.

    If the targets are given, the table has a column for correct predictions. For many classes, the table has only the
    largest outputs.
    """
    correct = {True: "yes", False: "no", None: ""}
    kind, names = sets[0].noun(), sets[0].target_names
    found = [answer for shown in sets for answer in predictions.predictions(network, shown)]
    rows = [(a.name, *output_cells(names, a.outputs), a.words(), correct[a.correct]) for a in found]
    columns = (kind, *output_columns(names), "prediction", "correct")
    keep = slice(None) if any(a.correct is not None for a in found) else slice(-1)
    return Table(title, columns[keep], tuple(row[keep] for row in rows))


def output_percent(value: float) -> str:
    """Write an output in percent. The outputs of a diverged network have hundreds of digits and are shortened.

    >>> output_percent(0.25), output_percent(-3.3e152)
    ('25.0 %', '-3.3e+154 %')
    """
    return f"{100 * value:.1f} %" if abs(value) < 1000 else f"{100 * value:.3g} %"


def output_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns for the outputs of a classifier."""
    return tuple(names) if len(names) <= MAX_OUTPUT_COLUMNS else ("largest outputs",)


def output_cells(names: Sequence[str], outputs: Sequence[float]) -> tuple[str, ...]:
    """Return the outputs of a classifier in percent, for `output_columns`.

    >>> output_cells(("a", "b"), (0.25, 0.75))
    ('25.0 %', '75.0 %')
    """
    if len(names) <= MAX_OUTPUT_COLUMNS:
        return tuple(map(output_percent, outputs))
    order = sorted(range(len(names)), key=lambda k: -outputs[k])[:LARGEST]
    return (", ".join(f"{names[k]} {output_percent(outputs[k])}" for k in order),)


def numbers_table(title: str, network: Network, examples: Examples) -> Table:
    """Return predicted and actual numbers as a table.

    The numbers are in the units of the data.
    """
    assert examples.targets is not None
    predicted, actual = (in_units(examples, x) for x in (network(examples), examples.targets))
    rows = [
        (name, *(number(float(x)) for pair in zip(*both, strict=True) for x in pair))
        for name, *both in zip(examples.names, predicted, actual, strict=True)
    ]
    columns = [head for column in examples.target_names for head in (f"{column}, predicted", "actual")]
    return Table(title, ("row", *columns), tuple(rows))


def ledger_table(title: str, moment: Moment) -> Table:
    """Return every parameter in one nudge as a table.

    The columns are before, gradient, change and after.
    """
    rows = tuple((row.name, *map(signed, row[1:])) for row in moment.ledger())
    return Table(title, ("parameter", "before", "gradient", "change", "after"), rows)


def chapter_html(chapter: Chapter) -> str:
    """Return one chapter as HTML, with figures as SVG."""
    return render("tinynet.story", "chapter.html", parts=chapter_json(chapter)["parts"])


def chapter_json(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter as JSON, with figures as SVG."""
    described = chapter.to_json()
    for part, shown in zip(chapter.parts, described["parts"], strict=True):
        if isinstance(part, Figure):
            shown["svg"] = detached(partial(_svg, part, f"{chapter.key}-{part.name}"))
    return described


def _svg(part: Figure, salt: str) -> Any:
    import matplotlib as mpl
    from markupsafe import Markup, escape

    data = BytesIO()
    # ids must be unique in one page. Matplotlib's settings are the same for all threads.
    with DRAWING, mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        plots.figure_of(part.draw()).savefig(data, format="svg", dpi=144, metadata={"Date": None})
    text = data.getvalue().decode()
    text = text[text.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{escape(part.caption)}" ', 1
    )
    return Markup(text)
