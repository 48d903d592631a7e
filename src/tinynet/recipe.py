"""The hyperparameters of one training."""

from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

from tinynet.errors import TinyNetError, advice, named
from tinynet.validation import (
    MAX_SEED,
    check_bool,
    check_choice,
    check_fields,
    check_int,
    check_number,
    check_object,
    shown,
)

if TYPE_CHECKING:
    import numpy as np

Loss = Literal["mse", "bce", "cross_entropy", "external"]
Order = Literal["fixed", "shuffled"]
Optimizer = Literal["sgd", "adam", "external"]
Gradients = Literal["loss", "external"]
Schedule = Literal["constant", "hold_then_decay", "cosine", "external"]
Inclusive = Literal["both", "left", "right", "neither"]

MAX_EPOCHS = 10_000_000
MAX_RATES = 2**27  # learning rates in one array
# Earlier versions wrote these names and values into files.
EARLIER_NAMES = {"hold": "hold_fraction", "final": "final_fraction"}
EARLIER_VALUES = {"hold": "hold_then_decay", "given": "external"}


Metadata = dict[str, Any]


def _number(low: float, high: float, inclusive: Inclusive, text: str) -> Metadata:
    return {"check": partial(check_number, low=low, high=high, inclusive=inclusive), "help": text}


def _whole(low: int, high: int, text: str) -> Metadata:
    return {"check": partial(check_int, low=low, high=high), "help": text}


def _word(kind: Any, text: str) -> Metadata:
    """Return the metadata of a field with allowed words.

    Errors do not offer "external".
    """
    choices = get_args(kind)
    offered = [word for word in choices if word != "external"]
    return {
        "check": lambda name, value: check_choice(
            name, value, choices if isinstance(value, str) and value in choices else offered
        ),
        "help": text,
    }


def _switch(text: str) -> Metadata:
    return {"check": check_bool, "help": text}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters of one training.

    The losses and optimizers have PyTorch's formulas. If a recipe comes from a PyTorch loop, loss, optimizer, gradients
    and schedule may also be `"external"`: their numbers are PyTorch's, and TinyNet has no formula for them.

    Raises TinyNetError for a value that is not allowed.

    Sources: Sutskever et al. 2013 (momentum, Nesterov), Kingma and Ba 2015, algorithm 1 (Adam),
    Loshchilov and Hutter 2017, eq. 5 (cosine schedule, no restart).

    >>> Recipe(learning_rate=5.0).epochs
    100
    >>> Recipe(learning_rate=-1)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: learning_rate is -1. It must be a number above 0 and at most 1,000,000.
    """

    learning_rate: float = field(
        default=0.1,
        metadata=_number(0, 1_000_000, "right", "Step size of the optimizer."),
    )
    epochs: int = field(default=100, metadata=_whole(1, MAX_EPOCHS, "Passes over all examples."))
    loss: Loss = field(
        default="mse",
        metadata=_word(
            Loss,
            "Loss function: 'mse', 'bce' (for sigmoid outputs) or 'cross_entropy' (for softmax outputs).",
        ),
    )
    order: Order = field(
        default="fixed",
        metadata=_word(Order, "Order of the examples: 'fixed', or 'shuffled' anew in each epoch."),
    )
    batch_size: int = field(
        default=1,
        metadata=_whole(1, 1_000_000, "Examples per step. The last batch of an epoch may be smaller."),
    )
    optimizer: Optimizer = field(default="sgd", metadata=_word(Optimizer, "Optimizer: 'sgd' or 'adam'."))
    momentum: float = field(
        default=0.0,
        metadata=_number(0, 1, "left", "Momentum of 'sgd'. 0 is plain gradient descent."),
    )
    nesterov: bool = field(
        default=False,
        metadata=_switch("Use Nesterov momentum. The momentum must be above 0."),
    )
    beta1: float = field(
        default=0.9,
        metadata=_number(0, 1, "left", "Decay rate of the mean of the gradients in 'adam'."),
    )
    beta2: float = field(
        default=0.999,
        metadata=_number(0, 1, "left", "Decay rate of the mean of the squared gradients in 'adam'."),
    )
    epsilon: float = field(
        default=1e-8,
        metadata=_number(0, 1, "right", "Small number that 'adam' adds to the denominator."),
    )
    weight_decay: float = field(
        default=0.0,
        metadata=_number(
            0, 1_000_000, "left", "L2 penalty: weight_decay * parameter is added to each gradient."
        ),
    )
    noise: float = field(
        default=0.0,
        metadata=_number(
            0,
            10,
            "left",
            "Standard deviation of the normal noise that is added to each input, drawn anew in "
            "each epoch. Noisy inputs are clipped to 0 to 1.",
        ),
    )
    schedule: Schedule = field(
        default="constant",
        metadata=_word(
            Schedule,
            "Learning rate schedule: 'constant', 'hold_then_decay' (constant, then exponential "
            "decay) or 'cosine' (half a cosine).",
        ),
    )
    hold_fraction: float = field(
        default=0.6,
        metadata=_number(0, 1, "left", "Fraction of the steps before 'hold_then_decay' starts to decay."),
    )
    final_fraction: float = field(
        default=0.02,
        metadata=_number(
            0,
            1,
            "right",
            "Learning rate of the last step as a fraction of the first, for 'hold_then_decay' and 'cosine'.",
        ),
    )
    label_smoothing: float = field(
        default=0.0,
        metadata=_number(0, 1, "left", "Fraction of each target that is spread evenly over all outputs."),
    )
    augment: bool = field(
        default=False,
        metadata=_switch(
            "Show each square picture in one of its eight orientations (flips and rotations), "
            "chosen at random. If rows become columns, the two targets are swapped."
        ),
    )
    patience: int = field(
        default=0,
        metadata=_whole(
            0,
            MAX_EPOCHS,
            "Stop after this many epochs without a lower validation loss. 0 turns early stopping off.",
        ),
    )
    gradients: Gradients = field(
        default="loss",
        metadata=_word(Gradients, "Gradients that the optimizer receives: 'loss', those of the loss."),
    )
    seed: int = field(
        default=0,
        metadata=_whole(0, MAX_SEED, "Seed of the shuffling, the augmentation and the noise."),
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            checked = each.metadata["check"](each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, checked)  # 5 and 5.0 are one recipe
        if self.nesterov and self.optimizer != "sgd":
            raise TinyNetError(
                f"is on and {named('optimizer')} is {self.optimizer!r}. Only 'sgd' has Nesterov momentum. "
                f"{advice('nesterov', False)}",
                parameter="nesterov",
            )
        if self.nesterov and self.momentum == 0:
            raise TinyNetError(
                f"is on and {named('momentum')} is 0. Nesterov momentum needs a momentum above 0. "
                f"{advice('momentum', 0.9)}",
                parameter="nesterov",
            )
        if self.momentum and self.optimizer != "sgd":
            raise TinyNetError(
                f"is {shown(self.momentum)} and {named('optimizer')} is {self.optimizer!r}. Only 'sgd' has momentum. "
                f"{advice('momentum', 0)}",
                parameter="momentum",
            )

    @property
    def external(self) -> list[str]:
        """The fields that are "external": PyTorch's loss, optimizer, gradients or schedule."""
        names = ("loss", "optimizer", "gradients", "schedule")
        return [name for name in names if getattr(self, name) == "external"]

    def rates(self, first: int, last: int, steps: int) -> "np.ndarray":
        """Return the learning rates of steps. -> (last - first,)

        first, last : int. The range of steps; `last` is excluded.
        steps : int. The number of steps in the training.

        >>> Recipe(learning_rate=1.0, schedule="hold_then_decay", hold_fraction=0.5, final_fraction=0.01).rates(0, 5, 5).round(4).tolist()
        [1.0, 1.0, 1.0, 0.1, 0.01]
        """
        import numpy as np

        from tinynet.numerics import arrays, elementary

        check_int("first", first, 0, 2**53)
        check_int("last", last, first, first + MAX_RATES)
        check_int("steps", steps, 0, 2**53)
        done = np.arange(first, last) / max(1, steps - 1)  # fraction of the training, 1 at the last step
        if self.schedule == "hold_then_decay":
            way = np.maximum(0.0, (done - self.hold_fraction) / (1.0 - self.hold_fraction))
            return np.asarray(self.learning_rate * arrays.exp(way * elementary.log(self.final_fraction)))
        if self.schedule == "cosine":
            fraction = self.final_fraction + (1.0 - self.final_fraction) * 0.5 * (1.0 + arrays.cos_pi(done))
            return np.asarray(self.learning_rate * fraction)
        return np.full(last - first, self.learning_rate)

    def to_json(self) -> dict[str, Any]:
        """Return every field by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """Return the recipe of a JSON object.

        Raises TinyNetError for an unknown field.
        """
        check_object("recipe", data)
        data = {
            EARLIER_NAMES.get(name, name): EARLIER_VALUES.get(value, value)
            if isinstance(value, str)
            else value
            for name, value in data.items()
        }
        check_fields("a recipe", data, [each.name for each in fields(cls)])
        return cls(**data)


def help_texts() -> dict[str, str]:
    """Return the meaning of each field of a recipe.

    >>> help_texts()["epochs"]
    'Passes over all examples.'
    """
    return {each.name: each.metadata["help"] for each in fields(Recipe)}


# `help(Recipe)` shows the meaning of each field.
Recipe.__doc__ = "\n    ".join(
    [f"{Recipe.__doc__}", *(f"{name} : {text}" for name, text in help_texts().items())]
)
