"""Tallies: what is counted of many networks, in whole numbers, so that parts add up to the same in any order."""

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

LOOKS_PER_DECADE = 32  # epochs at which a training is looked at: each about 7.5 % after the one before
LOSS_BINS_PER_DECADE = 64  # a bin's geometric middle is within 1.82 % of all that lies in it
LOSS_DECADES = (-12, 3)
MARGIN_BINS = 50  # on [0, 1]; a larger margin counts in the last
FIXED_POINT = 2**20  # parts of 1 in which margins are summed
LARGEST_MARGIN = 1000.0  # in the sum; sums of 100 million networks stay below 2**63
QUANTILES = (10, 50, 90)

LN_10 = 2.302585092994046


def _powers(first: int, last: int, a_decade: int) -> np.ndarray:
    """Return the powers of ten from 10**first to 10**last, `a_decade` in each decade; whole exponents are exact."""
    decades = [float(f"1e{k}") for k in range(first, last)]
    within = [elementary.exp(LN_10 * (k / a_decade)) for k in range(a_decade)]
    return np.append(np.outer(decades, within), float(f"1e{last}"))


_LOSSES = _powers(*LOSS_DECADES, LOSS_BINS_PER_DECADE)  # edges
MARGINS = np.arange(MARGIN_BINS + 1) / MARGIN_BINS  # edges
_UNSURE_BINS = int(np.searchsorted(MARGINS, UNSURE))


@lru_cache(maxsize=1024)
def ladder(stop: int) -> np.ndarray:
    """Return the epochs at which a training of `stop` epochs is looked at; the last is its end. -> (looks,) int64

    >>> ladder(10).tolist(), len(ladder(30_000))
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 121)
    """
    steps = np.round(_powers(0, len(str(stop)), LOOKS_PER_DECADE)).astype(np.int64)
    found = np.unique(np.append(steps[steps < stop], stop))
    found.setflags(write=False)
    return found


def leanings(answers: Sequence[str]) -> tuple[str, ...]:
    """Return what a network may say of a picture: each answer, and last that it is undecided, in a tie.

    >>> leanings(("horizontal", "vertical")), leanings(("same",))
    (('horizontal', 'vertical', 'undecided'), ('same', 'not same', 'undecided'))
    """
    return (answers[0], f"not {answers[0]}", "undecided") if len(answers) == 1 else (*answers, "undecided")


@dataclass(frozen=True, eq=False)
class Tally:
    """What is counted of networks of one trial.

    stop : the epochs of the trial.
    networks, finite, learned : how many there are, have finite numbers, and get every example right.
    losses : (963,) how many have a final loss below 1e-12, in each of 64 bins a decade up to 1e3, above, or not finite.
    until : (looks,) of those that learned, how many came out right first at each epoch of `ladder`.
    margins : (pictures, leanings, 50) what they say of each probe picture, and how far it exceeds the second.
    sums : (pictures, leanings) the margins' sums, in parts of 2**-20.
    lost : (pictures,) how many answer with numbers that are not finite.

    >>> import tinynet as tn
    >>> crowd = tn.population(tn.Recipe(learning_rate=5.0), networks=64)
    >>> tally = Tally.of(crowd, np.full(64, 100), tn.pictures.stress())
    >>> (tally + tally).networks, tally.losses.sum().item()
    (128, 64)
    """

    stop: int
    networks: int
    finite: int
    learned: int
    losses: np.ndarray
    until: np.ndarray
    margins: np.ndarray
    sums: np.ndarray
    lost: np.ndarray

    @classmethod
    def of(cls, crowd: Population, first: np.ndarray, probes: Examples) -> "Tally":
        """Count a population; first (n,) is the epoch at which each was first seen to be right, 0 for never."""
        stop, learned = crowd.recipe.epochs, crowd.all_right
        looks = ladder(stop)
        first = np.where(first == 0, stop, first)[learned]
        until = np.bincount(np.searchsorted(looks, first), minlength=len(looks))
        losses = _losses(np.where(crowd.finite, crowd.losses, np.nan))
        counts = (stop, len(crowd), int(crowd.finite.sum()), int(learned.sum()))
        return cls(*counts, losses, until, *_margins(crowd.outputs(probes)))

    @classmethod
    def empty(cls, stop: int, pictures: int, outputs: int) -> "Tally":
        """Return the tally of no networks, after `stop` epochs, of so many probe pictures and outputs."""
        says = len(leanings(("",) * outputs))
        shapes = (
            (len(_LOSSES) + 2,),
            ladder(stop).shape,
            (pictures, says, MARGIN_BINS),
            (pictures, says),
            (pictures,),
        )
        return cls(stop, 0, 0, 0, *(np.zeros(shape, np.int64) for shape in shapes))

    def __add__(self, other: "Tally") -> "Tally":
        if self.stop != other.stop:
            raise TinyNetError(
                f"tallies after {self.stop} and {other.stop} epochs are of two trials; they do not add up"
            )
        return Tally(self.stop, *(getattr(self, name) + getattr(other, name) for name in COUNTS))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("stop", *COUNTS))

    __hash__ = None  # type: ignore[assignment]

    def loss_quantile(self, percent: int) -> float | None:
        """Return the loss that so many percent of the finite networks reach, within 1.82 %; None without networks.

        Below 1e-12 it is 0, above 1,000 it is 1,000.
        """
        place = _quantile(self.losses[:-1], percent)
        if place is None:
            return None
        if place in (0, len(_LOSSES)):
            return 0.0 if place == 0 else float(_LOSSES[-1])
        return float(np.sqrt(_LOSSES[place - 1] * _LOSSES[place]))

    def until_quantile(self, percent: int) -> int | None:
        """Return after how many epochs so many percent of those that learned were right; None where none did.

        It is the first epoch of `ladder` at which they were seen to be.
        """
        place = _quantile(self.until, percent)
        return None if place is None else int(ladder(self.stop)[place])

    def gaps(self, picture: int) -> np.ndarray:
        """Return the histogram of first answer minus second, on [-1, 1], of two answers; ties are above 0. -> (100,)"""
        first, second, tied = self.margins[picture][:3]
        return np.concatenate([second[::-1], first + tied])

    def probe(self, picture: int, says: Sequence[str]) -> dict[str, Any]:
        """Return what was counted of a probe picture, by name; `says` as of `leanings`."""
        counts = self.margins[picture].sum(axis=1)  # (leanings,)
        total = int(counts.sum())
        return {
            "says": dict(zip(says, counts.tolist(), strict=True)),
            "unsure": int(self.margins[picture, :, :_UNSURE_BINS].sum()),
            "not_finite": int(self.lost[picture]),
            "mean_margin": int(self.sums[picture].sum()) / FIXED_POINT / total if total else None,
        }

    def summary(self) -> dict[str, Any]:
        """Return the counts of the networks, how many learned with the 95 % interval, and quantiles, by name."""
        low, high = wilson(self.learned, self.networks) if self.networks else (None, None)
        found: dict[str, Any] = {"networks": self.networks, "finite": self.finite, "learned": self.learned}
        found["learned_share"] = self.learned / self.networks if self.networks else None
        found |= {"learned_low": low, "learned_high": high}
        found |= {f"loss_q{percent}": self.loss_quantile(percent) for percent in QUANTILES}
        return found | {f"epochs_until_learned_q{p}": self.until_quantile(p) for p in QUANTILES}


COUNTS = tuple(field.name for field in fields(Tally) if field.name != "stop")


def _losses(losses: np.ndarray) -> np.ndarray:
    """Count losses (n,) into bins; the last holds those that are not finite."""
    places = np.where(np.isfinite(losses), np.searchsorted(_LOSSES, losses, side="right"), len(_LOSSES) + 1)
    return np.bincount(places, minlength=len(_LOSSES) + 2)


def _margins(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count what answers (n, pictures, outputs) say: margins, sums and lost, as of `Tally`."""
    pictures = outputs.shape[1]
    finite = np.isfinite(outputs).all(axis=2)  # (n, pictures)
    classes, margin = predicted_classes(np.where(finite[..., None], outputs, 0.0))
    kinds = max(outputs.shape[2], 2) + 1  # the classes, and a tie
    says = np.where(classes == TIE, kinds - 1, classes)
    places = (np.arange(pictures) * kinds + says)[finite]
    margin = margin[finite]
    bins = np.minimum(np.searchsorted(MARGINS, margin, side="right") - 1, MARGIN_BINS - 1)
    counts = np.bincount(places * MARGIN_BINS + bins, minlength=pictures * kinds * MARGIN_BINS)
    parts = np.round(np.minimum(margin, LARGEST_MARGIN) * FIXED_POINT)
    sums = np.bincount(places, parts, minlength=pictures * kinds).astype(
        np.int64
    )  # exact: a block's stay below 2**53
    shape = (pictures, kinds)
    return counts.reshape(*shape, MARGIN_BINS), sums.reshape(shape), len(outputs) - finite.sum(axis=0)


def _quantile(counts: np.ndarray, percent: int) -> int | None:
    """Return the bin that holds the ceil(n * percent / 100)-th smallest of n; None where n is 0."""
    n = int(counts.sum())
    return int(np.searchsorted(np.cumsum(counts), -(-n * percent // 100))) if n else None
