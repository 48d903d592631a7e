"""The predicted class, margin and accuracy of examples."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import TIE, correct, predicted_classes, tied
from tinynet.evaluation.verdicts import Verdict
from tinynet.model.network import Network
from tinynet.signatures import check_arguments
from tinynet.validation import check_number, check_type

UNSURE = 0.2  # a prediction with a smaller margin is unsure
SATURATED = 0.01  # an activation this close to an end of its range is saturated


@dataclass(frozen=True)
class Prediction:
    """The prediction for one example.

    name : str. The example.
    outputs : tuple of float. One output for each class.
    predicted : str, optional. The class of the largest output; None in a tie.
    margin : float. The largest output minus the second largest output.
    unsure : bool. Whether the margin is smaller than `UNSURE`.
    correct : bool, optional. Whether `predicted` is the class of the target; None without a target, and for a target
        without a class.
    """

    name: str
    outputs: tuple[float, ...]
    predicted: str | None
    margin: float
    unsure: bool
    correct: bool | None

    def words(self) -> str:
        """Return the prediction as words, such as "horizontal (unsure)"."""
        if self.predicted is None:
            return "undecided"
        return f"{self.predicted} (unsure)" if self.unsure else self.predicted


@check_arguments(apart_from=("unsure",))
def predictions(network: Network, examples: Examples, *, unsure: float = UNSURE) -> list[Prediction]:
    """Return the prediction for each example.

    A network with one output predicts its class above 0.5, and "not" the class below 0.5.

    unsure : float. Predictions with a smaller margin are unsure.

    >>> import tinynet as tn
    >>> predictions(tn.Network.initial(seed=0), tn.pictures.stress())[1].words()
    'horizontal'
    """
    check_type("network", network, Network, "a Network")
    check_type("examples", examples, Examples, "Examples")
    unsure = check_number("unsure", unsure, 0, math.inf)
    outputs = network(examples)  # (m, outputs)
    classes, margins = predicted_classes(outputs)
    predicted = class_names(classes, examples.target_names)
    if examples.targets is None:
        wanted: list[str | None] = [None] * len(examples)
    else:
        wanted = class_names(predicted_classes(examples.targets)[0], examples.target_names)
    return [
        Prediction(
            name, tuple(row), chosen, margin, margin < unsure, None if want is None else chosen == want
        )
        for name, row, chosen, margin, want in zip(
            examples.names, outputs.tolist(), predicted, margins.tolist(), wanted, strict=True
        )
    ]


def class_names(classes: np.ndarray, names: tuple[str, ...]) -> list[str | None]:
    """Return the names of predicted classes. A tie has no name."""
    every = names if len(names) > 1 else (*names, f"not {names[0]}")
    return [None if k == TIE else every[k] for k in classes.tolist()]


def accuracy(network: Network, examples: Examples) -> float:
    """Return the fraction of correct predictions. A tie is not correct.

    Raises TinyNetError for examples without targets.

    >>> import tinynet as tn
    >>> accuracy(tn.Network.initial(seed=0), tn.pictures.lines())
    0.5
    """
    if examples.targets is None:
        raise TinyNetError("the examples have no targets. The accuracy needs examples with targets.")
    return accuracy_of_outputs(network(examples), examples.targets)


def accuracy_of_outputs(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Return the fraction of outputs with the class of the target. (m, outputs), (m, outputs)"""
    found = correct(outputs[None], targets)[0] & ~tied(targets)  # (m,)
    return float(found.mean())


def correct_margins(outputs: np.ndarray, examples: Examples) -> Verdict:
    """Return the margin of the correct class.

    outputs : (m, classes). From 0 to 1.

    Raises TinyNetError for outputs of another shape, and for examples without targets.

    >>> import tinynet as tn
    >>> correct_margins(tn.Network.initial(seed=0)(tn.pictures.lines()), tn.pictures.lines()).sentence
    'The margins of the correct class, in percentage points: top +25.2, bottom +23.9, left −23.0, right −25.9. 2 of 4 predictions are correct. 2 of 4 have a margin of 20 points or more.'
    """
    margins = _margins(100 * np.asarray(outputs), examples).tolist()
    each = ", ".join(f"{name} {_points(x)}" for name, x in zip(examples.names, margins, strict=True))
    right, clear, n = sum(x > 0 for x in margins), sum(x >= 100 * UNSURE for x in margins), len(margins)
    sentence = (
        f"The margins of the correct class, in percentage points: {each}. {right:,} of {n:,} predictions are correct. "
        f"{clear:,} of {n:,} have a margin of {100 * UNSURE:g} points or more."
    )
    return Verdict(sentence, right, n, None, {"correct": right, "clear": clear, "smallest": min(margins)})


def success(percentages: ArrayLike, examples: Examples) -> Verdict:
    """Check the claim that every example is classified correctly.

    The claim is often made in a notebook, with the outputs in percent.

    percentages : (m, classes). The outputs in percent, from 0 to 100, as a notebook prints them.

    Raises TinyNetError for other values, for outputs from 0 to 1, for another shape, and for examples without targets.

    >>> import tinynet as tn
    >>> success([[50.6, 49.1], [50.2, 49.8], [49.9, 50.3], [50.4, 49.7]], tn.pictures.lines()).sentence
    'The margins of the correct class, in percentage points: top +1.5, bottom +0.4, left +0.4, right −0.7. 3 of 4 predictions are correct. 0 of 4 have a margin of 20 points or more.'
    """
    return correct_margins(_checked_percentages(percentages) / 100, examples)


def _checked_percentages(percentages: ArrayLike) -> np.ndarray:
    try:
        found = np.asarray(percentages, dtype=float)
    except (TypeError, ValueError) as error:
        raise TinyNetError(
            f"the percentages are not a table of numbers ({error}). They must be numbers from 0 to 100. "
            "Give one row for each example."
        ) from error
    wrong = found[~((found >= 0) & (found <= 100))]  # NaN fails both comparisons
    if wrong.size:
        raise TinyNetError(
            f"a percentage is {wrong[0]}. It must be a number from 0 to 100. Check how it was computed."
        )
    if 0 < found.max(initial=0) <= 1:
        raise TinyNetError(
            f"the largest percentage is {found.max():g}. It must be more than 1. Multiply outputs from 0 to 1 by 100."
        )
    return found


def _margins(outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the margin of the correct class. (m, classes) -> (m,)

    The margin is the output of the correct class minus the largest other output.
    """
    targets = examples.targets
    if targets is None or targets.shape[1] < 2:
        raise TinyNetError(
            f"the number of classes with a target is {0 if targets is None else 1}. It must be 2 or more. "
            "Choose examples with targets."
        )
    if outputs.shape != targets.shape:
        raise TinyNetError(
            f"the outputs have shape {outputs.shape}. It must be {targets.shape}: one row for each example, "
            "one number for each class."
        )
    wanted = targets == targets.max(axis=1, keepdims=True)  # (m, classes)
    largest_wanted = np.where(wanted, outputs, -np.inf).max(axis=1)
    return largest_wanted - np.where(wanted, -np.inf, outputs).max(axis=1)


def _points(value: float) -> str:
    """Write percentage points with their sign.

    Only exactly 0 becomes 0.

    >>> _points(1.79), _points(-0.01), _points(0.0)
    ('+1.8', '−0.01', '0')
    """
    text = f"{value:+.1f}" if abs(value) >= 0.05 else f"{value:+.1g}" if value else "0"
    return text.replace("-", "−", 1)


def saturation(network: Network, examples: Examples) -> float:
    """Return the fraction of saturated activations, over all nodes and examples.

    An activation is saturated within 0.01 of an end of its range.
    """
    ranges = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
    saturated, count = 0, 0
    for kind, a in zip(network.architecture.activations, network.activations(examples), strict=True):
        if kind in ranges:
            low, high = ranges[kind]
            saturated += int(((a < low + SATURATED) | (a > high - SATURATED)).sum())
        count += a.size
    return saturated / count
