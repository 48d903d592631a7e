"""An architecture with its parameters.

A model file contains both.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError
from tinynet.validation import check_numbers, check_text, check_type


@dataclass(frozen=True)
class Layer:
    """One layer: weight (out, in), bias (out,), and its activation."""

    weight: np.ndarray
    bias: np.ndarray
    activation: str


@dataclass(frozen=True, eq=False)
class Weights:
    """An architecture, its parameters, and their origin.

    architecture : Architecture. Layer sizes and activations.
    parameters : (P,) float64, read-only. The weights of each layer row by row, then its biases.
    origin : str. The origin of the parameters in a few words.

    >>> Weights(Architecture((2, 1)), np.array([0.5, -0.5, 1.0])).layers[0].weight.tolist()
    [[0.5, -0.5]]
    """

    architecture: Architecture
    parameters: np.ndarray
    origin: str = ""

    def __post_init__(self) -> None:
        check_type("architecture", self.architecture, Architecture, "an Architecture")
        check_text("origin", self.origin)
        numbers = check_numbers("parameters", self.parameters)
        if numbers.shape != (self.architecture.parameter_count,):
            raise TinyNetError(
                f"parameters has the shape {numbers.shape}. It must be ({self.architecture.parameter_count},) for a network of "
                f"sizes {self.architecture.sizes}."
            )
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            name = self.architecture.parameter_names[bad[0]]
            raise TinyNetError(f"is {numbers[bad[0]]}. It must be a finite number.", parameter=name)
        numbers.setflags(write=False)
        object.__setattr__(self, "parameters", numbers)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of nodes in each layer, inputs first."""
        return self.architecture.sizes

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers after the inputs, as views of the parameters."""
        found = []
        for n, (weight, bias) in enumerate(self.architecture.slices):
            shape = (self.sizes[n + 1], self.sizes[n])
            w, b = self.parameters[weight].reshape(shape), self.parameters[bias]
            found.append(Layer(w, b, self.architecture.activations[n]))
        return tuple(found)

    def named(self) -> dict[str, float]:
        """Return the value of every parameter by name."""
        return dict(zip(self.architecture.parameter_names, self.parameters.tolist(), strict=True))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the parts of a copy.

        The parameters of a copy are read-only, too.
        """
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Weights):
            return NotImplemented
        return self.architecture == other.architecture and np.array_equal(self.parameters, other.parameters)

    def __hash__(self) -> int:
        return hash((self.architecture, self.parameters.tobytes()))
