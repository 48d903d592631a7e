"""Rows with targets and weights, as `fit` receives them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinynet.training.checks import check_weights


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a training before scaling.

    values : (rows, features).
    targets : (rows, outputs). One-hot rows for classes.
    weights : (rows,). The sample weights, all above 0.
    names : the name of each row.
    target_names : the name of each output.
    regression : whether the targets are numbers to predict.
    """

    values: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    names: tuple[str, ...]
    target_names: tuple[str, ...]
    regression: bool

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, rows: Sequence[int]) -> "Rows":
        names = tuple(self.names[row] for row in rows)
        chosen = list(rows)
        return replace(
            self,
            values=self.values[chosen],
            targets=self.targets[chosen],
            weights=self.weights[chosen],
            names=names,
        )

    @property
    def mean_weights(self) -> np.ndarray | None:
        """The weights divided by their mean, or None if all are equal. -> (rows,)

        With a mean of 1, weights do not change the size of the steps.
        """
        weights = self.weights / self.weights.max()  # the sum stays finite
        return None if (weights == 1.0).all() else weights / weights.mean()


def check_sample_weight(weights: np.ndarray) -> None:
    """Raise TinyNetError for sample weights that are negative, or all 0."""
    check_weights("sample_weight", weights, len(weights))


def plain(value: Any) -> Any:
    """Turn a NumPy number into a Python number.

    A parameter grid may contain NumPy numbers.
    """
    return value.item() if isinstance(value, np.generic) else value
