"""A recording of a training.

Every step can be opened and replayed bit for bit.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, overload

import numpy as np

from tinynet import files
from tinynet.core import optimizers
from tinynet.data.batches import Source, batch_arrays, batch_indices, steps_per_epoch
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError, counted
from tinynet.kernels.scalar import Recorder, StepArrays
from tinynet.model.display import InNotebook
from tinynet.model.losses import mean_losses
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.plugins import late_bound
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training import identity
from tinynet.training.early_stopping import StopReason
from tinynet.training.recording_checks import Expected, check_arrays, check_contents
from tinynet.training.recording_file import encoded, experiment, rebuilt
from tinynet.validation import check_int, check_path, check_type, shown

ARRAYS = (
    "parameters", "state", "gradients", "activations", "losses", "batches", "loss_per_epoch", "movement_per_epoch",
)  # fmt: skip
VALIDATION_ARRAYS = ("validation_per_epoch", "best_parameters")


@dataclass(frozen=True, eq=False)
class Recording(InNotebook):
    """The values at every step of one training.

    Each step uses one batch of examples. A long training keeps every `stride`-th step. Any other step is computed again from
    the kept step before it, bit for bit.

    network : Network. The network before the first step.
    examples : Examples. The training examples. If they were drawn from a world, the clean lines of the world.
    recipe : Recipe. The hyperparameters.
    steps : int. The number of steps.
    stride : int. Every `stride`-th step is kept.
    parameters : (kept + 1, P). The parameters before each kept step. The last row belongs to the final network.
    state : (kept + 1, S). The optimizer state before each kept step. The last row follows the last step.
    gradients : (kept, P). The gradient of the loss, without weight decay.
    activations : (kept, batch, nodes). The activations of all layers after the input.
    losses : (kept,). The mean loss of the batch before the step.
    batches : (kept, batch). Indices into `examples` or the patterns of the world. -1 fills up a short batch at the end of an
        epoch.
    loss_per_epoch : (epochs,). The mean loss while training: of the epoch's examples, each measured before its step.
    movement_per_epoch : (epochs,). Euclidean norm of the change of the first layer's weights over the epoch.
    stopped : StopReason, optional. Why the training ended early.
    world : World, optional. The world from which the examples were drawn.
    validation : Examples, optional. The validation set.
    validation_per_epoch : (epochs,), optional. The mean loss on the validation set after each epoch.
    best_epoch : int, optional. The number of epochs after which the validation loss was lowest, or 0 if the
        validation loss was never a number.
    best_parameters : (P,), optional. The parameters after the best epoch.
    sample_weights : (examples,), optional. The factor of the loss of each example.
    validation_weights : (validation examples,), optional. The factors of the validation losses.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> len(run), run.loss_per_epoch.shape, run[3].names
    (8, (2,), ('right',))
    >>> [moment.step for moment in run[3:5]]
    [3, 4]
    """

    network: Network
    examples: Examples
    recipe: Recipe
    steps: int
    stride: int
    parameters: np.ndarray
    state: np.ndarray
    gradients: np.ndarray
    activations: np.ndarray
    losses: np.ndarray
    batches: np.ndarray
    loss_per_epoch: np.ndarray
    movement_per_epoch: np.ndarray
    stopped: StopReason | None = None
    world: World | None = None
    validation: Examples | None = None
    validation_per_epoch: np.ndarray | None = None
    best_epoch: int | None = None
    best_parameters: np.ndarray | None = None
    sample_weights: np.ndarray | None = None
    validation_weights: np.ndarray | None = None

    _optional_names: ClassVar[tuple[str, ...]] = ("sample_weights", "validation_weights")

    def __post_init__(self) -> None:
        check_arrays(self, self._more_arrays())

    def _more_arrays(self) -> Expected:
        """Return dtype and shape of further arrays, by name."""
        return {}

    def _check_contents(self) -> None:
        """Check the numbers of a recording that was read from a file."""
        check_contents(self)

    @property
    def initial(self) -> Network:
        """The network before the first step."""
        return self.network

    @cached_property
    def final(self) -> Network:
        """The network after the last step."""
        return self.network.with_parameters(self.parameters[-1], origin=self._origin(self.steps))

    @property
    def best(self) -> Network:
        """The network with the lowest validation loss.

        Without validation, the best network is the final network.
        """
        if self.best_parameters is None:
            return self.final
        assert self.best_epoch is not None
        origin = f"{self.network.origin}, after {counted(self.best_epoch, 'epoch')}"
        return self.network.with_parameters(self.best_parameters, origin=origin)

    @property
    def steps_per_epoch(self) -> int:
        """The number of steps in one epoch."""
        return steps_per_epoch(self.recipe, self.source)

    @property
    def source(self) -> Source:
        """The source of the batches: the examples, or the world."""
        return self.examples if self.world is None else self.world

    @property
    def epochs(self) -> int:
        """The number of complete epochs."""
        return len(self.loss_per_epoch)

    @cached_property
    def identity(self) -> str:
        """A hash of network, examples and recipe.

        Equal experiments have equal hashes.
        """
        return identity.identity(experiment(self), self.network.parameters, self._more_causes())

    def __len__(self) -> int:
        return self.steps

    def __repr__(self) -> str:
        known = self.recipe.loss != "external" and self.examples.targets is not None
        losses = f", training loss {self.training_loss(0):.4g} to {self.training_loss():.4g}" if known else ""
        name, count = type(self).__name__, len(self.examples)
        return f"<{name} of {self.network!r}: {counted(self.steps, 'step')} on {counted(count, 'example')}{losses}>"

    def __iter__(self) -> Iterator["Moment"]:
        return (self[step] for step in range(self.steps))

    @overload
    def __getitem__(self, step: int) -> "Moment": ...

    @overload
    def __getitem__(self, step: slice) -> tuple["Moment", ...]: ...

    def __getitem__(self, step: int | slice) -> "Moment | tuple[Moment, ...]":
        """Return the moment of a step, or several moments.

        step : int or slice. Counted from 0. Negative numbers count from the end. A slice such as `run[3:5]` gives a
            tuple of moments. Like the slice of a list, the slice may reach beyond the last step.

        Raises TinyNetError for a step out of range.
        """
        if isinstance(step, slice):
            return tuple(self[k] for k in self._steps_of(step))
        if not self.steps:
            raise TinyNetError(
                f"is {shown(step)} and the recording has 0 steps. Choose another recording.", parameter="step"
            )
        if isinstance(step, int | np.integer) and -self.steps <= step < 0:
            step += self.steps
        elif isinstance(step, int) and step < 0:
            check_int("step", step, -self.steps, self.steps - 1)
        step = check_int("step", step, 0, self.steps - 1)
        parameters, state = self.state_before(step)
        network = self.network.with_parameters(parameters, origin=self._origin(step))
        return self._moment(network, state, step)

    def _steps_of(self, steps: slice) -> range:
        try:
            return range(self.steps)[steps]
        except (TypeError, ValueError) as error:
            raise TinyNetError(
                f"is {steps}. The parts of a slice must be whole numbers, and its step must not be 0.",
                parameter="step",
            ) from error

    def _moment(self, network: Network, state: np.ndarray, step: int) -> "Moment":
        recipe = replace(self.recipe, learning_rate=self.learning_rate(step))
        epoch, weights = step // self.steps_per_epoch, self.batch_weights(step)
        return Moment(network, self.batch(step), recipe, state, step, epoch, sample_weights=weights)

    @check_arguments
    def state_before(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return parameters (P,) and optimizer state (S,) before a step.

        step : int. From 0 to `steps`. The state before `steps` is the state after the last step.
        """
        check_int("step", step, 0, self.steps)
        if step == self.steps:
            return self.parameters[-1], self.state[-1]
        row = step // self.stride
        if row * self.stride == step:
            return self.parameters[row], self.state[row]
        return advance(self, self.parameters[row], self.state[row], row * self.stride, step)

    def training_loss(self, step: int | None = None) -> float:
        """Return the mean loss of one network on all training examples, without noise.

        step : int, optional. The network before this step, from 0 to `steps`. The final network by default.

        Raises TinyNetError if the recipe's loss is "external".
        """
        step = self.steps if step is None else check_int("step", step, 0, self.steps)
        network = self.network.with_parameters(self.state_before(step)[0])
        return float(mean_losses(self.recipe, network(self.examples)[None], self.examples)[0])

    @check_arguments
    def batch_indices(self, step: int) -> list[int]:
        """Return the batch indices of a step.

        The indices are those of `examples`, or of the world's patterns.
        """
        check_int("step", step, 0, self.steps)
        return [int(k) for k in batch_indices(self.recipe, self.source, step, step + 1)[0] if k >= 0]

    @check_arguments
    def batch(self, step: int) -> Examples:
        """Return the batch of a step, with augmentation and noise.

        The examples are in the order of the batch.
        """
        check_int("step", step, 0, self.steps)
        indices = batch_indices(self.recipe, self.source, step, step + 1)
        inputs, targets = batch_arrays(self.recipe, self.source, step, indices)
        rows = [int(k) for k in indices[0] if k >= 0]
        if self.world is None:
            names = [self.examples.names[k] for k in rows]
        else:  # a batch may contain a pattern twice
            first = step * self.recipe.batch_size
            names = [f"{self.world.patterns.names[k]} {n}" for n, k in enumerate(rows, first)]
        return replace(
            self.examples, inputs=inputs[: len(rows)], targets=targets[: len(rows)], names=tuple(names)
        )

    @check_arguments
    def batch_weights(self, step: int) -> np.ndarray | None:
        """Return the sample weights of a step. -> (batch,), or None without weights"""
        return None if self.sample_weights is None else self.sample_weights[self.batch_indices(step)]

    @check_arguments
    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        steps = self.recipe.epochs * self.steps_per_epoch
        return float(self.recipe.rates(step, step + 1, steps)[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to a safetensors file.

        Raises TinyNetError if the path does not end in .safetensors, or if its folder is missing or cannot be written. An
        existing file is then unchanged.
        """
        files.write(files.recording_path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the bytes of a safetensors file.

        Equal experiments give equal bytes.
        """
        return encoded(self)

    def _arrays(self) -> dict[str, np.ndarray]:
        names = self._array_names(self.validation is not None)
        return {name: getattr(self, name) for name in names} | self._optional()

    @classmethod
    def _array_names(cls, validated: bool) -> tuple[str, ...]:
        return (*ARRAYS, *VALIDATION_ARRAYS) if validated else ARRAYS

    def _optional(self) -> dict[str, np.ndarray]:
        arrays = {name: getattr(self, name) for name in self._optional_names}
        return {name: array for name, array in arrays.items() if array is not None}

    def _more_causes(self) -> dict[str, np.ndarray]:
        """Return the arrays of the identity that most trainings lack.

        The arrays are sample weights, and an optimizer state that was not empty before the first step.
        """
        empty = optimizers.initial_state(self.network.architecture, self.recipe)
        first = self.state[0]
        return self._optional() | ({} if np.array_equal(first, empty) else {"state": first})

    def _more(self) -> dict[str, Any]:
        return {} if self.validation is None else {"best_epoch": self.best_epoch}

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *beside: "Recording", **options: Any
    ) -> str:
        """Return recordings in the laboratory as one offline HTML page.

        path : str or PathLike, optional. Also write the page to this file.
        beside : Recording. Further recordings on the page.
        options : `names` and `title`, as of `lab.page.offline.page`.

        Raises TinyNetError for a training with sample weights, or from an optimizer state.
        """
        for run in (self, *beside):
            check_type("beside", run, Recording, "a Recording")
            run._check_page()
        if path is not None:
            check_path("path", path)
        text: str = late_bound("Recording.to_html")(self, *beside, **options)
        if path is not None:
            files.write(check_path("path", path), text.encode())
        return text

    def widget(self) -> Any:
        """Return the laboratory as a widget; see `InNotebook.widget`."""
        self._check_page()
        return super().widget()

    def _check_page(self) -> None:
        """Raise TinyNetError for a training that the page cannot compute."""
        causes = self._more_causes()
        if "sample_weights" in causes or "state" in causes:
            kind = (
                "has sample weights"
                if "sample_weights" in causes
                else "continues the optimizer of an earlier training"
            )
            raise TinyNetError(
                f"this training {kind}. The page cannot compute such a training. Open its steps in Python, or export them to Excel."
            )

    def export(self, path: str | os.PathLike[str], **choices: Any) -> None:
        """Write the recording in the format of the path's extension.

        See `tinynet.export`.
        """
        late_bound("Recording.export")(self, path, **choices)

    @classmethod
    @check_arguments
    def from_bytes(cls, data: bytes, source: str = "the recording") -> "Recording":
        """Return the recording in the bytes of a safetensors file.

        source : str. The name of the file in error messages.

        Raises TinyNetError for bytes that are damaged or not a recording.
        """
        arrays, about = files.decode("recording", data, source)
        kind: type[Recording] = cls
        if "watched" in about:
            kind = late_bound("Recording.from_bytes, of a watched training")
        return rebuilt(kind, arrays, about, source)

    def _origin(self, step: int) -> str:
        if step == 0:
            return self.network.origin
        return f"{self.network.origin}, after {counted(step, 'step')}"


def advance(
    run: Recording, parameters: np.ndarray, state: np.ndarray, first: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the steps from `first` to `step`.

    -> parameters (P,) and state (S,) before `step`

    parameters, state : (P,), (S,). The values before the step `first`.
    """
    recorder = Recorder(
        run.network.architecture, run.recipe, run.source, parameters, state, run.sample_weights
    )
    recorded = StepArrays.blank(
        run.network.architecture, run.recipe, step // run.steps_per_epoch + 1, 1, step + 1
    )
    recorder(recorded, first, step)
    return recorder.parameters, recorder.state


def load(path: str | os.PathLike[str]) -> Recording:
    """Read a recording that `Recording.save` wrote.

    Raises TinyNetError for a file that is missing, damaged, not a recording, or written by a newer version.
    """
    return Recording.from_bytes(files.read(check_path("path", path), "recording"), str(path))
