"""The recorded steps of a watched training.

The steps become a recording.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.integrations.torch_watch import loss_matching
from tinynet.integrations.torch_watch.epochs import (
    epoch_losses,
    epoch_movements,
    find_steps_per_epoch,
    same_order,
)
from tinynet.integrations.torch_watch.loss_matching import Observation
from tinynet.integrations.torch_watch.optimizer_matching import OptimizerSnapshot, formulas_explain_step
from tinynet.integrations.torch_watch.row_names import DistinctRows, WatchOptions, named_examples
from tinynet.model.network import Network
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Recipe
from tinynet.training.early_stopping import StopReason
from tinynet.training.watched import WatchedRecording

MAX_BYTES = 512 * 2**20  # bytes of the recorded arrays and the distinct rows


class Step(NamedTuple):
    """One step of the optimizer.

    before, after : (P,). The parameters before and after the step.
    gradients : (P,). The gradient that the optimizer used.
    optimizer : OptimizerSnapshot. The optimizer before the step.
    state_after : (S,). The optimizer state after the step.
    seen : Observation. The passes of the step.
    """

    before: np.ndarray
    after: np.ndarray
    gradients: np.ndarray
    optimizer: OptimizerSnapshot
    state_after: np.ndarray
    seen: Observation


class StepLog:
    """The recorded steps, and hypotheses that explain all steps.

    The hypotheses are about the loss and the optimizer.

    names : list of str. The names of the layers in the model.
    ending : str. The last activation of the model.
    optimizer : str. The class of the optimizer.
    origin : str. The origin of the network.
    """

    def __init__(
        self, architecture: Architecture, names: list[str], ending: str, optimizer: str, origin: str
    ) -> None:
        self.architecture, self.names, self.optimizer, self.origin = architecture, names, optimizer, origin
        # for each hypothesis (output activation, loss), the target rows of each step
        self.hypotheses: dict[tuple[str, str], list[np.ndarray | None]] = {
            hypothesis: [] for hypothesis in loss_matching.hypotheses(ending)
        }
        # the first step whose loss, optimizer, gradients or parameters are not explained
        self.unexplained: dict[str, int] = {}
        self.settings_without_formula: tuple[str, ...] = ()
        self.steps: list[Step] = []
        self.inputs, self.targets = DistinctRows(), DistinctRows()
        self.input_rows: list[np.ndarray] = []  # input rows of each step
        self.recipe: Recipe | None = None
        self.batch_size = self.stored_numbers = 0

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def full(self) -> bool:
        """Whether the arrays have more than MAX_BYTES."""
        inputs, *nodes = self.architecture.sizes
        steps = self.stored_numbers + len(self) * self.batch_size * (sum(nodes) + nodes[-1] + 1)
        rows = len(self.inputs.rows) * inputs + len(self.targets.rows) * nodes[-1]
        return 8 * (steps + rows) > MAX_BYTES

    def add(self, step: Step) -> None:
        """Add a step, and drop hypotheses that fail.

        A hypothesis fails if it does not explain the step.

        Raises TinyNetError, with the name of the layer, if the model computed other numbers than its layers give.
        """
        network, seen, number = Network(self.architecture, step.before), step.seen, len(self)
        wrong = loss_matching.first_wrong_layer(seen, network)
        if wrong is not None:
            raise TinyNetError(
                f"the outputs of layer {self.names[wrong]!r} do not follow from its parameters. Either the model's forward "
                "does more than Linear layers and activations, or its parameters changed between the pass and the step."
            )
        self._check_loss(seen, number)
        self._check_optimizer(step, network, number)
        self.input_rows.append(self.inputs.indices(seen.inputs))
        self.steps.append(step._replace(seen=seen._replace(candidates=[], inputs=seen.inputs[:0])))
        self.batch_size = max(self.batch_size, len(seen.inputs))
        self.stored_numbers += 2 * len(step.before) + len(step.optimizer.state)

    def _check_optimizer(self, step: Step, network: Network, number: int) -> None:
        """Note what this step does not explain.

        The parts are the gradients, the parameters and the optimizer.
        """
        if not loss_matching.loss_explains_gradients(step.seen, network, step.gradients):
            self.unexplained.setdefault("gradients" if step.gradients.any() else "zero gradients", number)
        if self.steps and (self.steps[-1].after != step.before).any():
            self.unexplained.setdefault("parameters", number)
        optimizer = step.optimizer
        self.recipe = optimizer.recipe if number == 0 else self.recipe
        same = (
            _formulas_of(optimizer.recipe) == _formulas_of(self.recipe)
            and "optimizer" not in self.unexplained
        )
        rounding = step.seen.rounding
        if not (same and formulas_explain_step(optimizer, step.before, step.gradients, step.after, rounding)):
            skipped = not step.gradients.any() and (step.after == step.before).all()
            if not skipped and "optimizer" not in self.unexplained:
                self.settings_without_formula = optimizer.unknown
            self.unexplained.setdefault("skipped step" if skipped else "optimizer", number)

    def _check_loss(self, seen: Observation, number: int) -> None:
        """Drop the hypotheses that do not give this step's loss.

        The target rows are added to the other hypotheses.
        """
        for hypothesis in list(self.hypotheses):
            output, loss = hypothesis
            if loss == "external":
                targets = next(loss_matching.possible_targets(seen.candidates, *seen.outputs.shape), None)
            else:
                targets = loss_matching.matching_targets(seen, output, loss)
                if targets is None:
                    del self.hypotheses[hypothesis]
                    if len(self.hypotheses) == 1:
                        self.unexplained["loss"] = number
                    if loss == "bce" and loss_matching.limits_bce(seen):
                        self.unexplained["limited BCE"] = number
                    continue
            self.hypotheses[hypothesis].append(None if targets is None else self.targets.indices(targets))

    # --- the recording -----------------------------------------------------------------------------------------

    def recording(
        self, options: WatchOptions, stopped: StopReason | None, precision: str
    ) -> WatchedRecording:
        """Return the recording by the most likely matching hypothesis.

        A matching hypothesis explains every step.
        """
        (output, loss), target_rows = next(iter(self.hypotheses.items()))
        known = all(rows is not None for rows in target_rows)
        probabilities = loss in ("bce", "cross_entropy")
        examples, batches = self._examples(options, target_rows if known else None, probabilities)
        per_epoch = options.steps_per_epoch or find_steps_per_epoch(batches, len(examples))
        recipe = self._recipe(loss, per_epoch, batches)
        architecture, parameters = replace(self.architecture, output=output), self._parameters()
        setting_names, settings = self._changing_settings(recipe)
        losses = np.array([step.seen.loss for step in self.steps])
        return WatchedRecording(
            network=Network(architecture, parameters[0], self.origin),
            examples=examples,
            recipe=recipe,
            steps=len(self),
            stride=1,
            parameters=parameters,
            state=self._state(recipe),
            gradients=np.array([step.gradients for step in self.steps]),
            activations=self._padded([_activations(step.seen, output) for step in self.steps]),
            losses=losses,
            batches=batches,
            loss_per_epoch=epoch_losses(losses, batches, per_epoch),
            movement_per_epoch=epoch_movements(parameters[:, architecture.slices[0][0]], per_epoch),
            stopped=stopped,
            rates=np.array([step.optimizer.rate for step in self.steps]),
            slopes=self._padded([_slopes(step.seen, loss) for step in self.steps]),
            per_epoch=per_epoch,
            notes=tuple(self._notes(loss, known)),
            precision=precision,
            setting_names=setting_names,
            settings=settings,
        )

    def _parameters(self) -> np.ndarray:
        """Return the parameters of all steps. -> (steps + 1, P)

        The rows are before each step and after the last step.
        """
        return np.array([*(step.before for step in self.steps), self.steps[-1].after])

    def _state(self, recipe: Recipe) -> np.ndarray:
        """Return the optimizer states. -> (steps + 1, S)

        The rows are before each step and after the last step.

        An external optimizer has no state here: S is 0.
        """
        if recipe.optimizer == "external":
            return np.zeros((len(self) + 1, 0))
        return np.array([*(step.optimizer.state for step in self.steps), self.steps[-1].state_after])

    def _changing_settings(self, recipe: Recipe) -> tuple[tuple[str, ...], np.ndarray | None]:
        """Return the names and values of hyperparameters that changed. -> (steps, names)

        The learning rate is left out.
        """
        if recipe.optimizer == "external":
            return (), None
        rows = [optimizers.settings(step.optimizer.recipe) for step in self.steps if step.optimizer.recipe]
        names = tuple(name for name in rows[0] if name != "rate" and len({row[name] for row in rows}) > 1)
        return names, np.array([[row[name] for name in names] for row in rows]) if names else None

    def _padded(self, rows: list[np.ndarray]) -> np.ndarray:
        """Join the batches of all steps. -> (steps, batch, width)

        Each batch (n, width) is filled up with 0.
        """
        padded = np.zeros((len(rows), self.batch_size, rows[0].shape[1]))
        for k, row in enumerate(rows):
            padded[k, : len(row)] = row
        return padded

    def _recipe(self, loss: str, per_epoch: int, batches: np.ndarray) -> Recipe:
        rates = [step.optimizer.rate for step in self.steps if 0 < step.optimizer.rate <= 1_000_000]
        parts = {"optimizer", "parameters", "skipped step"}
        external = self.recipe is None or not parts.isdisjoint(self.unexplained)
        recipe = Recipe(optimizer="external") if external or self.recipe is None else self.recipe
        return replace(
            recipe,
            learning_rate=rates[0] if rates else recipe.learning_rate,
            epochs=ceil_div(len(self), per_epoch),
            loss=loss,  # type: ignore[arg-type]
            batch_size=self.batch_size,
            order="fixed" if same_order(batches, per_epoch) else "shuffled",
            gradients="loss" if {"gradients", "zero gradients"}.isdisjoint(self.unexplained) else "external",
            schedule="constant" if len({step.optimizer.rate for step in self.steps}) == 1 else "external",
        )

    def _examples(
        self, options: WatchOptions, target_rows: list[Any] | None, probabilities: bool
    ) -> tuple[Examples, np.ndarray]:
        """Return the distinct examples, and the batches (steps, batch).

        An example is a pair of inputs and targets.
        """
        inputs, targets = np.array(self.inputs.rows), np.array(self.targets.rows)
        pairs: dict[tuple[int, int], int] = {}
        batches = np.full((len(self), self.batch_size), -1)
        for k, rows in enumerate(self.input_rows):
            wanted = np.zeros_like(rows) if target_rows is None else target_rows[k]
            for n, pair in enumerate(zip(rows.tolist(), wanted.tolist(), strict=True)):
                batches[k, n] = pairs.setdefault(pair, len(pairs))
        of_inputs, of_targets = np.array(list(pairs)).T
        pair_targets = None if target_rows is None else targets[of_targets]
        outputs = self.architecture.sizes[-1]
        examples, order = named_examples(inputs[of_inputs], pair_targets, options, outputs, probabilities)
        return examples, np.append(np.argsort(order), -1)[batches]

    def _notes(self, loss: str, known: bool) -> list[str]:
        """Return which parts were identified.

        Recordings store these sentences.
        """
        left = self.unexplained
        when = {what: f"first at step {step}" for what, step in left.items()}
        notes = [f"The loss is {loss}: its formula gives PyTorch's value and derivatives at every step."]
        if loss == "external":
            notes = [
                f"TinyNet has no formula for this loss ({when['loss']}). Its value and its derivatives are PyTorch's."
            ]
            if left.get("limited BCE") == left["loss"]:
                notes[0] += (
                    " BCELoss limits the derivatives for outputs closer to 0 or 1 than 1e-12. BCEWithLogitsLoss has exact "
                    "derivatives."
                )
        if not known:
            notes.append("No tensor in the loss has the shape of targets, so the examples have no targets.")
        if "gradients" in left:
            notes.append(
                f"The optimizer used other gradients than the loss has ({when['gradients']}). Possible reasons are clipping, a "
                "penalty, frozen layers, or gradients of earlier steps. The gradients are PyTorch's."
            )
        if "zero gradients" in left:
            notes.append(
                f"All gradients were 0 in optimizer.step() ({when['zero gradients']}), and the loss has other gradients. Call "
                "zero_grad() first, then backward(), then step()."
            )
        if "skipped step" in left and "optimizer" not in left:
            notes.append(
                f"{self.optimizer} changed no parameter in a step without gradients ({when['skipped step']}). Its formula also "
                "has a weight decay or a momentum, so the changes are PyTorch's."
            )
        if "parameters" in left:
            notes.append(
                f"Parameters were changed between two steps ({when['parameters']}). The change of a step includes this "
                "change. It is PyTorch's."
            )
        elif "optimizer" in left:
            optimizer = " with ".join(
                [self.optimizer, *filter(None, [" and ".join(self.settings_without_formula)])]
            )
            notes.append(
                f"TinyNet has no formula for the changes of {optimizer} ({when['optimizer']}). The changes are PyTorch's."
            )
        elif "skipped step" not in left:
            notes.append(f"The optimizer is {self.optimizer}: every change follows from its formula.")
        return [*notes, *self._schedule_notes()]

    def _schedule_notes(self) -> Iterator[str]:
        """Yield how the learning rate and other hyperparameters changed."""
        recipe = self._recipe("external", 1, np.zeros((1, 1)))
        names, settings = self._changing_settings(recipe)
        columns = {"learning rate": np.array([step.optimizer.rate for step in self.steps])}
        columns |= {name: settings[:, k] for k, name in enumerate(names) if settings is not None}
        for name, values in columns.items():
            changed = np.flatnonzero(np.diff(values)) + 1
            if len(changed):
                before, after = values[changed[0] - 1], values[changed[0]]
                note = f"The {name} changed from {before:.6g} to {after:.6g} at step {changed[0]}."
                if len(changed) > 1:
                    note += f" It changed {len(changed):,} times, between {values.min():.6g} and {values.max():.6g}."
                yield note


def _formulas_of(recipe: Recipe | None) -> tuple[object, ...] | None:
    """Return everything that the formulas of an optimizer depend on."""
    return None if recipe is None else (recipe.optimizer, recipe.nesterov, *optimizers.settings(recipe))


def _activations(seen: Observation, output: str) -> np.ndarray:
    """Return the activations side by side. -> (batch, nodes)"""
    return np.hstack([*seen.hidden, loss_matching.network_outputs(seen, output)])


def _slopes(seen: Observation, loss: str) -> np.ndarray:
    return loss_matching.slopes_by_network_outputs(seen) if loss == "external" else seen.slopes
