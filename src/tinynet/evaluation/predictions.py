"""Judging: what a network answers, how sure it is, and what can be said of many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import right, tied
from tinynet.evaluation.verdicts import Verdict
from tinynet.model.network import Network

UNSURE = 0.2  # an answer is unsure where its two largest outputs differ by less
SATURATED = 0.01  # an activation is saturated this near to an end of its range


@dataclass(frozen=True)
class Prediction:
    """What a network says of one picture.

    outputs : one for each class. predicted : the class of the largest output, None in a tie.
    margin : the largest output minus the second largest. unsure : whether that is less than `UNSURE`.
    correct : whether the winner is the target's; None where there is no target, or a target without a winner.
    """

    name: str
    outputs: tuple[float, ...]
    predicted: str | None
    margin: float
    unsure: bool
    correct: bool | None

    def words(self) -> str:
        """Say the answer: "horizontal", or "unsure, leans to horizontal"."""
        if self.predicted is None:
            return "undecided"
        return f"unsure, leans to {self.predicted}" if self.unsure else self.predicted


def predictions(network: Network, examples: Examples, *, unsure: float = UNSURE) -> list[Prediction]:
    """Return what the network says of each picture.

    A network with one output says the first answer above 0.5 and "not" that answer below.

    >>> import tinynet as tn
    >>> predictions(tn.Network.initial(seed=0), tn.pictures.stress())[1].words()
    'horizontal'
    """
    outputs = network(examples)  # (pictures, outputs)
    targets = [None] * len(examples) if examples.targets is None else list(examples.targets)
    found = []
    for name, row, target in zip(examples.names, outputs, targets, strict=True):
        winner, gap = _winner(row, examples.target_names)
        wanted = None if target is None else _winner(target, examples.target_names)[0]
        fits = None if wanted is None else winner == wanted
        found.append(Prediction(name, tuple(row.tolist()), winner, gap, gap < unsure, fits))
    return found


def _winner(row: np.ndarray, names: tuple[str, ...]) -> tuple[str | None, float]:
    if len(row) == 1:
        gap = float(abs(2 * row[0] - 1))
        return (None if gap == 0 else names[0] if row[0] > 0.5 else f"not {names[0]}"), gap
    second, first = np.sort(row)[-2:]
    return (names[int(row.argmax())] if first > second else None), float(first - second)


def accuracy(network: Network, examples: Examples) -> float:
    """Return the share of the pictures that come out right; a tie is not right.

    >>> import tinynet as tn
    >>> accuracy(tn.Network.initial(seed=0), tn.pictures.lines())
    0.5
    """
    if examples.targets is None:
        raise TinyNetError("these pictures have no targets, so no answer is right or wrong")
    found = right(network(examples)[None], examples.targets)[0] & ~tied(examples.targets)  # (pictures,)
    return float(found.mean())


def lead(outputs: np.ndarray, examples: Examples) -> Verdict:
    """Say how far each right answer is ahead of the wrong ones.

    outputs : (pictures, answers), shares from 0 to 1.

    Raises TinyNetError for another shape, and for examples without a right answer.

    >>> import tinynet as tn
    >>> lead(tn.Network.initial(seed=0)(tn.pictures.lines()), tn.pictures.lines()).sentence
    "The right answer's lead in percentage points: top +25.2, bottom +23.9, left −23.0, right −25.9. 2 of 4 pictures come out right, 2 of 4 by 20 points or more."
    """
    ahead = _ahead(100 * np.asarray(outputs), examples).tolist()
    each = ", ".join(f"{name} {_points(x)}" for name, x in zip(examples.names, ahead, strict=True))
    right, clear, n = sum(x > 0 for x in ahead), sum(x >= 100 * UNSURE for x in ahead), len(ahead)
    sentence = (
        f"The right answer's lead in percentage points: {each}. {right} of {n} pictures come out right, "
        f"{clear} of {n} by {100 * UNSURE:g} points or more."
    )
    return Verdict(sentence, right, n, None, {"right": right, "clear": clear, "least": min(ahead)})


def success(percentages: ArrayLike, examples: Examples) -> Verdict:
    """Check the claim that a model gets every picture right.

    percentages : (pictures, answers), from 0 to 100, as a notebook prints them.

    Raises TinyNetError for other values, for shares from 0 to 1, for another shape, and for examples without a right
    answer.

    >>> import tinynet as tn
    >>> success([[50.6, 49.1], [50.2, 49.8], [49.9, 50.3], [50.4, 49.7]], tn.pictures.lines()).sentence
    "The right answer's lead in percentage points: top +1.5, bottom +0.4, left +0.4, right −0.7. 3 of 4 pictures come out right, 0 of 4 by 20 points or more."
    """
    return lead(_percentages(percentages) / 100, examples)


def _percentages(given: ArrayLike) -> np.ndarray:
    """Return percentages as an array; TinyNetError for a value that is none, and for shares."""
    try:
        found = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise TinyNetError(
            f"the percentages are no table of numbers ({error}). They must be numbers from 0 to 100. "
            "Give one row for each picture."
        ) from error
    wrong = found[~((found >= 0) & (found <= 100))]  # NaN is wrong too
    if wrong.size:
        raise TinyNetError(
            f"a percentage is {wrong[0]}. It must be a number from 0 to 100. Check how it was computed."
        )
    if 0 < found.max(initial=0) <= 1:
        raise TinyNetError(
            f"the largest percentage is {found.max():g}. It must be more than 1. Multiply shares by 100."
        )
    return found


def _ahead(percentages: np.ndarray, examples: Examples) -> np.ndarray:
    """Return each right answer's lead over the largest wrong one, in percentage points. -> (pictures,)"""
    targets = examples.targets
    if targets is None or targets.shape[1] < 2:
        raise TinyNetError(
            f"the number of answers with a target is {0 if targets is None else 1}. It must be 2 or more. "
            "Choose pictures with targets."
        )
    if percentages.shape != targets.shape:
        raise TinyNetError(
            f"the answers have shape {percentages.shape}. It must be {targets.shape}: one row for each picture, "
            "one number for each answer."
        )
    right = targets == targets.max(axis=1, keepdims=True)  # (pictures, answers)
    return np.where(right, percentages, -np.inf).max(axis=1) - np.where(right, -np.inf, percentages).max(
        axis=1
    )


def _points(value: float) -> str:
    """Write percentage points with their sign; what is not 0 never looks like it.

    >>> _points(1.79), _points(-0.01), _points(0.0)
    ('+1.8', '−0.01', '0')
    """
    text = f"{value:+.1f}" if abs(value) >= 0.05 else f"{value:+.1g}" if value else "0"
    return text.replace("-", "−", 1)


def saturation(network: Network, examples: Examples) -> float:
    """Return the share of activations, over all nodes and pictures, within 0.01 of an end of their range."""
    ends = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
    near, count = 0, 0
    for kind, a in zip(network.architecture.activations, network.activations(examples), strict=True):
        if kind in ends:
            low, high = ends[kind]
            near += int(((a < low + SATURATED) | (a > high - SATURATED)).sum())
        count += a.size
    return near / count
