"""What answers cost, and whether they are right: of many networks at once."""

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays
from tinynet.recipe import Recipe


def mean_losses(recipe: Recipe, outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the mean loss of answers (n, m, outputs) to the examples. -> (n,)

    The examples' losses are added from the first to the last, as the page adds them.

    Raises TinyNetError for a loss that is given: it is known where it was seen, and nowhere else.
    """
    if recipe.loss == "external":
        raise TinyNetError(
            "loss is 'external': what other answers would cost is not known; choose 'mse', for example"
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
