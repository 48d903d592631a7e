"""A static picture and table in plain HTML.

Notebooks without a widget show this output.
"""

import base64
import io
import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from tinynet import plots
from tinynet.core.notation import number
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.pictures import MAX_GRID
from tinynet.errors import counted
from tinynet.model.network import Network
from tinynet.plugins import pip_command
from tinynet.recipe import Loss, Recipe
from tinynet.story import content
from tinynet.training.recording import Recording
from tinynet.training.train import train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIVE = f"This is a picture. In your own notebook, the cell shows the interactive laboratory: {pip_command('widget')}"
MAX_ROWS = 8  # rows of the table
RESOLUTIONS = (80, 56, 40)  # dots per inch; the first that gives a small file is used
COLORS = 64  # colors of the picture; 64 colors halve its size
MAX_BYTES = 100_000


def snapshot(source: Network | Recording, note: str = LIVE, css_class: str = "") -> dict[str, str]:
    """Return text/html and text/plain.

    The content is a sentence, a picture, a table of predictions, and a note.

    css_class : a class of the HTML element, so that the page can find it.

    The HTML has no styles, scripts or links, because many sites remove them.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> print(snapshot(run, note="")["text/plain"].splitlines()[0])
    4-3-2 network, seed 0, after 8 steps: the training loss went from 0.2678 to 0.2657.
    """
    sentence, network, examples = _described(source)
    table_of = content.numbers_table if examples.regression else content.predictions_table
    table = table_of("", network, examples[:MAX_ROWS])
    more = f"and {len(examples) - MAX_ROWS:,} more" if len(examples) > MAX_ROWS else ""
    more_html = f"<p>{more}" if more else ""
    picture = base64.b64encode(_png(_figure(source, network, examples))).decode()
    html = (
        f'<div class="tinynet-snapshot {escape(css_class)}"><p>{escape(sentence)}</p>'
        f'<p><img alt="{escape(sentence)}" src="data:image/png;base64,{picture}"></p>'
        f"{_table(table)}{more_html}<p><em>{escape(note)}</em></p></div>"
    )
    rows = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows]
    plain = "\n".join(line.rstrip() for line in (sentence, *lines, more, note) if line)
    return {"text/html": html, "text/plain": plain}


def training_of(network: Network) -> Recording:
    """Train a network on `examples_for(network)`.

    The recipe is the default recipe.
    """
    loss: Loss = "cross_entropy" if network.architecture.output == "softmax" else "mse"
    return train(network, examples_for(network), Recipe(loss=loss))


def examples_for(network: Network) -> Examples:
    """Return the lines that fit a network.

    If no lines fit, the result is one gray example with equal targets.
    """
    inputs, outputs = network.sizes[0], network.sizes[-1]
    grid = math.isqrt(inputs)
    if grid * grid == inputs and 2 <= grid <= MAX_GRID and outputs == 2:
        return pictures.lines(grid)
    names = tuple(f"output {j}" for j in range(outputs))
    return Examples(
        np.full((1, inputs), 0.5), np.full((1, outputs), 1 / max(outputs, 2)), ("gray",), None, names
    )


def _described(source: Network | Recording) -> tuple[str, Network, Examples]:
    """Return a sentence, the network and its examples.

    The sentence describes the source. The examples are those of the table.
    """
    if isinstance(source, Network):
        name, count = source.origin or "set by hand", source.architecture.parameter_count
        return f"{_sizes(source)} network, {name}: {count:,} parameters.", source, examples_for(source)
    name = f"{source.network.origin or 'set by hand'}, after {counted(source.steps, 'step')}"
    sentence = f"{_sizes(source.network)} network, {name}: {_losses(source)}."
    if source.stopped:
        sentence += f" The training stopped: {source.stopped.reason}."
    return sentence, source.final, source.examples


def _losses(run: Recording) -> str:
    """Return the change of the training loss in words.

    For a loss without a formula, the losses are those of the first and the last batch.
    """
    external = run.recipe.loss == "external" and len(run.losses) > 0
    losses = (run.losses[0], run.losses[-1]) if external else (run.training_loss(0), run.training_loss())
    first, last = (number(float(f"{loss:.4g}")) for loss in losses)
    return f"the {'loss of the batch' if external else 'training loss'} went from {first} to {last}"


def _sizes(network: Network) -> str:
    return "-".join(map(str, network.sizes))


def _figure(source: Network | Recording, network: Network, examples: Examples) -> "Figure":
    """Draw the network with one example, and the loss."""
    from matplotlib.figure import Figure

    if isinstance(source, Network):
        return plots.figure_of(plots.architecture(network, example=examples[0]))
    figure = Figure(figsize=(13, 5.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(8, 5))
    plots.architecture(network, ax=left, example=examples[0])
    plots.loss_curve(source, ax=right)
    return figure


def _png(figure: "Figure") -> bytes:
    from PIL import Image

    for dots in RESOLUTIONS:
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
