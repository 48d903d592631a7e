"""Ending early: why, and early stopping: the network that did best on examples it was not trained on (Prechelt 1998)."""

from typing import NamedTuple

import numpy as np

from tinynet.data.examples import Examples
from tinynet.model.losses import mean_losses
from tinynet.recipe import Recipe


class StopReason(NamedTuple):
    """Why a training ended before its last step: at which step, in which cell of the sheet, for what reason."""

    step: int
    cell: str
    reason: str


class EarlyStopping:
    """Watches n networks in training, epoch by epoch.

    parameters : (n, P) each network's at its best epoch so far; a network that is stopped keeps them.
    best_epoch : (n,) how many epochs were done then.
    losses : one (n,) for each epoch that was looked at.
    """

    def __init__(self, recipe: Recipe, validation: Examples, networks: int) -> None:
        self.recipe, self.validation = recipe, validation
        self.losses: list[np.ndarray] = []
        self.best_epoch = np.zeros(networks, int)
        self._best = np.full(networks, np.inf)
        self._going = np.ones(networks, bool)

    @property
    def over(self) -> bool:
        """Whether every network has waited for longer than the recipe's patience."""
        return not self._going.any()

    def look(self, answers: np.ndarray, parameters: np.ndarray) -> None:
        """Take note of an epoch: answers (n, validation examples, outputs) and parameters (n, P) after it."""
        losses = mean_losses(self.recipe, np.asarray(answers, float), self.validation)
        self.losses.append(losses)
        if len(self.losses) == 1:
            self.parameters = parameters.copy()
        better = self._going & (losses < self._best)  # NaN is never better
        self._best[better], self.best_epoch[better] = losses[better], len(self.losses)
        self.parameters[better] = parameters[better]
        if self.recipe.patience:
            self._going &= len(self.losses) - self.best_epoch < self.recipe.patience
