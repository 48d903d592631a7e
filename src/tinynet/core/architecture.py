"""Layer sizes, activations, and names and positions of parameters."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.errors import TinyNetError
from tinynet.signatures import check_arguments
from tinynet.validation import check_choice, check_fields, check_int, check_object

INITS = ("pytorch", "xavier", "he", "normal", "zeros")
MAX_LAYERS = 12  # layers, with inputs and outputs
MAX_NODES = 4096  # nodes in one layer
MAX_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Architecture:
    """Layer sizes, activations and initialization of a network.

    sizes : nodes of each layer, inputs first and outputs last; 2 to 12 layers of 1 to 4,096 nodes.
    hidden : activation of the hidden layers, one of `activations.ACTIVATIONS`.
    output : activation of the last layer: one of `activations.ACTIVATIONS`, or "softmax".
    init : initialization of the parameters, one of `INITS`.

    Raises TinyNetError for other values, and for more than 1,000,000 parameters.

    >>> Architecture((4, 3, 2)).parameter_count
    23
    """

    sizes: tuple[int, ...] = (4, 3, 2)
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    init: str = "pytorch"

    def __post_init__(self) -> None:
        sizes = self.sizes
        if not isinstance(sizes, tuple | list) or not 2 <= len(sizes) <= MAX_LAYERS:
            raise TinyNetError(
                f"is {sizes!r}. It must be 2 to {MAX_LAYERS} layer sizes, such as (4, 3, 2).",
                parameter="sizes",
            )
        if isinstance(sizes[0], int) and sizes[0] > MAX_NODES:
            raise TinyNetError(
                f"the network would have {sizes[0]:,} inputs. At most {MAX_NODES:,} are allowed. Use fewer columns "
                "or smaller pictures."
            )
        sizes = tuple(check_int(f"sizes[{n}]", size, 1, MAX_NODES) for n, size in enumerate(sizes))
        object.__setattr__(self, "sizes", sizes)
        check_choice("hidden", self.hidden, ACTIVATIONS)
        check_choice("output", self.output, OUTPUTS)
        check_choice("init", self.init, INITS)
        if self.parameter_count > MAX_PARAMETERS:
            raise TinyNetError(
                f"is {self.hidden_sizes}, which makes {self.parameter_count:,} parameters. At most {MAX_PARAMETERS:,} are "
                "allowed. Use smaller layers.",
                parameter="sizes[1:-1]",
            )

    @property
    def hidden_sizes(self) -> str:
        """The nodes of the hidden layers as at the command line, such as "4x4"."""
        return "x".join(map(str, self.sizes[1:-1])) or "0"

    @cached_property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return sum(
            (fan_in + 1) * fan_out for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False)
        )

    @cached_property
    def activations(self) -> tuple[str, ...]:
        """The activation of each layer after the inputs."""
        return (*([self.hidden] * (len(self.sizes) - 2)), self.output)

    @cached_property
    def slices(self) -> tuple[tuple[slice, slice], ...]:
        """The slices of weights and biases of each layer.

        The slices refer to the flat parameter vector.
        """
        found, start = [], 0
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            middle, end = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
            found.append((slice(start, middle), slice(middle, end)))
            start = end
        return tuple(found)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """The name of each parameter in the flat vector.

        The weights of a layer come row by row, then its biases.
        """
        names: list[str] = []
        for n, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            names += [f"layer{n}.weight[{j},{i}]" for j in range(fan_out) for i in range(fan_in)]
            names += [f"layer{n}.bias[{j}]" for j in range(fan_out)]
        return tuple(names)

    @check_arguments
    def check(self, inputs: np.ndarray) -> None:
        """Raise a TinyNetError unless inputs has the shape (examples, inputs)."""
        if inputs.ndim != 2 or inputs.shape[1] != self.sizes[0]:
            raise TinyNetError(
                f"inputs has the shape {inputs.shape}. It must be (examples, {self.sizes[0]})."
            )

    def to_json(self) -> dict[str, Any]:
        """Return every field by name, ready for JSON."""
        return {"sizes": list(self.sizes), "hidden": self.hidden, "output": self.output, "init": self.init}

    @classmethod
    @check_arguments
    def from_json(cls, data: dict[str, Any]) -> "Architecture":
        """Return the architecture of a JSON object.

        Raises TinyNetError for an unknown field.
        """
        check_object("architecture", data)
        data = {"init" if name == "start" else name: value for name, value in data.items()}  # an earlier name
        check_fields("a network", data, [field.name for field in fields(cls)])
        return cls(**data)
