"""A network or a recording as it stands: a picture and a table in plain HTML, for where nothing is live."""

import base64
import io
import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import plots
from tinynet.core.notation import number
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.pictures import MAX_GRID
from tinynet.model.network import Network
from tinynet.plugins import pip_command
from tinynet.recipe import Loss, Recipe
from tinynet.story import content
from tinynet.training.recording import Recording
from tinynet.training.train import train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIVE = f"This is a picture. In a notebook of your own the cell shows the live laboratory: {pip_command('widget')}"
MAX_ROWS = 8  # of the table
DOTS = (80, 56, 40)  # an inch: the most that keep a picture small
COLORS = 64  # of the picture, which halves its bytes
MAX_BYTES = 100_000


def snapshot(shown: Network | Recording, note: str = LIVE, mark: str = "") -> dict[str, str]:
    """Return `shown` as text/html and text/plain: a sentence, a picture, its answers, and a note.

    mark : a class of the HTML, by which it can be found again.

    The HTML has no style, script or link, so that sites which take these out show it whole.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> print(snapshot(run, note="")["text/plain"].splitlines()[0])
    4-3-2 network, seed 0, after 8 nudges: the loss went from 0.2694 to 0.2684.
    """
    said, network, examples = _told(shown)
    told = content.numbers_table if examples.regression else content.answers_table
    table = told("", network, examples[:MAX_ROWS])
    more = f"and {len(examples) - MAX_ROWS:,} more" if len(examples) > MAX_ROWS else ""
    picture = base64.b64encode(_png(_figure(shown, network, examples))).decode()
    html = (
        f'<div class="tinynet-snapshot {escape(mark)}"><p>{escape(said)}</p>'
        f'<p><img alt="{escape(said)}" src="data:image/png;base64,{picture}"></p>'
        f"{_table(table)}{'<p>' * bool(more)}{more}<p><em>{escape(note)}</em></p></div>"
    )
    rows = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows]
    plain = "\n".join(line.rstrip() for line in (said, *lines, more, note) if line)
    return {"text/html": html, "text/plain": plain}


def training_of(network: Network) -> Recording:
    """Return a training of the network by the usual recipe: on the lines, or on gray where no lines fit it."""
    loss: Loss = "cross_entropy" if network.architecture.output == "softmax" else "mse"
    return train(network, examples_for(network), Recipe(loss=loss))


def examples_for(network: Network) -> Examples:
    """Return the lines that fit a network, or one gray picture whose every answer is as likely."""
    pixels, outputs = network.sizes[0], network.sizes[-1]
    grid = math.isqrt(pixels)
    if grid * grid == pixels and 2 <= grid <= MAX_GRID and outputs == 2:
        return pictures.lines(grid)
    names = tuple(f"output {j}" for j in range(outputs))
    return Examples(
        np.full((1, pixels), 0.5), np.full((1, outputs), 1 / max(outputs, 2)), ("gray",), None, names
    )


def _told(shown: Network | Recording) -> tuple[str, Network, Examples]:
    """Return a sentence on what is shown, the network that is looked at, and the pictures it is asked about."""
    if isinstance(shown, Network):
        name, network, examples = shown.origin or "set by hand", shown, examples_for(shown)
        found = f"{shown.architecture.parameter_count:,} parameters."
        return f"{_sizes(shown)} network, {name}: {found}", network, examples
    first, last = (number(float(f"{loss:.4g}")) for loss in _ends(shown))
    name = f"{shown.network.origin or 'set by hand'}, after {shown.steps:,} nudges"
    end = f"; it stopped: {shown.stopped.reason}" if shown.stopped else ""
    said = f"{_sizes(shown.network)} network, {name}: the loss went from {first} to {last}{end}."
    return said, shown.final, shown.examples


def _ends(run: Recording) -> Iterable[float]:
    """Return the loss of the first and of the last epoch, or of their nudges where no epoch is whole."""
    losses = run.loss_per_epoch if run.epochs else run.losses
    return (losses[0], losses[-1]) if len(losses) else (math.nan, math.nan)


def _sizes(network: Network) -> str:
    return "-".join(map(str, network.sizes))


def _figure(shown: Any, network: Network, examples: Examples) -> "Figure":
    """Draw the network with one picture in it, and beside it the loss of a recording."""
    from matplotlib.figure import Figure

    if isinstance(shown, Network):
        return plots.figure_of(plots.architecture(network, picture=examples[0]))
    figure = Figure(figsize=(13, 5.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(8, 5))
    plots.architecture(network, ax=left, picture=examples[0])
    plots.loss_curve(shown, ax=right)
    return figure


def _png(figure: "Figure") -> bytes:
    from PIL import Image

    for dots in DOTS:
        drawn, packed = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dots)
        with Image.open(drawn) as image:
            image.convert("RGB").quantize(COLORS).save(packed, "png", optimize=True)
        if packed.tell() < MAX_BYTES:
            break
    return packed.getvalue()


def _table(table: content.Table) -> str:
    def row(kind: str, words: Iterable[str]) -> str:
        return f"<tr>{''.join(f'<{kind}>{escape(word)}</{kind}>' for word in words)}</tr>"

    body = "".join(row("td", words) for words in table.rows)
    return f"<table><thead>{row('th', table.columns)}</thead><tbody>{body}</tbody></table>"
