"""The scores of a network that predicts numbers.

Errors are in the units of the table.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.core.notation import number
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.evaluation.verdicts import Verdict
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments


@dataclass(frozen=True, eq=False)
class RegressionScore:
    """The regression scores of a network on m examples.

    part : str. The name of the examples, such as "held-out".
    count : int. The number of examples.
    loss : float. The mean loss of the recipe.
    columns : (k,). The names of the targets.
    mae, rmse : (k,). Mean absolute error and root mean square error, in the units of the table.
    baseline_mae : (k,). The mean absolute error of always predicting the mean of these examples.
    r2 : (k,). The explained fraction of the variance, R²; 0 for a target without variance.
    """

    part: str
    count: int
    loss: float
    columns: tuple[str, ...]
    mae: np.ndarray
    rmse: np.ndarray
    baseline_mae: np.ndarray
    r2: np.ndarray

    def __len__(self) -> int:
        return self.count

    def verdicts(self) -> list[Verdict]:
        """Return the errors of each target as a sentence."""
        return [self._verdict(k) for k in range(len(self.columns))]

    def _verdict(self, k: int) -> Verdict:
        names = ("mae", "rmse", "baseline_mae", "r2")
        numbers = {name: float(getattr(self, name)[k]) for name in names}
        mae, rmse, baseline, r2 = (number(value) for value in numbers.values())
        sentence = (
            f"R² of {self.columns[k]} on {_examples(self.count, self.part)} is {r2}. The mean absolute error (MAE) is {mae}. "
            f"The root mean square error (RMSE) is {rmse}. Always predicting the mean has an MAE of {baseline}."
        )
        return Verdict(sentence, None, self.count, None, numbers)

    def to_json(self) -> dict[str, Any]:
        """Return every score, ready for JSON."""
        targets = {column: self._verdict(k).numbers for k, column in enumerate(self.columns)}
        return {"examples": self.count, "loss": self.loss, "targets": targets}


def _examples(count: int, part: str) -> str:
    return counted(count, f"{part} example" if part else "example")


def in_units(examples: Examples, values: np.ndarray) -> np.ndarray:
    """Return outputs or targets in the units of the table; unchanged if the numbers were not scaled."""
    return values if examples.target_scaling is None else examples.unscaled(values)


@check_arguments
def score_regression(
    network: Network, examples: Examples, recipe: Recipe | None = None, *, part: str = ""
) -> RegressionScore:
    """Score the predicted numbers of a network.

    recipe : Recipe, optional. The loss to compute. MSE by default.
    part : str. The name of the examples in verdicts.

    Raises TinyNetError for examples with classes as targets.

    >>> import tinynet as tn
    >>> table = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 30]}, targets="y")
    >>> score_regression(tn.Network.initial((1, 2, 1), seed=0), table).baseline_mae.round(3).tolist()
    [6.667]
    """
    if examples.targets is None or not examples.regression:
        raise TinyNetError("the targets are classes. They must be numbers. Use tinynet.score for classes.")
    outputs = network(examples)  # (m, k)
    predicted, observed = (in_units(examples, values) for values in (outputs, examples.targets))
    errors, deviations = predicted - observed, observed - arrays.mean(observed, 0)
    total = arrays.total(deviations * deviations, 0)  # (k,)
    return RegressionScore(
        part,
        len(examples),
        float(mean_losses(recipe or Recipe(), outputs[None], examples)[0]),
        examples.target_names,
        arrays.mean(np.abs(errors), 0),
        np.sqrt(arrays.mean(errors * errors, 0)),
        arrays.mean(np.abs(deviations), 0),
        np.where(total > 0, 1 - arrays.total(errors * errors, 0) / np.where(total > 0, total, 1), 0.0),
    )
