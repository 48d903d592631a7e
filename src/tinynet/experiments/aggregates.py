"""Counts of many networks.

The counts can be added in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import TIE, predicted_classes
from tinynet.evaluation.predictions import UNSURE
from tinynet.evaluation.verdicts import wilson
from tinynet.experiments.population import Population
from tinynet.numerics import elementary
from tinynet.numerics.integers import ceil_div

CHECKPOINTS_PER_DECADE = 32  # each checkpoint is about 7.5 % after the checkpoint before
LOSS_BINS_PER_DECADE = 64  # the geometric middle of a bin is within 1.82 % of every loss in the bin
LOSS_DECADES = (-12, 3)
MARGIN_BINS = 50  # on [0, 1]; the last bin also counts larger margins
FIXED_POINT = 2**20  # margins are summed as multiples of 1 / FIXED_POINT
MAX_SUMMED_MARGIN = 1000.0  # keeps the sum of 100 million margins below 2**63
QUANTILES = (10, 50, 90)  # percent
UNDECIDED = "undecided"  # the largest outputs are equal

LN_10 = 2.302585092994046


def _powers_of_ten(first: int, last: int, per_decade: int) -> np.ndarray:
    """Return powers of ten from 10**first to 10**last.

    There are `per_decade` powers in each decade. Powers with a whole exponent are exact.
    """
    decades = [float(f"1e{k}") for k in range(first, last)]
    within = [elementary.exp(LN_10 * (k / per_decade)) for k in range(per_decade)]
    return np.append(np.outer(decades, within), float(f"1e{last}"))


LOSS_EDGES = _powers_of_ten(*LOSS_DECADES, LOSS_BINS_PER_DECADE)
MARGIN_EDGES = np.arange(MARGIN_BINS + 1) / MARGIN_BINS
_UNSURE_BINS = int(np.searchsorted(MARGIN_EDGES, UNSURE))


@lru_cache(maxsize=1024)
def logarithmic_checkpoints(epochs: int) -> np.ndarray:
    """Return the epochs of the checks. -> (checkpoints,) int64

    After each of these epochs, a training is checked. The last checkpoint is `epochs`.

    >>> logarithmic_checkpoints(10).tolist(), len(logarithmic_checkpoints(30_000))
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 121)
    """
    powers = np.round(_powers_of_ten(0, len(str(epochs)), CHECKPOINTS_PER_DECADE)).astype(np.int64)
    found = np.unique(np.append(powers[powers < epochs], epochs))
    found.setflags(write=False)
    return found


def prediction_labels(target_names: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of all possible predictions.

    A tie has the label "undecided".

    >>> prediction_labels(("horizontal", "vertical")), prediction_labels(("same",))
    (('horizontal', 'vertical', 'undecided'), ('same', 'not same', 'undecided'))
    """
    if len(target_names) == 1:
        return target_names[0], f"not {target_names[0]}", UNDECIDED
    return *target_names, UNDECIDED


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of the networks of one trial.

    epochs : the epochs of the trial.
    networks, finite, learned : how many networks there are, have finite parameters, get every example right.
    losses : (963,) how many networks have a final loss below 1e-12, in each of 64 bins a decade up to 1e3,
        above 1e3, and not finite.
    epochs_to_learn : (checkpoints,) how many of the networks that learned were first seen to get every example
        right at each of the `logarithmic_checkpoints`.
    margins : (probes, predictions, 50) how many networks make each prediction for each probe, by margin.
    margin_sums : (probes, predictions) the sums of these margins, in units of 2**-20.
    n_not_finite : (probes,) how many networks have an output that is not finite.

    >>> import tinynet as tn
    >>> population = tn.population(tn.Recipe(learning_rate=5.0), networks=64)
    >>> tally = Tally.of(population, np.full(64, 100), tn.pictures.stress())
    >>> (tally + tally).networks, tally.losses.sum().item()
    (128, 64)
    """

    epochs: int
    networks: int
    finite: int
    learned: int
    losses: np.ndarray
    epochs_to_learn: np.ndarray
    margins: np.ndarray
    margin_sums: np.ndarray
    n_not_finite: np.ndarray

    @classmethod
    def of(cls, population: Population, first_correct: np.ndarray, probes: Examples) -> "Tally":
        """Count a population.

        first_correct : (n,) the epoch after which each network was first seen to get every example right; 0 for a
            network that never was.
        """
        epochs, learned = population.recipe.epochs, population.all_right
        checkpoints = logarithmic_checkpoints(epochs)
        first = np.where(first_correct == 0, epochs, first_correct)[learned]
        epochs_to_learn = np.bincount(np.searchsorted(checkpoints, first), minlength=len(checkpoints))
        losses = _loss_histogram(np.where(population.finite, population.losses, np.nan))
        counts = (epochs, len(population), int(population.finite.sum()), int(learned.sum()))
        return cls(*counts, losses, epochs_to_learn, *_margin_histograms(population.outputs(probes)))

    @classmethod
    def empty(cls, epochs: int, probes: int, outputs: int) -> "Tally":
        """Return a tally of no networks."""
        predictions = len(prediction_labels(("",) * outputs))
        shapes = (
            len(LOSS_EDGES) + 2,
            len(logarithmic_checkpoints(epochs)),
            (probes, predictions, MARGIN_BINS),
            (probes, predictions),
            probes,
        )
        return cls(epochs, 0, 0, 0, *(np.zeros(shape, np.int64) for shape in shapes))

    def __add__(self, other: "Tally") -> "Tally":
        if self.epochs != other.epochs:
            raise TinyNetError(
                f"the tallies are of {self.epochs:,} and {other.epochs:,} epochs. "
                "Only tallies of one trial can be added."
            )
        sums = (getattr(self, name) + getattr(other, name) for name in COUNTS)
        return Tally(self.epochs, *sums)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("epochs", *COUNTS))

    __hash__ = None  # type: ignore[assignment]

    def loss_quantile(self, percent: int) -> float | None:
        """Return a percentile of the finite losses, within 1.82 %.

        A loss below 1e-12 counts as 0. A loss above 1,000 counts as 1,000. Returns None if no network is finite.
        """
        place = _quantile_bin(self.losses[:-1], percent)
        if place is None:
            return None
        if place in (0, len(LOSS_EDGES)):
            return 0.0 if place == 0 else float(LOSS_EDGES[-1])
        return float(np.sqrt(LOSS_EDGES[place - 1] * LOSS_EDGES[place]))

    def epochs_to_learn_quantile(self, percent: int) -> int | None:
        """Return a percentile of the epochs to learn.

        The percentile is over the networks that learned. The result is a value of the `logarithmic_checkpoints`,
        or None if no network learned.
        """
        place = _quantile_bin(self.epochs_to_learn, percent)
        return None if place is None else int(logarithmic_checkpoints(self.epochs)[place])

    def margin_histogram(self, probe: int) -> np.ndarray:
        """Return the histogram of signed margins on [-1, 1]. -> (100,)

        A signed margin is the first output minus the second output.

        The network must have two outputs. Ties count as above 0.
        """
        first, second, tied = self.margins[probe][:3]
        return np.concatenate([second[::-1], first + tied])

    def probe(self, probe: int, labels: Sequence[str]) -> dict[str, Any]:
        """Return the counts of one probe, by name.

        labels : those of `prediction_labels`.
        """
        counts = self.margins[probe].sum(axis=1)  # (predictions,)
        total = int(counts.sum())
        return {
            "predicted": dict(zip(labels, counts.tolist(), strict=True)),
            "unsure": int(self.margins[probe, :, :_UNSURE_BINS].sum()),
            "not_finite": int(self.n_not_finite[probe]),
            "mean_margin": int(self.margin_sums[probe].sum()) / FIXED_POINT / total if total else None,
        }

    def summary(self) -> dict[str, Any]:
        """Return counts, intervals and quantiles, by name."""
        low, high = wilson(self.learned, self.networks) if self.networks else (None, None)
        found: dict[str, Any] = {"networks": self.networks, "finite": self.finite, "learned": self.learned}
        found["learned_fraction"] = self.learned / self.networks if self.networks else None
        found |= {"learned_low": low, "learned_high": high}
        found |= {f"loss_q{percent}": self.loss_quantile(percent) for percent in QUANTILES}
        return found | {f"epochs_to_learn_q{p}": self.epochs_to_learn_quantile(p) for p in QUANTILES}


COUNTS = tuple(field.name for field in fields(Tally) if field.name != "epochs")


def _loss_histogram(losses: np.ndarray) -> np.ndarray:
    """Count losses (n,) in bins.

    The last bin counts losses that are not finite.
    """
    places = np.where(
        np.isfinite(losses), np.searchsorted(LOSS_EDGES, losses, side="right"), len(LOSS_EDGES) + 1
    )
    return np.bincount(places, minlength=len(LOSS_EDGES) + 2)


def _margin_histograms(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the margins of outputs (n, probes, outputs).

    Returns the fields margins, margin_sums and n_not_finite of a `Tally`.
    """
    probes = outputs.shape[1]
    finite = np.isfinite(outputs).all(axis=2)  # (n, probes)
    classes, margin = predicted_classes(np.where(finite[..., None], outputs, 0.0))
    kinds = max(outputs.shape[2], 2) + 1  # the classes, and a tie
    predicted = np.where(classes == TIE, kinds - 1, classes)
    places = (np.arange(probes) * kinds + predicted)[finite]
    margin = margin[finite]
    bins = np.minimum(np.searchsorted(MARGIN_EDGES, margin, side="right") - 1, MARGIN_BINS - 1)
    counts = np.bincount(places * MARGIN_BINS + bins, minlength=probes * kinds * MARGIN_BINS)
    units = np.round(np.minimum(margin, MAX_SUMMED_MARGIN) * FIXED_POINT)
    # bincount adds in float64. The sums of a shard stay below 2**53, so they are exact.
    sums = np.bincount(places, units, minlength=probes * kinds).astype(np.int64)
    shape = (probes, kinds)
    return counts.reshape(*shape, MARGIN_BINS), sums.reshape(shape), len(outputs) - finite.sum(axis=0)


def _quantile_bin(counts: np.ndarray, percent: int) -> int | None:
    """Return the bin of a percentile, or None without values.

    The bin is that of the ceil(n * percent / 100)-th smallest of n values.
    """
    n = int(counts.sum())
    return int(np.searchsorted(np.cumsum(counts), ceil_div(n * percent, 100))) if n else None
