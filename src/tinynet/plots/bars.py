"""Bars of a network's outputs, and histograms of many networks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.evaluation.verdicts import percent
from tinynet.plots.canvas import (
    FAINT,
    HORIZONTAL,
    INK,
    LARGE,
    MARK,
    NORMAL,
    PALETTE,
    SMALL,
    VERTICAL,
    canvas,
    max_abs,
    signed,
    style_axes,
    write,
)
from tinynet.signatures import check_arguments
from tinynet.validation import check_number, check_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.evaluation.predictions import Prediction

MAX_MARK = 1e300  # the bins of a larger range are not finite
MAX_BARS = 64  # examples
BINS_PER_SIDE = 30  # bins of the histogram, on each side of zero
SHARES = (0.0, 1.16)  # limits of an axis in percent; "100 %" fits beside a full bar
UNSURE_OPACITY = 0.45


@check_arguments
def confidence_bars(
    predictions: "Sequence[Prediction]",
    *,
    labels: Sequence[str] = ("horizontal", "vertical"),
    title: str = "The network's outputs",
    words: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the outputs for each example as bars.

    The prediction is beside the bars, in words.

    Bars of unsure predictions are pale. The figure has at most 64 examples.

    labels : the name of each output.
    words : the text beside each example, for outputs that are numbers to predict.

    Raises TinyNetError for fewer labels than outputs.

    >>> import tinynet as tn
    >>> ax = confidence_bars(tn.predictions(tn.Network.initial(seed=0), tn.pictures.stress()))
    >>> [tick.get_text() for tick in ax.get_yticklabels()][:2]
    ['single pixel', 'gray']
    """
    shown = list(predictions[:MAX_BARS])
    outputs = np.array([prediction.outputs for prediction in shown])  # (examples, outputs)
    _check_texts(words, predictions, labels, outputs)
    ax = ax or canvas(7.2, 1.1 + max(0.5, 0.24 * outputs.shape[1]) * len(shown))
    cut = "" if len(shown) == len(predictions) else f" (the first {len(shown)} of {len(predictions):,})"
    _bar_frame(ax, shown, title + cut, words)
    are_fractions = words is None and bool(np.all((outputs >= 0) & (outputs <= 1) | np.isnan(outputs)))
    high = 0.8 / outputs.shape[1]
    for k in range(outputs.shape[1]):
        places = np.arange(len(shown)) + (k + 0.5) * high - 0.4  # (examples,)
        bars = ax.barh(places, outputs[:, k], high * 0.9, color=PALETTE[k % len(PALETTE)])
        for bar, place, value, prediction in zip(bars, places, outputs[:, k], shown, strict=True):
            bar.set_alpha(UNSURE_OPACITY if prediction.unsure and words is None else 1.0)
            text = _percentage(value) if are_fractions and np.isfinite(value) else signed(value)
            at = (value if np.isfinite(value) and value > 0 else 0, place)
            write(ax, text, at, shift=(4, 0), ha="left")
    if are_fractions:
        _percent_scale(ax)
    else:
        _number_scale(ax, outputs)
    _legend(ax, labels[: outputs.shape[1]])
    return ax


def _percentage(value: float) -> str:
    return "< 0.1 %" if 0 < value < 0.001 else percent(value)


def _check_texts(
    words: Sequence[str] | None,
    predictions: "Sequence[Prediction]",
    labels: Sequence[str],
    outputs: np.ndarray,
) -> None:
    if words is not None and len(words) != len(predictions):
        raise TinyNetError(
            f"has {counted(len(words), 'text')} for {counted(len(predictions), 'prediction')}. Give a text for each.",
            parameter="words",
        )
    if outputs.ndim != 2 or outputs.shape[1] > len(labels):
        raise TinyNetError(
            f"has the length {len(labels)} and the outputs have the shape {outputs.shape}. Give one label for each output.",
            parameter="labels",
        )


def _bar_frame(ax: "Axes", predictions: "list[Prediction]", title: str, words: Sequence[str] | None) -> None:
    style_axes(ax)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK, pad=26)  # points, above the legend
    names = [prediction.name for prediction in predictions]
    ax.set_yticks(range(len(predictions)), names, fontsize=NORMAL)
    ax.set_ylim(len(predictions) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    for place, prediction in enumerate(predictions):
        verdict = {None: "", True: ", right", False: ", wrong"}[prediction.correct]
        style = "italic" if prediction.unsure and words is None else "normal"
        beside = {"xycoords": ("axes fraction", "data"), "ha": "left", "style": style}
        said = words[place] if words is not None else prediction.words() + verdict
        write(ax, said, (1, place), shift=(6, 0), **beside)


def _legend(ax: "Axes", labels: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=PALETTE[k % len(PALETTE)], label=label) for k, label in enumerate(labels)]
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    ax.legend(handles=handles, ncols=4, fontsize=SMALL, frameon=False, **above)


def _number_scale(ax: "Axes", outputs: np.ndarray) -> None:
    finite = outputs[np.isfinite(outputs)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    span = (high - low) or 1.0
    ax.set_xlim(low - 0.05 * span, high + 0.2 * span)  # room for a number beside the longest bar


def _percent_scale(ax: "Axes") -> None:
    ax.set_xlim(SHARES)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.axvline(0.5, color=FAINT, linewidth=0.8, zorder=0)


@check_arguments
def population_histogram(
    values: np.ndarray,
    *,
    label: str = "H − V on gray",
    mark: float | None = None,
    mark_label: str = "this network",
    sides: tuple[str, str] = ("vertical", "horizontal"),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the histogram of a signed number over many networks.

    Values below zero are blue, values above zero orange.

    values : (networks,), such as "horizontal" minus "vertical" on gray. Values that are not finite are counted in
        the title and not drawn.
    mark : the value of one network, as a line.
    sides : the meanings of values below and above zero.

    Raises TinyNetError if no value is finite.

    >>> ax = population_histogram(np.array([-0.2, -0.1, 0.1]), label="H − V on gray")
    >>> ax.get_title(loc="left")
    '3 networks'
    """
    values = np.ravel(check_numbers("values", values))
    if mark is not None:
        mark = check_number("mark", mark, -MAX_MARK, MAX_MARK)
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise TinyNetError("none of the values is finite. Give at least one finite value.")
    ax = ax or canvas(7, 3.4)
    style_axes(ax)
    top = max_abs(finite if mark is None else np.append(finite, mark))
    edges = np.linspace(-top, top, 2 * BINS_PER_SIDE + 1)  # zero is an edge, so no bar has both signs
    for part, color in ((finite[finite < 0], VERTICAL), (finite[finite >= 0], HORIZONTAL)):
        ax.hist(part, bins=edges.tolist(), color=color, edgecolor="white", linewidth=0.4)
    ax.axvline(0, color=INK, linestyle="--", linewidth=1.2)
    not_finite = len(values) - len(finite)
    title = counted(len(values), "network") + (
        f", {not_finite:,} of them not finite and not drawn" if not_finite else ""
    )
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlim(-1.05 * top, 1.05 * top)
    ax.set_xlabel(f"← {sides[0]}      {label}      {sides[1]} →", fontsize=NORMAL)
    ax.set_ylabel("networks", fontsize=NORMAL)
    if mark is not None:
        _mark(ax, mark, f"{mark_label}: {signed(mark)}")
    return ax


def _mark(ax: "Axes", value: float, text: str) -> None:
    ax.axvline(value, color=MARK, linewidth=2.2)
    ax.set_title(text, fontsize=NORMAL, loc="right", color=MARK)
