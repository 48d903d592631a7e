"""A scikit-learn classifier that keeps the recording of its training."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
from sklearn.utils.validation import validate_data

from tinynet.errors import TinyNetError
from tinynet.integrations.sklearn.estimator import TinyNetEstimator
from tinynet.integrations.sklearn.rows import Rows
from tinynet.numerics import arrays


class TinyNetClassifier(ClassifierMixin, TinyNetEstimator):
    """A network with softmax outputs, trained on cross-entropy.

    The recording of the training explains every number of every step.

    The features are scaled to [0, 1] by their smallest and largest value in `fit`, so a pipeline needs no scaler.
    With `patience`, the validation rows do not set the range. Values of new rows outside the range of `fit` are
    not clipped.

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
    batch_size : int or "auto", default="auto"
        The number of rows in each step. If the data has fewer rows, a step uses all rows. `"auto"` is 16, or all rows if the
        data has at most 32.
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
    class_weight : dict, "balanced" or None, default=None
        The weight of each class in the loss. `"balanced"` gives all classes the same total weight. The weights are multiplied
        with `sample_weight`.
    warm_start : bool, default=False
        Whether `fit` continues the present network instead of a new one. The scaling stays that of the first `fit`.
    kept : int, default=100
        About how many steps the recording stores. The other steps are computed again, bit for bit, when you open them. 1
        gives the smallest file.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order, the noise and the validation set. The initial weights of `random_state=0`
        are those of `torch.manual_seed(0)`, bit for bit.

    Attributes
    ----------
    recording_ : Recording
        The last training. `recording_[0].explain("layer1.weight[0,0]", depth=2)` explains its first step. `recording_.save(path)` writes a
        file that the laboratory opens.
    network_ : Network
        The trained network. The network takes scaled rows: `recording_.examples.scaled(X)`.
    classes_ : ndarray of shape (n_classes,)
        The labels in `fit`, sorted, in the order of the network's outputs.
    loss_curve_ : ndarray of shape (n_epochs,)
        Mean cross-entropy of each epoch. The loss of each row is measured before its step. Continued trainings add their
        epochs.
    n_iter_ : int
        The number of epochs of the last call of `fit` or `partial_fit`.
    n_features_in_ : int
        The number of features in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the features. Defined only if X is a data frame whose column names are strings.

    Notes
    -----
    Ctrl-C ends `fit`, and a grid search, with a KeyboardInterrupt. The classifier is then fitted with the steps so far. If the
    training diverges, `fit` raises TinyNetError, which is a ValueError, and the classifier is not fitted. In both cases
    `recording_` has the training so far, and `recording_.stopped` has the reason. If a continued training diverges, the
    network before it stays.

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

    classes_: np.ndarray

    _loss: ClassVar = "cross_entropy"
    _output: ClassVar = "softmax"
    _target_nouns: ClassVar = ("class", "classes")

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (32,),
        activation: str = "relu",
        *,
        learning_rate: float = 0.02,
        epochs: int = 100,
        batch_size: int | str = "auto",
        optimizer: str = "adam",
        schedule: str = "cosine",
        weight_decay: float = 3e-4,
        noise: float = 0.0,
        patience: int = 0,
        validation_fraction: float = 0.25,
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        kept: int = 100,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden, activation, learning_rate=learning_rate, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
            schedule=schedule, weight_decay=weight_decay, noise=noise, patience=patience,
            validation_fraction=validation_fraction, warm_start=warm_start, kept=kept, random_state=random_state,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a network.

        X : (n_samples, n_features). Numbers.
        y : (n_samples,). Labels of at least two classes.
        sample_weight : (n_samples,), optional. The weight of each row in the loss. Rows of weight 0 are left out.

        With `warm_start`, a second `fit` continues the present network. The classes must be those of the first `fit`.

        Raises TinyNetError, a ValueError, for unsupported rows or parameters, and if the training diverges.
        """
        continues = self._begin(partial=False)
        values, labels = self._checked(X, y, reset=not continues)
        kept, weights = self._weighted_rows(values, sample_weight)
        classes = np.unique(labels[kept])
        if continues and not np.array_equal(classes, self.classes_):
            raise TinyNetError(
                f"y has the classes {classes.tolist()} and the network has {self.classes_.tolist()}. With warm_start, y must have "
                "the classes of the first fit. Use partial_fit for a part of the classes."
            )
        self.classes_ = classes
        return self._train(self._rows(values, labels, kept, weights), continues, partial=False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train the present network for one more epoch.

        X : (n_samples, n_features). Numbers. The rows of the first call set the range of each feature.
        y : (n_samples,). Labels.
        classes : (n_classes,). All labels that later calls may have. Needed in the first call only.
        sample_weight : (n_samples,), optional. The weight of each row in the loss. Rows of weight 0 are left out.

        The optimizer keeps its state between the calls. The learning rate is constant.

        Raises TinyNetError, a ValueError, for the same reasons as `fit`, and with a `patience`.
        """
        continues = self._begin(partial=True)
        _check_partial_fit_first_call(self, classes)
        values, labels = self._checked(X, y, reset=not continues)
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise TinyNetError(
                f"y has the class {unknown.tolist()[0]!r}. It must have classes of the first call: {self.classes_.tolist()}."
            )
        if isinstance(self.class_weight, str):
            raise TinyNetError(
                f"is {self.class_weight!r} and one call of partial_fit has only some of the rows. Compute the weights of all "
                "classes and give them as a dictionary.",
                parameter="class_weight",
            )
        kept, weights = self._weighted_rows(values, sample_weight)
        return self._train(self._rows(values, labels, kept, weights), continues, partial=True)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        X (n_samples, n_features) -> (n_samples, n_classes). The rows sum to 1.
        """
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        X (n_samples, n_features) -> (n_samples, n_classes)

        The logarithms are computed from the weighted sums of the last layer. They are finite, even if a probability is
        rounded to 0.
        """
        inputs = self._new_inputs(X)
        below = [inputs, *self.network_.activations(inputs)[:-1]][-1]
        last = self.network_.layers[-1]
        z = arrays.weighted_sums(below, last.weight, last.bias)  # (n_samples, n_classes)
        z = z - z.max(axis=1, keepdims=True)
        return z - arrays.log(arrays.running_total(arrays.exp(z)))[:, None]

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        X (n_samples, n_features) -> (n_samples,)
        """
        # Not `metrics.predicted_classes`: scikit-learn needs a class for every row, so a tie gets the
        # first of its classes.
        indices = self.predict_proba(X).argmax(axis=1)
        return self.classes_[indices]

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return checked rows (n_samples, n_features) and labels (n_samples,)."""
        values, labels = validate_data(self, X, y, dtype=float, reset=reset)
        check_classification_targets(labels)
        return values, labels

    def _rows(self, values: np.ndarray, labels: np.ndarray, kept: np.ndarray, weights: np.ndarray) -> Rows:
        """Return the rows `kept` with one-hot targets."""
        if len(self.classes_) < 2:
            raise TinyNetError(
                f"y has one class, {self.classes_.tolist()[0]!r}. A classifier needs rows of at least two classes."
            )
        indices = np.searchsorted(self.classes_, labels[kept])
        return Rows(
            values=values[kept],
            targets=np.eye(len(self.classes_))[indices],  # (rows, n_classes)
            weights=weights * self._class_weights(labels[kept], indices, weights)[indices],
            names=tuple(f"row {k}" for k in kept.tolist()),
            target_names=tuple(map(str, self.classes_)),
            regression=False,
        )

    def _class_weights(self, labels: np.ndarray, indices: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the weight of each class. -> (n_classes,)"""
        chosen = self.class_weight
        if (
            chosen is not None
            and not isinstance(chosen, Mapping)
            and not (isinstance(chosen, str) and chosen == "balanced")
        ):
            raise TinyNetError(
                f"is {chosen!r}. It must be 'balanced', a dictionary from class to weight, or None.",
                parameter="class_weight",
            )
        if isinstance(chosen, str):
            totals = np.bincount(indices, weights, len(self.classes_))  # a weight of 2 counts as two rows
            return totals.sum() / (len(self.classes_) * totals)
        found = compute_class_weight(chosen, classes=self.classes_, y=labels)
        if not (np.isfinite(found) & (found > 0)).all():
            raise TinyNetError(
                f"is {chosen!r}. Every weight must be a finite number above 0.", parameter="class_weight"
            )
        return found

    def _check_validation(self, rows: Rows) -> None:
        counts = rows.targets.sum(axis=0)
        alone = np.flatnonzero(counts == 1)
        if len(alone):
            self._refuse_validation(f"class {rows.target_names[alone[0]]!r}", "rows of each class")
