"""The steps of a watched training on tape, and the recording they make."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.integrations.torch_watch import loss_matching
from tinynet.integrations.torch_watch.loss_matching import Heard
from tinynet.integrations.torch_watch.optimizer_matching import Setting, reproduces
from tinynet.integrations.torch_watch.row_names import Rows, Wishes, named
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.training.recording import StopReason
from tinynet.training.watched import WatchedRecording

MAX_BYTES = 512 * 2**20  # of the steps' numbers and of the rows shown


class Step(NamedTuple):
    """One step of the optimizer: parameters (P,) before and after, the gradient (P,) it took, and what was heard.

    setting : the optimizer's before the step, and memory (S,) after it.
    """

    before: np.ndarray
    after: np.ndarray
    gradients: np.ndarray
    setting: Setting
    memory: np.ndarray
    heard: Heard


class Tape:
    """What was seen so far, and which readings of it still hold.

    names : of the layers in the model. ending : the activation it ends with. optimizer : its class.
    """

    def __init__(
        self, architecture: Architecture, names: list[str], ending: str, optimizer: str, origin: str
    ) -> None:
        self.architecture, self.names, self.optimizer, self.origin = architecture, names, optimizer, origin
        self.readings: dict[tuple[str, str], list[np.ndarray | None]] = {
            reading: [] for reading in loss_matching.likeliest(ending)
        }
        self.left: dict[str, int] = {}  # at which step loss, optimizer, gradients or parameters were given up
        self.steps: list[Step] = []
        self.inputs, self.targets = Rows(), Rows()
        self.shown: list[np.ndarray] = []
        self.recipe: Recipe | None = None
        self.batch = self.numbers = 0

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def full(self) -> str | None:
        """Why there is no more room, or None."""
        pixels, *nodes = self.architecture.sizes
        steps = self.numbers + len(self) * self.batch * (sum(nodes) + nodes[-1] + 1)
        rows = len(self.inputs.rows) * pixels + len(self.targets.rows) * nodes[-1]
        return f"{MAX_BYTES // 2**20} MB are full" if 8 * (steps + rows) > MAX_BYTES else None

    def add(self, step: Step) -> None:
        """Take a step in, and give up what does not hold of it.

        Raises TinyNetError, naming the layer, where the model did not compute what was read.
        """
        network, heard, number = Network(self.architecture, step.before), step.heard, len(self)
        wrong = loss_matching.agrees(heard, network)
        if wrong is not None:
            raise TinyNetError(
                f"layer {self.names[wrong]!r} does not give what was read of the model: its forward does more than "
                "Linear layers and their activations, or its numbers were changed between the pass and the step"
            )
        self._read(heard, number)
        self._judge(step, network, number)
        self.shown.append(self.inputs.numbers(heard.inputs))
        self.steps.append(step._replace(heard=heard._replace(candidates=[], inputs=heard.inputs[:0])))
        self.batch = max(self.batch, len(heard.inputs))
        self.numbers += 2 * len(step.before) + len(step.setting.state)

    def _judge(self, step: Step, network: Network, number: int) -> None:
        """Give up what the loss, the step before and the optimizer do not explain of this step."""
        if not loss_matching.explains(step.heard, network, step.gradients):
            self.left.setdefault("gradients", number)
        if self.steps and (self.steps[-1].after != step.before).any():
            self.left.setdefault("parameters", number)
        setting = step.setting
        self.recipe = setting.recipe if number == 0 else self.recipe
        same = setting.recipe == self.recipe and "optimizer" not in self.left
        precision = step.heard.precision
        if not (same and reproduces(setting, step.before, step.gradients, step.after, precision)):
            self.left.setdefault("optimizer", number)

    def _read(self, heard: Heard, number: int) -> None:
        for reading in list(self.readings):
            output, loss = reading
            if loss == "external":
                targets = next(loss_matching.targets_of(heard.candidates, *heard.outputs.shape), None)
            else:
                targets = loss_matching.fitting(heard, output, loss)
                if targets is None:
                    del self.readings[reading]
                    if len(self.readings) == 1:
                        self.left["loss"] = number
                    continue
            self.readings[reading].append(None if targets is None else self.targets.numbers(targets))

    # --- the recording -----------------------------------------------------------------------------------------

    def recording(self, wishes: Wishes, stopped: StopReason | None, precision: str) -> WatchedRecording:
        """Return what was seen as a recording, by the likeliest reading that held to the end."""
        (output, loss), found = next(iter(self.readings.items()))
        known = all(targets is not None for targets in found)
        examples, pictures = self._examples(wishes, found if known else None)
        per_epoch = wishes.steps_per_epoch or steps_of_an_epoch(pictures, len(examples))
        recipe = self._recipe(loss, per_epoch, pictures)
        architecture, parameters = replace(self.architecture, output=output), self._parameters()
        losses = np.array([step.heard.loss for step in self.steps])
        return WatchedRecording(
            network=Network(architecture, parameters[0], self.origin),
            examples=examples,
            recipe=recipe,
            steps=len(self),
            stride=1,
            parameters=parameters,
            state=self._state(recipe),
            gradients=np.array([step.gradients for step in self.steps]),
            activations=self._padded([_activations(step.heard, output) for step in self.steps]),
            losses=losses,
            batches=pictures,
            loss_per_epoch=losses_of_epochs(losses, pictures, per_epoch),
            movement_per_epoch=movements(parameters[:, architecture.slices[0][0]], per_epoch),
            stopped=stopped,
            rates=np.array([step.setting.rate for step in self.steps]),
            slopes=self._padded([_slopes(step.heard, loss) for step in self.steps]),
            per_epoch=per_epoch,
            notes=tuple(self._notes(loss, known)),
            precision=precision,
        )

    def _parameters(self) -> np.ndarray:
        """Return the parameters before each step and after the last. -> (steps + 1, P)"""
        return np.array([*(step.before for step in self.steps), self.steps[-1].after])

    def _state(self, recipe: Recipe) -> np.ndarray:
        """Return the optimizer's memory likewise; none where its changes are given. -> (steps + 1, S)"""
        if recipe.optimizer == "external":
            return np.zeros((len(self) + 1, 0))
        return np.array([*(step.setting.state for step in self.steps), self.steps[-1].memory])

    def _padded(self, rows: list[np.ndarray]) -> np.ndarray:
        """Return arrays (n, width) as one, batches filled up with 0. -> (steps, batch, width)"""
        found = np.zeros((len(rows), self.batch, rows[0].shape[1]))
        for k, row in enumerate(rows):
            found[k, : len(row)] = row
        return found

    def _recipe(self, loss: str, per_epoch: int, pictures: np.ndarray) -> Recipe:
        rates = [step.setting.rate for step in self.steps if 0 < step.setting.rate <= 1_000_000]
        lost = {"optimizer", "parameters"} & {*self.left}
        recipe = Recipe(optimizer="external") if lost or self.recipe is None else self.recipe
        return replace(
            recipe,
            learning_rate=rates[0] if rates else recipe.learning_rate,
            epochs=-(-len(self) // per_epoch),
            loss=loss,  # type: ignore[arg-type]
            batch_size=self.batch,
            order="fixed" if alike(pictures, per_epoch) else "shuffled",
            gradients="external" if "gradients" in self.left else "loss",
        )

    def _examples(self, wishes: Wishes, found: list[Any] | None) -> tuple[Examples, np.ndarray]:
        """Return the different rows with their targets as examples, and which of them each step showed."""
        inputs, targets = np.array(self.inputs.rows), np.array(self.targets.rows)
        pairs: dict[tuple[int, int], int] = {}
        pictures = np.full((len(self), self.batch), -1)
        for k, rows in enumerate(self.shown):
            wanted = np.zeros_like(rows) if found is None else found[k]
            for place, pair in enumerate(zip(rows.tolist(), wanted.tolist(), strict=True)):
                pictures[k, place] = pairs.setdefault(pair, len(pairs))
        one, other = np.array(list(pairs)).T
        seen = inputs[one], None if found is None else targets[other]
        examples, order = named(seen[0], seen[1], wishes, self.architecture.sizes[-1])
        return examples, np.append(np.argsort(order), -1)[pictures]

    def _notes(self, loss: str, known: bool) -> list[str]:
        left, when = self.left, {what: f"first at step {step}" for what, step in self.left.items()}
        notes = [f"The loss is {loss}: its formula gives PyTorch's value and slopes at every step."]
        if loss == "external":
            notes = [
                f"No formula here gives this loss ({when['loss']}): its value and its slopes by the outputs are PyTorch's."
            ]
        if not known:
            notes.append("No tensor that met the outputs could be the targets, so there are none.")
        if "gradients" in left:
            notes.append(
                f"The optimizer took other gradients than the loss gives ({when['gradients']}), as clipping, a penalty, "
                "frozen layers or leftovers make them: they are PyTorch's."
            )
        if "parameters" in left:
            notes.append(
                f"Parameters were changed between two steps ({when['parameters']}); a step's change holds that too, and is given."
            )
        elif "optimizer" in left:
            notes.append(
                f"No formula here gives the changes of {self.optimizer} ({when['optimizer']}): they are PyTorch's."
            )
        else:
            notes.append(f"The optimizer is {self.optimizer}: every change follows from its formula.")
        return notes


def _activations(heard: Heard, output: str) -> np.ndarray:
    """Return the activations of all layers, side by side. -> (batch, nodes)"""
    return np.hstack([*heard.hidden, loss_matching.answers(heard, output)])


def _slopes(heard: Heard, loss: str) -> np.ndarray:
    return loss_matching.slopes_by_answers(heard) if loss == "external" else heard.slopes


def steps_of_an_epoch(pictures: np.ndarray, examples: int) -> int:
    """Return how many steps show all examples, each as often as before, again and again; 1 where none do. (steps, batch)

    Where one comes twice in so many steps, as some rows of iris do, it takes three epochs to tell that from chance.

    >>> steps_of_an_epoch(np.array([[0, 1], [2, -1], [2, 0], [1, -1]]), 3)
    2
    >>> steps_of_an_epoch(np.array([[0, 1], [1, 2]] * 3), 3)
    2
    """
    marks = np.append(
        np.random.default_rng(0).integers(2**63, size=examples), 0
    )  # so that sums tell sets apart
    sums = marks[pictures].sum(axis=1).cumsum()  # (steps,) modulo 2**64
    counts = (pictures >= 0).sum(axis=1).cumsum()
    for steps in range(int(np.searchsorted(counts, examples)) + 1, len(pictures) + 1):
        ends = sums[steps - 1 :: steps]
        if len(ends) < 3 and counts[steps - 1] > examples:
            continue
        if (ends == ends[0] * np.arange(1, len(ends) + 1)).all():
            times, rest = (
                _times(part, examples) for part in (pictures[:steps], pictures[len(ends) * steps :])
            )
            if times.min() > 0 and (rest <= times).all():
                return steps
    return 1


def _times(pictures: np.ndarray, examples: int) -> np.ndarray:
    """Return how often each example is shown. -> (examples,)"""
    return np.bincount(pictures[pictures >= 0], minlength=examples)


def alike(pictures: np.ndarray, per_epoch: int) -> bool:
    """Whether all epochs show the same pictures in the same order, as far as they go. (steps, batch)"""
    epochs = [pictures[first : first + per_epoch] for first in range(0, len(pictures), per_epoch)]
    orders = [epoch[epoch >= 0] for epoch in epochs]
    return all(np.array_equal(order, orders[0][: len(order)]) for order in orders)


def losses_of_epochs(losses: np.ndarray, pictures: np.ndarray, per_epoch: int) -> np.ndarray:
    """Return the mean loss of each whole epoch over its pictures. (steps,), (steps, batch) -> (epochs,)"""
    sizes, epochs = (pictures >= 0).sum(axis=1), len(losses) // per_epoch
    shape = (epochs, per_epoch)
    weighed, all_sizes = (array[: epochs * per_epoch].reshape(shape) for array in (losses * sizes, sizes))
    return np.asarray(arrays.total(weighed) / all_sizes.sum(axis=1))


def movements(weights: np.ndarray, per_epoch: int) -> np.ndarray:
    """Return how far the first layer's weights moved in each whole epoch. (steps + 1, W) -> (epochs,)"""
    return arrays.norm(np.diff(weights[::per_epoch], axis=0))
