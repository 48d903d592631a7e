"""The ladder from memorizer to learner, as bars."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.evaluation.requirements import MEASURES
from tinynet.evaluation.verdicts import whole_percent
from tinynet.plots.canvas import INK, MARK, NORMAL, SMALL, style_axes
from tinynet.signatures import check_arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tinynet.experiments.ladder import Rung, Standing

COLUMNS = {
    "accuracy": 1.0,
    "gray": 1.0,
    "brier_ratio": 2.2,
    "auroc": 1.0,
}  # end of the scale of each measure
HEADINGS = {measure.key: measure.label.replace(" ", "\n") for measure in MEASURES}


@check_arguments
def ladder(rungs: "Sequence[Rung]", standings: "Sequence[Standing]") -> "Figure":
    """Draw the ladder with a row for each rung.

    Each row has the means of the rung's measures.

    The last column is the fraction of networks that pass the exam.
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(10, 1.2 + 0.4 * len(rungs)), layout="constrained")
    every: Any = drawn.subplots(1, len(COLUMNS) + 1, sharey=True, width_ratios=(*[1.0] * len(COLUMNS), 0.7))
    places = np.arange(len(rungs))[::-1]
    for ax, (name, end) in zip(every, COLUMNS.items(), strict=False):
        values = [standing.means.get(name, np.nan) for standing in standings]
        _bars(ax, places, values, [f"{value:.2f}" for value in values], end, HEADINGS[name])
    passed = [standing.passed / standing.networks for standing in standings]
    _bars(
        every[-1],
        places,
        passed,
        [f"{whole_percent(fraction)} %" for fraction in passed],
        1.0,
        "pass the\nexam",
    )
    every[0].set_yticks(places, [rung.name for rung in rungs], fontsize=NORMAL)
    return drawn


def _bars(
    ax: "Axes", places: np.ndarray, values: Sequence[float], words: Sequence[str], end: float, heading: str
) -> None:
    style_axes(ax)
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
