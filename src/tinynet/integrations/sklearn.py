"""A scikit-learn classifier that keeps the recording of its training."""

from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import MAX_NODES, Architecture
from tinynet.data.encoding import Encoding
from tinynet.data.examples import Examples
from tinynet.data.splits import split_dataset
from tinynet.data.tables import Table
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.plugins import MissingPackageError, pip_command
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.validation import check_choice, check_number

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingPackageError(f"TinyNetClassifier needs scikit-learn: {pip_command('sklearn')}") from error

RECIPE = (
    "learning_rate", "epochs", "batch_size", "optimizer", "schedule", "weight_decay", "noise", "patience",
)  # fmt: skip


class TinyNetClassifier(ClassifierMixin, BaseEstimator):
    """A network with softmax outputs, trained on cross-entropy.

    The recording of the training explains every number of every step.

    The features are scaled to [0, 1] by their smallest and largest value in `fit`, so a pipeline needs no scaler.
    With `patience`, the validation rows do not set the range. Values of new rows outside the range of `fit` are
    clipped.

    Parameters
    ----------
    hidden : int or tuple of int, default=(32,)
        The number of nodes of each hidden layer. `()` has no hidden layer, which is a softmax regression.
    activation : one of `tinynet.core.activations.ACTIVATIONS`, default="relu"
        The activation of the hidden layers.
    learning_rate : float, default=0.02
        The learning rate. With a schedule, the learning rate of the first step.
    epochs : int, default=100
        The number of passes over all rows.
    batch_size : int, default=16
        The number of rows in each step. If the data has fewer rows, a step uses all rows.
    optimizer : {"adam", "sgd"}, default="adam"
        The optimizer. `"sgd"` needs a larger learning rate.
    schedule : {"cosine", "hold_then_decay", "constant"}, default="cosine"
        The learning rate schedule. `"cosine"` decreases along half a cosine to 2 % of the learning rate.
        `"hold_then_decay"` is constant for 60 % of the steps, then decreases exponentially to 2 %.
    weight_decay : float, default=0.0003
        The L2 penalty: `weight_decay * parameter` is added to each gradient.
    noise : float, default=0.0
        The standard deviation of the normal noise that is added to the scaled features in every step.
    patience : int, default=0
        Training stops after this number of epochs without a lower validation loss, and keeps the network of the best epoch. 0
        trains on all rows for all epochs.
    validation_fraction : float, default=0.25
        The fraction of the rows in the validation set, stratified by class. Used only if patience is above 0.
    kept : int, default=100
        About how many steps the recording stores. The other steps are computed again, bit for bit, when you open them. 1
        gives the smallest file.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order, the noise and the validation set. The initial weights of `random_state=0`
        are those of `torch.manual_seed(0)`, bit for bit.

    Attributes
    ----------
    recording_ : Recording
        The training. `recording_[0].explain("layer1.weight[0,0]")` explains its first step. `recording_.save(path)` writes a
        file that the laboratory opens.
    network_ : Network
        The trained network. The network takes scaled rows: `recording_.examples.scaled(X)`.
    classes_ : ndarray of shape (n_classes,)
        The labels in `fit`, sorted, in the order of the network's outputs.
    loss_curve_ : ndarray of shape (n_iter_,)
        Mean cross-entropy of each epoch. The loss of each row is measured before its step.
    n_iter_ : int
        The number of epochs.
    n_features_in_ : int
        The number of features in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the features. Defined only if X is a data frame whose column names are strings.

    Notes
    -----
    Ctrl-C ends `fit`, and a grid search, with a KeyboardInterrupt. The classifier is then fitted with the steps so far. If the
    training diverges, `fit` raises TinyNetError, which is a ValueError, and the classifier is not fitted. In both cases
    `recording_` has the training so far, and `recording_.stopped` has the reason.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from tinynet import TinyNetClassifier
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> classifier = TinyNetClassifier(hidden=(5,), random_state=0).fit(X, y)
    >>> classifier.predict_proba(X[:2]).shape, classifier.score(X, y) > 0.95
    ((2, 3), True)
    >>> print(classifier.recording_[0].explain("layer2.bias[0].change", depth=0))
    Δb²₀ = −η · m̂(b²₀) / (√(q̂(b²₀)) + ε)   change of the bias of output 0
         = −0.02 · 0.15305 / (√(0.023424) + 1e−8)
         = −0.02
    """

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (32,),
        activation: str = "relu",
        *,
        learning_rate: float = 0.02,
        epochs: int = 100,
        batch_size: int = 16,
        optimizer: str = "adam",
        schedule: str = "cosine",
        weight_decay: float = 3e-4,
        noise: float = 0.0,
        patience: int = 0,
        validation_fraction: float = 0.25,
        kept: int = 100,
        random_state: Any = None,
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
        self.kept = kept
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network.

        X : (n_samples, n_features). Numbers.
        y : (n_samples,). Labels of at least two classes.

        Raises TinyNetError, a ValueError, for unsupported rows or parameters, and if the training diverges.
        """
        if hasattr(self, "network_"):
            del self.network_  # no earlier network may predict after a failed fit
        rows, labels = validate_data(self, X, y, dtype=float)
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)  # indices (n_samples,)
        seed = self._seed()
        network, recipe = Network.initial(self._architecture(), seed=seed), self._recipe(seed)
        training, validation = self._parts(rows, indices, seed)
        recipe = replace(recipe, batch_size=min(recipe.batch_size, len(training)))
        self._keep(train(network, training, recipe, validation=validation, kept=self.kept))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        X (n_samples, n_features) -> (n_samples, n_classes). The rows sum to 1.
        """
        check_is_fitted(self, "network_")
        rows = validate_data(self, X, dtype=float, reset=False)
        return self.network_(self.recording_.examples.scaled(rows))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        X (n_samples, n_features) -> (n_samples,)
        """
        # Not `metrics.predicted_classes`: scikit-learn needs a class for every row, so a tie gets the
        # first of its classes.
        indices = self.predict_proba(X).argmax(axis=1)
        return self.classes_[indices]

    def _seed(self) -> int:
        generator = check_random_state(self.random_state)
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(generator.randint(2**32, dtype=np.uint32))

    def _architecture(self) -> Architecture:
        check_choice("activation", self.activation, ACTIVATIONS)
        features, classes = self.n_features_in_, len(self.classes_)
        if classes < 2:
            raise TinyNetError(
                f"y has one class, {self.classes_.tolist()[0]!r}. A classifier needs rows of at least two classes."
            )
        if features > MAX_NODES:
            raise TinyNetError(f"X has {features:,} features. It must have at most {MAX_NODES:,}.")
        hidden = self.hidden if isinstance(self.hidden, tuple | list | np.ndarray) else (self.hidden,)
        try:
            return Architecture((features, *map(_plain, hidden), classes), self.activation, "softmax")
        except TinyNetError as error:
            raise TinyNetError(
                f"is {self.hidden!r} with {features:,} features and {classes:,} classes: {error}",
                parameter="hidden",
            ) from error

    def _recipe(self, seed: int) -> Recipe:
        chosen: dict[str, Any] = {name: _plain(getattr(self, name)) for name in RECIPE}
        return Recipe(loss="cross_entropy", order="shuffled", seed=seed, **chosen)

    def _parts(self, rows: np.ndarray, indices: np.ndarray, seed: int) -> tuple[Examples, Examples | None]:
        """Return the training examples and the validation examples.

        Validation examples exist only with a patience.
        """
        columns = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        names = tuple(f"row {k}" for k in range(len(rows)))
        targets = np.eye(len(self.classes_))[indices]  # (n_samples, n_classes)
        classes = tuple(map(str, self.classes_))
        table = Table(
            "X",
            "row",
            np.arange(1, len(rows) + 1),
            Encoding.of_numbers(columns),
            rows,
            targets,
            names,
            classes,
        )
        if not self.patience:
            return Examples.of_table(table, table), None
        fraction = check_number(
            "validation_fraction", _plain(self.validation_fraction), 0, 1, inclusive="neither"
        )
        try:
            parts = split_dataset(table, held_out=fraction, scale=True, seed=seed)
            return parts.training, parts.held_out
        except TinyNetError as error:
            raise error.renamed({"held_out": "validation_fraction"}) from error

    def _keep(self, run: Recording) -> None:
        """Set the fitted attributes.

        Raises the reason of a training that stopped early.
        """
        self.recording_, stopped = run, run.stopped
        if stopped is not None and stopped.cell:
            raise TinyNetError(f"the training diverged: {stopped.reason}. recording_ has the steps so far.")
        self.network_, self.loss_curve_, self.n_iter_ = run.best, run.loss_per_epoch, run.epochs
        if stopped is not None:  # Ctrl-C
            raise KeyboardInterrupt(stopped.reason)


def _plain(value: Any) -> Any:
    """Turn a NumPy number into a Python number.

    A parameter grid may contain NumPy numbers.
    """
    return value.item() if isinstance(value, np.generic) else value
