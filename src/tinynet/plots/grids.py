"""Grids of pictures, and of the weights of hidden nodes."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.numerics.integers import ceil_div
from tinynet.plots.canvas import (
    FAINT,
    HORIZONTAL,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    PALETTE,
    SMALL,
    VERTICAL,
    brightness,
    canvas,
    diverging_colormap,
    figure_of,
    max_abs,
    shortened,
    signed,
    text_color,
    write,
)
from tinynet.signatures import check_arguments
from tinynet.validation import check_int

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tinynet.data.examples import Examples
    from tinynet.model.network import Network

MAX_PICTURES = 64
MAX_NODES = 24
MAX_NUMBERS = 16  # a picture with more pixels is drawn without numbers
PITCH = 1.75  # distance of two pictures in a row; the longer side of a picture is 1
INCHES = 0.87  # size of the longer side of a picture


@check_arguments
def pictures(examples: "Examples", *, ax: "Axes | None" = None, columns: int = 8) -> "Axes":
    """Draw examples as pictures, with their names and targets.

    At most 64 examples are drawn, with at most `columns` in a row. 0 is black, 1 is white, and other numbers
    are clipped. Examples that are not pictures are drawn as a square, if the number of inputs allows, or as a
    single row.

    Raises TinyNetError for `columns` below 1.

    >>> import tinynet as tn
    >>> [text.get_text() for text in pictures(tn.pictures.fuzzy()).texts][-2:]
    ['fuzzy top', 'horizontal']
    """
    check_int("columns", columns, 1)
    shown = examples[:MAX_PICTURES]
    columns = min(columns, len(shown)) or 1
    rows = ceil_div(len(shown), columns)
    below = 1.45 if shown.targets is None else 1.65
    ax = ax or canvas(
        INCHES * PITCH * columns + 0.3, INCHES * below * rows + (0.2 if len(shown) == len(examples) else 0.6)
    )
    for k in range(len(shown)):
        _picture(ax, shown, k, (k % columns * PITCH, k // columns * below))
    ax.set(xlim=(-0.3, PITCH * columns - 0.25), ylim=(below * rows - 0.1, -0.05), aspect="equal")
    ax.set_axis_off()
    if len(shown) < len(examples):
        ax.set_title(f"the first {len(shown)} of {len(examples):,} pictures", fontsize=NORMAL, color=MUTED)
    return ax


def _picture(ax: "Axes", examples: "Examples", k: int, corner: tuple[float, float]) -> None:
    rows, columns = _shape(examples.inputs.shape[1], examples.shape)
    side = 1 / max(rows, columns)
    x = corner[0] + (1 - columns * side) / 2 + side * np.arange(columns + 1)  # (columns + 1,) edges
    y = corner[1] + (1 - rows * side) / 2 + side * np.arange(rows + 1)  # (rows + 1,) edges
    values = examples.inputs[k].reshape(rows, columns)
    ax.pcolormesh(x, y, values, cmap="gray", vmin=0, vmax=1, edgecolors=FAINT, linewidth=0.8)
    if values.size <= MAX_NUMBERS and columns <= 4:
        texts = [f"{value:.2g}".replace("-", "−", 1) for value in values.flat]
        size = SMALL if columns <= 2 or max(map(len, texts)) <= 3 else 2 * SMALL / columns
        for (row, column), text in zip(np.ndindex(rows, columns), texts, strict=True):
            where = float(x[column] + side / 2), float(y[row] + side / 2)
            color = text_color(brightness(values[row, column]))
            write(ax, text, where, color=color, fontsize=size)
    middle = corner[0] + 0.5
    write(ax, shortened(examples.names[k]), (middle, corner[1] + 1.08), va="top")
    if examples.targets is not None:
        target, color = _target(examples.targets[k], examples.target_names)
        write(ax, target, (middle, corner[1] + 1.28), va="top", color=color)


def _target(target: np.ndarray, target_names: tuple[str, ...]) -> tuple[str, str]:
    """Return a target in words, and its color.

    A single class has its own color.
    """
    if sorted(target) == [0.0] * (len(target) - 1) + [1.0]:
        which = int(target.argmax())
        return target_names[which], PALETTE[which % len(PALETTE)]
    return " ".join(f"{value:.2g}" for value in target), INK


@check_arguments
def hidden_nodes(
    network: "Network", *, shape: tuple[int, int] | None = None, axes: "Sequence[Axes] | None" = None
) -> "Figure":
    """Draw the weights of each hidden node as a picture.

    An orange weight activates the node when its pixel is bright. A blue weight activates the node when its pixel
    is dark. All nodes share one color scale, centered at zero. The last axes of the figure are the color bar.

    shape : (rows, columns) of the pictures. The default is a square if the number of inputs allows, or a single row.
    axes : one for each node that is drawn, at most 24.

    Raises TinyNetError for a shape or a number of axes that does not fit.
    """
    import seaborn as sns

    layer = network.layers[0]
    nodes = min(len(layer.weight), MAX_NODES)
    shape = _shape(layer.weight.shape[1], shape)
    drawn = list(axes) if axes is not None else _row_of_axes(nodes, shape, len(layer.weight))
    if len(drawn) != nodes:
        raise TinyNetError(
            f"has the length {len(drawn)} and the number of nodes is {nodes}. Give one for each node.",
            parameter="axes",
        )
    top = max_abs(layer.weight)
    for j, ax in enumerate(drawn):
        weights = layer.weight[j].reshape(shape)  # (rows, columns)
        numbers = np.vectorize(signed)(weights) if weights.size <= MAX_NUMBERS else False
        sns.heatmap(
            weights, ax=ax, cmap=diverging_colormap(), vmin=-top, vmax=top, annot=numbers, fmt="", cbar=False,
            square=True, linewidths=1, linecolor="white", xticklabels=False, yticklabels=False,
            annot_kws={"fontsize": NORMAL},
        )  # fmt: skip
        ax.set_title(f"node {j}", fontsize=NORMAL, color=INK)
        ax.set_xlabel(f"bias {signed(layer.bias[j])}", fontsize=SMALL, color=MUTED)
    _color_bar(drawn, ("dark", "bright") if shape[0] > 1 else ("low", "high"))
    return figure_of(drawn[0])


def _color_bar(axes: "list[Axes]", ends: tuple[str, str]) -> None:
    """Draw the color bar, with the meanings of its ends."""
    bar = axes[0].figure.colorbar(axes[0].collections[0], ax=axes, shrink=0.6)
    bar.set_label("weight", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    low, high = (f"active\nwhen\n{end}" for end in ends)
    bar.ax.set_title(high, loc="left", fontsize=SMALL, color=HORIZONTAL)
    bar.ax.set_xlabel(low, loc="left", fontsize=SMALL, color=VERTICAL)


def _shape(pixels: int, shape: tuple[int, int] | None) -> tuple[int, int]:
    side = math.isqrt(pixels)
    shape = shape or ((side, side) if side * side == pixels else (1, pixels))
    if shape[0] * shape[1] != pixels:
        product = shape[0] * shape[1]
        raise TinyNetError(
            f"shape {shape[0]}x{shape[1]} has {counted(product, 'pixel')} and the network has {counted(pixels, 'input')}. Give a shape that fits."
        )
    return shape


def _row_of_axes(nodes: int, shape: tuple[int, int], of: int) -> "list[Axes]":
    from matplotlib.figure import Figure

    columns = min(nodes, 6 if shape[0] > 1 else 2)
    rows = ceil_div(nodes, columns)
    width = 2.1 if shape[0] > 1 else 4.0
    height = max(1.2, width * shape[0] / shape[1])
    figure = Figure(figsize=(width * columns + 1, height * rows + 1), layout="constrained")
    shown = "each node" if nodes == of else f"the first {nodes} of {of} nodes"
    figure.suptitle(f"Weights of {shown} of the first layer", fontsize=LARGE, color=INK)
    return [figure.add_subplot(rows, columns, k + 1) for k in range(nodes)]
