"""The shape of a network: layer sizes, activations, where each parameter stands; and how its numbers are first drawn."""

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import arrays
from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    from tinynet.network import Network

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
OUTPUTS = (*ACTIVATIONS, "softmax")
STARTS = ("pytorch", "xavier", "he", "normal", "zeros")
MOST_NODES = 4096  # in one layer
MOST_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Architecture:
    """The shape of a network and how its numbers are first drawn.

    sizes : nodes of each layer, pixels first and outputs last; 2 to 12 layers of 1 to 4096 nodes.
    hidden : activation of the hidden layers: sigmoid, tanh, relu or identity.
    output : activation of the last layer: one of these, or softmax.
    start : the rule of `initial`.

    >>> Architecture((4, 3, 2)).parameter_count
    23
    """

    sizes: tuple[int, ...] = (4, 3, 2)
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    start: str = "pytorch"

    def __post_init__(self) -> None:
        sizes = self.sizes
        if not isinstance(sizes, tuple | list) or not 2 <= len(sizes) <= 12:
            raise TinyNetError(f"sizes is {sizes!r}; it must be 2 to 12 numbers of nodes, such as (4, 3, 2)")
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MOST_NODES:
                raise TinyNetError(f"sizes has a layer of {size!r} nodes; a layer has 1 to {MOST_NODES}")
        object.__setattr__(self, "sizes", tuple(sizes))
        for field, value, allowed in (
            ("hidden", self.hidden, ACTIVATIONS),
            ("output", self.output, OUTPUTS),
            ("start", self.start, STARTS),
        ):
            if value not in allowed:
                raise TinyNetError(f"{field} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
        if self.parameter_count > MOST_PARAMETERS:
            raise TinyNetError(
                f"sizes {sizes} make {self.parameter_count:,} parameters; at most {MOST_PARAMETERS:,} are allowed"
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

    def bounds(self) -> np.ndarray | None:
        """Return b where each parameter starts uniform in [-b, b], 0 where it starts as 0; None for normal starts.

        -> (P,) float64 that are float32 numbers. PyTorch's default is `kaiming_uniform_(a=sqrt(5))`, which comes to
        1/sqrt(fan_in); Xavier is Glorot and Bengio 2010, eq. 16; He is He et al. 2015, eq. 10.
        """
        if self.start == "normal":
            return None
        found = np.zeros(self.parameter_count)
        for (weight, bias), fan_in, fan_out in zip(self.slices, self.sizes, self.sizes[1:], strict=False):
            if self.start == "pytorch":
                found[weight] = found[bias] = np.float32(1 / math.sqrt(fan_in))
            elif self.start == "xavier":
                found[weight] = np.float32(math.sqrt(3.0) * math.sqrt(2.0 / (fan_in + fan_out)))
            elif self.start == "he":
                found[weight] = np.float32(math.sqrt(3.0) * (math.sqrt(2.0) / math.sqrt(fan_in)))
        return found

    def initial(self, seed: int = 0) -> "Network":
        """Return the network of that seed, 0 to 2**32 - 1; see `Network.initial`."""
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
            raise TinyNetError(f"seed is {seed!r}; it must be a whole number from 0 to {2**32 - 1}")
        from tinynet.network import Network

        bounds = self.bounds()
        numbers = self._normal(int(seed)) if bounds is None else _uniform(bounds, int(seed))
        return Network(self, numbers.astype(np.float32).astype(float), f"seed {seed}")

    def _normal(self, seed: int) -> np.ndarray:
        numbers = np.zeros(self.parameter_count)
        drawn = _standard_normal(sum(weight.stop - weight.start for weight, _ in self.slices), seed)
        used = 0
        for (weight, _), fan_in in zip(self.slices, self.sizes, strict=False):
            count = weight.stop - weight.start
            numbers[weight] = drawn[used : used + count] / math.sqrt(fan_in)
            used += count
        return numbers

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return {"sizes": list(self.sizes), "hidden": self.hidden, "output": self.output, "start": self.start}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Architecture":
        """The architecture that `to_json` described; an unknown field is an error that lists the known ones."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise TinyNetError(f"a network has no field {unknown[0]!r}; its fields are {', '.join(known)}")
        return cls(**data)


def _generator(seed: int) -> np.random.MT19937:
    """Return the Mersenne Twister as PyTorch and NumPy's RandomState seed it."""
    generator = np.random.MT19937()
    generator._legacy_seeding(seed)
    return generator


def _uniform(bounds: np.ndarray, seed: int) -> np.ndarray:
    """Draw from PyTorch's generator: MT19937, the low 24 bits of each word, one rounding to float32."""
    drawn = bounds > 0
    words = _generator(seed).random_raw(int(drawn.sum()))
    u = (words & 0xFFFFFF) * 2.0**-24  # in [0, 1)
    numbers = np.zeros(len(bounds))
    high, low = bounds[drawn], -bounds[drawn]
    numbers[drawn] = u * (high - low) + low
    return numbers


def _standard_normal(count: int, seed: int) -> np.ndarray:
    """Draw standard normal numbers by the polar method (Marsaglia and Bray 1964), as NumPy's RandomState does. -> (count,)

    A point drawn in the square counts if it lies in the circle, and gives two numbers, its second coordinate's first.
    """
    generator, found = _generator(seed), np.zeros(0)
    while len(found) < count:
        words = generator.random_raw(4 * (count + 8)).reshape(-1, 2, 2)
        u = ((words[..., 0] >> 5) * 67108864.0 + (words[..., 1] >> 6)) / 9007199254740992.0  # 53 bits
        x, y = (2.0 * u - 1.0).T
        square = x * x + y * y
        inside = (square < 1.0) & (square != 0.0)
        x, y, square = x[inside], y[inside], square[inside]
        factor = np.sqrt(-2.0 * arrays.log(square) / square)
        found = np.concatenate([found, np.stack([factor * y, factor * x], axis=1).ravel()])
    return found[:count]
