"""Train one network in float64 and record every number.

The bits are those of the sheet.
"""

from typing import NamedTuple

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.batches import (
    Source,
    batch_arrays,
    batch_indices,
    examples_per_epoch,
    is_plain,
    smoothed,
    steps_per_epoch,
)
from tinynet.data.examples import Examples
from tinynet.kernels.looped import workspace_size
from tinynet.kernels.scalar_code import compiled
from tinynet.kernels.unrolled import kernel_key
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.kernel import contiguous
from tinynet.recipe import Recipe

MAX_DRAWN = 4_000_000  # random numbers per call


class StepArrays(NamedTuple):
    """Output buffers of a recording.

    Row r is step r * stride. The last row is scratch for steps that are not kept.
    """

    stride: int
    parameters: np.ndarray  # (kept + 1, P) before each step
    state: np.ndarray  # (kept + 1, S)
    gradients: np.ndarray  # (kept + 1, P)
    activations: np.ndarray  # (kept + 1, batch, nodes after the inputs)
    losses: np.ndarray  # (kept + 1,)
    batches: np.ndarray  # (kept + 1, batch) index of each example, -1 beyond a short last batch
    epoch_loss: np.ndarray  # (epochs,)
    epoch_movement: np.ndarray  # (epochs,)

    @classmethod
    def blank(
        cls, architecture: Architecture, recipe: Recipe, epochs: int, kept: int, stride: int
    ) -> "StepArrays":
        """Return empty buffers for a recording.

        kept : the number of kept steps, one in every `stride`.
        epochs : the number of epochs.
        """
        count, batch, rows = architecture.parameter_count, recipe.batch_size, kept + 1
        return cls(
            stride=stride,
            parameters=np.zeros((rows, count)),
            state=np.zeros((rows, optimizers.state_size(architecture, recipe))),
            gradients=np.zeros((rows, count)),
            activations=np.zeros((rows, batch, sum(architecture.sizes[1:]))),
            losses=np.zeros(rows),
            batches=np.full((rows, batch), -1),
            epoch_loss=np.zeros(epochs),
            epoch_movement=np.zeros(epochs),
        )


class Recorder:
    """A trainer of one network that records every step.

    parameters : (P,) float64. The current parameters, changed by every call.
    state : (S,) float64. The current optimizer state, changed by every call.
    """

    def __init__(
        self,
        architecture: Architecture,
        recipe: Recipe,
        source: Source,
        parameters: np.ndarray,
        state: np.ndarray,
        sample_weights: np.ndarray | None = None,
    ) -> None:
        self.architecture, self.recipe, self.source = architecture, recipe, source
        self.sample_weights = sample_weights  # (examples,)
        self.parameters, self.state = parameters.copy(), np.array(state, float)
        self._epoch_weights = parameters[
            : architecture.slices[0][0].stop
        ].copy()  # weights of the first layer at the start of the epoch
        self._settings = np.array(list(optimizers.settings(recipe).values()))
        self._total = recipe.epochs * steps_per_epoch(recipe, source)
        self._record = compiled(
            architecture, kernel_key(recipe), examples_per_epoch(source), sample_weights is not None
        )
        self._work = np.zeros(workspace_size(architecture))

    def __call__(self, recorded: StepArrays, first: int, last: int) -> int:
        """Train from step `first` to `last` (excluded).

        Returns the number of the step that was reached. Training stops before a step that would make a number
        infinite or NaN.
        """
        while first < last:
            end = min(last, first + self._max_steps())
            reached = self._steps(recorded, first, end)
            if reached < end:
                return reached
            first = end
        return last

    def _max_steps(self) -> int:
        batch = self.recipe.batch_size
        inputs, *_, outputs = self.architecture.sizes
        drawn = batch if is_plain(self.recipe, self.source) else batch * (inputs + outputs)
        return max(1, MAX_DRAWN // drawn)

    def _steps(self, recorded: StepArrays, first: int, last: int) -> int:
        source, stride, weights = self.source, recorded.stride, self.sample_weights
        indices = batch_indices(self.recipe, source, first, last)  # (steps, batch)
        kept = range(ceil_div(first, stride), ceil_div(last, stride))
        recorded.batches[kept.start : kept.stop] = indices[kept.start * stride - first :: stride][: len(kept)]
        if is_plain(self.recipe, self.source):
            assert isinstance(source, Examples)
            assert source.targets is not None
            inputs, targets = source.inputs, smoothed(self.recipe, source.targets)
            rows = np.maximum(indices, 0)  # the unused places of a short batch
        else:
            inputs, targets = batch_arrays(self.recipe, source, first, indices)
            rows = np.arange(indices.size).reshape(indices.shape)
            weights = None if weights is None else weights[indices.ravel()]
        rates = self.recipe.rates(first, last, self._total)
        read = (contiguous(array, float) for array in (inputs, targets, rates))
        arrays = (
            self.parameters, self.state, self._epoch_weights, self._settings, self._work, contiguous(rows, np.int64), *read,
            *recorded[1:6], recorded.epoch_loss, recorded.epoch_movement, *([] if weights is None else [contiguous(weights, float)]),
        )  # fmt: skip
        sizes = len(recorded.losses) - 1, len(inputs), len(recorded.epoch_loss)
        return int(self._record(arrays, first, last, stride, *sizes))
