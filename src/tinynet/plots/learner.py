"""Maps of predictions, reliability diagrams and abstention curves."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.evaluation.predictions import UNSURE
from tinynet.plots.canvas import (
    DASHES,
    FAINT,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    PALETTE,
    SMALL,
    canvas,
    diverging_colormap,
    style_axes,
    write,
)
from tinynet.signatures import check_arguments
from tinynet.validation import check_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.evaluation.calibration import Abstention, Reliability

CELLS = 161  # cells on each side of a map; an odd number has a cell for gray
CORNERS = {"top": (0, 1), "bottom": (0, -1), "left": (1, 0), "right": (-1, 0)}  # column and row contrast


@check_arguments
def prediction_map(
    predictor: Callable[[np.ndarray], np.ndarray],
    *,
    title: str = "Predictions",
    scale: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a map of the margin H − V.

    The map shows the 2x2 pictures between the four clean lines.

    Orange is horizontal, blue is vertical. Each point of the map is a picture whose diagonals are equally bright.
    The row contrast (top minus bottom) increases upwards, the column contrast (left minus right) to the left.
    Gray is in the middle. The prediction changes at the solid line. Between the dashed lines, the margin is below 0.2.

    predictor : a function from pictures (m, 4) to outputs (m, 2), such as a network.
    scale : whether to draw the color bar.

    Raises TinyNetError for outputs of another shape.

    >>> import tinynet as tn
    >>> ax = prediction_map(tn.Network.initial(seed=0))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('column contrast', 'row contrast')
    """
    contrasts = np.linspace(-1, 1, CELLS)
    columns, rows = np.meshgrid(contrasts, contrasts)  # (CELLS, CELLS)
    exists = np.abs(rows) + np.abs(columns) <= 1 + 1e-9  # elsewhere a pixel would be below 0 or above 1
    margins = np.ma.array(np.zeros(rows.shape), mask=~exists)
    margins[exists] = _margins(predictor, _between(rows[exists], columns[exists]))
    ax = ax or canvas(5.6 if scale else 4.8, 4.9)
    cells = ax.pcolormesh(
        columns, rows, margins, cmap=diverging_colormap(), vmin=-1, vmax=1, shading="nearest", rasterized=True
    )  # without rasterized, the SVG file has several megabytes
    for level, style in ((-UNSURE, "--"), (0.0, "-"), (UNSURE, "--")):
        if margins.min() < level < margins.max():
            ax.contour(columns, rows, margins, levels=[level], colors=INK, linewidths=1, linestyles=style)
    _map_frame(ax, title)
    if scale:
        bar = ax.figure.colorbar(cells, ax=ax, shrink=0.7)
        bar.set_label("H − V", fontsize=SMALL)
        bar.outline.set_edgecolor(FAINT)
        bar.ax.tick_params(labelsize=SMALL, color=FAINT)
    return ax


def _between(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the pictures with these contrasts. (m,), (m,) -> (m, 4)

    Their diagonals are equally bright.
    """
    falling, rising = (rows + columns) / 2, (rows - columns) / 2
    pixels = np.stack([falling, rising, -rising, -falling], axis=1)
    return np.clip(0.5 + pixels, 0.0, 1.0)


def _margins(predictor: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
    outputs = check_numbers("the outputs", predictor(inputs))
    if outputs.shape != (len(inputs), 2):
        raise TinyNetError(
            f"the outputs have the shape {outputs.shape}. A map needs the two outputs of one network, ({len(inputs)}, 2)."
        )
    return np.asarray(outputs[:, 0] - outputs[:, 1])


def _map_frame(ax: "Axes", title: str) -> None:
    ax.set(xlim=(1.28, -1.28), ylim=(-1.18, 1.18), aspect="equal")
    for name, (column, row) in CORNERS.items():
        ax.plot(column, row, "o", color=INK, markersize=4)
        at = {0: "center", 1: "right", -1: "left"}[column]
        write(ax, name, (column, row), shift=(-6 * column, 9 * row), ha=at)
    write(ax, "gray", (0, 0), shift=(0, -9))
    ax.plot(0, 0, "o", color=INK, markersize=4)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel("column contrast", fontsize=NORMAL)
    ax.set_ylabel("row contrast", fontsize=NORMAL)
    style_axes(ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([-1, 0, 1])


@check_arguments
def reliability(found: "Reliability", *, title: str = "Calibration", ax: "Axes | None" = None) -> "Axes":
    """Draw a reliability diagram.

    It shows the observed fraction over the predicted probability.

    Each bin has a point with its 95 % interval. The dashed diagonal is perfect calibration. The pale bars are the
    fraction of the examples in each bin. The expected calibration error is at the right of the title.

    Raises TinyNetError for the bins of several networks.

    >>> from tinynet.evaluation import calibration
    >>> reliability(calibration.reliability([0.1, 0.8], [0, 1])).get_title(loc="right")
    'expected calibration error 0.150'
    """
    if found.count.ndim != 1:
        raise TinyNetError(
            f"the bins have the shape {found.count.shape}. A diagram shows the bins of one network, (bins,)."
        )
    ax = ax or canvas(4.6, 4.4)
    style_axes(ax)
    ax.bar(found.edges[:-1], found.count / found.count.sum(), np.diff(found.edges), align="edge", color=FAINT)
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (2, 2)), linewidth=1.2)
    full = found.count > 0
    predicted, observed, (low, high) = found.predicted[full], found.observed[full], found.intervals[full].T
    ax.vlines(predicted, low, high, color=PALETTE[2], linewidth=1.5)
    ax.plot(predicted, observed, "o-", color=PALETTE[2], linewidth=1.5, markersize=4)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_title(
        f"expected calibration error {float(found.ece):.3f}", fontsize=SMALL, loc="right", color=MUTED
    )
    ax.set_xlabel("predicted probability of horizontal", fontsize=NORMAL)
    ax.set_ylabel("observed fraction of horizontal", fontsize=NORMAL)
    return ax


@check_arguments
def abstention(curves: "Mapping[str, Abstention]", *, ax: "Axes | None" = None) -> "Axes":
    """Draw the error over the coverage, by label.

    The coverage is the fraction of examples for which a network does not abstain, the most confident first.

    Raises TinyNetError if there are no curves.

    >>> from tinynet.evaluation import calibration
    >>> ax = abstention({"a": calibration.abstention([0.9, 0.6], [1, 0])})
    >>> ax.lines[0].get_ydata().tolist()
    [0.0, 0.5]
    """
    if not curves:
        raise TinyNetError("is empty. Give a dict of labels and abstention curves.", parameter="curves")
    ax = ax or canvas(6.4, 3.8)
    style_axes(ax)
    for k, (label, curve) in enumerate(curves.items()):
        color, style = PALETTE[k % len(PALETTE)], DASHES[(k + k // len(PALETTE)) % len(DASHES)]
        ax.plot(curve.coverage, curve.error, color=color, linestyle=style, linewidth=1.8, label=label)
    ax.set(xlim=(0, 1), ylim=(0, None))
    ax.set_title("Error over coverage", fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel("coverage: fraction of the examples, most confident first", fontsize=NORMAL)
    ax.set_ylabel("fraction of wrong predictions", fontsize=NORMAL)
    ax.legend(fontsize=SMALL, frameon=False)
    return ax
