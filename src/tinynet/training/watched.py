"""The recording of a training that ran in PyTorch.

PyTorch's own numbers replace missing formulas.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tinynet.core import optimizers
from tinynet.core.sheet import Sheet, sheet_of
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.numerics.integers import ceil_div
from tinynet.training.recording import Recording
from tinynet.training.recording_checks import Expected, check_numbers
from tinynet.validation import check_choice, check_int, check_type

WATCHED_ARRAYS = ("rates", "slopes")
OPTIONAL_ARRAYS = ("settings", "changes")
MAX_COMPARED = 200  # steps that `agreement` evaluates


class Agreement(NamedTuple):
    """The largest differences between TinyNet's and PyTorch's numbers.

    TinyNet computes in float64.

    steps : int. The number of compared steps, evenly spaced.
    of : int. The number of steps of the recording.
    loss : float. The largest difference of a loss.
    gradient : float, optional. The largest difference of a gradient; None if the optimizer used other gradients than the
        gradients of the loss.
    after : float. The largest difference of a parameter after its step.
    precision : str. The precision of PyTorch's numbers.
    """

    steps: int
    of: int
    loss: float
    gradient: float | None
    after: float
    precision: str

    def __str__(self) -> str:
        gradient = "" if self.gradient is None else f"gradient {self.gradient:.1e}, "
        return (
            f"The largest differences between TinyNet (float64) and PyTorch ({self.precision}) over {self.steps:,} of "
            f"{self.of:,} steps: loss {self.loss:.1e}, {gradient}parameter after its step {self.after:.1e}."
        )


class WatchedMoment(Moment):
    """One step of a training in PyTorch, with every number.

    rate : float. The learning rate of the step.
    settings : dict. The other hyperparameters of the step that PyTorch changed during the loop, such as the momentum.
    pytorch : dict. PyTorch's own numbers by the names of their cells: the loss, the gradient that the optimizer used
        (`….used`) and the change of each parameter. For an external loss also the derivatives of the loss by the
        outputs.
    """

    def __init__(
        self,
        *arguments: Any,
        rate: float,
        pytorch: dict[str, float],
        settings: dict[str, float],
        sheet: Sheet,
    ) -> None:
        super().__init__(*arguments)
        self.rate = rate
        self.pytorch = pytorch
        self.settings = settings
        self._sheet = sheet

    @property
    def sheet(self) -> Sheet:
        """The cells of this step and their formulas."""
        return self._sheet

    @property
    def gradient(self) -> np.ndarray:
        """The gradient that PyTorch's optimizer used. -> (P,)"""
        return np.array([self.pytorch[f"{name}.used"] for name in self.network.architecture.parameter_names])

    @cached_property
    def values(self) -> dict[str, float]:
        """Every cell of this step by name.

        A cell without a formula has PyTorch's number.
        """
        input_values = self.sheet.input_values(
            self.network, self.batch.inputs, self.batch.targets, self.state
        )
        external = {name: self.pytorch[name] for name in self.sheet.watched}
        return self.sheet.evaluate(input_values | external | {"rate": self.rate} | self.settings)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WatchedRecording(Recording):
    """The recording of a training in PyTorch, by `tinynet.watch`.

    The recipe describes the loss and the optimizer of the loop. If a field is "external", TinyNet has no formula
    for it, and its numbers are PyTorch's. Parameters, gradients (as used by the optimizer), activations and
    losses are always PyTorch's.
    `watch` keeps every step. The recording in an offline page may keep every `stride`-th step. The other steps cannot be
    computed again.

    rates : (kept,). Learning rates.
    setting_names : tuple of str. The other hyperparameters that changed during the loop, such as "momentum".
    settings : (kept, names), optional. The values of these hyperparameters.
    changes : (kept, P), optional. The changes of the parameters, if some steps are not kept.
    slopes : (kept, batch, outputs). Derivatives of the loss by the model's outputs. For an external loss,
        derivatives by the outputs of the network.
    per_epoch : int. Steps per epoch.
    notes : tuple of str. The identified parts, and the external parts.
    precision : str. The precision of PyTorch's numbers, such as `"float32"`.
    """

    rates: np.ndarray
    slopes: np.ndarray
    per_epoch: int
    notes: tuple[str, ...]
    precision: str
    setting_names: tuple[str, ...] = ()
    settings: np.ndarray | None = None
    changes: np.ndarray | None = None

    _optional_names: ClassVar[tuple[str, ...]] = OPTIONAL_ARRAYS

    def __post_init__(self) -> None:
        check_int("per_epoch", self.per_epoch, 1)
        check_type("setting_names", self.setting_names, tuple | list, "a tuple of texts")
        super().__post_init__()
        check_type("notes", self.notes, tuple | list, "a tuple of texts")
        for text in (*self.notes, self.precision):
            check_type("notes or precision", text, str, "texts")
        known = [name for name in optimizers.settings(self.recipe) if name != "rate"]
        for name in self.setting_names:
            check_choice("setting_names", name, known)
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "setting_names", tuple(self.setting_names))

    def _more_arrays(self) -> Expected:
        batch, outputs = self.recipe.batch_size, self.network.sizes[-1]
        kept, parameters = ceil_div(self.steps, self.stride), self.network.architecture.parameter_count
        expected: Expected = {"rates": (float, (kept,)), "slopes": (float, (kept, batch, outputs))}
        if self.setting_names:
            expected["settings"] = (float, (kept, len(self.setting_names)))
        if self.stride > 1:
            expected["changes"] = (float, (kept, parameters))
        return expected

    def _check_contents(self) -> None:
        """Check the numbers of a recording that was read from a file.

        PyTorch chose the batches, so that any example may be in any batch.
        """
        check_numbers(self)
        targets, (inputs, *_, outputs) = self.examples.targets, self.network.sizes
        if self.examples.inputs.shape[1] != inputs or (targets is not None and targets.shape[1] != outputs):
            raise TinyNetError("the examples do not have the width of the network.")
        if targets is None and self.recipe.loss != "external":
            raise TinyNetError("the examples have no targets, and the loss needs targets.")
        used = self.batches >= 0  # (steps, batch), only a short batch has unused places, at its end
        if (
            (self.batches >= len(self.examples)).any()
            or not used[:, 0].all()
            or (used[:, 1:] > used[:, :-1]).any()
        ):
            raise TinyNetError("batches has indices of other examples.")

    @property
    def steps_per_epoch(self) -> int:
        """The number of steps in one epoch."""
        return self.per_epoch

    @cached_property
    def identity(self) -> str:
        """A hash of everything that was recorded."""
        digest = hashlib.sha256(super().identity.encode() + json.dumps(self._more(), sort_keys=True).encode())
        for array in self._arrays().values():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def state_before(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return parameters (P,) and optimizer state (S,) before a step.

        Raises TinyNetError for a step that is not kept.
        """
        row = -1 if step == self.steps else self._row(step)
        return self.parameters[row], self.state[row]

    def _row(self, step: int) -> int:
        """Return the row of a step in the arrays.

        Raises TinyNetError for a step that is not kept.
        """
        row, rest = divmod(step, self.stride)
        if rest:
            raise TinyNetError(
                f"is {step:,}. This recording keeps one in {self.stride:,} steps of a PyTorch loop. Choose {row * self.stride:,}, "
                "or use the file of recording.save().",
                parameter="step",
            )
        return row

    def __iter__(self) -> Iterator[Moment]:
        return (self[step] for step in range(0, self.steps, self.stride))

    def batch_indices(self, step: int) -> list[int]:
        """Return the batch indices of a step, into `examples`."""
        return [int(k) for k in self.batches[self._row(step)] if k >= 0]

    def batch(self, step: int) -> Examples:
        """Return the batch of a step.

        If a row occurs twice, the names contain the positions in the batch.
        """
        rows = self.batch_indices(step)
        names = [self.examples.names[k] for k in rows]
        if len(set(rows)) < len(rows):
            names = [f"{name} at {place}" for place, name in enumerate(names)]
        targets = None if self.examples.targets is None else self.examples.targets[rows]
        return replace(self.examples, inputs=self.examples.inputs[rows], targets=targets, names=tuple(names))

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        return float(self.rates[self._row(step)])

    def agreement(self) -> Agreement:
        """Compare the numbers of TinyNet and PyTorch.

        At most 200 steps are compared.
        """
        kept = len(self.losses)
        chosen = self.stride * np.unique(
            np.linspace(0, kept - 1, min(kept, MAX_COMPARED)).round().astype(int)
        )
        differences = np.array([self._differences(step) for step in chosen.tolist()])  # (steps, 3)
        loss, gradient, after = differences.max(axis=0).tolist()
        compared = gradient if self.recipe.gradients == "loss" else None
        return Agreement(len(chosen), self.steps, loss, compared, after, self.precision)

    def _differences(self, step: int) -> list[float]:
        """Return the largest differences in a step.

        The differences are those of the loss, the gradient and the parameters.
        """
        moment, row = self[step], self._row(step)
        names = self.network.architecture.parameter_names
        gradient, after = (
            np.array([moment.values[f"{name}.{cell}"] for name in names]) for cell in ("gradient", "after")
        )
        return [
            abs(moment.loss - self.losses[row]),
            np.abs(gradient - self.gradients[row]).max(),
            np.abs(after - self.parameters[row] - self._changes(row)).max(),
        ]

    def _moment(self, network: Network, state: np.ndarray, step: int) -> WatchedMoment:
        batch, epoch = self.batch(step), step // self.per_epoch
        pytorch = self._pytorch_cells(step, len(batch))
        rate, settings = self.learning_rate(step), self._settings(step)
        changed: dict[str, Any] = {"learning_rate": rate or self.recipe.learning_rate, **settings}
        recipe = replace(self.recipe, **changed)
        sheet = sheet_of(network.architecture, self.recipe, len(batch))  # equal for all rates, and cached
        return WatchedMoment(
            network,
            batch,
            recipe,
            state,
            step,
            epoch,
            rate=rate,
            pytorch=pytorch,
            settings=settings,
            sheet=sheet,
        )

    def _settings(self, step: int) -> dict[str, float]:
        """Return the hyperparameters of a step that changed during the loop."""
        if self.settings is None:
            return {}
        return dict(zip(self.setting_names, self.settings[self._row(step)].tolist(), strict=True))

    def _changes(self, row: int) -> np.ndarray:
        """Return the changes of the parameters in a kept step. -> (P,)"""
        if self.changes is not None:
            return np.asarray(self.changes[row])
        return np.asarray(self.parameters[row + 1] - self.parameters[row])

    def _pytorch_cells(self, step: int, batch: int) -> dict[str, float]:
        """Return PyTorch's numbers of a step by cell name."""
        names, last = self.network.architecture.parameter_names, len(self.network.sizes) - 1
        place = self._row(step)
        cells = {"loss": float(self.losses[place])}
        if self.recipe.loss == "external":
            for k, row in enumerate(self.slopes[place, :batch].tolist()):
                prefix = "" if batch == 1 else f"example{k}."
                cells |= {f"{prefix}layer{last}.slope[{j}]": value for j, value in enumerate(row)}
        for cell, row in (("used", self.gradients[place]), ("change", self._changes(place))):
            cells |= {f"{name}.{cell}": value for name, value in zip(names, row.tolist(), strict=True)}
        return cells

    @classmethod
    def _array_names(cls, validated: bool) -> tuple[str, ...]:
        return (*super()._array_names(validated), *WATCHED_ARRAYS)

    def _more_causes(self) -> dict[str, np.ndarray]:
        return {}  # the identity covers every array

    def _more(self) -> dict[str, Any]:
        about = {"per_epoch": self.per_epoch, "notes": list(self.notes), "precision": self.precision}
        if self.setting_names:
            about["setting_names"] = list(self.setting_names)
        return super()._more() | {"watched": about}
