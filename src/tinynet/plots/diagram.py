"""Diagrams of networks with their weights and biases."""

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
    diverging_colormap,
    max_abs,
    shortened,
    signed,
    text_color,
    write,
)
from tinynet.signatures import check_arguments
from tinynet.validation import check_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.model.network import Network

MAX_NODES = 12  # drawn nodes of a layer
MAX_SHARING, MAX_NUMBERS = 4, 24  # nodes of the smaller layer, and weights, for weights written on edges
ABOVE, BELOW = 0.95, 0.95  # space over the highest node and under the lowest, in distances between nodes
MAX_SCALE = 1e300
MAX_CHARACTERS = 6  # characters in a node, at the normal font size
THINNEST, THICKEST = 0.7, 5.0  # edges, in points

Segment = list[tuple[float, float]]  # the two ends


class Column(NamedTuple):
    """A layer of the diagram.

    nodes : the drawn nodes.
    heights : the heights of the drawn nodes.
    hidden : the number of other nodes.
    """

    nodes: list[int]
    heights: np.ndarray
    hidden: int


@check_arguments
def architecture(
    network: "Network",
    *,
    ax: "Axes | None" = None,
    example: Examples | Sequence[float] | None = None,
    scale: float | None = None,
) -> "Axes":
    """Draw a network with its weights and biases.

    Weights above zero are orange, weights below zero blue. A larger weight has a thicker edge. A layer shows at
    most 12 of its nodes. The weights between two layers are written out if there are at most 24.

    example : one example, or inputs (inputs,). The inputs and the activations are written into the nodes.
    scale : the absolute weight of the thickest edge; the largest of the network by default.

    An example also gives the names of the inputs and outputs. Without an example, they have numbers.

    Raises TinyNetError for more than one example and for an example that does not fit.

    >>> import tinynet as tn
    >>> ax = architecture(tn.Network.initial((4, 3, 2), seed=0))
    >>> sum(len(edges.get_segments()) for edges in ax.collections[:2])
    18
    """
    named, layers = _node_values(network, example)
    columns = [_column(size) for size in network.sizes]
    high = max(column.heights[0] for column in columns)
    inches = 1.1 if high <= 2 else 0.85
    ax = ax or canvas(2.7 * len(columns) + 0.6, inches * (2 * high + ABOVE + BELOW) + 0.4)
    if scale is not None:
        scale = check_number("scale", scale, 0, MAX_SCALE, inclusive="right")
    top = scale or max_abs(*(layer.weight for layer in network.layers))
    for n, layer in enumerate(network.layers):
        _edges(ax, n, columns[n : n + 2], layer.weight, top)
    _nodes(ax, columns, layers)
    _names(ax, network, columns, named)
    _headings(ax, network, high + ABOVE)
    note = f"edges: orange above zero, blue below; the thickest is {top:.2g}"
    where = (len(columns) - 1) / 2, -high - BELOW
    write(ax, note, where, va="bottom", color=MUTED)
    ax.set(xlim=(-0.2, len(columns) - 0.8), ylim=(-high - BELOW, high + ABOVE))
    ax.set_axis_off()
    return ax


def _node_values(network: "Network", example: Any) -> tuple[Examples | None, list[np.ndarray]]:
    """Return the example and all activations.

    Without an example, the first result is None.

    The activations are (1, nodes) for each layer.
    """
    if example is None:
        return None, []
    if not isinstance(example, Examples):
        return None, [np.atleast_2d(np.asarray(example, float)), *network.activations(example)]
    if len(example) != 1:
        raise TinyNetError(
            f"has {len(example):,} examples. A diagram shows one. Choose one, such as examples[0].",
            parameter="example",
        )
    return example, [example.inputs, *network.activations(example)]


def _column(size: int) -> Column:
    if size <= MAX_NODES:
        return Column(list(range(size)), (size - 1) / 2 - np.arange(size), 0)
    half = MAX_NODES // 2
    nodes = [*range(half), *range(size - half, size)]
    return Column(nodes, np.delete(half - np.arange(2 * half + 1.0), half), size - 2 * half)


def _edges(ax: "Axes", gap: int, columns: list[Column], weight: np.ndarray, top: float) -> None:
    """Draw the edges between two layers.

    weight : (out, in).
    """
    from matplotlib.collections import LineCollection

    left, right = columns
    ends = [(i, j) for i in range(len(left.nodes)) for j in range(len(right.nodes))]
    segments: list[Segment] = [[(gap, left.heights[i]), (gap + 1, right.heights[j])] for i, j in ends]
    values = np.array([weight[right.nodes[j], left.nodes[i]] for i, j in ends])  # (edges,)
    edges = LineCollection(segments, cmap=diverging_colormap(), zorder=1)
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
    """Return the position of the numbers on their edges.

    0 is the left end and 1 the right end.

    At position t, the number of the edge from node i to node j has the height (1 - t) i + t j. The heights are
    evenly spaced for right * t = 1 - t and for left * (1 - t) = t. The solution with larger spaces is returned.
    """
    return 1 / (1 + right) if right <= left else left / (1 + left)


def _numbers(ax: "Axes", segments: list[Segment], values: np.ndarray, place: float) -> None:
    for ((x0, y0), (x1, y1)), value in zip(segments, values, strict=True):
        at = x0 + place * (x1 - x0), y0 + place * (y1 - y0)
        color = diverging_colormap()(1.0 if value > 0 else 0.0)
        box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": color, "linewidth": 0.8}
        write(ax, signed(value), at, bbox=box, zorder=3)


def _nodes(ax: "Axes", columns: list[Column], layers: list[np.ndarray]) -> None:
    for n, column in enumerate(columns):
        kind = "input" if n == 0 else f"layer{n}.a"
        for node, height in zip(column.nodes, column.heights, strict=True):
            text, face = text_symbol(f"{kind}[{node}]"), "white"
            if layers:
                value = layers[n][0, node]
                text, face = _short(value), brightness(value)
            ax.scatter([n], [height], s=1150, c=[face], marker="os"[n == 0], edgecolors=INK, zorder=4)
            size = NORMAL if len(text) <= MAX_CHARACTERS else 0.7 * NORMAL
            write(ax, text, (n, height), fontsize=size, color=text_color(face))
        if column.hidden:
            note = f"⋮ {column.hidden:,} more"
            box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"}
            write(ax, note, (n, 0), color=MUTED, bbox=box, zorder=6)


def _short(value: float) -> str:
    """Write a number in at most six characters."""
    text = signed(value).removeprefix("+")
    return text if len(text) <= MAX_CHARACTERS else f"{value:.0e}".replace("-", "−", 1)


def _names(ax: "Axes", network: "Network", columns: list[Column], example: Examples | None) -> None:
    """Write the names of inputs and outputs, and all biases."""
    first, last, end = columns[0], columns[-1], len(columns) - 1
    input_names, output_names = _input_names(network, example), _output_names(network, example)
    for node, height in zip(first.nodes, first.heights, strict=True):
        write(ax, input_names[node], (0, height), shift=(-24, 0), ha="right", fontsize=NORMAL)
    for node, height in zip(last.nodes, last.heights, strict=True):
        write(ax, output_names[node], (end, height), shift=(24, 0), ha="left", fontsize=NORMAL)
    for n, (column, layer) in enumerate(zip(columns[1:], network.layers, strict=True), 1):
        for node, height in zip(column.nodes, column.heights, strict=True):
            write(ax, f"b {signed(layer.bias[node])}", (n, height), shift=(0, -21), va="top")


def _input_names(network: "Network", example: Examples | None) -> list[str]:
    if example is None:
        return [f"input {i}" for i in range(network.sizes[0])]
    if example.shape == (2, 2):
        return list(PIXELS)
    if example.shape is None:
        return list(map(shortened, example.input_names))
    return [f"row {i // example.shape[1]}, column {i % example.shape[1]}" for i in range(network.sizes[0])]


def _output_names(network: "Network", example: Examples | None) -> list[str]:
    outputs = network.sizes[-1]
    if example is None or len(example.target_names) != outputs:
        return [f"output {j}" for j in range(outputs)]
    return list(map(shortened, example.target_names))


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
