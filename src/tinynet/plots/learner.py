"""Memorizers and learners: how true their probabilities are, what they say of every contrast, and the ladder between."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.judging import whole_percent
from tinynet.plots.canvas import FAINT, INK, LARGE, MARK, MUTED, NORMAL, SMALL, canvas, diverging, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tinynet.calibration import Reliability
    from tinynet.ladder import Rung, Standing

FINENESS = 121  # answers along each side of a map
COLUMNS = (  # of the ladder: a mark's name, its heading, the scale's end, and whether more is better
    ("accuracy", "accuracy on\nnoisy lines", 1.0),
    ("gray", "|H − V|\non gray", 1.0),
    ("brier_ratio", "Brier score\nover its floor", 2.2),
    ("auroc", "AUROC, lines\nfrom doubt", 1.0),
)


def reliability(
    found: "Reliability", *, title: str = "What is said, and how often it is true", ax: "Axes | None" = None
) -> "Axes":
    """Draw a reliability diagram: the share that came true against the probability that was said, with Wilson's
    95 % intervals; the closer to the diagonal, the truer. The gray bars are how often each probability was said.
    """
    ax = ax or canvas(4.4, 4.4)
    plain(ax)
    full = found.count > 0
    width = np.diff(found.edges)
    share = found.count / max(1.0, found.count.sum())
    ax.bar(
        found.edges[:-1], 0.25 * share / max(share.max(), 1e-9), width, align="edge", color=FAINT, alpha=0.6
    )
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle="--")
    low, high = found.intervals[full].T
    said, true = found.said[full], found.share[full]
    ax.errorbar(
        said,
        true,
        yerr=np.clip([true - low, high - true], 0, 1),
        fmt="o",
        color=MARK,
        markersize=5,
        linewidth=1.4,
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel("probability of horizontal that was said", fontsize=NORMAL, color=INK)
    ax.set_ylabel("share that was horizontal", fontsize=NORMAL, color=INK)
    return ax


def contrasts(fineness: int = FINENESS) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures of every row contrast r (along x) and column contrast c (along y), about a gray of 0.5.

    r = (TL + TR − BL − BR) / 2 and c = (TL + BL − TR − BR) / 2, each from −1 to 1; a picture needs |r| + |c| <= 1, and
    the lines stand at the corners. -> pictures (fineness, fineness, 4), and which of them there are

    >>> shown, exist = contrasts(3)
    >>> shown[1, 2].tolist(), exist.sum()
    ([1.0, 1.0, 0.0, 0.0], np.int64(5))
    """
    c, r = np.meshgrid(*[np.linspace(-1, 1, fineness)] * 2, indexing="ij")
    shown = 0.5 + 0.5 * np.stack([r + c, r - c, c - r, -r - c], axis=-1)
    return np.clip(shown, 0, 1), np.abs(r) + np.abs(c) <= 1 + 1e-9


def answer_map(
    answers: Callable[[np.ndarray], np.ndarray], *, title: str = "", ax: "Axes | None" = None
) -> "Axes":
    """Draw what is answered to every contrast: H − V, orange where horizontal. answers : pictures (m, 4) -> (m, 2).

    The fair answer is an X: horizontal left and right, vertical above and below, nothing on the diagonals.
    """
    ax = ax or canvas(4.2, 4.2)
    shown, exist = contrasts()
    gaps = np.full(exist.shape, np.nan)
    outputs = np.asarray(answers(shown[exist]))
    gaps[exist] = outputs[:, 0] - outputs[:, 1]
    ax.imshow(gaps, origin="lower", extent=(-1, 1, -1, 1), cmap=diverging(), vmin=-1, vmax=1)
    plain(ax)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    ax.set_xlabel("row contrast", fontsize=NORMAL, color=INK)
    ax.set_ylabel("column contrast", fontsize=NORMAL, color=INK)
    return ax


def ladder(rungs: "Sequence[Rung]", standings: "Sequence[Standing]") -> "Figure":
    """Draw the ladder: a row for each rung, a bar for each mark's mean, and the share that passes the exam."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(10, 1.2 + 0.4 * len(rungs)), layout="constrained")
    every: Any = drawn.subplots(1, len(COLUMNS) + 1, sharey=True, width_ratios=(*[1.0] * len(COLUMNS), 0.7))
    places = np.arange(len(rungs))[::-1]
    for ax, (name, heading, end) in zip(every, COLUMNS, strict=False):
        values = [standing.means.get(name, np.nan) for standing in standings]
        _bars(ax, places, values, [f"{value:.2f}" for value in values], end, heading)
    passed = [standing.passed / standing.networks for standing in standings]
    _bars(every[-1], places, passed, [f"{whole_percent(share)} %" for share in passed], 1.0, "pass the\nexam")
    every[0].set_yticks(places, [rung.name for rung in rungs], fontsize=NORMAL)
    return drawn


def _bars(
    ax: "Axes", places: np.ndarray, values: Sequence[float], words: Sequence[str], end: float, heading: str
) -> None:
    plain(ax)
    ax.barh(places, values, 0.7, color=MARK)
    for place, value, word in zip(places, values, words, strict=True):
        ax.annotate(
            word,
            (value if np.isfinite(value) else 0, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    ax.set_xlim(0, 1.25 * end)
    ax.set_title(heading, fontsize=NORMAL, loc="left", color=INK)
    ax.tick_params(bottom=False, labelbottom=False)
