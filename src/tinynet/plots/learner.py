"""What a learner is known by: its answers on a map, its calibration, and what saying "I don't know" buys it."""

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
    diverging,
    plain,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.evaluation.calibration import Abstention, Reliability

CELLS = 161  # of a map, a side; odd, so that gray is one
CORNERS = {"top": (0, 1), "bottom": (0, -1), "left": (1, 0), "right": (-1, 0)}  # column and row contrast


def answer_map(
    answers: Callable[[np.ndarray], np.ndarray],
    *,
    title: str = "What is answered",
    scale: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw H − V over the 2x2 pictures between the four clean lines: orange horizontal, blue vertical.

    A place is a picture: its row contrast (top minus bottom) upwards, its column contrast (left minus right) to the
    left, so that each line stands on its own side and gray in the middle; its two diagonals are equally bright.
    The solid line is where the verdict changes, and between the dashed ones |H − V| is below 0.2.

    answers : takes pictures (m, 4) and returns (m, 2). scale : whether to draw the scale of the colors.

    >>> import tinynet as tn
    >>> ax = answer_map(tn.Network.initial(seed=0))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('column contrast', 'row contrast')
    """
    contrasts = np.linspace(-1, 1, CELLS)
    columns, rows = np.meshgrid(contrasts, contrasts)  # (CELLS, CELLS)
    exists = np.abs(rows) + np.abs(columns) <= 1 + 1e-9  # beyond, a pixel would leave 0 to 1
    gaps = np.ma.array(np.zeros(rows.shape), mask=~exists)
    gaps[exists] = _gaps(answers, _between(rows[exists], columns[exists]))
    ax = ax or canvas(5.6 if scale else 4.8, 4.9)
    cells = ax.pcolormesh(
        columns, rows, gaps, cmap=diverging(), vmin=-1, vmax=1, shading="nearest", rasterized=True
    )  # as paths, a map is megabytes of SVG
    for level, style in ((-UNSURE, "--"), (0.0, "-"), (UNSURE, "--")):
        if gaps.min() < level < gaps.max():
            ax.contour(columns, rows, gaps, levels=[level], colors=INK, linewidths=1, linestyles=style)
    _map_frame(ax, title)
    if scale:
        bar = ax.figure.colorbar(cells, ax=ax, shrink=0.7)
        bar.set_label("H − V", fontsize=SMALL)
        bar.outline.set_edgecolor(FAINT)
        bar.ax.tick_params(labelsize=SMALL, color=FAINT)
    return ax


def _between(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the pictures of these contrasts whose diagonals are equally bright. (m,), (m,) -> (m, 4)"""
    falling, rising = (rows + columns) / 2, (rows - columns) / 2
    pixels = np.stack([falling, rising, -rising, -falling], axis=1)
    return np.clip(0.5 + pixels, 0.0, 1.0)


def _gaps(answers: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
    outputs = np.asarray(answers(inputs), float)
    if outputs.shape != (len(inputs), 2):
        raise TinyNetError(
            f"the answers have shape {outputs.shape}; a map needs one network's, ({len(inputs)}, 2)"
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
    plain(ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([-1, 0, 1])


def reliability(found: "Reliability", *, title: str = "Calibration", ax: "Axes | None" = None) -> "Axes":
    """Draw what came true of what was said: a point for each bin with its 95 % interval, and the honest diagonal.

    The pale bars are the share of the pictures in each bin; the calibration error stands at the right of the title.

    Raises TinyNetError for the bins of several networks at once.

    >>> from tinynet.evaluation import calibration
    >>> reliability(calibration.reliability([0.1, 0.8], [0, 1])).get_title(loc="right")
    'calibration error 0.150'
    """
    if found.count.ndim != 1:
        raise TinyNetError(
            f"the bins have shape {found.count.shape}; one diagram shows one network's, (bins,)"
        )
    ax = ax or canvas(4.6, 4.4)
    plain(ax)
    ax.bar(found.edges[:-1], found.count / found.count.sum(), np.diff(found.edges), align="edge", color=FAINT)
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (2, 2)), linewidth=1.2)
    full = found.count > 0
    said, came, (low, high) = found.predicted[full], found.observed[full], found.intervals[full].T
    ax.vlines(said, low, high, color=PALETTE[2], linewidth=1.5)
    ax.plot(said, came, "o-", color=PALETTE[2], linewidth=1.5, markersize=4)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_title(f"calibration error {float(found.ece):.3f}", fontsize=SMALL, loc="right", color=MUTED)
    ax.set_xlabel("probability of horizontal, as said", fontsize=NORMAL)
    ax.set_ylabel("share that was horizontal", fontsize=NORMAL)
    return ax


def abstention(curves: "Mapping[str, Abstention]", *, ax: "Axes | None" = None) -> "Axes":
    """Draw the share of wrong answers over the share of pictures answered, the surest first, for each by its label.

    >>> from tinynet.evaluation import calibration
    >>> ax = abstention({"a": calibration.abstention([0.9, 0.6], [1, 0])})
    >>> ax.lines[0].get_ydata().tolist()
    [0.0, 0.5]
    """
    if not curves:
        raise TinyNetError("no curves were given to draw; give a dict of labels and abstentions")
    ax = ax or canvas(6.4, 3.8)
    plain(ax)
    for k, (label, curve) in enumerate(curves.items()):
        color, style = PALETTE[k % len(PALETTE)], DASHES[(k + k // len(PALETTE)) % len(DASHES)]
        ax.plot(curve.coverage, curve.error, color=color, linestyle=style, linewidth=1.8, label=label)
    ax.set(xlim=(0, 1), ylim=(0, None))
    ax.set_title("What saying “I don’t know” buys", fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel("share of the pictures answered, the surest first", fontsize=NORMAL)
    ax.set_ylabel("share of wrong answers", fontsize=NORMAL)
    ax.legend(fontsize=SMALL, frameon=False)
    return ax
