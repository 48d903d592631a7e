"""The network as a diagram: a column of nodes for each layer, weights on their edges, biases at nodes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinynet.core.notation import text_symbol
from tinynet.data.examples import Examples
from tinynet.data.pictures import PIXELS
from tinynet.errors import TinyNetError
from tinynet.plots.canvas import (
    INK,
    LARGE,
    MUTED,
    NORMAL,
    brightness,
    canvas,
    diverging,
    largest,
    readable,
    shortened,
    signed,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.model.network import Network

MAX_NODES = 12  # of a layer that are drawn
MAX_SHARING, MAX_NUMBERS = 4, 24  # nodes on the smaller side of a gap, and its weights, to write these out
ABOVE, BELOW = 0.95, 0.95  # room over the highest node and under the lowest, in distances between nodes
LONGEST_NUMBER = 6  # characters in a node, in letters of the usual size
THINNEST, THICKEST = 0.7, 5.0  # edges, points

Segment = list[tuple[float, float]]  # both ends


class Column(NamedTuple):
    """A layer in the diagram: which of its nodes are drawn, how high each stands, how many are left out."""

    nodes: list[int]
    heights: np.ndarray
    hidden: int


def architecture(
    network: "Network",
    *,
    ax: "Axes | None" = None,
    picture: Examples | Sequence[float] | None = None,
    scale: float | None = None,
) -> "Axes":
    """Draw a network: edges orange above zero, blue below, the thicker the larger, with their numbers.

    picture : one example, or (pixels,); it and the activations it leads to are written into the nodes.
    scale : the size of a weight that is drawn thickest; the largest of the network unless said.
    Without a picture, or with bare pixels, 4 inputs are named as a 2x2 picture's, 2 outputs as the lines' answers.

    A layer shows at most 12 of its nodes; the weights between two layers are written out up to 24.
    Raises TinyNetError for more than one picture or one that does not fit.

    >>> import tinynet as tn
    >>> ax = architecture(tn.Network.initial((4, 3, 2), seed=0))
    >>> sum(len(edges.get_segments()) for edges in ax.collections[:2])
    18
    """
    example, layers = _looked_at(network, picture)
    columns = [_column(size) for size in network.sizes]
    high = max(column.heights[0] for column in columns)
    inches = 1.1 if high <= 2 else 0.85
    ax = ax or canvas(2.7 * len(columns) + 0.6, inches * (2 * high + ABOVE + BELOW) + 0.4)
    top = scale or largest(*(layer.weight for layer in network.layers))
    for n, layer in enumerate(network.layers):
        _edges(ax, n, columns[n : n + 2], layer.weight, top)
    _nodes(ax, columns, layers)
    _names(ax, network, columns, example)
    _headings(ax, network, high + ABOVE)
    note = f"edges: orange above zero, blue below; the thickest is {top:.2g}"
    where = (len(columns) - 1) / 2, -high - BELOW
    write(ax, note, where, va="bottom", color=MUTED)
    ax.set(xlim=(-0.2, len(columns) - 0.8), ylim=(-high - BELOW, high + ABOVE))
    ax.set_axis_off()
    return ax


def _looked_at(network: "Network", picture: Any) -> tuple[Examples | None, list[np.ndarray]]:
    """Return the example, if it is one, and the values of all nodes, layer by layer, (1, nodes) each."""
    if picture is None:
        return None, []
    if not isinstance(picture, Examples):
        return None, [np.atleast_2d(np.asarray(picture, float)), *network.activations(picture)]
    if len(picture) != 1:
        raise TinyNetError(
            f"{len(picture)} pictures were given and a diagram shows one; choose one: examples[0]"
        )
    return picture, [picture.inputs, *network.activations(picture)]


def _column(size: int) -> Column:
    if size <= MAX_NODES:
        return Column(list(range(size)), (size - 1) / 2 - np.arange(size), 0)
    half = MAX_NODES // 2
    nodes = [*range(half), *range(size - half, size)]
    return Column(nodes, np.delete(half - np.arange(2 * half + 1.0), half), size - 2 * half)


def _edges(ax: "Axes", gap: int, columns: list[Column], weight: np.ndarray, top: float) -> None:
    """Draw the edges of one gap between layers; weight is (out, in)."""
    from matplotlib.collections import LineCollection

    left, right = columns
    ends = [(i, j) for i in range(len(left.nodes)) for j in range(len(right.nodes))]
    segments: list[Segment] = [[(gap, left.heights[i]), (gap + 1, right.heights[j])] for i, j in ends]
    values = np.array([weight[right.nodes[j], left.nodes[i]] for i, j in ends])  # (edges,)
    edges = LineCollection(segments, cmap=diverging(), zorder=1)
    edges.set_array(values)
    edges.set_clim(-top, top)
    edges.set_linewidth((THINNEST + (THICKEST - THINNEST) * np.abs(values) / top).tolist())
    ax.add_collection(edges)
    if min(len(left.nodes), len(right.nodes)) <= MAX_SHARING and len(ends) <= MAX_NUMBERS:
        _numbers(ax, segments, values, _place(len(left.nodes), len(right.nodes)))
    else:
        where = gap + 0.5, -max(column.heights[0] for column in columns) - 0.3
        write(ax, f"{weight.size:,} weights", where, va="top", color=MUTED)


def _place(left: int, right: int) -> float:
    """Return how far along its edge each number stands, from 0 left to 1 right, so that none covers another.

    At t they stand at heights (1 - t) i + t j, for i below `left` and j below `right`: evenly spaced where
    right * t = 1 - t, and also where left * (1 - t) = t. The one with more room is taken.
    """
    return 1 / (1 + right) if right <= left else left / (1 + left)


def _numbers(ax: "Axes", segments: list[Segment], values: np.ndarray, place: float) -> None:
    for ((x0, y0), (x1, y1)), value in zip(segments, values, strict=True):
        at = x0 + place * (x1 - x0), y0 + place * (y1 - y0)
        color = diverging()(1.0 if value > 0 else 0.0)
        box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": color, "linewidth": 0.8}
        write(ax, signed(value), at, bbox=box, zorder=3)


def _nodes(ax: "Axes", columns: list[Column], layers: list[np.ndarray]) -> None:
    for n, column in enumerate(columns):
        kind = "pixel" if n == 0 else f"layer{n}.a"
        for node, height in zip(column.nodes, column.heights, strict=True):
            text, face = text_symbol(f"{kind}[{node}]"), "white"
            if layers:
                value = layers[n][0, node]
                text, face = _short(value), brightness(value)
            ax.scatter([n], [height], s=1150, c=[face], marker="os"[n == 0], edgecolors=INK, zorder=4)
            size = NORMAL if len(text) <= LONGEST_NUMBER else 0.7 * NORMAL
            write(ax, text, (n, height), fontsize=size, color=readable(face))
        if column.hidden:
            note = f"⋮ {column.hidden:,} more"
            box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"}
            write(ax, note, (n, 0), color=MUTED, bbox=box, zorder=6)


def _short(value: float) -> str:
    """Write a number so that it fits into a node."""
    text = signed(value).removeprefix("+")
    return text if len(text) <= LONGEST_NUMBER else f"{value:.0e}".replace("-", "−", 1)


def _names(ax: "Axes", network: "Network", columns: list[Column], picture: Examples | None) -> None:
    """Name the pixels at the left and the answers at the right, and write each bias under its node."""
    first, last, end = columns[0], columns[-1], len(columns) - 1
    pixels, answers = _pixel_names(network.sizes[0], picture), _answer_names(network.sizes[-1], picture)
    for node, height in zip(first.nodes, first.heights, strict=True):
        write(ax, pixels[node], (0, height), shift=(-24, 0), ha="right", fontsize=NORMAL)
    for node, height in zip(last.nodes, last.heights, strict=True):
        write(ax, answers[node], (end, height), shift=(24, 0), ha="left", fontsize=NORMAL)
    for n, (column, layer) in enumerate(zip(columns[1:], network.layers, strict=True), 1):
        for node, height in zip(column.nodes, column.heights, strict=True):
            write(ax, f"b {signed(layer.bias[node])}", (n, height), shift=(0, -21), va="top")


def _pixel_names(pixels: int, picture: Examples | None) -> list[str]:
    shape = (2, 2) if picture is None and pixels == 4 else picture.shape if picture is not None else None
    if shape == (2, 2):
        return list(PIXELS)
    if picture is not None and picture.columns:
        return [shortened(name) for name in picture.columns]
    if shape is not None:
        return [f"row {i // shape[1]}, column {i % shape[1]}" for i in range(pixels)]
    return [f"input {i}" for i in range(pixels)]


def _answer_names(outputs: int, picture: Examples | None) -> list[str]:
    names = ("horizontal", "vertical") if picture is None else picture.target_names
    return list(map(shortened, names)) if len(names) == outputs else [f"output {j}" for j in range(outputs)]


def _headings(ax: "Axes", network: "Network", height: float) -> None:
    kinds = network.architecture.activations
    for n in range(len(network.sizes)):
        what = "inputs" if n == 0 else "outputs" if n == len(network.sizes) - 1 else f"layer {n}"
        text = what if n == 0 else f"{what}\n{kinds[n - 1]}"
        write(ax, text, (n, height), va="top", fontsize=NORMAL, color=MUTED)
    sizes = "-".join(map(str, network.sizes))
    title = f"{sizes}, {network.architecture.parameter_count:,} parameters"
    title += f": {network.origin}" if network.origin else ""
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
