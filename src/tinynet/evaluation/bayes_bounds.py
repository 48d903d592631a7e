"""The scores that nobody can beat: the best possible answers of a world, judged like any other's."""

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from tinynet import rng
from tinynet.data.world import World
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import log_losses, placements, squared_errors
from tinynet.numerics import arrays


class Estimate(NamedTuple):
    """A number found by drawing, and its standard error; NaN where the world has nothing to find it from."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ± {self.error:.4f}"


@dataclass(frozen=True)
class BayesScores:
    """How well the best possible answers do.

    accuracy : on lines. brier, cross_entropy : of all pictures, on average over the coin of a doubtful one, so that
    0.5 to everything scores 0.25 and log 2. auroc : how well |H - V| tells lines from doubt.
    """

    accuracy: Estimate
    brier: Estimate
    cross_entropy: Estimate
    auroc: Estimate

    def __str__(self) -> str:
        return ", ".join(f"{f.name.replace('_', '-')} {getattr(self, f.name)}" for f in fields(self))


def bayes_scores(world: World, *, count: int = 100_000, seed: int = 0, stream: int = rng.TEST) -> BayesScores:
    """Return the floors, estimated on the pictures 0 to count - 1 of a seed.

    >>> print(bayes_scores(World(noise=0.1), count=1000))
    accuracy 0.9..., brier 0.1..., cross-entropy 0.3..., auroc 0.9...
    """
    inputs, _, rows = world.draw(np.arange(count), seed=seed, stream=stream)
    targets = world.patterns.targets[
        rows, 0
    ]  # the chance of horizontal, which a coin's world keeps to itself
    return of_answers(posterior(world, inputs)[:, 0], targets)


def of_answers(horizontal: np.ndarray, targets: np.ndarray) -> BayesScores:
    """Return the scores of P(horizontal) (m,), where targets (m,) is 1 or 0 for a line and 0.5 for doubt."""
    lines, sure = targets != 0.5, np.abs(2 * horizontal - 1)
    right = np.where(horizontal == 0.5, 0.5, (horizontal > 0.5) == (targets > 0.5))[lines]
    return BayesScores(
        _mean(right),
        _mean(squared_errors(horizontal, targets)),
        _mean(log_losses(horizontal, targets)),
        _area(sure, lines),
    )


def _mean(values: np.ndarray) -> Estimate:
    if not len(values):
        return Estimate(math.nan, math.nan)
    return Estimate(float(arrays.mean(values)), math.sqrt(arrays.variance(values) / len(values)))


def _area(scores: np.ndarray, positive: np.ndarray) -> Estimate:
    if positive.all() or not positive.any():
        return Estimate(math.nan, math.nan)
    below, above = placements(scores, positive)
    squares_of_errors = [arrays.variance(placed) / len(placed) for placed in (below, above)]
    return Estimate(float(arrays.mean(below)), math.sqrt(squares_of_errors[0] + squares_of_errors[1]))
