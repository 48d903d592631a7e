"""The error of a trained network, beside that of the best constant prediction."""

from typing import NamedTuple

import numpy as np

from tinynet.data.examples import Examples
from tinynet.evaluation.metrics import correct
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording


class Baseline(NamedTuple):
    """The error of the final network, and of the best constant prediction.

    name : str. The error: "training loss", "mean squared error" or "error rate".
    error, constant : float.
    """

    name: str
    error: float
    constant: float

    @property
    def short_name(self) -> str:
        """The error of a prediction that was not trained."""
        return self.name.removeprefix("training ")

    def __str__(self) -> str:
        return (
            f"the {self.name} is {self.error:.4f}. The best constant prediction has "
            f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.short_name} of {self.constant:.4f}."
        )


def baseline(run: Recording) -> Baseline | None:
    """Return the error of a trained network and its baseline.

    If TinyNet has no formula for the loss of a PyTorch loop, the error is the mean squared error of numbers, or the error
    rate of classes. The result is None for unknown targets.
    """
    if run.recipe.loss != "external":
        return Baseline("training loss", run.training_loss(), constant_loss(run.examples, run.recipe))
    examples = run.examples
    if examples.targets is None:
        return None
    outputs = class_outputs(run)
    if examples.regression:
        return Baseline(
            "mean squared error", *map(_mean_square, (outputs, constant_outputs(examples)), [examples] * 2)
        )
    right = float(correct(outputs[None], examples.targets)[0].mean())
    return Baseline("error rate", 1.0 - right, 1.0 - _most_frequent_share(examples.targets))


def class_outputs(run: Recording) -> np.ndarray:
    """Return the outputs of the final network for its examples. -> (m, outputs)

    A single output of classes is above 0.5 for the class. If it is a logit, 0.5 is added.
    """
    outputs = run.final(run.examples)
    is_logit = run.recipe.loss == "external" and run.network.architecture.output == "identity"
    return outputs + 0.5 if is_logit and outputs.shape[1] == 1 and not run.examples.regression else outputs


def constant_outputs(examples: Examples) -> np.ndarray:
    """Return the mean target. -> (1, outputs)"""
    assert examples.targets is not None
    return arrays.mean(examples.targets, 0)[None]


def _mean_square(outputs: np.ndarray, examples: Examples) -> float:
    assert examples.targets is not None
    return float(arrays.mean(((outputs - examples.targets) ** 2).ravel()))


def _most_frequent_share(targets: np.ndarray) -> float:
    """Return the share of the most frequent class."""
    classes = (targets[:, 0] > 0.5).astype(int) if targets.shape[1] == 1 else targets.argmax(axis=1)
    return float(np.bincount(classes).max() / len(classes))


def constant_loss(examples: Examples, recipe: Recipe) -> float:
    """Return the smallest loss of constant outputs.

    The best constant outputs are the mean target.

    >>> import tinynet as tn
    >>> constant_loss(tn.pictures.lines(), tn.Recipe())
    0.25
    """
    assert examples.targets is not None
    targets, mean = examples.targets, arrays.mean(examples.targets, 0)
    if recipe.loss == "mse":
        return float(arrays.mean(((targets - mean) ** 2).ravel()))
    terms, complements = (0.0 - p * arrays.log(np.where(p > 0, p, 1.0)) for p in (mean, 1 - mean))
    return float(arrays.total(terms) if recipe.loss == "cross_entropy" else arrays.mean(terms + complements))
