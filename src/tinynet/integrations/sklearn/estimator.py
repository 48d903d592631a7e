"""The training that the classifier and the regressor share."""

from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tinynet.core import optimizers
from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import MAX_NODES, Architecture
from tinynet.data.examples import Examples
from tinynet.data.scaling import Scaling
from tinynet.data.splits import split_rows
from tinynet.errors import TinyNetError, advice, named
from tinynet.integrations.sklearn.rows import Rows, check_sample_weight, plain
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.validation import MAX_SEED, check_bool, check_choice, check_number

RECIPE = ("learning_rate", "epochs", "optimizer", "schedule", "weight_decay", "noise", "patience")
BATCH_SIZE = 16  # the batch size "auto"
SMALL_TABLE = 32  # with "auto", a table of at most this many rows is one batch


class TinyNetEstimator(BaseEstimator):
    """The parameters and the training of both estimators."""

    recording_: Recording
    network_: Network
    loss_curve_: np.ndarray

    _loss: ClassVar[str]
    _output: ClassVar[str]  # activation of the output layer
    _target_nouns: ClassVar[tuple[str, str]]  # words for one output and for several, in errors

    def __init__(
        self,
        hidden: int | tuple[int, ...],
        activation: str,
        *,
        learning_rate: float,
        epochs: int,
        batch_size: int | str,
        optimizer: str,
        schedule: str,
        weight_decay: float,
        noise: float,
        patience: int,
        validation_fraction: float,
        warm_start: bool,
        kept: int,
        random_state: Any,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.noise = noise
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.kept = kept
        self.random_state = random_state

    # --- the steps of a training ------------------------------------------------------------------------------------

    def _begin(self, partial: bool) -> bool:
        """Return whether this training continues the present network."""
        check_bool("warm_start", plain(self.warm_start))
        if partial and self.patience:
            raise TinyNetError(
                f"is {self.patience} and partial_fit does not support early stopping. {advice('patience', 0)}",
                parameter="patience",
            )
        continues = hasattr(self, "network_") and (partial or self.warm_start)
        if not continues and hasattr(self, "network_"):
            del self.network_  # no earlier network may predict after a failed fit
        return continues

    def _weighted_rows(self, X: np.ndarray, sample_weight: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of the rows with a weight above 0, and their weights."""
        if sample_weight is None:
            return np.arange(len(X)), np.ones(len(X))
        weights = _check_sample_weight(sample_weight, X, dtype=float)
        check_sample_weight(weights)
        kept = np.flatnonzero(weights)
        return kept, weights[kept]

    def _train(self, rows: Rows, continues: bool, partial: bool) -> Self:
        """Train on the rows and set the fitted attributes."""
        seed = self._seed()
        architecture = self._architecture(rows)
        if continues:
            self._check_same(architecture)
        network = self.network_ if continues else Network.initial(architecture, seed=seed)
        done = len(self.loss_curve_) if continues else 0  # epochs
        recipe = self._recipe((seed + done) % (MAX_SEED + 1), partial)
        parts = self._parts(rows, recipe, seed)
        training, *others = self._examples(parts, continues)
        size = len(training)
        if not (self._is_auto and size <= SMALL_TABLE):
            size = min(recipe.batch_size, size)
        run = train(
            network,
            training,
            replace(recipe, batch_size=size),
            sample_weights=parts[0].mean_weights,
            validation=others[0] if others else None,
            validation_weights=parts[1].mean_weights if others else None,
            state=self._state(recipe, architecture) if continues and partial else None,
            kept=self.kept,
        )
        self._keep(run, self.loss_curve_ if continues else np.zeros(0))
        return self

    @property
    def _is_auto(self) -> bool:
        return isinstance(self.batch_size, str) and self.batch_size == "auto"

    def _seed(self) -> int:
        generator = check_random_state(self.random_state)
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(generator.randint(2**32, dtype=np.uint32))

    def _architecture(self, rows: Rows) -> Architecture:
        check_choice("activation", self.activation, ACTIVATIONS)
        features, outputs = self.n_features_in_, rows.targets.shape[1]
        if features > MAX_NODES:
            raise TinyNetError(f"X has {features:,} features. It must have at most {MAX_NODES:,}.")
        hidden = self.hidden if isinstance(self.hidden, tuple | list | np.ndarray) else (self.hidden,)
        try:
            return Architecture((features, *map(plain, hidden), outputs), self.activation, self._output)
        except TinyNetError as error:
            noun = self._target_nouns[outputs > 1]
            raise TinyNetError(
                f"is {self.hidden!r} with {features:,} features and {outputs:,} {noun}: {error}",
                parameter="hidden",
            ) from error

    def _check_same(self, architecture: Architecture) -> None:
        """Raise TinyNetError if the present network has another architecture."""
        present = self.network_.architecture
        if architecture != present:
            sizes, new = ("-".join(map(str, each.sizes)) for each in (present, architecture))
            raise TinyNetError(
                f"is {self.hidden!r}, {named('activation')} is {self.activation!r}, and the network to continue has the sizes "
                f"{sizes} and the activation {present.hidden!r}. A training can only continue the same architecture, not {new}. "
                "Create a new estimator.",
                parameter="hidden",
            )

    def _recipe(self, seed: int, partial: bool) -> Recipe:
        chosen: dict[str, Any] = {name: plain(getattr(self, name)) for name in RECIPE}
        chosen["batch_size"] = BATCH_SIZE if self._is_auto else plain(self.batch_size)
        recipe = Recipe(loss=self._loss, order="shuffled", seed=seed, **chosen)  # type: ignore[arg-type]
        return replace(recipe, epochs=1, schedule="constant") if partial else recipe

    def _state(self, recipe: Recipe, architecture: Architecture) -> np.ndarray | None:
        """Return the present optimizer state, or None if the optimizer is another."""
        state = self.recording_.state[-1]
        return state if len(state) == optimizers.state_size(architecture, recipe) else None

    def _parts(self, rows: Rows, recipe: Recipe, seed: int) -> list[Rows]:
        """Return the training rows, and with a patience the validation rows."""
        if not recipe.patience:
            return [rows]
        fraction = check_number(
            "validation_fraction", plain(self.validation_fraction), 0, 1, inclusive="neither"
        )
        self._check_validation(rows)
        try:
            return [*split_rows(rows, fraction, seed)]
        except TinyNetError as error:
            message = f"{error.message} A fraction of 0.5 works if each class has at least 2 rows."
            raise TinyNetError(message).renamed({"held_out": "validation_fraction"}) from error

    def _check_validation(self, rows: Rows) -> None:
        """Raise TinyNetError if no split of the rows has a validation part."""
        if len(rows) < 2:
            self._refuse_validation("the table", "rows")

    def _refuse_validation(self, what: str, noun: str) -> None:
        raise TinyNetError(
            f"is {self.patience} and {what} has 1 row. Early stopping needs at least 2 {noun}: one to train on and one for "
            f"the validation set. {advice('patience', 0)} Or add rows.",
            parameter="patience",
        )

    def _examples(self, parts: list[Rows], continues: bool) -> list[Examples]:
        """Return the parts as examples.

        A new training scales by its training rows. A continued training keeps its scaling.
        """
        if continues:
            scaling, target_scaling = self._scaling, self.recording_.examples.target_scaling
        else:
            columns = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
            scaling = Scaling.of(tuple(columns), parts[0].values)
            target_scaling = self._target_scaling(parts[0])
        return [self._scaled(part, scaling, target_scaling) for part in parts]

    @property
    def _scaling(self) -> Scaling:
        """The scaling of the features in the present training."""
        scaling = self.recording_.examples.scaling
        assert scaling is not None
        return scaling

    def _target_scaling(self, rows: Rows) -> Scaling | None:
        """Return the scaling of the targets.

        Classes are not scaled.
        """
        return None

    def _scaled(self, rows: Rows, scaling: Scaling, target_scaling: Scaling | None) -> Examples:
        inputs = scaling(rows.values)
        targets = rows.targets if target_scaling is None else target_scaling(rows.targets)
        return Examples(inputs, targets, rows.names, None, rows.target_names, scaling, target_scaling)

    def _keep(self, run: Recording, losses: np.ndarray) -> None:
        """Set the fitted attributes.

        Raises the reason of a training that stopped early.
        """
        self.recording_, stopped = run, run.stopped
        if stopped is not None and stopped.cell:
            raise TinyNetError(f"the training diverged: {stopped.reason}. recording_ has the steps so far.")
        self.network_, self.n_iter_ = run.best, run.epochs
        self.loss_curve_ = np.concatenate([losses, run.loss_per_epoch])
        if stopped is not None:  # Ctrl-C
            raise KeyboardInterrupt(stopped.reason)

    # --- predictions ------------------------------------------------------------------------------------------------

    def _new_inputs(self, X: Any) -> np.ndarray:
        """Return new rows as inputs of the network. -> (rows, features)"""
        check_is_fitted(self, "network_")
        rows = validate_data(self, X, dtype=float, reset=False)
        return np.asarray(self._scaling(rows))

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the outputs of the network for new rows. -> (rows, outputs)"""
        inputs = self._new_inputs(X)
        return self.network_(inputs)
