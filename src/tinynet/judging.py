"""Judging: what a network answers, how sure it is, and what can be said of many."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.losses import right, tied
from tinynet.network import Network
from tinynet.recipe import Recipe
from tinynet.training import train

UNSURE = 0.2  # an answer is unsure where its two largest outputs differ by less
SATURATED = 0.01  # an activation is saturated this near to an end of its range
Z95 = 1.959963984540054  # of the normal distribution, 95 % within


def wilson(count: float, n: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval that holds a share, seen `count` times in `n` (Wilson 1927).

    >>> wilson(0, 10_000)
    (0.0, 0.0003839983...)
    """
    if not 0 <= count <= n or n < 1:
        raise TinyNetError(
            f"count is {count} and n is {n}; a share needs 0 <= count <= n and n of at least 1"
        )
    share, z2 = count / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if count == 0 else middle - half  # exact at the ends, where rounding would not be
    return low, 1.0 if count == n else middle + half


@dataclass(frozen=True)
class Verdict:
    """A measured finding: a sentence, and the numbers it was made from.

    count, n : so many of n seeds; count is None where the finding is no count.
    interval : of the share count / n, 95 %.
    """

    sentence: str
    count: int | None
    n: int
    interval: tuple[float, float] | None = None
    numbers: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return asdict(self)


def share(mask: np.ndarray, what: str, more: str = "") -> Verdict:
    """Return the verdict "so many of n `what`", with its 95 % interval; mask is (n,) bool.

    more : an end to the sentence, after a semicolon.

    >>> print(share(np.arange(1000) < 10, "coins stood on their edge"))
    10 of 1,000 coins stood on their edge (1.0 %; 95 % interval 0.5 % to 1.8 %).
    """
    return counted(int(np.count_nonzero(mask)), len(mask), what, more)


def counted(count: int, n: int, what: str, more: str = "") -> Verdict:
    """Return the verdict of `share`, of numbers that were counted elsewhere."""
    low, high = wilson(count, n)
    here = "" if count in (0, n) else f"{percent(count / n)}; "
    sentence = f"{count:,} of {n:,} {what} ({here}95 % interval {percent(low)} to {percent(high)}){more and '; ' + more}."
    return Verdict(sentence, count, n, (low, high), {"share": count / n})


def percent(value: float) -> str:
    """Write a share in percent; what is not 0 or 1 never looks like it.

    >>> percent(0.5), percent(0.0), percent(0.00038), percent(0.99996)
    ('50.0 %', '0 %', '0.04 %', '99.996 %')
    """
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    if value < 0.001:
        return f"{100 * value:.1g} %"
    return f"{100 * value:.1f} %" if value < 0.9995 else f"{100 - float(f'{100 * (1 - value):.1g}'):.8g} %"


def whole_percent(value: float) -> str:
    """Write a share in whole percent, for a small place; what is not 0 or 1 never looks like it.

    >>> [whole_percent(value) for value in (0.0, 0.001, 0.25, 0.999, 1.0)]
    ['0', '<1', '25', '>99', '100']
    """
    return "<1" if 0 < value < 0.005 else ">99" if 0.995 <= value < 1 else f"{100 * value:.0f}"


@dataclass(frozen=True)
class Answer:
    """What a network says of one picture.

    outputs : one for each possible answer. winner : the largest one's, None in a tie.
    gap : how far the winner is ahead. unsure : whether that is less than `UNSURE`.
    right : whether the winner is the target's; None where there is no target, or a target without a winner.
    """

    name: str
    outputs: tuple[float, ...]
    winner: str | None
    gap: float
    unsure: bool
    right: bool | None

    def words(self) -> str:
        """Say the answer: "horizontal", or "unsure, leans to horizontal"."""
        if self.winner is None:
            return "undecided"
        return f"unsure, leans to {self.winner}" if self.unsure else self.winner


def answers(network: Network, examples: Examples, *, unsure: float = UNSURE) -> list[Answer]:
    """Return what the network says of each picture.

    A network with one output says the first answer above 0.5 and "not" that answer below.

    >>> import tinynet as tn
    >>> answers(tn.Network.initial(seed=0), tn.pictures.stress())[1].words()
    'horizontal'
    """
    outputs = network(examples)  # (pictures, outputs)
    targets = [None] * len(examples) if examples.targets is None else list(examples.targets)
    found = []
    for name, row, target in zip(examples.names, outputs, targets, strict=True):
        winner, gap = _winner(row, examples.answers)
        wanted = None if target is None else _winner(target, examples.answers)[0]
        fits = None if wanted is None else winner == wanted
        found.append(Answer(name, tuple(row.tolist()), winner, gap, gap < unsure, fits))
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


def gap(network: Network, picture: Examples) -> float:
    """Return how far the first answer exceeds the second on one picture; for the lines, H - V."""
    outputs = network(picture)[0]
    return float(outputs[0] - outputs[1])


@dataclass(frozen=True)
class OrderEffect:
    """The same start and recipe, with the pictures in the given and in the reversed order."""

    gap: float
    reversed_gap: float
    last: str
    reversed_last: str

    @property
    def flipped(self) -> bool:
        """Whether reversing the order turned the answer to gray round."""
        return self.gap * self.reversed_gap < 0

    def __str__(self) -> str:
        verb = "turns round" if self.flipped else "does not turn round"
        return (
            f"Shown {self.last} last, the network's answers to gray differ by {self.gap:+.4f}; shown "
            f"{self.reversed_last} last, by {self.reversed_gap:+.4f}: reversing the order {verb} the answer."
        )


def order_effect(network: Network, examples: Examples, recipe: Recipe) -> OrderEffect:
    """Train twice, the second time with the pictures in reversed order, and compare the answers to gray."""
    if examples.targets is None or len(examples.answers) != 2:
        raise TinyNetError("the effect of the order needs pictures with targets and two answers")
    gray = Examples(np.full((1, examples.inputs.shape[1]), 0.5), None, ("gray",), examples.shape)
    found = [gap(train(network, shown, recipe).final, gray) for shown in (examples, examples.reversed())]
    last, first = (examples.answers[int(examples.targets[k].argmax())] for k in (-1, 0))
    return OrderEffect(found[0], found[1], last, first)
