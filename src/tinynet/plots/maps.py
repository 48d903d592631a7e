"""Maps of a sweep, with a cell for each trial."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.experiments.trials import format_value, varying_axes
from tinynet.numerics.integers import ceil_div
from tinynet.plots.canvas import (
    FAINT,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    SMALL,
    canvas,
    text_color,
    write,
)
from tinynet.plots.map_layout import PROBE_VALUES, Layout, Style, choose_layout, chosen_probe
from tinynet.signatures import check_arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tinynet.experiments.sweep import Sweep

CELL_WIDTH, CELL_HEIGHT = 0.56, 0.36  # inches


@check_arguments
def sweep_map(
    sweep: "Sweep",
    *,
    x: str | None = None,
    y: str | None = None,
    value: str = "learned",
    probe: str | None = None,
    ax: "Axes | None" = None,
) -> "Axes | Figure":
    """Draw a sweep with a cell for each trial.

    If more than two axes vary, there is a map for each combination of values on the other axes.

    x, y : axes of the trials; by default the first two that vary. Their values are drawn at equal distances, so
        that a geometric range makes a logarithmic axis.
    value : "learned", the fraction of networks that learned; "loss" and "epochs_to_learn", medians; "unsure" and
        "first_class", the fraction of networks that are unsure of the probe, or predict the first class for it.
    probe : the name of a probe; by default "gray", if there is such a probe.

    Returns the axes, or the figure if there are several maps.

    Raises TinyNetError for unknown names and for more than 12 maps.

    >>> import tinynet as tn
    >>> found = tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[10, 100]), networks=64)
    >>> sweep_map(found).get_xlabel()
    'learning rate'
    """
    chosen, style = choose_layout(sweep.plan, x=x, y=y, value=value, probe=probe)
    if value in PROBE_VALUES:
        probe = chosen_probe(sweep.plan, probe)
    rows = [(row, _number(row, value, probe, sweep.plan.examples.target_names)) for row in sweep.rows()]
    if len(chosen.panels) == 1:
        return _map(sweep, chosen, {}, rows, style, _range(rows, style), ax or _canvas(sweep, chosen))
    if ax is not None:
        raise TinyNetError(f"ax is one pair of axes and there are {len(chosen.panels):,} maps. Leave out ax.")
    return _panels(sweep, chosen, rows, style)


def _number(row: dict[str, Any], value: str, probe: str | None, target_names: Sequence[str]) -> float:
    """Return the number of a cell, or NaN."""
    if value in PROBE_VALUES:
        counts = row["probes"][probe]
        count = counts["unsure"] if value == "unsure" else counts["predicted"][target_names[0]]
        return count / row["networks"] if row["networks"] else math.nan
    name = {"learned": "learned_fraction", "loss": "loss_q50"}.get(value, "epochs_to_learn_q50")
    return math.nan if row[name] is None else float(row[name])


def _range(rows: list[tuple[dict[str, Any], float]], style: Style) -> Any:
    """Return the scale of the colors.

    The scale is linear for fractions and logarithmic for other values.
    """
    from matplotlib.colors import LogNorm, Normalize

    if not style.logarithmic:
        return Normalize(0, 1)
    found = [number for _, number in rows if number > 0]
    low, high = (min(found), max(found)) if found else (1, 10)
    return LogNorm(low, high if high > low else 10 * low)


def _size(sweep: "Sweep", chosen: Layout) -> tuple[float, float]:
    found = varying_axes(sweep.trials)
    columns, rows = len(found.get(chosen.x, "1")), len(found.get(chosen.y or "", "1"))
    return max(3.0, CELL_WIDTH * columns), max(0.5, CELL_HEIGHT * rows)


def _canvas(sweep: "Sweep", chosen: Layout) -> "Axes":
    width, height = _size(sweep, chosen)
    return canvas(width + 2.4, height + 1.7)


def _panels(
    sweep: "Sweep", chosen: Layout, rows: list[tuple[dict[str, Any], float]], style: Style
) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(3, len(chosen.panels))
    lines = ceil_div(len(chosen.panels), columns)
    width, height = _size(sweep, chosen)
    figure = Figure(figsize=((width + 1.9) * columns, (height + 1.2) * lines + 0.4), layout="constrained")
    figure.suptitle(_title(sweep, style), fontsize=LARGE, color=INK)
    for k, panel in enumerate(chosen.panels):
        ax = figure.add_subplot(lines, columns, k + 1)
        _map(sweep, chosen, panel, rows, style, _range(rows, style), ax)
        text = ", ".join(f"{_words(name)} {format_value(value)}" for name, value in panel.items())
        ax.set_title(text, fontsize=NORMAL, loc="left", color=INK)
    return figure


def _map(
    sweep: "Sweep", chosen: Layout, panel: dict[str, Any], rows: list[tuple[dict[str, Any], float]], style: Style,
    scale: Any, ax: "Axes",
) -> "Axes":  # fmt: skip
    import matplotlib as mpl

    known = varying_axes(sweep.trials)
    right, up = (known.get(name or "", [None]) for name in (chosen.x, chosen.y))
    right = right if right != [None] else [sweep.trials[0].axes[chosen.x]]
    grid = np.full((len(up), len(right)), np.nan)  # (rows, columns)
    for row, number in rows:
        if all(row[name] == value for name, value in panel.items()):
            line = up.index(row[chosen.y]) if chosen.y and up != [None] else 0
            grid[line, right.index(row[chosen.x])] = number
    colors = mpl.colormaps[style.colors] if isinstance(style.colors, str) else style.colors
    cells = ax.pcolormesh(grid, cmap=colors, norm=scale, edgecolors="white", linewidth=1)
    for (line, column), number in np.ndenumerate(grid):
        if math.isfinite(number):
            write(ax, style.text(number), (column + 0.5, line + 0.5), color=text_color(colors(scale(number))))
        else:
            write(ax, "–", (column + 0.5, line + 0.5), color=MUTED)
    _frame(ax, chosen, right, up, _title(sweep, style))
    _scale_bar(ax, cells, style)
    return ax


def _frame(ax: "Axes", chosen: Layout, right: list[Any], up: list[Any], title: str) -> None:
    ax.set_xticks(np.arange(len(right)) + 0.5, [format_value(value) for value in right])
    ax.set_xlabel(_words(chosen.x), fontsize=NORMAL)
    named = chosen.y is not None and up != [None]
    ax.set_yticks(np.arange(len(up)) + 0.5, [_axis_value(value) for value in up] if named else [""] * len(up))
    if named:
        ax.set_ylabel(_words(chosen.y or ""), fontsize=NORMAL)
    ax.tick_params(labelsize=SMALL, length=0, labelcolor=INK)
    ax.spines[:].set_color(FAINT)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)


def _scale_bar(ax: "Axes", cells: Any, style: Style) -> None:
    bar = ax.figure.colorbar(cells, ax=ax, pad=0.02)
    if not style.logarithmic:
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0 %", "25 %", "50 %", "75 %", "100 %"])
    bar.outline.set_edgecolor(FAINT)
    bar.ax.tick_params(labelsize=SMALL, color=FAINT)


def _title(sweep: "Sweep", style: Style) -> str:
    counts = {tally.networks for tally in sweep.tallies}
    low, high = min(counts), max(counts)
    count = f"{high:,}" if low == high else f"{low:,} to {high:,}"
    return f"{style.title[0].upper()}{style.title[1:]}\nof {count} networks per cell"


def _axis_value(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else format_value(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
