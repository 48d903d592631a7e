"""Layer sizes, activations, and the name and place of each parameter."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.errors import TinyNetError

INITS = ("pytorch", "xavier", "he", "normal", "zeros")
MAX_NODES = 4096  # in one layer
MAX_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Architecture:
    """The shape of a network and how its numbers are first drawn.

    sizes : nodes of each layer, pixels first and outputs last; 2 to 12 layers of 1 to 4096 nodes.
    hidden : activation of the hidden layers: sigmoid, tanh, relu or identity.
    output : activation of the last layer: one of these, or softmax.
    init : how `Network.initial` draws the parameters.

    >>> Architecture((4, 3, 2)).parameter_count
    23
    """

    sizes: tuple[int, ...] = (4, 3, 2)
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    init: str = "pytorch"

    def __post_init__(self) -> None:
        sizes = self.sizes
        if not isinstance(sizes, tuple | list) or not 2 <= len(sizes) <= 12:
            raise TinyNetError(f"sizes is {sizes!r}; it must be 2 to 12 numbers of nodes, such as (4, 3, 2)")
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_NODES:
                raise TinyNetError(f"sizes has a layer of {size!r} nodes; a layer has 1 to {MAX_NODES}")
        object.__setattr__(self, "sizes", tuple(sizes))
        for field, value, allowed in (
            ("hidden", self.hidden, ACTIVATIONS),
            ("output", self.output, OUTPUTS),
            ("init", self.init, INITS),
        ):
            if value not in allowed:
                raise TinyNetError(f"{field} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
        if self.parameter_count > MAX_PARAMETERS:
            raise TinyNetError(
                f"sizes {sizes} make {self.parameter_count:,} parameters; at most {MAX_PARAMETERS:,} are allowed"
            )

    @cached_property
    def parameter_count(self) -> int:
        """Weights and biases in all."""
        return sum(
            (fan_in + 1) * fan_out for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False)
        )

    @cached_property
    def activations(self) -> tuple[str, ...]:
        """The activation of each layer after the pixels."""
        return (*([self.hidden] * (len(self.sizes) - 2)), self.output)

    @cached_property
    def slices(self) -> tuple[tuple[slice, slice], ...]:
        """Where each layer's weights and biases stand in the flat vector of parameters."""
        found, start = [], 0
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            middle, end = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
            found.append((slice(start, middle), slice(middle, end)))
            start = end
        return tuple(found)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """The name of each parameter, in the order of the flat vector: each layer's weights row by row, then biases."""
        names: list[str] = []
        for n, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            names += [f"layer{n}.weight[{j},{i}]" for j in range(fan_out) for i in range(fan_in)]
            names += [f"layer{n}.bias[{j}]" for j in range(fan_out)]
        return tuple(names)

    def check(self, inputs: np.ndarray) -> None:
        """Raise TinyNetError unless inputs have the shape (pictures, pixels) of this network."""
        if inputs.ndim != 2 or inputs.shape[1] != self.sizes[0]:
            raise TinyNetError(
                f"inputs has the shape {inputs.shape}. These networks take (pictures, {self.sizes[0]})."
            )

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return {"sizes": list(self.sizes), "hidden": self.hidden, "output": self.output, "init": self.init}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Architecture":
        """The architecture that `to_json` described; an unknown field is an error that lists the known ones."""
        data = {"init" if name == "start" else name: value for name, value in data.items()}  # an earlier name
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise TinyNetError(f"a network has no field {unknown[0]!r}; its fields are {', '.join(known)}")
        return cls(**data)
