"""A small network as scikit-learn's users know one: a classifier that keeps the recording of its training."""

from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.data.examples import Examples
from tinynet.data.splits import split_dataset
from tinynet.data.tables import Table
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.plugins import pip_command
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.validation import check_choice, check_int

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(f"TinyNetClassifier needs scikit-learn: {pip_command('sklearn')}") from error

RECIPE = (
    "learning_rate", "epochs", "batch_size", "optimizer", "schedule", "weight_decay", "noise", "patience",
)  # fmt: skip


class TinyNetClassifier(ClassifierMixin, BaseEstimator):
    """A network with softmax outputs, trained on cross-entropy, every nudge of which can be opened.

    Features are scaled to [0, 1] by their smallest and largest value in `fit`; no scaler is needed before it. With
    `patience`, the rows held out for validation do not count. In new rows, what lies beyond counts as the nearer end, so that no answer rests on numbers the network never saw.

    Parameters
    ----------
    hidden : int or tuple of int, default=(32,)
        Nodes of each hidden layer; `()` for none, which is a softmax regression.
    activation : one of `tinynet.core.activations.ACTIVATIONS`, default="relu"
        Of the hidden layers.
    learning_rate : float, default=0.02
        Step size of a nudge; of the first one, where a schedule lowers it.
    epochs : int, default=100
        Passes over all rows.
    batch_size : int, default=16
        Rows a nudge averages over; where there are fewer, all of them.
    optimizer : {"adam", "sgd"}, default="adam"
        `"sgd"` wants a larger learning rate.
    schedule : {"cosine", "hold_then_decay", "constant"}, default="cosine"
        How the learning rate goes on: down along half a cosine to a fiftieth; as it is for 60 % of the nudges and then
        down as far; or as it is.
    weight_decay : float, default=0.0003
        An L2 penalty: `weight_decay * parameter` is added to each gradient.
    noise : float, default=0.0
        Standard deviation of the normal noise that every scaled feature gets each time its row is shown.
    patience : int, default=0
        Epochs without a better loss on held-out rows after which training stops; the best epoch's network is kept
        then. 0 trains on all rows to the end.
    validation_share : float, default=0.25
        Share of the rows, each class in proportion, that a patience above 0 holds out.
    kept : int, default=100
        Steps the recording keeps, about; any other is computed again, to the same bits, when it is opened. 1 makes the
        smallest file.
    random_state : int, RandomState instance or None, default=None
        Of the initial weights, the order, the noise and the rows held out. `random_state=0` starts with the weights of
        `torch.manual_seed(0)`, bit for bit.

    Attributes
    ----------
    recording_ : Recording
        The training: `recording_[0].explain("layer1.weight[0,0]")` opens its first nudge, `recording_.save(path)`
        writes a file that the laboratory opens.
    network_ : Network
        The trained network, for rows scaled by `recording_.examples.scaled(X)`.
    classes_ : ndarray of shape (n_classes,)
        The labels seen in `fit`, sorted; the order of the network's outputs.
    loss_curve_ : ndarray of shape (n_iter_,)
        Mean cross-entropy of each epoch, each row measured before the nudge it takes part in.
    n_iter_ : int
        Epochs done.
    n_features_in_ : int
        Features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X was a data frame with names that are all strings.

    Notes
    -----
    Ctrl-C ends `fit` with a KeyboardInterrupt, as it does any other call (a grid search ends too), and leaves the
    classifier fitted up to there. Training that leaves the finite numbers ends it with a TinyNetError, which is a
    ValueError, and leaves no network. `recording_` holds the training up to there, and its `stopped` says why.

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
        validation_share: float = 0.25,
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
        self.validation_share = validation_share
        self.kept = kept
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network; X (n_samples, n_features) numbers, y (n_samples,) labels of at least two classes.

        Raises TinyNetError, a ValueError, for rows or parameters that do not fit, and where training diverges.
        """
        if hasattr(self, "network_"):
            del self.network_  # of an earlier fit: where this one fails, it must not answer
        rows, labels = validate_data(self, X, y, dtype=float)
        check_classification_targets(labels)
        self.classes_, said = np.unique(labels, return_inverse=True)  # said (n_samples,)
        seed = self._seed()
        network, recipe = Network.initial(self._architecture(), seed=seed), self._recipe(seed)
        training, validation = self._parts(rows, said, seed)
        recipe = replace(recipe, batch_size=min(recipe.batch_size, len(training)))
        self._take(
            train(network, training, recipe, validation=validation, kept=check_int("kept", self.kept, 1))
        )
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class. X (n_samples, n_features) -> (n_samples, n_classes), rows sum to 1"""
        check_is_fitted(self, "network_")
        rows = validate_data(self, X, dtype=float, reset=False)
        return self.network_(self.recording_.examples.scaled(rows))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row. X (n_samples, n_features) -> (n_samples,)"""
        chosen = self.predict_proba(X).argmax(axis=1)
        return self.classes_[chosen]

    def _seed(self) -> int:
        draw = check_random_state(self.random_state)
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(draw.randint(2**32, dtype=np.uint32))

    def _architecture(self) -> Architecture:
        check_choice("activation", self.activation, ACTIVATIONS)
        features, classes = self.n_features_in_, len(self.classes_)
        if classes < 2:
            raise TinyNetError(
                f"y has one class, {self.classes_.tolist()[0]!r}; a classifier needs rows of at least two"
            )
        hidden = self.hidden if isinstance(self.hidden, tuple | list | np.ndarray) else (self.hidden,)
        try:
            return Architecture((features, *map(_plain, hidden), classes), self.activation, "softmax")
        except TinyNetError as error:
            raise TinyNetError(
                f"hidden is {self.hidden!r}, between {features:,} features and {classes:,} classes: {error}"
            ) from error

    def _recipe(self, seed: int) -> Recipe:
        chosen: dict[str, Any] = {name: _plain(getattr(self, name)) for name in RECIPE}
        return Recipe(loss="cross_entropy", order="shuffled", seed=seed, **chosen)

    def _parts(self, rows: np.ndarray, said: np.ndarray, seed: int) -> tuple[Examples, Examples | None]:
        """Return the examples to train on, and with a patience those to stop by."""
        columns = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        names = tuple(f"row {k}" for k in range(len(rows)))
        targets = np.eye(len(self.classes_))[said]  # (n_samples, n_classes)
        classes = tuple(map(str, self.classes_))
        table = Table("X", "row", np.arange(1, len(rows) + 1), tuple(columns), rows, targets, names, classes)
        if not self.patience:
            return Examples.of_table(table, table), None
        try:
            parts = split_dataset(table, held_out=_plain(self.validation_share), scale=True, seed=seed)
            return parts.training, parts.held_out
        except TinyNetError as error:
            raise TinyNetError(
                f"patience is {self.patience}, so that validation_share of the rows is held out: {error}"
            ) from error

    def _take(self, run: Recording) -> None:
        """Keep what a training gave; raise what ended it early."""
        self.recording_, stopped = run, run.stopped
        if stopped is not None and stopped.cell:
            raise TinyNetError(f"the training diverged: {stopped.reason}; recording_ holds it up to there")
        self.network_, self.loss_curve_, self.n_iter_ = run.best, run.loss_per_epoch, run.epochs
        if stopped is not None:  # Ctrl-C
            raise KeyboardInterrupt(stopped.reason)


def _plain(value: Any) -> Any:
    """Return a number that a grid of numpy's may hold as Python's own."""
    return value.item() if isinstance(value, np.generic) else value
