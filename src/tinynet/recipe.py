"""How to train: one small frozen record, validated here and nowhere else."""

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    import numpy as np

Loss = Literal["mse", "bce", "cross_entropy", "external"]
Order = Literal["fixed", "shuffled"]
Optimizer = Literal["sgd", "adam", "external"]
Gradients = Literal["loss", "external"]
Schedule = Literal["constant", "hold_then_decay", "cosine"]

MAX_EPOCHS = 10_000_000
# Earlier versions wrote these names and values into files.
EARLIER_NAMES = {"hold": "hold_fraction", "final": "final_fraction"}
EARLIER_VALUES = {"hold": "hold_then_decay", "given": "external"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train a network.

    learning_rate : step size of a nudge, above 0, at most 1,000,000.
    epochs : passes over all pictures, 1 to 10,000,000.
    loss : `"mse"` (mean over outputs, as `torch.nn.MSELoss`), `"bce"` (`BCELoss`, for sigmoid outputs)
        or `"cross_entropy"` (for softmax outputs and targets that sum to 1). Of a watched PyTorch loop it may be
        `"external"`, as may optimizer and gradients: PyTorch's numbers, where no formula here is theirs.
    order : `"fixed"`, the pictures as they stand, or `"shuffled"` anew each epoch from `seed`.
    batch_size : pictures a nudge averages over; the last batch of an epoch may be smaller.
    optimizer : `"sgd"` or `"adam"` (Kingma and Ba 2015, algorithm 1), with PyTorch's formulas.
    momentum : of `sgd` (Sutskever et al. 2013, in PyTorch's form).
    nesterov : whether `sgd`'s step looks ahead, with a momentum (the same).
    beta1 : of `adam`: how much of the mean gradient stays.
    beta2 : of `adam`: how much of the mean square stays.
    epsilon : of `adam`: added to the root of the mean square.
    weight_decay : added to each gradient as `weight_decay * parameter` (an L2 penalty).
    schedule : how the learning rate goes on: `"constant"`; `"hold_then_decay"`, as it is for a share `hold` of the nudges and then
        down geometrically; or `"cosine"`, down along half a cosine (Loshchilov and Hutter 2017, eq. 5, no restart).
    hold_fraction : share of the nudges before the rate of `"hold_then_decay"` goes down.
    final_fraction : the last nudge's learning rate as a share of the first's, where it goes down.
    label_smoothing : share of each target that is spread over all outputs, as in PyTorch's `CrossEntropyLoss`.
    augment : whether each showing is one of a square picture's eight views by chance (flips and
        turns); where a view turns rows to columns, the two targets change places.
    noise : standard deviation of the normal noise that every pixel gets each time its picture is shown; what
        leaves 0 to 1 is clipped. 0 to 10.
    patience : epochs without a better loss on the validation examples after which training stops; 0 goes on to the end.
    gradients : what the optimizer takes: `"loss"`, the slopes of the loss, or `"external"`, clipped or changed otherwise.
    seed : of the shuffling, the views and the noise, 0 to 2**32 - 1.

    >>> Recipe(learning_rate=5.0).epochs
    100
    >>> Recipe(learning_rate=-1)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: learning_rate is -1; it must be above 0 and at most 1000000
    """

    learning_rate: float = 0.1
    epochs: int = 100
    loss: Loss = "mse"
    order: Order = "fixed"
    batch_size: int = 1
    optimizer: Optimizer = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    noise: float = 0.0
    schedule: Schedule = "constant"
    hold_fraction: float = 0.6
    final_fraction: float = 0.02
    label_smoothing: float = 0.0
    augment: bool = False
    patience: int = 0
    gradients: Gradients = "loss"
    seed: int = 0

    def __post_init__(self) -> None:
        _above("learning_rate", self.learning_rate, 0, 1_000_000)
        _whole("epochs", self.epochs, 1, MAX_EPOCHS)
        _one_of("loss", self.loss, get_args(Loss))
        _one_of("order", self.order, get_args(Order))
        _whole("batch_size", self.batch_size, 1, 1_000_000)
        _one_of("optimizer", self.optimizer, get_args(Optimizer))
        _one_of("gradients", self.gradients, get_args(Gradients))
        _from_below("momentum", self.momentum, 0, 1)
        _from_below("beta1", self.beta1, 0, 1)
        _from_below("beta2", self.beta2, 0, 1)
        _above("epsilon", self.epsilon, 0, 1)
        _from_below("weight_decay", self.weight_decay, 0, 1_000_000)
        _from_below("noise", self.noise, 0, 10)
        _one_of("schedule", self.schedule, get_args(Schedule))
        _from_below("hold_fraction", self.hold_fraction, 0, 1)
        _above("final_fraction", self.final_fraction, 0, 1)
        _from_below("label_smoothing", self.label_smoothing, 0, 1)
        _whole("patience", self.patience, 0, MAX_EPOCHS)
        _whole("seed", self.seed, 0, 2**32 - 1)
        for name, value in (("nesterov", self.nesterov), ("augment", self.augment)):
            if not isinstance(value, bool):
                raise TinyNetError(f"{name} is {value!r}; it must be True or False")
        if self.nesterov and self.momentum == 0:
            raise TinyNetError("nesterov is True and momentum is 0; Nesterov's step needs a momentum above 0")
        if self.momentum and self.optimizer != "sgd":
            raise TinyNetError(
                f"momentum is {self.momentum} and optimizer is {self.optimizer!r}; momentum belongs to 'sgd'"
            )
        for field in fields(self):
            if field.type is float or field.type == "float":
                object.__setattr__(
                    self, field.name, float(getattr(self, field.name))
                )  # 5 and 5.0 are one recipe

    @property
    def external(self) -> list[str]:
        """The fields that no formula gives: loss, optimizer or gradients of a watched training."""
        return [name for name in ("loss", "optimizer", "gradients") if getattr(self, name) == "external"]

    def rates(self, first: int, last: int, steps: int) -> "np.ndarray":
        """Return the learning rates of the nudges `first` to `last` (not included) of `steps`. -> (last - first,)

        >>> Recipe(learning_rate=1.0, schedule="hold_then_decay", hold_fraction=0.5, final_fraction=0.01).rates(0, 5, 5).round(4).tolist()
        [1.0, 1.0, 1.0, 0.1, 0.01]
        """
        import numpy as np

        from tinynet.numerics import arrays, elementary

        done = np.arange(first, last) / max(1, steps - 1)  # share of the way, 1 at the last nudge
        if self.schedule == "hold_then_decay":
            way = np.maximum(0.0, (done - self.hold_fraction) / (1.0 - self.hold_fraction))
            return np.asarray(self.learning_rate * arrays.exp(way * elementary.log(self.final_fraction)))
        if self.schedule == "cosine":
            share = self.final_fraction + (1.0 - self.final_fraction) * 0.5 * (1.0 + arrays.cos_pi(done))
            return np.asarray(self.learning_rate * share)
        return np.full(last - first, self.learning_rate)

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """The recipe that `to_json` described; an unknown field is an error that lists the known ones."""
        data = {
            EARLIER_NAMES.get(name, name): EARLIER_VALUES.get(value, value)
            if isinstance(value, str)
            else value
            for name, value in data.items()
        }
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise TinyNetError(f"a recipe has no field {unknown[0]!r}; its fields are {', '.join(known)}")
        return cls(**data)


def _number(name: str, value: object, wanted: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TinyNetError(f"{name} is {value!r}; it must be {wanted}")
    return float(value)


def _above(name: str, value: object, low: float, high: float) -> None:
    wanted = f"above {low} and at most {high}"
    if not low < _number(name, value, wanted) <= high:
        raise TinyNetError(f"{name} is {value!r}; it must be {wanted}")


def _from_below(name: str, value: object, low: float, high: float) -> None:
    wanted = f"at least {low} and below {high}"
    if not low <= _number(name, value, wanted) < high:
        raise TinyNetError(f"{name} is {value!r}; it must be {wanted}")


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise TinyNetError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        known = [repr(word) for word in allowed if word != "external"]  # that is only for what was watched
        raise TinyNetError(f"{name} is {value!r}; it must be one of {', '.join(known)}")
