"""Early stopping, and the reasons of early ends.

Early stopping uses a validation set. The method is that of Prechelt 1998.
"""

import math
from typing import NamedTuple

import numpy as np

from tinynet.data.examples import Examples
from tinynet.model.losses import mean_losses
from tinynet.recipe import Recipe


class StopReason(NamedTuple):
    """Why a training ended before its last step.

    step : int. The step that was not taken.
    cell : str. The first cell of the sheet that is not a finite number, or "" if the training ended for another reason.
    reason : str. The reason as a sentence without a full stop.
    """

    step: int
    cell: str
    reason: str

    @classmethod
    def not_finite(cls, step: int, cell: str, value: float, detail: str) -> "StopReason":
        """Return the reason for a cell that is not finite.

        >>> StopReason.not_finite(12, "loss", math.inf, "The learning rate is 50").reason
        'loss is infinite at step 12. The learning rate is 50'
        """
        kind = "not a number" if math.isnan(value) else "infinite"
        return cls(step, cell, f"{cell} is {kind} at step {step:,}. {detail}")


class EarlyStopping:
    """The validation loss of n networks, epoch by epoch.

    parameters : (n, P). The parameters of each network at its best epoch so far.
    best_epoch : (n,). The number of epochs after which each network was best; 0 if the network's loss was never
        a number.
    losses : list of (n,). The validation losses after each epoch.
    sample_weights : (m,), optional. The weights of the validation examples.
    """

    def __init__(
        self,
        recipe: Recipe,
        validation: Examples,
        networks: int,
        sample_weights: np.ndarray | None = None,
    ) -> None:
        self.recipe, self.validation, self.sample_weights = recipe, validation, sample_weights
        self.losses: list[np.ndarray] = []
        self.best_epoch = np.zeros(networks, int)
        self._best_loss = np.full(networks, np.inf)
        self._active = np.ones(networks, bool)

    @property
    def finished(self) -> bool:
        """Whether the patience of every network is exhausted."""
        return not self._active.any()

    def update(self, outputs: np.ndarray, parameters: np.ndarray) -> None:
        """Add an epoch.

        outputs : (n, m, outputs). The outputs for the validation examples after the epoch.
        parameters : (n, P). The parameters after the epoch.
        """
        losses = mean_losses(self.recipe, np.asarray(outputs, float), self.validation, self.sample_weights)
        self.losses.append(losses)
        if len(self.losses) == 1:
            self.parameters = parameters.copy()
        better = self._active & (losses < self._best_loss)  # NaN is never better
        self._best_loss[better], self.best_epoch[better] = losses[better], len(self.losses)
        self.parameters[better] = parameters[better]
        if self.recipe.patience:
            self._active &= len(self.losses) - self.best_epoch < self.recipe.patience
