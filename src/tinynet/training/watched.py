"""A training that ran in PyTorch, as a recording: every step opens, and where no formula gives a number, PyTorch does."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.training.recording import Recording

OWN_ARRAYS = ("rates", "slopes")
MAX_COMPARED = 200  # steps that `agreement` evaluates


class Agreement(NamedTuple):
    """The largest differences between the sheet's numbers, in float64, and PyTorch's own.

    steps : so many were compared, evenly spread over `of`.
    loss, gradient, after : of the loss, any gradient, any parameter after its step; gradient is None where the
        optimizer did not take the loss's.
    precision : PyTorch's numbers were of this kind.
    """

    steps: int
    of: int
    loss: float
    gradient: float | None
    after: float
    precision: str

    def __str__(self) -> str:
        gradient = "" if self.gradient is None else f"of a gradient by {self.gradient:.1e}, "
        return (
            f"Over {self.steps:,} of {self.of:,} steps the sheet's numbers and PyTorch's ({self.precision}) differ at most: "
            f"of the loss by {self.loss:.1e}, {gradient}of a parameter after its step by {self.after:.1e}."
        )


class WatchedMoment(Moment):
    """A step that PyTorch took, with every number of it.

    rate : the step's learning rate.
    pytorch : PyTorch's own numbers by the names of their cells: the loss, the gradient that the optimizer took
        (`….used`), each parameter's change; of a loss that is given, also its slopes by the outputs.
    """

    def __init__(self, *place: Any, rate: float, pytorch: dict[str, float]) -> None:
        super().__init__(*place)
        self.rate = rate
        self.pytorch = pytorch

    @property
    def gradient(self) -> np.ndarray:
        """The gradient that PyTorch's optimizer took. -> (P,)"""
        return np.array([self.pytorch[f"{name}.used"] for name in self.network.architecture.parameter_names])

    @cached_property
    def values(self) -> dict[str, float]:
        """Every cell of this step by name; what the sheet has no formula for is PyTorch's number."""
        givens = self.sheet.givens(self.network, self.batch.inputs, self.batch.targets, self.state)
        given = {name: self.pytorch[name] for name in self.sheet.watched}
        return self.sheet.evaluate(givens | given | {"rate": self.rate})


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WatchedRecording(Recording):
    """The values at every step of a training in PyTorch, as `tinynet.watch` saw them.

    Recipe and state are what the loop's loss and optimizer come to; a field that is "external" has no formula here, and
    its numbers are PyTorch's. Parameters, gradients (that the optimizer took), activations and losses are
    PyTorch's in any case; each step is kept.

    rates : (steps,) learning rates.
    slopes : (steps, batch, outputs) of the loss by what the model gave; of a given loss, by the network's answers.
    per_epoch : steps of an epoch.
    notes : what was recognised and what is given, in sentences.
    precision : PyTorch's numbers were of this kind, `"float32"` for example.
    """

    rates: np.ndarray
    slopes: np.ndarray
    per_epoch: int
    notes: tuple[str, ...]
    precision: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))
        batch, outputs = self.recipe.batch_size, self.network.sizes[-1]
        for name, shape in (("rates", (self.steps,)), ("slopes", (self.steps, batch, outputs))):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}")
        if self.per_epoch < 1 or self.stride != 1:
            raise ValueError(f"an epoch has {self.per_epoch} steps and every {self.stride}th is kept")

    @classmethod
    def awaited(cls, why: str) -> "WatchedRecording":
        """Return a recording that is not there yet: it says `why` when it is asked for anything."""
        found = object.__new__(cls)
        found.await_(why)
        return found

    def await_(self, why: str) -> None:
        """Say from now on why there is nothing yet."""
        vars(self)["_awaited"] = why

    def fill(self, recording: "WatchedRecording") -> None:
        """Become the recording that was awaited."""
        vars(self).clear()
        vars(self).update(vars(recording))

    def __getattr__(self, name: str) -> Any:
        if "_awaited" in vars(self) and name in self.__dataclass_fields__:
            raise TinyNetError(vars(self)["_awaited"])
        raise AttributeError(f"a recording has no {name!r}")

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch."""
        return self.per_epoch

    @cached_property
    def identity(self) -> str:
        """A hash of all that was seen."""
        digest = hashlib.sha256(super().identity.encode() + json.dumps(self._more(), sort_keys=True).encode())
        for array in self._arrays().values():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def state_before(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the parameters (P,) and the optimizer's state (S,) before `step` (after the last: at `steps`)."""
        return self.parameters[step], self.state[step]

    def batch_indices(self, step: int) -> list[int]:
        """Return which examples step `step` showed, in their order."""
        return [int(k) for k in self.batches[step] if k >= 0]

    def batch(self, step: int) -> Examples:
        """Return the examples of step `step` in their order; one that comes twice has its place in its name."""
        rows = self.batch_indices(step)
        names = [self.examples.names[k] for k in rows]
        if len(set(rows)) < len(rows):
            names = [f"{name} at {place}" for place, name in enumerate(names)]
        targets = None if self.examples.targets is None else self.examples.targets[rows]
        return replace(self.examples, inputs=self.examples.inputs[rows], targets=targets, names=tuple(names))

    def rate_of(self, step: int) -> float:
        """Return the learning rate of step `step`."""
        return float(self.rates[step])

    def agreement(self) -> Agreement:
        """Return how closely the sheet's numbers agree with PyTorch's own, over at most 200 steps."""
        chosen = np.unique(np.linspace(0, self.steps - 1, min(self.steps, MAX_COMPARED)).round().astype(int))
        worst = np.zeros(3)
        for step in chosen.tolist():
            moment = self[step]
            names = moment.network.architecture.parameter_names
            ours = [[moment.values[f"{name}.{mark}"] for name in names] for mark in ("gradient", "after")]
            theirs = (self.gradients[step], self.parameters[step + 1])
            gaps = [np.abs(np.array(one) - other).max() for one, other in zip(ours, theirs, strict=True)]
            worst = np.maximum(worst, [abs(moment.loss - self.losses[step]), *gaps])
        loss, gradient, after = worst.tolist()
        taken = gradient if self.recipe.gradients == "loss" else None
        return Agreement(len(chosen), self.steps, loss, taken, after, self.precision)

    def _moment(self, network: Network, state: np.ndarray, step: int) -> WatchedMoment:
        shown = self.batch(step)
        place = (network, shown, self.recipe, state, step, step // self.per_epoch)
        return WatchedMoment(*place, rate=self.rate_of(step), pytorch=self._pytorch(step, len(shown)))

    def _pytorch(self, step: int, batch: int) -> dict[str, float]:
        names, last = self.network.architecture.parameter_names, len(self.network.sizes) - 1
        changes = self.parameters[step + 1] - self.parameters[step]
        found = {"loss": float(self.losses[step])}
        slopes = self.slopes[step, :batch] if self.recipe.loss == "external" else self.slopes[step, :0]
        for k, row in enumerate(slopes.tolist()):
            p = "" if batch == 1 else f"picture{k}."
            found |= {f"{p}layer{last}.slope[{j}]": value for j, value in enumerate(row)}
        for mark, row in (("used", self.gradients[step]), ("change", changes)):
            found |= {f"{name}.{mark}": value for name, value in zip(names, row.tolist(), strict=True)}
        return found

    def _arrays(self) -> dict[str, np.ndarray]:
        return super()._arrays() | {name: getattr(self, name) for name in OWN_ARRAYS}

    def _more(self) -> dict[str, Any]:
        about = {"per_epoch": self.per_epoch, "notes": list(self.notes), "precision": self.precision}
        return super()._more() | {"watched": about}
