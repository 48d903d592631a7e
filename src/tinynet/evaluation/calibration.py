"""Calibration of predicted probabilities.

A predictor is calibrated if its predictions with a probability of 80 % come true in 80 % of the cases.

All functions take plain arrays: probabilities (..., m) of m examples, and outcomes (m,). An outcome is 1, 0, or a probability
such as 0.5 for a fair coin. For a probability, the score is the expected score. Leading axes are networks.

With two outputs H and V, each output is the probability of its own class. A network's Brier score and cross-entropy are the
means over both outputs, as MSE and BCE train them. The outputs (0, 0) for an ambiguous example are a confident "neither" and
have a poor score. If a single number is needed, the probability of the first class is (1 + H - V) / 2. For softmax H + V = 1,
and all of these agree.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.evaluation.verdicts import wilson
from tinynet.numerics import arrays, elementary
from tinynet.validation import check_int

EPSILON = 1e-7  # probabilities are clipped to EPSILON and 1 - EPSILON before a logarithm
MAX_TEMPERATURE = 100.0  # temperatures are from 1/100 to 100


def probability(outputs: Any) -> np.ndarray:
    """Return the probability of the first class. (..., m, outputs) -> (..., m)

    For one output the probability is the output. For two outputs it is (1 + H - V) / 2, clipped to 0 to 1.

    Raises TinyNetError for more than two outputs.

    >>> probability([[0.75, 0.25], [0.5, 0.5], [0.0, 0.0]]).tolist()
    [0.75, 0.5, 0.5]
    """
    a = np.asarray(outputs, float)
    if a.shape[-1] > 2:
        raise TinyNetError(
            f"the number of outputs is {a.shape[-1]:,}. It must be 1 or 2. Use confidence() for more outputs."
        )
    if a.shape[-1] == 1:
        return a[..., 0]
    return np.asarray(np.clip((1 + a[..., 0] - a[..., 1]) / 2, 0.0, 1.0))


def confidence(outputs: Any) -> np.ndarray:
    """Return the probability of the predicted class. (..., m, outputs) -> (..., m)

    For one or two outputs the confidence is the larger of `probability` and 1 - `probability`. For more outputs it is the
    largest output.

    >>> confidence([[0.25, 0.75], [0.5, 0.5]]).tolist(), confidence([[0.2, 0.7, 0.1]]).tolist()
    ([0.75, 0.5], [0.7])
    """
    a = np.asarray(outputs, float)
    if a.shape[-1] > 2:
        return np.asarray(a.max(axis=-1))
    p = probability(a)
    return np.maximum(p, 1 - p)


def squared_errors(probabilities: Any, outcomes: Any) -> np.ndarray:
    """Return the squared difference of probability and outcome.

    (..., m), (m,) -> (..., m)

    For an outcome t that is a probability, return the expected value (p - t)**2 + t (1 - t).
    """
    p, t = _checked(probabilities, outcomes)
    return np.asarray((p - t) ** 2 + t * (1 - t))


def log_losses(probabilities: Any, outcomes: Any, *, epsilon: float = EPSILON) -> np.ndarray:
    """Return -t log p - (1 - t) log(1 - p).

    The unit is the nat.

    (..., m), (m,) -> (..., m)

    epsilon : float. p is clipped to epsilon and 1 - epsilon.
    """
    p, t = _checked(probabilities, outcomes)
    p = np.clip(p, epsilon, 1 - epsilon)
    return -(t * arrays.log(p) + (1 - t) * arrays.log(1 - p))


def brier(probabilities: Any, outcomes: Any) -> Any:
    """Return the mean of the `squared_errors`. (..., m), (m,) -> (...)

    The mean is the Brier score (Brier 1950).

    >>> float(brier([0.5, 0.5], [1, 0])), float(brier([0.5, 0.5], [0.5, 0.5]))
    (0.25, 0.25)
    """
    return arrays.mean(squared_errors(probabilities, outcomes))[()]


def cross_entropy(probabilities: Any, outcomes: Any, *, epsilon: float = EPSILON) -> Any:
    """Return the mean of the `log_losses`. (..., m), (m,) -> (...)

    >>> round(float(cross_entropy([0.5, 0.9], [1, 1])), 4)
    0.3993
    """
    return arrays.mean(log_losses(probabilities, outcomes, epsilon=epsilon))[()]


def over_outputs(score: Any, outputs: Any, targets: Any) -> Any:
    """Return the mean of a score over the outputs.

    (..., m, outputs), (m, outputs) -> (...)

    >>> float(over_outputs(brier, [[0.0, 0.0]], [[0.5, 0.5]]))  # "neither" for a fair coin
    0.5
    """
    a, t = np.asarray(outputs, float), np.asarray(targets, float)
    return arrays.mean([score(a[..., k], t[..., k]) for k in range(a.shape[-1])], axis=0)[()]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted probability and observed frequency in bins of equal width.

    edges : (bins + 1,). A bin contains its lower edge. The last bin also contains 1.
    count : (..., bins). The number of examples.
    predicted : (..., bins). The mean probability, NaN in an empty bin.
    observed : (..., bins). The mean outcome, NaN in an empty bin.
    """

    edges: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray

    @property
    def ece(self) -> Any:
        """The expected calibration error. -> (...)

        The error is the mean of |predicted - observed| over the examples.
        """
        errors = np.where(self.count > 0, np.abs(self.predicted - self.observed), 0.0)
        return arrays.total(errors * self.count)[()] / self.count.sum(axis=-1)

    @property
    def intervals(self) -> np.ndarray:
        """The 95 % interval of each frequency. -> (..., bins, 2)

        The interval of an empty bin is 0 to 1.
        """
        pairs = zip(self.count.ravel().tolist(), np.nan_to_num(self.observed).ravel().tolist(), strict=True)
        found = [wilson(frequency * n, n) if n else (0.0, 1.0) for n, frequency in pairs]
        return np.array(found).reshape(*self.count.shape, 2)


def reliability(probabilities: Any, outcomes: Any, *, bins: int = 15) -> Reliability:
    """Compare predicted probabilities with observed frequencies, in bins.

    probabilities : (..., m). outcomes : (m,). bins : int. The number of bins.

    >>> found = reliability([0.1, 0.1, 0.9, 0.8], [0, 1, 1, 1], bins=2)
    >>> found.predicted.round(3).tolist(), found.observed.tolist(), round(float(found.ece), 3)
    ([0.1, 0.85], [0.5, 1.0], 0.275)
    """
    bins = check_int("bins", bins, 1)
    p, t = _checked(probabilities, outcomes)
    flat = p.reshape(-1, p.shape[-1])  # (N, m)
    which = np.minimum((flat * bins).astype(int), bins - 1) + bins * np.arange(len(flat))[:, None]
    t = np.broadcast_to(t, p.shape).reshape(flat.shape)

    def total(weights: np.ndarray | None) -> np.ndarray:
        sums = np.bincount(which.ravel(), None if weights is None else weights.ravel(), len(flat) * bins)
        return sums.reshape(*p.shape[:-1], bins)

    count = total(None)
    divisor = np.where(count > 0, count, np.nan)
    return Reliability(np.linspace(0, 1, bins + 1), count, total(flat) / divisor, total(t) / divisor)


def auroc(scores: Any, positive: Any) -> Any:
    """Return the area under the ROC curve.

    (..., m), (m,) bool -> (...). The method is that of Hanley and McNeil 1982.

    The area is the probability that a positive example scores higher than a negative example. A tie counts half.

    Raises TinyNetError without positive or without negative examples.

    >>> float(auroc([0.1, 0.4, 0.4, 0.8], [False, False, True, True]))
    0.875
    """
    s, is_positive = np.asarray(scores, float), np.asarray(positive, bool)
    flat = s.reshape(-1, s.shape[-1])
    areas = np.array([arrays.mean(placements(row, is_positive)[0]) for row in flat])
    return areas.reshape(s.shape[:-1])[()]


def placements(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the placement values of an ROC curve.

    A tie counts half.

    -> the fraction of negatives below each positive, and the fraction of positives above each negative. Their variances
    give the standard error of the area (DeLong, DeLong and Clarke-Pearson 1988).
    """
    high, low = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(high) or not len(low):
        raise TinyNetError(
            f"the examples have {counted(len(high), 'positive')} and {counted(len(low), 'negative')}. There must be at least one of both."
        )
    below = (np.searchsorted(low, high) + np.searchsorted(low, high, "right")) / (2 * len(low))
    above = 1 - (np.searchsorted(high, low) + np.searchsorted(high, low, "right")) / (2 * len(high))
    return below, above


@dataclass(frozen=True, eq=False)
class Abstention:
    """Coverage and error of a network that can abstain.

    The network abstains below a confidence threshold.

    thresholds : (k,). The distinct confidences, highest first.
    coverage : (k,). The fraction of examples with at least this confidence. The network gives predictions for these
        examples.
    error : (k,). The fraction of wrong predictions among them.
    """

    thresholds: np.ndarray
    coverage: np.ndarray
    error: np.ndarray

    def threshold(self, error: float) -> float:
        """Return the largest-coverage threshold with at most this error.

        Raises TinyNetError if every threshold has a larger error.
        """
        allowed = np.flatnonzero(self.error <= error)
        if not len(allowed):
            raise TinyNetError(
                f"is {error:g}. It must be at least {self.error.min():.4g}, the lowest error of all thresholds.",
                parameter="error",
            )
        return float(self.thresholds[allowed[-1]])


def abstention(confidences: Any, right: Any) -> Abstention:
    """Return coverage and error for every confidence threshold.

    confidences : (m,). right : (m,). 1 for a correct prediction, 0 for a wrong prediction, 0.5 for an ambiguous example.

    >>> curve = abstention([0.9, 0.8, 0.6, 0.6], [1, 1, 0, 1])
    >>> curve.coverage.tolist(), curve.error.tolist(), curve.threshold(0.1)
    ([0.25, 0.5, 1.0], [0.0, 0.0, 0.25], 0.8)
    """
    c, outcomes = _checked(confidences, right)
    if c.ndim != 1:
        raise TinyNetError(
            f"confidences has shape {c.shape}. It must have one axis, (examples,), for a single network."
        )
    order = np.argsort(-c, kind="stable")
    last = np.flatnonzero(
        np.append(np.diff(c[order]) < 0, True)
    )  # the last index of each group of equal confidences
    answered = last + 1
    wrong = np.cumsum(1 - outcomes[order])[last]
    return Abstention(c[order][last], answered / len(c), wrong / answered)


def temperature(probabilities: Any, outcomes: Any) -> Any:
    """Fit the temperature for temperature scaling. -> (...)

    The method is that of Guo et al. 2017.

    The temperature T minimizes the cross-entropy of sigmoid(logit(p) / T). T is above 1 for an overconfident network. T is
    found by bisection between 1/100 and 100, since the slope increases with 1/T. Fit T on validation examples, not on the
    examples of the final score.

    >>> round(float(temperature([0.99, 0.99, 0.99, 0.01], [1, 1, 0, 0])), 2)
    4.18
    """
    p, t = _checked(probabilities, outcomes)
    z = _logit(p)
    # ends of log 1/T
    low, high = (np.full(p.shape[:-1], elementary.log(end)) for end in (1 / MAX_TEMPERATURE, MAX_TEMPERATURE))
    for _ in range(50):
        middle = (low + high) / 2
        bz = arrays.exp(middle)[..., None] * z
        # sigmoid(bz) - t, without cancellation if both are nearly 1
        slope = arrays.mean(z * ((1 - t) * arrays.sigmoid(bz) - t * arrays.sigmoid(-bz)))
        low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
    return arrays.exp(-(low + high) / 2)[()]


def scaled(probabilities: Any, temperature: Any) -> np.ndarray:
    """Return sigmoid(logit(p) / T).

    probabilities (..., m), temperature (...) -> (..., m)

    >>> scaled([0.9, 0.5], 2.0).round(4).tolist()
    [0.75, 0.5]
    """
    p = np.asarray(probabilities, float)
    return arrays.sigmoid(_logit(p) / np.asarray(temperature, float)[..., None])


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return np.asarray(arrays.log(p) - arrays.log(1 - p))


def _checked(probabilities: Any, outcomes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return checked probabilities (..., m) and outcomes (m,) as arrays."""
    p, t = np.asarray(probabilities, float), np.asarray(outcomes, float)
    if p.ndim < 1 or not p.shape[-1] or t.shape != p.shape[-1:]:
        raise TinyNetError(
            f"probabilities has shape {p.shape} and outcomes has shape {t.shape}. They must have the shapes (..., examples) "
            "and (examples,)."
        )
    for name, values in (("probabilities", p), ("outcomes", t)):
        if not ((values >= 0) & (values <= 1)).all():
            raise TinyNetError(f"{name} contains numbers outside 0 to 1. Check how they were computed.")

    return p, t
