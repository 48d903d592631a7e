"""The scores of the Bayes-optimal predictions for a world.

No predictor has better expected scores.
"""

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from tinynet import rng
from tinynet.data.world import World
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import log_losses, placements, squared_errors
from tinynet.evaluation.metrics import TIE, predicted_classes
from tinynet.numerics import arrays


class Estimate(NamedTuple):
    """An estimate from random examples, with its standard error.

    Both numbers are NaN if the world has no examples to estimate from.
    """

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ± {self.error:.4f}"


@dataclass(frozen=True)
class BayesScores:
    """The scores of predictions for a world.

    accuracy : Estimate. On lines.
    brier, cross_entropy : Estimate. The expected scores on all pictures. An ambiguous picture is horizontal with probability
        0.5. Predicting 0.5 for every picture scores 0.25 and log 2.
    auroc : Estimate. How well the margin |H - V| separates lines from ambiguous pictures.
    """

    accuracy: Estimate
    brier: Estimate
    cross_entropy: Estimate
    auroc: Estimate

    def __str__(self) -> str:
        return ", ".join(f"{f.name.replace('_', '-')} {getattr(self, f.name)}" for f in fields(self))


def bayes_scores(world: World, *, count: int = 100_000, seed: int = 0, stream: int = rng.TEST) -> BayesScores:
    """Estimate the scores of the Bayes-optimal predictions.

    count : int. The number of pictures: 0 to count - 1 of the seed. seed : int. stream : int. A stream of `rng`.

    >>> print(bayes_scores(World(noise=0.1), count=1000))
    accuracy 0.9..., brier 0.1..., cross-entropy 0.3..., auroc 0.9...
    """
    inputs, _, rows = world.draw(np.arange(count), seed=seed, stream=stream)
    targets = world.patterns.targets[rows, 0]  # P(horizontal); the drawn targets of labels="coin" are 0 or 1
    return scores_of(posterior(world, inputs)[:, 0], targets)


def scores_of(horizontal: np.ndarray, targets: np.ndarray) -> BayesScores:
    """Return the scores of predicted probabilities.

    horizontal : (m,). The predicted P(horizontal).
    targets : (m,). 1 or 0 for a line, 0.5 for an ambiguous picture.
    """
    classes, margins = predicted_classes(horizontal[:, None])
    wanted, _ = predicted_classes(targets[:, None])
    lines = wanted != TIE
    correct = np.where(classes == TIE, 0.5, classes == wanted)[lines]  # a guess is correct half the time
    return BayesScores(
        _mean(correct),
        _mean(squared_errors(horizontal, targets)),
        _mean(log_losses(horizontal, targets)),
        _area(margins, lines),
    )


def _mean(values: np.ndarray) -> Estimate:
    if not len(values):
        return Estimate(math.nan, math.nan)
    return Estimate(float(arrays.mean(values)), math.sqrt(arrays.variance(values) / len(values)))


def _area(scores: np.ndarray, positive: np.ndarray) -> Estimate:
    if positive.all() or not positive.any():
        return Estimate(math.nan, math.nan)
    below, above = placements(scores, positive)
    squared_errors_of_means = [arrays.variance(values) / len(values) for values in (below, above)]
    return Estimate(float(arrays.mean(below)), math.sqrt(sum(squared_errors_of_means)))
