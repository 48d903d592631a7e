"""A training as a recording: every nudge can be opened, and played again to the last bit."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source, batch_arrays, batch_indices, steps_per_epoch
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.kernels.scalar import Recorder, Tape
from tinynet.model.display import InNotebook
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.plugins import late_bound
from tinynet.recipe import Recipe
from tinynet.training import identity
from tinynet.training.early_stopping import StopReason as StopReason

ARRAYS = (
    "parameters", "state", "gradients", "activations", "losses", "batches", "loss_per_epoch", "movement_per_epoch",
)  # fmt: skip
VALIDATED = ("validation_per_epoch", "best_parameters")


@dataclass(frozen=True, eq=False)
class Recording(InNotebook):
    """The values at every step of one training.

    A step is one nudge: one batch of pictures. Of a long training (see `training.train`) every `stride`-th
    step is kept; any other is computed again from the kept one before it, to the same bits.

    network : the network before the first nudge.
    parameters : (kept + 1, P) before each kept step; the last row is the final network's.
    state : (kept + 1, S) the optimizer's memory, likewise.
    gradients : (kept, P) of the loss, without weight decay.
    activations : (kept, batch, nodes) of all layers after the pixels.
    losses : (kept,) of each kept step's batch, before its nudge.
    batches : (kept, batch) indices into `examples`; -1 where an epoch's last batch is short.
    loss_per_epoch : (epochs,) mean over the epoch's pictures, each measured before its nudge.
    movement_per_epoch : (epochs,) Euclidean norm of the first layer's change of weight over the epoch.
    stopped : why the training ended early, or None.
    world : where the pictures were drawn from, if they were; `examples` are its clean lines then, and `batches` rows of
        its patterns.
    validation : examples it was not trained on, if there were any; with
    validation_per_epoch : (epochs,) the mean loss on them after each epoch,
    best_epoch : how many epochs were done when it was lowest, 0 where it never was a number, and
    best_parameters : (P,) the network's then.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> len(run), run.loss_per_epoch.shape, run[3].names
    (8, (2,), ('right',))
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

    @property
    def initial(self) -> Network:
        """The network before the first nudge."""
        return self.network

    @cached_property
    def final(self) -> Network:
        """The network after the last nudge."""
        return self.network.with_parameters(self.parameters[-1], origin=self._origin(self.steps))

    @property
    def best(self) -> Network:
        """The network that did best on the validation examples; the final one where there were none."""
        if self.best_parameters is None:
            return self.final
        origin = f"{self.network.origin}, after {self.best_epoch} epochs"
        return self.network.with_parameters(self.best_parameters, origin=origin)

    @property
    def steps_per_epoch(self) -> int:
        """Nudges in one pass over the pictures."""
        return steps_per_epoch(self.recipe, self.source)

    @property
    def source(self) -> Source:
        """Where the pictures came from: the examples, or the world."""
        return self.examples if self.world is None else self.world

    @property
    def epochs(self) -> int:
        """Whole epochs done."""
        return len(self.loss_per_epoch)

    @cached_property
    def identity(self) -> str:
        """A hash of the experiment: network, examples and recipe. Equal experiments have equal identities."""
        return identity.identity(_experiment(self), self.network.parameters)

    def __len__(self) -> int:
        return self.steps

    def __repr__(self) -> str:
        loss = self.loss_per_epoch
        went = f", loss {loss[0]:.4g} to {loss[-1]:.4g}" if len(loss) else ""
        return f"<{type(self).__name__} of {self.network!r}: {self.steps:,} nudges by {len(self.examples):,} examples{went}>"

    def __iter__(self) -> Iterator["Moment"]:
        return (self[step] for step in range(self.steps))

    def __getitem__(self, step: int) -> "Moment":
        """The moment of nudge `step`, counted from 0; negative counts from the end."""
        if not -self.steps <= step < self.steps:
            raise TinyNetError(
                f"step {step} was asked and this recording has {self.steps} steps; ask for 0 to {self.steps - 1}"
                if self.steps
                else f"step {step} was asked and this recording has none"
            )
        step %= self.steps
        parameters, state = self.state_before(step)
        network = self.network.with_parameters(parameters, origin=self._origin(step))
        return self._moment(network, state, step)

    def _moment(self, network: Network, state: np.ndarray, step: int) -> "Moment":
        recipe = replace(self.recipe, learning_rate=self.rate_of(step))
        return Moment(network, self.batch(step), recipe, state, step, step // self.steps_per_epoch)

    def state_before(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the parameters (P,) and the optimizer's state (S,) before `step` (after the last: at `steps`)."""
        if step == self.steps:
            return self.parameters[-1], self.state[-1]
        row = step // self.stride
        if row * self.stride == step:
            return self.parameters[row], self.state[row]
        return advance(self, self.parameters[row], self.state[row], row * self.stride, step)

    def batch_indices(self, step: int) -> list[int]:
        """Return which examples (or rows of the world's patterns) nudge `step` showed, in their order."""
        return [int(k) for k in batch_indices(self.recipe, self.source, step, step + 1)[0] if k >= 0]

    def batch(self, step: int) -> Examples:
        """Return the examples of nudge `step` as they were shown: in their order and view, with their noise."""
        shown = batch_indices(self.recipe, self.source, step, step + 1)
        inputs, targets = batch_arrays(self.recipe, self.source, step, shown)
        rows = [int(k) for k in shown[0] if k >= 0]
        names = [self.examples.names[k] if self.world is None else self.world.patterns.names[k] for k in rows]
        if self.world is not None:  # a pattern may come twice in a batch
            names = [f"{name} {step * self.recipe.batch_size + k}" for k, name in enumerate(names)]
        return replace(
            self.examples, inputs=inputs[: len(rows)], targets=targets[: len(rows)], names=tuple(names)
        )

    def rate_of(self, step: int) -> float:
        """Return the learning rate of nudge `step`."""
        steps = self.recipe.epochs * self.steps_per_epoch
        return float(self.recipe.rates(step, step + 1, steps)[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording as a safetensors file: whole, or not at all.

        Raises TinyNetError where the path ends otherwise than in .safetensors, or its folder is missing or cannot be
        written; a file already there stays as it was.
        """
        files.write(files.named(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the recording as the bytes of a safetensors file; equal experiments give equal bytes."""
        packed, experiment = identity.packed(_experiment(self))
        about = {
            "identity": self.identity,
            **experiment,
            "steps": self.steps,
            "stride": self.stride,
            "stopped": self.stopped and self.stopped._asdict(),
        }
        return files.encode("recording", self._arrays() | packed, about | self._more())

    def _arrays(self) -> dict[str, np.ndarray]:
        names = ARRAYS if self.validation is None else (*ARRAYS, *VALIDATED)
        return {name: getattr(self, name) for name in names}

    def _more(self) -> dict[str, Any]:
        return {} if self.validation is None else {"best_epoch": self.best_epoch}

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *beside: "Recording", **options: Any
    ) -> str:
        """Return the laboratory with this recording, and others beside it, as one HTML file that needs no network.

        Where a path is given it is written there too. The options are those of `lab.page.offline.page`, `names` and `title`.
        """
        text: str = late_bound("Recording.to_html")(self, *beside, **options)
        if path is not None:
            files.write(Path(path), text.encode())
        return text

    def export(self, path: str | os.PathLike[str], **choices: Any) -> None:
        """Write the recording in another form, by the ending of `path`; see `tinynet.export`."""
        late_bound("Recording.export")(self, path, **choices)

    @classmethod
    def from_bytes(cls, data: bytes, source: str = "these bytes") -> "Recording":
        """Return the recording in the bytes of a safetensors file; `source` names it in errors."""
        arrays, about = files.decode("recording", data, source)
        kind: type[Recording] = cls
        if "watched" in about:
            kind = late_bound("Recording.from_bytes, of a watched training")
        try:
            architecture = Architecture.from_json(about["architecture"])
            network = Network(architecture, arrays["parameters"][0], about["origin"])
            examples, validation = (identity.unpacked(part, arrays, about) for part in identity.PARTS)
            if examples is None:
                raise KeyError("examples")
            recipe = Recipe.from_json(about["recipe"])
            stopped = about["stopped"] and StopReason(**about["stopped"])
            more = {
                "world": World.from_json(about["world"]) if "world" in about else None,
                "validation": validation,
                "best_epoch": about.get("best_epoch"),
                **about.get("watched", {}),
            }
            arrays = {"batches" if name == "pictures" else name: array for name, array in arrays.items()}
            kept: dict[str, Any] = {**arrays, **more}
            run = kind(network, examples, recipe, about["steps"], about["stride"], **kept, stopped=stopped)
            _check_shapes(run)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise TinyNetError(f"{source} is damaged: its description does not fit ({error})") from error
        if run.identity != about["identity"]:
            raise TinyNetError(f"{source} is damaged: its experiment is not the one that was saved")
        return run

    def _origin(self, step: int) -> str:
        return f"{self.network.origin}, after {step} nudges" if step else self.network.origin


def advance(
    run: Recording, parameters: np.ndarray, state: np.ndarray, first: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters (P,) and state (S,) before `step`, from those before `first`, by taking the steps again."""
    recorder = Recorder(run.network.architecture, run.recipe, run.source, parameters, state)
    tape = Tape.blank(run.network.architecture, run.recipe, step // run.steps_per_epoch + 1, 1, step + 1)
    recorder(tape, first, step)
    return recorder.parameters, recorder.state


def load(path: str | os.PathLike[str]) -> Recording:
    """Read a recording that `Recording.save` wrote.

    Raises TinyNetError for a file that is missing, damaged, of another kind, or newer than this version.
    """
    return Recording.from_bytes(files.read(Path(path)), str(path))


def _experiment(run: Recording) -> identity.Experiment:
    """Return all that decides a training's numbers, but the parameters."""
    about = {
        "architecture": run.network.architecture.to_json(),
        "origin": run.network.origin,
        "examples": run.examples,
        "recipe": run.recipe.to_json(),
    }
    more = {"world": run.world and run.world.to_json(), "validation": run.validation}
    return about | {name: part for name, part in more.items() if part is not None}


def _check_shapes(run: Recording) -> None:
    kept, count = -(-run.steps // run.stride), run.network.architecture.parameter_count
    nodes, batch = sum(run.network.architecture.sizes[1:]), run.recipe.batch_size
    expected = {
        "parameters": (kept + 1, count),
        "gradients": (kept, count),
        "activations": (kept, batch, nodes),
        "losses": (kept,),
        "batches": (kept, batch),
        "loss_per_epoch": (run.steps // run.steps_per_epoch,),
    }
    for name, shape in expected.items():
        found = getattr(run, name).shape
        if found != shape:
            raise ValueError(f"{name} has shape {found}, not {shape}")
