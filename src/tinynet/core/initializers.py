"""Initial parameters: the bits of PyTorch, without PyTorch."""

import math

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.numerics import arrays
from tinynet.validation import check_seed


def initial_parameters(architecture: Architecture, seed: int = 0) -> np.ndarray:
    """Return the initial parameters of one seed. -> (P,) float64

    seed : int. From 0 to 2**32 - 1.

    Every number is exact in float32. Raises TinyNetError for a seed out of range.

    >>> initial_parameters(Architecture((4, 3, 2)), 0)[:2].tolist()
    [-0.003743410110473633, 0.26822179555892944]
    """
    seed = check_seed(seed)
    limits = bounds(architecture)
    numbers = _normal(architecture, seed) if limits is None else _uniform(limits, seed)
    return numbers.astype(np.float32).astype(float)


def bounds(architecture: Architecture) -> np.ndarray | None:
    """Return the bound b of each initial parameter. -> (P,) float64

    A parameter is drawn uniformly from [-b, b]. Bounds are exact in float32.

    The bound is 0 for parameters that are initially 0. For normal initialization the result is None.
    PyTorch's default is `kaiming_uniform_(a=sqrt(5))`, which equals 1/sqrt(fan_in). "xavier" is Glorot and Bengio 2010,
    eq. 16. "he" is He et al. 2015, eq. 10.
    """
    if architecture.init == "normal":
        return None
    found = np.zeros(architecture.parameter_count)
    for (weight, bias), fan_in, fan_out in zip(
        architecture.slices, architecture.sizes, architecture.sizes[1:], strict=False
    ):
        if architecture.init == "pytorch":
            found[weight] = found[bias] = np.float32(1 / math.sqrt(fan_in))
        elif architecture.init == "xavier":
            found[weight] = np.float32(math.sqrt(3.0) * math.sqrt(2.0 / (fan_in + fan_out)))
        elif architecture.init == "he":
            found[weight] = np.float32(math.sqrt(3.0) * (math.sqrt(2.0) / math.sqrt(fan_in)))
    return found


def _normal(architecture: Architecture, seed: int) -> np.ndarray:
    numbers = np.zeros(architecture.parameter_count)
    drawn = _standard_normal(sum(weight.stop - weight.start for weight, _ in architecture.slices), seed)
    used = 0
    for (weight, _), fan_in in zip(architecture.slices, architecture.sizes, strict=False):
        count = weight.stop - weight.start
        numbers[weight] = drawn[used : used + count] / math.sqrt(fan_in)
        used += count
    return numbers


def _generator(seed: int) -> np.random.MT19937:
    """Return the Mersenne Twister as PyTorch and NumPy seed it.

    NumPy's generator is `RandomState`.
    """
    generator = np.random.MT19937()
    generator._legacy_seeding(seed)
    return generator


def _uniform(bounds: np.ndarray, seed: int) -> np.ndarray:
    """Draw uniform numbers as PyTorch does.

    The generator is MT19937. The low 24 bits of each word are rounded once to float32.
    """
    drawn = bounds > 0
    words = _generator(seed).random_raw(int(drawn.sum()))
    u = (words & 0xFFFFFF) * 2.0**-24  # in [0, 1)
    numbers = np.zeros(len(bounds))
    high, low = bounds[drawn], -bounds[drawn]
    numbers[drawn] = u * (high - low) + low
    return numbers


def _standard_normal(count: int, seed: int) -> np.ndarray:
    """Draw standard normal numbers by the polar method. -> (count,)

    The method is that of Marsaglia and Bray 1964, as in NumPy's RandomState.

    Points are drawn in a square. A point inside the unit circle gives two numbers. The number of its second
    coordinate comes first.
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
