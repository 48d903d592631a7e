"""Numbers that a network predicts, scored in the table's own units: how far off, beside always saying their mean."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.core.notation import number
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.verdicts import Verdict
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe


@dataclass(frozen=True, eq=False)
class RegressionScore:
    """How near a network's numbers come to those of m examples.

    part : the examples' name. loss : the mean of what the recipe trains. columns : (k,) names of the targets.
    mae, rmse : (k,) mean absolute error and root mean square error, in the table's own units.
    baseline_mae : (k,) the mean absolute error of always saying the part's mean. r2 : (k,) share of the variance, R²; 0
        where there is none.
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
        """Return for each target how far off the network is."""
        return [self._verdict(k) for k in range(len(self.columns))]

    def _verdict(self, k: int) -> Verdict:
        names = ("mae", "rmse", "baseline_mae", "r2")
        numbers = {name: float(getattr(self, name)[k]) for name in names}
        mae, rmse, baseline, r2 = (number(value) for value in numbers.values())
        sentence = (
            f"On {self.count:,} {self.part} examples {self.columns[k]} is off by {mae} on average (root mean square {rmse}, "
            f"R² {r2}); always saying their mean would be off by {baseline}."
        )
        return Verdict(sentence, None, self.count, None, numbers)

    def to_json(self) -> dict[str, Any]:
        """Every number, ready for JSON."""
        targets = {column: self._verdict(k).numbers for k, column in enumerate(self.columns)}
        return {"examples": self.count, "loss": self.loss, "targets": targets}


def score_regression(
    network: Network, examples: Examples, recipe: Recipe | None = None, *, part: str = "given"
) -> RegressionScore:
    """Score a network's numbers; the recipe says which loss.

    Raises TinyNetError for examples whose targets are no numbers of a table.

    >>> import tinynet as tn
    >>> some = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 30]}, targets="y")
    >>> score_regression(tn.Network.initial((1, 2, 1), seed=0), some).baseline_mae.round(3).tolist()
    [6.667]
    """
    if examples.target_scaling is None or examples.targets is None:
        raise TinyNetError("these examples have answers for targets; tinynet.score judges a network on them")
    outputs = network(examples)  # (m, k)
    said, wanted = examples.unscaled(outputs), examples.unscaled(examples.targets)
    errors, spread = said - wanted, wanted - arrays.mean(wanted, 0)
    total = arrays.total(spread * spread, 0)  # (k,)
    return RegressionScore(
        part,
        len(examples),
        float(mean_losses(recipe or Recipe(), outputs[None], examples)[0]),
        examples.target_names,
        arrays.mean(np.abs(errors), 0),
        np.sqrt(arrays.mean(errors * errors, 0)),
        arrays.mean(np.abs(spread), 0),
        np.where(total > 0, 1 - arrays.total(errors * errors, 0) / np.where(total > 0, total, 1), 0.0),
    )
