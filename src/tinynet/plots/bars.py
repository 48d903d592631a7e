"""Answers as bars, and the answers of many networks as a histogram."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError
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
    largest,
    plain,
    signed,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.evaluation.predictions import Prediction

MAX_BARS = 64  # pictures
BINS_PER_SIDE = 30  # of the histogram, left and right of zero
SHARES = (0.0, 1.16)  # the axis of shares: room for "100 %" beside a full bar
PALE = 0.45  # opacity of an unsure answer


def confidence_bars(
    answers: "Sequence[Prediction]",
    *,
    labels: Sequence[str] = ("horizontal", "vertical"),
    title: str = "What the network answers",
    words: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw each picture's outputs as bars in percent, the answer in words beside them; unsure ones are pale.

    labels : what each output stands for. At most 64 pictures are drawn.
    words : beside each picture, where its outputs are numbers to predict and no answer in words.

    >>> import tinynet as tn
    >>> ax = confidence_bars(tn.predictions(tn.Network.initial(seed=0), tn.pictures.stress()))
    >>> [tick.get_text() for tick in ax.get_yticklabels()][:2]
    ['single pixel', 'gray']
    """
    shown = list(answers[:MAX_BARS])
    outputs = np.array([answer.outputs for answer in shown])  # (pictures, outputs)
    if outputs.ndim != 2 or outputs.shape[1] > len(labels):
        raise TinyNetError(
            f"answers have shape {outputs.shape} and there are {len(labels)} labels; give one for each output"
        )
    ax = ax or canvas(7.2, 1.1 + max(0.5, 0.24 * outputs.shape[1]) * len(shown))
    cut = "" if len(shown) == len(answers) else f" (the first {len(shown)} of {len(answers):,})"
    _answer_frame(ax, shown, title + cut, words)
    shares = words is None and bool(np.all((outputs >= 0) & (outputs <= 1) | np.isnan(outputs)))
    high = 0.8 / outputs.shape[1]
    for k in range(outputs.shape[1]):
        places = np.arange(len(shown)) + (k + 0.5) * high - 0.4  # (pictures,)
        bars = ax.barh(places, outputs[:, k], high * 0.9, color=PALETTE[k % len(PALETTE)])
        for bar, place, value, answer in zip(bars, places, outputs[:, k], shown, strict=True):
            bar.set_alpha(PALE if answer.unsure and words is None else 1.0)
            text = _share(value) if shares and np.isfinite(value) else signed(value)
            at = (value if np.isfinite(value) and value > 0 else 0, place)
            write(ax, text, at, shift=(4, 0), ha="left")
    if shares:
        _percent_scale(ax)
    else:
        _number_scale(ax, outputs)
    _legend(ax, labels[: outputs.shape[1]])
    return ax


def _share(value: float) -> str:
    return "< 0.1 %" if 0 < value < 0.001 else percent(value)


def _answer_frame(ax: "Axes", answers: "list[Prediction]", title: str, words: Sequence[str] | None) -> None:
    plain(ax)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK, pad=26)  # points, above the legend
    ax.set_yticks(range(len(answers)), [answer.name for answer in answers], fontsize=NORMAL)
    ax.set_ylim(len(answers) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    for place, answer in enumerate(answers):
        verdict = {None: "", True: ", right", False: ", wrong"}[answer.correct]
        style = "italic" if answer.unsure and words is None else "normal"
        beside = {"xycoords": ("axes fraction", "data"), "ha": "left", "style": style}
        said = words[place] if words is not None else answer.words() + verdict
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


def population_histogram(
    values: np.ndarray,
    *,
    label: str = "H − V on gray",
    mark: float | None = None,
    mark_label: str = "this network",
    sides: tuple[str, str] = ("vertical", "horizontal"),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how a signed number is spread over many networks: blue below zero, orange above.

    values : (networks,), such as "horizontal" minus "vertical" on gray; what is not finite is counted in the
    title and not drawn. mark : one network's own value. sides : what below and above zero mean.

    >>> ax = population_histogram(np.array([-0.2, -0.1, 0.1]), label="H − V on gray")
    >>> ax.get_title(loc="left")
    '3 networks'
    """
    values = np.ravel(values)
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise TinyNetError(f"none of the {len(values)} values is a finite number; there is nothing to draw")
    ax = ax or canvas(7, 3.4)
    plain(ax)
    top = largest(finite if mark is None else np.append(finite, mark))
    edges = np.linspace(-top, top, 2 * BINS_PER_SIDE + 1)  # zero is an edge, so no bar holds both signs
    for part, color in ((finite[finite < 0], VERTICAL), (finite[finite >= 0], HORIZONTAL)):
        ax.hist(part, bins=edges.tolist(), color=color, edgecolor="white", linewidth=0.4)
    ax.axvline(0, color=INK, linestyle="--", linewidth=1.2)
    lost = len(values) - len(finite)
    title = f"{len(values):,} networks" + (f", {lost:,} of them not finite and not drawn" if lost else "")
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
