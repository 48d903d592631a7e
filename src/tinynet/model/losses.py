"""The mean loss of one or many networks."""

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays
from tinynet.recipe import Recipe


def mean_losses(
    recipe: Recipe, outputs: np.ndarray, examples: Examples, sample_weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the mean loss of outputs (n, m, outputs). -> (n,)

    The losses of the examples are added from the first to the last, in the same order as the page adds them.

    sample_weights : (m,), optional. A factor of the loss of each example.

    Raises TinyNetError if the recipe's loss is 'external': TinyNet cannot compute such a loss for new outputs.
    """
    if recipe.loss == "external":
        raise TinyNetError(
            "loss is 'external'. It must be 'mse', 'bce' or 'cross_entropy' to compute the loss of new outputs."
        )
    assert examples.targets is not None
    losses = _losses(recipe, outputs, examples.targets)
    weighted = losses if sample_weights is None else sample_weights * losses
    return arrays.running_total(weighted) / len(examples)


def _losses(recipe: Recipe, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the loss of each example. (n, m, outputs) -> (n, m)

    The computation is that of the sheet.
    """
    count = outputs.shape[-1]
    if recipe.loss == "mse":
        with np.errstate(over="ignore", invalid="ignore"):
            errors = outputs - targets
            return arrays.running_total(errors * errors) / count
    logs = np.maximum(arrays.log(outputs), -100.0)
    if recipe.loss == "cross_entropy":  # the outputs are used; the sheet uses the cell log_a
        return 0.0 - arrays.running_total(targets * logs)
    complements = np.maximum(arrays.log(1 - outputs), -100.0)
    return 0.0 - arrays.running_total(targets * logs + (1 - targets) * complements) / count
