"""A scikit-learn regressor that keeps the recording of its training."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from tinynet.data.scaling import Scaling
from tinynet.integrations.sklearn.estimator import TinyNetEstimator
from tinynet.integrations.sklearn.rows import Rows


class TinyNetRegressor(RegressorMixin, TinyNetEstimator):
    """A network with linear outputs, trained on the mean squared error.

    The recording of the training explains every number of every step.

    The features are scaled to [0, 1] by their smallest and largest value in `fit`. The targets are standardized by their
    mean and standard deviation. Predictions have the units of the targets. So a pipeline needs no scaler. With
    `patience`, the validation rows do not set the scaling. Values of new rows outside the range of `fit` are not
    clipped: the network extrapolates.

    Parameters
    ----------
    hidden : int or tuple of int, default=(32,)
        The number of nodes of each hidden layer. `()` has no hidden layer, which is a linear regression.
    activation : one of `tinynet.core.activations.ACTIVATIONS`, default="relu"
        The activation of the hidden layers.
    learning_rate : float, default=0.01
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
    weight_decay : float, default=0.003
        The L2 penalty: `weight_decay * parameter` is added to each gradient.
    noise : float, default=0.0
        The standard deviation of the normal noise that is added to the scaled features in every step.
    patience : int, default=0
        Training stops after this number of epochs without a lower validation loss, and keeps the network of the best epoch. 0
        trains on all rows for all epochs.
    validation_fraction : float, default=0.25
        The fraction of the rows in the validation set. Used only if patience is above 0.
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
        The last training. `recording_[0].explain("layer1.weight[0,0]", depth=2)` explains its first step.
    network_ : Network
        The trained network. The network takes scaled rows and gives standardized targets:
        `recording_.examples.scaled(X)` and `recording_.examples.unscaled(outputs)`.
    loss_curve_ : ndarray of shape (n_epochs,)
        Mean squared error of each epoch, in standardized targets. Continued trainings add their epochs.
    n_iter_ : int
        The number of epochs of the last call of `fit` or `partial_fit`.
    n_outputs_ : int
        The number of targets.
    n_features_in_ : int
        The number of features in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the features. Defined only if X is a data frame whose column names are strings.

    Notes
    -----
    Ctrl-C and divergence end `fit` as in `TinyNetClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from tinynet import TinyNetRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> regressor = TinyNetRegressor(hidden=(5,), random_state=0).fit(X, y)
    >>> regressor.predict(X[:2]).shape, regressor.score(X, y) > 0.5
    ((2,), True)
    >>> print(regressor.recording_[0].explain("layer2.bias[0].change", depth=0))
    Δb²₀ = −η · m̂(b²₀) / (√(q̂(b²₀)) + ε)   change of the bias of output 0
         = −0.01 · (−0.44666) / (√(0.19951) + 1e−8)
         = 0.01
    """

    _loss: ClassVar = "mse"
    _output: ClassVar = "identity"
    _target_nouns: ClassVar = ("target", "targets")

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (32,),
        activation: str = "relu",
        *,
        learning_rate: float = 0.01,
        epochs: int = 100,
        batch_size: int | str = "auto",
        optimizer: str = "adam",
        schedule: str = "cosine",
        weight_decay: float = 3e-3,
        noise: float = 0.0,
        patience: int = 0,
        validation_fraction: float = 0.25,
        warm_start: bool = False,
        kept: int = 100,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden, activation, learning_rate=learning_rate, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
            schedule=schedule, weight_decay=weight_decay, noise=noise, patience=patience,
            validation_fraction=validation_fraction, warm_start=warm_start, kept=kept, random_state=random_state,
        )  # fmt: skip

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a network.

        X : (n_samples, n_features). Numbers.
        y : (n_samples,) or (n_samples, n_outputs). Numbers.
        sample_weight : (n_samples,), optional. The weight of each row in the loss. Rows of weight 0 are left out.

        With `warm_start`, a second `fit` continues the present network.

        Raises TinyNetError, a ValueError, for unsupported rows or parameters, and if the training diverges.
        """
        return self._fit(X, y, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the present network for one more epoch.

        X : (n_samples, n_features). Numbers. The rows of the first call set the scaling of features and targets.
        y : (n_samples,) or (n_samples, n_outputs). Numbers.
        sample_weight : (n_samples,), optional. The weight of each row in the loss. Rows of weight 0 are left out.

        The optimizer keeps its state between the calls. The learning rate is constant.

        Raises TinyNetError, a ValueError, for the same reasons as `fit`, and with a `patience`.
        """
        return self._fit(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted targets in their own units.

        X (n_samples, n_features) -> (n_samples,) or (n_samples, n_outputs), as y in `fit`
        """
        outputs = self._outputs(X)
        predicted = self.recording_.examples.unscaled(outputs)
        return predicted[:, 0] if self._one_column else predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _fit(self, X: Any, y: Any, sample_weight: Any, partial: bool) -> Self:
        continues = self._begin(partial)
        values, targets = validate_data(
            self, X, y, dtype=float, multi_output=True, y_numeric=True, reset=not continues
        )
        kept, weights = self._weighted_rows(values, sample_weight)
        self._one_column = targets.ndim == 1
        targets = targets.reshape(len(targets), -1).astype(float)
        self.n_outputs_ = targets.shape[1]
        rows = Rows(
            values=values[kept],
            targets=targets[kept],
            weights=weights,
            names=tuple(f"row {k}" for k in kept.tolist()),
            target_names=("y",) if self.n_outputs_ == 1 else tuple(f"y{j}" for j in range(self.n_outputs_)),
            regression=True,
        )
        return self._train(rows, continues, partial)

    def _target_scaling(self, rows: Rows) -> Scaling | None:
        """Return the scaling that standardizes the targets.

        The weighted mean becomes 0, and one standard deviation above the mean becomes 1.
        """
        ends = Scaling.of(rows.target_names, rows.targets)
        fractions = ends(rows.targets)  # 0 to 1, so that no square overflows
        mean = np.average(fractions, axis=0, weights=rows.mean_weights)
        spread = np.sqrt(np.average((fractions - mean) ** 2, axis=0, weights=rows.mean_weights))
        low, high = (tuple(ends.inverse(place).tolist()) for place in (mean, mean + spread))
        return Scaling(rows.target_names, low, high)
