"""What answers cost, and whether they are right: of many networks at once."""

import numpy as np

from tinynet import arrays
from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.recipe import Recipe


def mean_losses(recipe: Recipe, outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the mean loss of answers (n, m, outputs) to the examples. -> (n,)

    The examples' losses are added from the first to the last, as the page adds them.

    Raises TinyNetError for a loss that is given: it is known where it was seen, and nowhere else.
    """
    if recipe.loss == "given":
        raise TinyNetError(
            "loss is 'given': what other answers would cost is not known; choose 'mse', for example"
        )
    assert examples.targets is not None
    return arrays.running_total(_each(recipe, outputs, examples.targets)) / len(examples)


def _each(recipe: Recipe, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the loss of each answer, computed as the sheet does. (n, m, outputs) -> (n, m)"""
    count = outputs.shape[-1]
    if recipe.loss == "mse":
        with np.errstate(over="ignore", invalid="ignore"):
            gaps = outputs - targets
            return arrays.running_total(gaps * gaps) / count
    logs = np.maximum(arrays.log(outputs), -100.0)
    if recipe.loss == "cross_entropy":  # from the answers; the sheet has log_a
        return 0.0 - arrays.running_total(targets * logs)
    rests = np.maximum(arrays.log(1 - outputs), -100.0)
    return 0.0 - arrays.running_total(targets * logs + (1 - targets) * rests) / count


def right(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether the target's largest output is the strictly largest. (n, m, outputs) -> (n, m)"""
    if outputs.shape[-1] == 1:
        return np.asarray((outputs[..., 0] > 0.5) == (targets[:, 0] > 0.5)) & (outputs[..., 0] != 0.5)
    wanted = targets.argmax(axis=1)  # (m,)
    chosen = outputs[:, np.arange(len(wanted)), wanted]  # (n, m)
    found = np.ones(chosen.shape, bool)
    for j in range(outputs.shape[-1]):
        found &= (wanted == j) | (outputs[..., j] < chosen)  # NaN is not right
    return found


def tied(targets: np.ndarray) -> np.ndarray:
    """Return which targets (m, outputs) have no largest. -> (m,)"""
    if targets.shape[1] == 1:
        return np.asarray(targets[:, 0] == 0.5)
    second, first = np.sort(targets, axis=1)[:, -2:].T
    return np.asarray(first == second)
