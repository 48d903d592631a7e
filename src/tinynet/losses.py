"""What answers cost, and whether they are right: of many networks at once."""

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.recipe import Recipe


def mean_losses(recipe: Recipe, outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the mean loss of answers (n, m, outputs) to the examples. -> (n,)

    Raises TinyNetError for a loss that is given: it is known where it was seen, and nowhere else.
    """
    if recipe.loss == "given":
        raise TinyNetError(
            "loss is 'given': what other answers would cost is not known; choose 'mse', for example"
        )
    targets = examples.targets
    assert targets is not None
    if recipe.loss == "mse":
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(((outputs - targets) ** 2).mean(axis=(1, 2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs, rests = (np.maximum(np.log(p), -100.0) for p in (outputs, 1 - outputs))
    if recipe.loss == "cross_entropy":
        return np.asarray(-(targets * logs).sum(axis=2).mean(axis=1))
    return np.asarray(-(targets * logs + (1 - targets) * rests).mean(axis=(1, 2)))


def right(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether the target's largest output is the strictly largest. (n, m, outputs) -> (n, m)"""
    if outputs.shape[-1] == 1:
        return np.asarray((outputs[..., 0] > 0.5) == (targets[:, 0] > 0.5)) & (outputs[..., 0] != 0.5)
    wanted = targets.argmax(axis=1)
    chosen = np.take_along_axis(outputs, np.broadcast_to(wanted[None, :, None], (*outputs.shape[:2], 1)), 2)[
        ..., 0
    ]
    others = outputs.copy()
    np.put_along_axis(others, np.broadcast_to(wanted[None, :, None], (*outputs.shape[:2], 1)), -np.inf, 2)
    return np.asarray(chosen > others.max(axis=2))


def tied(targets: np.ndarray) -> np.ndarray:
    """Return which targets (m, outputs) have no largest. -> (m,)"""
    if targets.shape[1] == 1:
        return np.asarray(targets[:, 0] == 0.5)
    second, first = np.sort(targets, axis=1)[:, -2:].T
    return np.asarray(first == second)
