"""Maps of a sweep: a cell for each recipe."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.evaluation.verdicts import whole_percent
from tinynet.experiments.trials import AXES, Trial, varying, word
from tinynet.plots.canvas import FAINT, INK, LARGE, MUTED, NORMAL, SMALL, canvas, diverging, readable, write
from tinynet.validation import check_choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tinynet.experiments.shards import Plan
    from tinynet.experiments.sweep import Sweep

MAX_PANELS = 12
WIDE, HIGH = 0.56, 0.36  # inches of a cell
VALUES = ("learned", "loss", "epochs_until_learned", "unsure", "lean")


class Layout(NamedTuple):
    """Which axes a map has: one to the right, one up, and panels for each combination of the others' values."""

    x: str
    y: str | None
    panels: tuple[dict[str, Any], ...]


class Look(NamedTuple):
    """How a value is shown: its words, its cell, its colors, and whether they follow its logarithm."""

    title: str
    text: Callable[[float], str]
    colors: Any
    logarithmic: bool


def layout(trials: Sequence[Trial], x: str | None = None, y: str | None = None) -> Layout:
    """Choose the axes of a map: x and y where given, otherwise the first two that vary.

    Raises TinyNetError for an unknown axis, and where more than 12 panels would be needed.
    """
    found = varying(trials)
    for parameter, name in (("x", x), ("y", y)):
        if name is not None and name not in AXES:
            raise TinyNetError(
                f"is {name!r}; it must be one of the axes {', '.join(AXES)}", parameter=parameter
            )
    if x is not None and x == y:
        raise TinyNetError(f"both axes of the map are {x}; give two different ones")
    free = [name for name in found if name not in (x, y)]
    x = x or (free.pop(0) if free else "learning_rate" if y != "learning_rate" else "epochs")
    y = y or (free.pop(0) if free else None)
    combinations = product(*(found[name] for name in free))
    panels = tuple(dict(zip(free, values, strict=True)) for values in combinations)
    if len(panels) > MAX_PANELS:
        raise TinyNetError(
            f"{', '.join(free)} vary too and would make {len(panels)} maps; at most {MAX_PANELS} are drawn: "
            "give these axes fewer values, or choose others for x and y"
        )
    return Layout(x, y, panels)


def sweep_map(
    sweep: "Sweep",
    *,
    x: str | None = None,
    y: str | None = None,
    value: str = "learned",
    picture: str = "gray",
    ax: "Axes | None" = None,
) -> "Axes | Figure":
    """Draw a sweep as a map, a cell for each trial; several maps where more than two axes vary.

    x, y : axes of the trials, by default the first two that vary; numbers stand in their order at equal steps, so
    that values which grow by a factor make a logarithmic axis. value : `"learned"`, the share of networks that
    learned; `"loss"` and `"epochs_until_learned"`, medians; of the probe `picture`, `"unsure"`, the share that is
    unsure, or `"lean"`, the share that says the first answer. Returns the axes, or the figure of several.

    Raises TinyNetError for unknown names and for more than 12 maps.

    >>> import tinynet as tn
    >>> found = tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[10, 100]), networks=64)
    >>> sweep_map(found).get_xlabel()
    'learning rate'
    """
    chosen, look = check(sweep.plan, x=x, y=y, value=value, picture=picture)
    rows = [(row, _number(row, value, picture, sweep.plan.examples.target_names)) for row in sweep.rows()]
    if len(chosen.panels) == 1:
        return _map(sweep, chosen, {}, rows, look, _range(rows, look), ax or _canvas(sweep, chosen))
    if ax is not None:
        raise TinyNetError(f"{len(chosen.panels)} maps do not go on one ax; leave it out")
    return _panels(sweep, chosen, rows, look)


def check(
    plan: "Plan", *, x: str | None = None, y: str | None = None, value: str = "learned", picture: str = "gray"
) -> tuple[Layout, Look]:
    """Return how `sweep_map` will draw a sweep of this plan; errors as there, before anything is computed."""
    return layout(plan.trials, x, y), _look(plan, value, picture)


def _look(plan: "Plan", value: str, picture: str) -> Look:
    check_choice("value", value, VALUES)
    names = plan.probes.names
    if value in ("unsure", "lean") and picture not in names:
        raise TinyNetError(
            f"is {picture!r}; it must be one of the probes {', '.join(map(repr, names))}", parameter="picture"
        )
    first = plan.examples.target_names[0]
    return {
        "learned": Look("networks that learned, %", whole_percent, "cividis", False),
        "loss": Look("median final loss", "{:.1g}".format, "cividis_r", True),
        "epochs_until_learned": Look("median epochs until learned", _thousands, "cividis_r", True),
        "unsure": Look(f"networks unsure of {picture}, %", whole_percent, "cividis", False),
        "lean": Look(f"networks that say {first} of {picture}, %", whole_percent, diverging(), False),
    }[value]


def _number(row: dict[str, Any], value: str, picture: str, answers: Sequence[str]) -> float:
    """Return what a cell shows; NaN where nothing is known."""
    if value in ("unsure", "lean"):
        probe = row["probes"][picture]
        count = probe["unsure"] if value == "unsure" else probe["says"][answers[0]]
        return count / row["networks"] if row["networks"] else math.nan
    name = {"learned": "learned_share", "loss": "loss_q50"}.get(value, "epochs_until_learned_q50")
    return math.nan if row[name] is None else float(row[name])


def _thousands(epochs: float) -> str:
    return f"{epochs:.0f}" if epochs < 1000 else f"{epochs / 1000:.3g}k"


def _range(rows: list[tuple[dict[str, Any], float]], look: Look) -> Any:
    """Return the scale of the colors: shares from 0 to 1, others over their logarithm."""
    from matplotlib.colors import LogNorm, Normalize

    if not look.logarithmic:
        return Normalize(0, 1)
    found = [number for _, number in rows if number > 0]
    low, high = (min(found), max(found)) if found else (1, 10)
    return LogNorm(low, high if high > low else 10 * low)


def _size(sweep: "Sweep", chosen: Layout) -> tuple[float, float]:
    found = varying(sweep.trials)
    columns, rows = len(found.get(chosen.x, "1")), len(found.get(chosen.y or "", "1"))
    return max(3.0, WIDE * columns), max(0.5, HIGH * rows)


def _canvas(sweep: "Sweep", chosen: Layout) -> "Axes":
    width, height = _size(sweep, chosen)
    return canvas(width + 2.4, height + 1.7)


def _panels(sweep: "Sweep", chosen: Layout, rows: list[tuple[dict[str, Any], float]], look: Look) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(3, len(chosen.panels))
    lines = math.ceil(len(chosen.panels) / columns)
    width, height = _size(sweep, chosen)
    figure = Figure(figsize=((width + 1.9) * columns, (height + 1.2) * lines + 0.4), layout="constrained")
    figure.suptitle(_title(sweep, look), fontsize=LARGE, color=INK)
    for k, panel in enumerate(chosen.panels):
        ax = figure.add_subplot(lines, columns, k + 1)
        _map(sweep, chosen, panel, rows, look, _range(rows, look), ax)
        text = ", ".join(f"{_words(name)} {word(value)}" for name, value in panel.items())
        ax.set_title(text, fontsize=NORMAL, loc="left", color=INK)
    return figure


def _map(
    sweep: "Sweep", chosen: Layout, panel: dict[str, Any], rows: list[tuple[dict[str, Any], float]], look: Look,
    scale: Any, ax: "Axes",
) -> "Axes":  # fmt: skip
    import matplotlib as mpl

    known = varying(sweep.trials)
    right, up = (known.get(name or "", [None]) for name in (chosen.x, chosen.y))
    right = right if right != [None] else [sweep.trials[0].axes[chosen.x]]
    grid = np.full((len(up), len(right)), np.nan)  # (rows, columns)
    for row, number in rows:
        if all(row[name] == value for name, value in panel.items()):
            line = up.index(row[chosen.y]) if chosen.y and up != [None] else 0
            grid[line, right.index(row[chosen.x])] = number
    colors = mpl.colormaps[look.colors] if isinstance(look.colors, str) else look.colors
    cells = ax.pcolormesh(grid, cmap=colors, norm=scale, edgecolors="white", linewidth=1)
    for (line, column), number in np.ndenumerate(grid):
        if math.isfinite(number):
            write(ax, look.text(number), (column + 0.5, line + 0.5), color=readable(colors(scale(number))))
        else:
            write(ax, "–", (column + 0.5, line + 0.5), color=MUTED)
    _frame(ax, chosen, right, up, _title(sweep, look))
    _scale_bar(ax, cells, look)
    return ax


def _frame(ax: "Axes", chosen: Layout, right: list[Any], up: list[Any], title: str) -> None:
    ax.set_xticks(np.arange(len(right)) + 0.5, [word(value) for value in right])
    ax.set_xlabel(_words(chosen.x), fontsize=NORMAL)
    named = chosen.y is not None and up != [None]
    ax.set_yticks(np.arange(len(up)) + 0.5, [_axis_word(value) for value in up] if named else [""] * len(up))
    if named:
        ax.set_ylabel(_words(chosen.y or ""), fontsize=NORMAL)
    ax.tick_params(labelsize=SMALL, length=0, labelcolor=INK)
    ax.spines[:].set_color(FAINT)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)


def _scale_bar(ax: "Axes", cells: Any, look: Look) -> None:
    bar = ax.figure.colorbar(cells, ax=ax, pad=0.02)
    if not look.logarithmic:
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0 %", "25 %", "50 %", "75 %", "100 %"])
    bar.outline.set_edgecolor(FAINT)
    bar.ax.tick_params(labelsize=SMALL, color=FAINT)


def _title(sweep: "Sweep", look: Look) -> str:
    counts = {tally.networks for tally in sweep.tallies}
    most, least = max(counts), min(counts)
    of = f"{most:,}" if most == least else f"{least:,} to {most:,}"
    return f"{look.title[0].upper()}{look.title[1:]}\nof {of} networks a cell"


def _axis_word(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else word(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
