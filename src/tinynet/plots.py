"""Figures: each takes an `ax` (or makes one) and returns it. They draw what they are given and compute nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.judging import Answer
from tinynet.network import Network
from tinynet.pictures import PIXELS, Examples
from tinynet.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HORIZONTAL, VERTICAL = "#c8510b", "#1f5fa8"  # orange and blue: told apart by the color-blind too
INK, FAINT = "#1b1f2a", "#9aa0aa"
DIVERGING = "vlag"  # seaborn's blue-white-red map, of even lightness on both sides of its centre
MOST_LABELED_EDGES = 60


def new_axes(width: float = 6.4, height: float = 4.0) -> "Axes":
    """Return the axes of a new figure, made without pyplot's global state. Sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def save(ax: "Axes | Figure", path: str | Path) -> None:
    """Write the figure of `ax` as PNG or SVG, by the ending of `path`; equal figures give equal bytes."""
    from io import BytesIO

    import matplotlib as mpl

    from tinynet import files

    path = Path(path)
    kind = path.suffix.lstrip(".").lower()
    if kind not in ("png", "svg"):
        raise TinyNetError(f"figures are written as .png or .svg, and {path.name!r} is neither")
    figure, data = figure_of(ax), BytesIO()
    stamp: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "tinynet"}):
        figure.savefig(data, format=kind, dpi=144, metadata=stamp)
    files.write(path, data.getvalue())


def figure_of(ax: Any) -> "Figure":
    """Return the figure that `ax` stands in, or `ax` itself where it is a figure."""
    found: Figure = getattr(ax, "figure", None) or ax
    return found


def architecture(
    network: Network, *, ax: "Axes | None" = None, picture: Sequence[float] | None = None
) -> "Axes":
    """Draw nodes and edges; width and color of an edge show its weight, with its number where there is room.

    picture : (pixels,) whose activations are written into the nodes; without it, nodes are empty.
    """
    ax = ax or new_axes(9.0, 5.2)
    sizes = network.sizes
    places = [_column(n, size) for n, size in enumerate(sizes)]
    largest = max(float(np.abs(layer.weight).max()) for layer in network.layers) or 1.0
    labeled = sum(layer.weight.size for layer in network.layers) <= MOST_LABELED_EDGES
    for n, layer in enumerate(network.layers):
        for (j, i), weight in np.ndenumerate(layer.weight):
            _edge(
                ax,
                places[n][i],
                places[n + 1][j],
                float(weight),
                largest,
                (0.2 + 0.13 * j) if labeled else None,
            )
    activations = (
        [] if picture is None else [np.asarray(picture, float), *(a[0] for a in network.activations(picture))]
    )
    for n, column in enumerate(places):
        for k, (x, y) in enumerate(column):
            value = float(activations[n][k]) if activations else None
            bias = float(network.layers[n - 1].bias[k]) if n else None
            _node(ax, (x, y), value, _node_name(sizes, n, k), bias)
    ax.set_xlim(-0.45, len(sizes) - 0.55)
    ax.set_ylim(-0.16, 1.12)
    ax.axis("off")
    ax.set_title(
        f"{'-'.join(map(str, sizes))} · {network.architecture.parameter_count} parameters · {network.origin}"
    )
    return ax


def _column(n: int, size: int) -> list[tuple[float, float]]:
    return [(float(n), 1 - (k + 0.5) / size) for k in range(size)]


def _node_name(sizes: tuple[int, ...], n: int, k: int) -> str:
    if n == 0:
        return PIXELS[k] if sizes[0] == 4 else f"pixel {k}"
    if n == len(sizes) - 1:
        return ("horizontal", "vertical")[k] if sizes[-1] == 2 else f"output {k}"
    return f"hidden {k}"


def _edge(
    ax: "Axes",
    start: tuple[float, float],
    end: tuple[float, float],
    weight: float,
    largest: float,
    at: float | None,
) -> None:
    color = HORIZONTAL if weight > 0 else VERTICAL
    size = abs(weight) / largest
    (x0, y0), (x1, y1) = start, end
    ax.plot([x0, x1], [y0, y1], color=color, linewidth=0.4 + 3.2 * size, alpha=0.3 + 0.5 * size, zorder=1)
    if at is not None:
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": color, "linewidth": 0.6}
        where = (x0 + at * (x1 - x0), y0 + at * (y1 - y0))
        ax.text(*where, f"{weight:+.2f}", fontsize=7, ha="center", va="center", color=INK, bbox=box, zorder=3)


def _node(ax: "Axes", at: tuple[float, float], value: float | None, name: str, bias: float | None) -> None:
    shade = "white" if value is None else str(round(float(np.clip(value, 0.0, 1.0)), 3))
    ax.scatter(*at, s=900, color=shade, edgecolors=INK, linewidths=1.2, zorder=2)
    if value is not None:
        ink = "white" if float(np.clip(value, 0, 1)) < 0.5 else INK
        ax.text(*at, f"{value:.2f}", ha="center", va="center", fontsize=8.5, color=ink, zorder=4)
    first = bias is None  # a pixel: its name stands to the left, clear of the edges
    place, side = ((-20, -3), "right") if first else ((0, 20), "center")
    ax.annotate(name, at, place, textcoords="offset points", ha=side, fontsize=8.5, zorder=4)
    if bias is not None:
        ax.annotate(
            f"b {bias:+.2f}", at, (0, -27), textcoords="offset points", ha="center", fontsize=7.5, color=INK
        )


def pictures(examples: Examples, *, ax: "Axes | None" = None, columns: int = 4) -> "Axes":
    """Draw the pictures in rows of `columns`, with their names and what they should be answered."""
    if examples.shape is None:
        raise TinyNetError("these examples are rows of a table and have no shape to draw; give them one")
    rows, width = -(-len(examples) // columns), min(columns, len(examples))
    ax = ax or new_axes(1.7 * width, 2.0 * rows)
    for k, values in enumerate(examples.inputs):
        left, top = 1.35 * (k % columns), -1.6 * (k // columns)
        grid = values.reshape(examples.shape)
        ax.imshow(
            grid, cmap="gray", vmin=0, vmax=1, extent=(left, left + 1, top - 1, top), interpolation="nearest"
        )
        ax.add_patch(_frame(left, top))
        goal = _goal(examples, k)
        ax.text(left + 0.5, top + 0.06, examples.names[k], ha="center", va="bottom", fontsize=9)
        ax.text(left + 0.5, top - 1.06, goal, ha="center", va="top", fontsize=8, color=INK)
    ax.set_xlim(-0.15, 1.35 * width - 0.2)
    ax.set_ylim(-1.6 * (rows - 1) - 1.3, 0.3)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _frame(left: float, top: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((left, top - 1), 1, 1, fill=False, edgecolor=FAINT, linewidth=1)


def _goal(examples: Examples, k: int) -> str:
    if examples.targets is None:
        return ""
    return " ".join(f"{value:g}" for value in examples.targets[k])


def loss_curve(
    run: Recording | Mapping[str, Recording], *, ax: "Axes | None" = None, constant: float | None = None
) -> "Axes":
    """Draw the loss of each epoch, of one recording or of several by name.

    constant : the loss of the best answer that ignores the picture, drawn dashed.
    """
    ax = ax or new_axes()
    runs = run if isinstance(run, Mapping) else {"loss": run}
    for (label, one), color in zip(runs.items(), _colors(), strict=False):
        ax.plot(np.arange(1, one.epochs + 1), one.loss_per_epoch, color=color, linewidth=1.8, label=label)
    if constant is not None:
        ax.axhline(
            constant, color=FAINT, linestyle="--", label=f"the same answer to every picture: {constant:.3g}"
        )
    ax.set_xlabel("epoch")
    ax.set_ylabel("average loss")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    _plain(ax)
    return ax


def convergence(run: Recording, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the loss (left axis) beside how far the first layer's weights moved in each epoch (right axis)."""
    ax = ax or new_axes()
    epochs = np.arange(1, run.epochs + 1)
    right = ax.twinx()
    (loss,) = ax.plot(epochs, run.loss_per_epoch, color=VERTICAL, linewidth=1.8)
    (movement,) = right.plot(epochs, run.movement_per_epoch, color=HORIZONTAL, linewidth=1.8, linestyle="--")
    ax.set_xlabel("epoch")
    ax.set_ylabel("average loss", color=VERTICAL)
    right.set_ylabel("movement of the first layer's weights", color=HORIZONTAL)
    ax.set_ylim(bottom=0)
    right.set_ylim(bottom=0)
    ax.legend([loss, movement], ["loss", "movement per epoch"], frameon=False, loc="center right")
    _plain(ax, sides=("top",))
    _plain(right, sides=("top",))
    return ax


def hidden_nodes(
    network: Network, *, shape: tuple[int, int] = (2, 2), axes: Sequence["Axes"] | None = None
) -> "Figure":
    """Draw what each node of the first layer looks for: its weights where its pixels are, one scale for all."""
    import seaborn as sns
    from matplotlib.figure import Figure

    weight = network.layers[0].weight
    if shape[0] * shape[1] != weight.shape[1]:
        raise TinyNetError(
            f"shape {shape} has {shape[0] * shape[1]} pixels and the network takes {weight.shape[1]}"
        )
    if axes is None:
        axes = list(
            Figure(figsize=(2.6 * len(weight), 2.7), layout="constrained").subplots(
                1, len(weight), squeeze=False
            )[0]
        )
    largest = float(np.abs(weight).max()) or 1.0
    for j, (ax, row) in enumerate(zip(axes, weight, strict=True)):
        sns.heatmap(
            row.reshape(shape), ax=ax, cmap=DIVERGING, vmin=-largest, vmax=largest, annot=shape[0] <= 4,
            fmt="+.2f", square=True, cbar=False, linewidths=1, xticklabels=False, yticklabels=False,
        )  # fmt: skip
        ax.set_title(f"hidden node {j}, bias {network.layers[0].bias[j]:+.2f}", fontsize=9)
    return figure_of(axes[0])


def confidence_bars(
    answers: Sequence[Answer], *, ax: "Axes | None" = None, labels: Sequence[str] = ("horizontal", "vertical")
) -> "Axes":
    """Draw both answers to each picture as bars, with their percentages; what is unsure is named so."""
    ax = ax or new_axes(6.4, 0.6 + 0.62 * len(answers))
    for k, answer in enumerate(answers):
        for n, value in enumerate(answer.outputs):
            color = _colors()[n % 6]
            place = k + (n - (len(answer.outputs) - 1) / 2) * 0.36
            ax.barh(
                place,
                value,
                height=0.32,
                color=color,
                label=labels[n] if k == 0 and n < len(labels) else None,
            )
            ax.text(max(value, 0.0) + 0.01, place, f"{100 * value:.1f} %", va="center", fontsize=8)
    ax.set_yticks(
        range(len(answers)), [f"{answer.name}\n{answer.words()}" for answer in answers], fontsize=8.5
    )
    ax.set_xlim(0, 1.18)
    ax.set_xticks(np.linspace(0, 1, 5), [f"{100 * x:.0f} %" for x in np.linspace(0, 1, 5)])
    ax.invert_yaxis()
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)
    _plain(ax)
    return ax


def population_histogram(
    values: np.ndarray, *, ax: "Axes | None" = None, label: str = "H − V on gray", mark: float | None = None
) -> "Axes":
    """Draw how a number is spread over many networks; zero is dashed, and `mark` shows one of them."""
    ax = ax or new_axes()
    shown = values[np.isfinite(values)]
    parts = (shown[shown < 0], shown[shown >= 0])
    reach = float(np.abs(shown).max(initial=0.0)) or 1.0
    ax.hist(parts, bins=list(np.linspace(-reach, reach, 51)), color=[VERTICAL, HORIZONTAL], stacked=True)
    ax.axvline(0, color=FAINT, linestyle="--")
    if mark is not None:
        ax.axvline(mark, color=INK, linewidth=2, label="this network")
        ax.legend(frameon=False)
    ax.set_xlabel(label)
    ax.set_ylabel(f"networks of {len(values):,}")
    _plain(ax)
    return ax


def _colors() -> list[str]:
    return [HORIZONTAL, VERTICAL, "#0a7d6f", "#7a4ca0", "#a0522d", INK]


def _plain(ax: "Axes", sides: Iterable[str] = ("top", "right")) -> None:
    for side in sides:
        ax.spines[side].set_visible(False)
    ax.grid(True, axis="both", color="#e6e8ec", linewidth=0.8)
    ax.set_axisbelow(True)
