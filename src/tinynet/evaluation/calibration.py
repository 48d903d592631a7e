"""Confidence, judged: does what is said with 80 % come true 80 times in a hundred?

Everything here takes plain arrays: probabilities (..., m) of m pictures, and `outcomes` (m,), how often each came true:
1, 0, or the chance itself (0.5 for a fair coin), which then is judged on average over the coin. Leading axes are networks.

Of two outputs, H and V, each is the probability of its own answer: a network's Brier score and its cross-entropy are
the means over both (what MSE and BCE train), so that (0, 0) to a doubtful picture is a confident "neither", and
pays for it. Where one number is wanted, the probability of the first answer is (1 + H - V) / 2. Softmax has
H + V = 1, where all of these are one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.evaluation.verdicts import wilson
from tinynet.numerics import arrays, elementary
from tinynet.validation import check_int

EPSILON = 1e-7  # a probability this near to 0 or 1 counts as this far from it, where its logarithm is taken
HOTTEST = 100.0  # temperatures from 1/100 to 100


def probability(outputs: Any) -> np.ndarray:
    """Return the probability of the first of one or two answers. (..., m, outputs) -> (..., m)

    Of one output it is that output; of two, (1 + H - V) / 2, kept within 0 to 1.

    >>> probability([[0.75, 0.25], [0.5, 0.5], [0.0, 0.0]]).tolist()
    [0.75, 0.5, 0.5]
    """
    a = np.asarray(outputs, float)
    if a.shape[-1] > 2:
        raise TinyNetError(f"there are {a.shape[-1]} outputs; of more than two, ask for the confidence")
    if a.shape[-1] == 1:
        return a[..., 0]
    return np.asarray(np.clip((1 + a[..., 0] - a[..., 1]) / 2, 0.0, 1.0))


def confidence(outputs: Any) -> np.ndarray:
    """Return the probability of the answer given. (..., m, outputs) -> (..., m)

    Of one or two outputs it is `probability` or 1 - `probability`, whichever is larger; of more, the largest.

    >>> confidence([[0.25, 0.75], [0.5, 0.5]]).tolist(), confidence([[0.2, 0.7, 0.1]]).tolist()
    ([0.75, 0.5], [0.7])
    """
    a = np.asarray(outputs, float)
    if a.shape[-1] > 2:
        return np.asarray(a.max(axis=-1))
    p = probability(a)
    return np.maximum(p, 1 - p)


def squared_errors(probabilities: Any, outcomes: Any) -> np.ndarray:
    """Return the squared distance of each probability from what came true. (..., m), (m,) -> (..., m)

    From a chance t it is the mean over the coin, (p - t)**2 + t (1 - t).
    """
    p, t = _checked(probabilities, outcomes)
    return np.asarray((p - t) ** 2 + t * (1 - t))


def log_losses(probabilities: Any, outcomes: Any, *, epsilon: float = EPSILON) -> np.ndarray:
    """Return -t log p - (1 - t) log(1 - p), in nats, p kept `epsilon` from 0 and 1. (..., m), (m,) -> (..., m)"""
    p, t = _checked(probabilities, outcomes)
    p = np.clip(p, epsilon, 1 - epsilon)
    return -(t * arrays.log(p) + (1 - t) * arrays.log(1 - p))


def brier(probabilities: Any, outcomes: Any) -> Any:
    """Return the mean of the `squared_errors` (Brier 1950). (..., m), (m,) -> (...)

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
    """Return the mean of a score over the outputs. (..., m, outputs), (m, outputs) -> (...)

    >>> float(over_outputs(brier, [[0.0, 0.0]], [[0.5, 0.5]]))  # "neither", of a fair coin
    0.5
    """
    a, t = np.asarray(outputs, float), np.asarray(targets, float)
    return arrays.mean([score(a[..., k], t[..., k]) for k in range(a.shape[-1])], axis=0)[()]


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was said and what came true, in bins of equal width. Empty bins have NaN for a mean.

    edges : (bins + 1,); a bin holds its lower edge, and the last one holds 1 as well.
    count : (..., bins) pictures. predicted : (..., bins) mean probability. observed : (..., bins) share that came true.
    """

    edges: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray

    @property
    def ece(self) -> Any:
        """(...) expected calibration error: the mean of |predicted - observed| over the pictures."""
        gaps = np.where(self.count > 0, np.abs(self.predicted - self.observed), 0.0)
        return arrays.total(gaps * self.count)[()] / self.count.sum(axis=-1)

    @property
    def intervals(self) -> np.ndarray:
        """(..., bins, 2) Wilson's 95 % interval of each share; 0 to 1 where a bin is empty."""
        pairs = zip(self.count.ravel().tolist(), np.nan_to_num(self.observed).ravel().tolist(), strict=True)
        found = [wilson(share * n, n) if n else (0.0, 1.0) for n, share in pairs]
        return np.array(found).reshape(*self.count.shape, 2)


def reliability(probabilities: Any, outcomes: Any, *, bins: int = 15) -> Reliability:
    """Sort pictures by what was said of them, and see how often it came true.

    >>> found = reliability([0.1, 0.1, 0.9, 0.8], [0, 1, 1, 1], bins=2)
    >>> found.predicted.round(3).tolist(), found.observed.tolist(), round(float(found.ece), 3)
    ([0.1, 0.85], [0.5, 1.0], 0.275)
    """
    bins = check_int("bins", bins, 1)
    p, t = _checked(probabilities, outcomes)
    flat = p.reshape(-1, p.shape[-1])  # (N, m)
    place = np.minimum((flat * bins).astype(int), bins - 1) + bins * np.arange(len(flat))[:, None]
    t = np.broadcast_to(t, p.shape).reshape(flat.shape)

    def total(weights: np.ndarray | None) -> np.ndarray:
        summed = np.bincount(place.ravel(), None if weights is None else weights.ravel(), len(flat) * bins)
        return summed.reshape(*p.shape[:-1], bins)

    count = total(None)
    full = np.where(count > 0, count, np.nan)
    return Reliability(np.linspace(0, 1, bins + 1), count, total(flat) / full, total(t) / full)


def auroc(scores: Any, positive: Any) -> Any:
    """Return how often a positive scores higher than a negative; a tie counts half. (..., m), (m,) bool -> (...)

    The area under the receiver operating characteristic (Hanley and McNeil 1982).

    >>> float(auroc([0.1, 0.4, 0.4, 0.8], [False, False, True, True]))
    0.875
    """
    s, chosen = np.asarray(scores, float), np.asarray(positive, bool)
    flat = s.reshape(-1, s.shape[-1])
    found = np.array([arrays.mean(placements(row, chosen)[0]) for row in flat])
    return found.reshape(s.shape[:-1])[()]


def placements(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the negatives below each positive, and of the positives above each negative; ties half.

    Their variances give the standard error of the area (DeLong, DeLong and Clarke-Pearson 1988).
    """
    high, low = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(high) or not len(low):
        raise TinyNetError(
            f"there are {len(high)} positives and {len(low)} negatives; telling them apart needs both"
        )
    below = (np.searchsorted(low, high) + np.searchsorted(low, high, "right")) / (2 * len(low))
    above = 1 - (np.searchsorted(high, low) + np.searchsorted(high, low, "right")) / (2 * len(high))
    return below, above


@dataclass(frozen=True, eq=False)
class Abstention:
    """What saying "I don't know" below a threshold of confidence buys: one row a threshold, highest first.

    thresholds : (k,) the distinct confidences. coverage : (k,) share of the pictures answered, those at least as
    confident. error : (k,) share of the answers that are wrong.
    """

    thresholds: np.ndarray
    coverage: np.ndarray
    error: np.ndarray

    def threshold(self, error: float) -> float:
        """Return the threshold that answers the most with at most this share of wrong answers.

        Raises TinyNetError where no threshold does.
        """
        good = np.flatnonzero(self.error <= error)
        if not len(good):
            raise TinyNetError(
                f"no threshold brings the error down to {error:g}; the least is {self.error.min():.4g}"
            )
        return float(self.thresholds[good[-1]])


def abstention(confidences: Any, right: Any) -> Abstention:
    """Return coverage and error for every threshold of confidence.

    confidences (m,), right (m,) 1 where the answer is right, 0 where not, 0.5 where nobody can know.

    >>> curve = abstention([0.9, 0.8, 0.6, 0.6], [1, 1, 0, 1])
    >>> curve.coverage.tolist(), curve.error.tolist(), curve.threshold(0.1)
    ([0.25, 0.5, 1.0], [0.0, 0.0, 0.25], 0.8)
    """
    c, good = _checked(confidences, right)
    if c.ndim != 1:
        raise TinyNetError(f"confidences has shape {c.shape}; the curve is drawn of one network, (pictures,)")
    order = np.argsort(-c, kind="stable")
    last = np.flatnonzero(np.append(np.diff(c[order]) < 0, True))  # of each run of equal confidences
    answered = last + 1
    wrong = np.cumsum(1 - good[order])[last]
    return Abstention(c[order][last], answered / len(c), wrong / answered)


def temperature(probabilities: Any, outcomes: Any) -> Any:
    """Return the temperature T at which sigmoid(logit(p) / T) has the least cross-entropy (Guo et al. 2017). -> (...)

    Above 1 for who is too sure. From 1/100 to 100, by bisection: the slope grows with 1/T. Fit it on
    validation pictures, not on those it is judged on.

    >>> round(float(temperature([0.99, 0.99, 0.99, 0.01], [1, 1, 0, 0])), 2)
    4.18
    """
    p, t = _checked(probabilities, outcomes)
    z = _logit(p)
    low, high = (np.full(p.shape[:-1], elementary.log(end)) for end in (1 / HOTTEST, HOTTEST))  # of log 1/T
    for _ in range(50):
        middle = (low + high) / 2
        bz = arrays.exp(middle)[..., None] * z
        # (sigmoid(bz) - t) without cancellation, where both are nearly 1
        slope = arrays.mean(z * ((1 - t) * arrays.sigmoid(bz) - t * arrays.sigmoid(-bz)))
        low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
    return arrays.exp(-(low + high) / 2)[()]


def scaled(probabilities: Any, temperature: Any) -> np.ndarray:
    """Return probabilities (..., m) cooled or warmed by a temperature (...): sigmoid(logit(p) / T).

    >>> scaled([0.9, 0.5], 2.0).round(4).tolist()
    [0.75, 0.5]
    """
    p = np.asarray(probabilities, float)
    return arrays.sigmoid(_logit(p) / np.asarray(temperature, float)[..., None])


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return np.asarray(arrays.log(p) - arrays.log(1 - p))


def _checked(probabilities: Any, outcomes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (..., m) and what outcomes (m,) as arrays that fit and lie within 0 to 1."""
    p, t = np.asarray(probabilities, float), np.asarray(outcomes, float)
    if p.ndim < 1 or not p.shape[-1] or t.shape != p.shape[-1:]:
        raise TinyNetError(
            f"probabilities has shape {p.shape} and outcomes {t.shape}; they need (..., pictures) and (pictures,)"
        )
    for name, values in (("probabilities", p), ("outcomes", t)):
        if not ((values >= 0) & (values <= 1)).all():
            raise TinyNetError(f"{name} has numbers outside 0 to 1")
    return p, t
