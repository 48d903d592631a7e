"""How to train: one small frozen record, validated here and nowhere else."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from tinynet.errors import TinyNetError

Loss = Literal["mse", "bce", "cross_entropy"]
Order = Literal["fixed", "shuffled"]
Optimizer = Literal["sgd", "adam"]

MOST_EPOCHS = 10_000_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train a network.

    learning_rate : step size of a nudge, above 0, at most 1,000,000.
    epochs : passes over all pictures, 1 to 10,000,000.
    loss : `"mse"` (mean over outputs, as `torch.nn.MSELoss`), `"bce"` (`BCELoss`, for sigmoid outputs)
        or `"cross_entropy"` (for softmax outputs and targets that sum to 1).
    order : `"fixed"`, the pictures as they stand, or `"shuffled"` anew each epoch from `seed`.
    batch_size : pictures a nudge averages over; the last batch of an epoch may be smaller.
    optimizer : `"sgd"` or `"adam"` (Kingma and Ba 2015, algorithm 1), with PyTorch's formulas.
    momentum, nesterov : of `sgd` (Sutskever et al. 2013, in PyTorch's form).
    beta1, beta2, epsilon : of `adam`.
    weight_decay : added to each gradient as `weight_decay * parameter` (an L2 penalty).
    noise : standard deviation of the normal noise that every pixel gets each time its picture is shown; what
        leaves 0 to 1 is clipped. 0 to 10.
    seed : of the shuffling and the noise, 0 to 2**32 - 1.

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
    seed: int = 0

    def __post_init__(self) -> None:
        _above("learning_rate", self.learning_rate, 0, 1_000_000)
        _whole("epochs", self.epochs, 1, MOST_EPOCHS)
        _one_of("loss", self.loss, get_args(Loss))
        _one_of("order", self.order, get_args(Order))
        _whole("batch_size", self.batch_size, 1, 1_000_000)
        _one_of("optimizer", self.optimizer, get_args(Optimizer))
        _from_below("momentum", self.momentum, 0, 1)
        _from_below("beta1", self.beta1, 0, 1)
        _from_below("beta2", self.beta2, 0, 1)
        _above("epsilon", self.epsilon, 0, 1)
        _from_below("weight_decay", self.weight_decay, 0, 1_000_000)
        _from_below("noise", self.noise, 0, 10)
        _whole("seed", self.seed, 0, 2**32 - 1)
        if not isinstance(self.nesterov, bool):
            raise TinyNetError(f"nesterov is {self.nesterov!r}; it must be True or False")
        if self.nesterov and self.momentum == 0:
            raise TinyNetError("nesterov is True and momentum is 0; Nesterov's step needs a momentum above 0")
        if self.momentum and self.optimizer != "sgd":
            raise TinyNetError(
                f"momentum is {self.momentum} and optimizer is 'adam'; momentum belongs to 'sgd'"
            )
        for name in ("learning_rate", "momentum", "beta1", "beta2", "epsilon", "weight_decay", "noise"):
            object.__setattr__(self, name, float(getattr(self, name)))  # 5 and 5.0 are one recipe

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """The recipe that `to_json` described; an unknown field is an error that lists the known ones."""
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
        raise TinyNetError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
