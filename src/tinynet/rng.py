"""Counter-based random numbers.

Each number is a function of a seed and a position. There is no state.

All arithmetic is on 32-bit integers. Plain Python, NumPy, the compiled kernels and the browser (with `Math.imul`)
draw the same numbers, in any order. Every function takes an int or an array of uint64.
"""

from typing import Any

import numpy as np

# Streams of random words, offset by 2**28. A seed is added to the number of its stream. With neighbouring numbers, the
# training pictures of one seed would be the test pictures of another. Seeds below 2**28 have different first words;
# sequences of a and b pictures overlap later with probability (a + b) / 2**32.
ORDERS, NOISE, TRAINING, VALIDATION, TEST, VIEWS = (k << 28 for k in range(6))
GOLDEN = 0x9E3779B9
# Coefficients (lowest power first) that turn a sum of four bytes into a normal number, by quantile; by
# benchmarks/fit_normal.py. The distribution function is within 2e-4, the variance 1, the kurtosis 3.000.
BENT = (1.666848104, 0.048172125, 0.027935788, -0.016924954, 0.005338727)


def scramble(x: Any) -> Any:
    """Return a hash of 32 bits: "lowbias32" (Wellons 2018)."""
    x = x ^ (x >> 16)
    x = (x * 0x7FEB352D) & 0xFFFFFFFF
    x = x ^ (x >> 15)
    x = (x * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def word(stream: int, *numbers: Any) -> Any:
    """Return the 32 random bits at a position.

    >>> word(ORDERS, 0, 0, 3)
    1541878755
    """
    x: Any = stream
    for number in numbers:
        x = scramble((x + number + GOLDEN) & 0xFFFFFFFF)
    return x


def place_of(seed: Any, epoch: Any, i: Any) -> Any:
    """Return the swap partner of index i in a shuffle.

    The partner is an index from 0 to i. The shuffle belongs to one epoch of one seed.

    >>> place_of(0, 0, 3)
    1
    """
    return (word(ORDERS, seed, epoch, i) * (i + 1)) >> 32


def orders(count: int, *, seed: int, epochs: range) -> np.ndarray:
    """Return the shuffled order of each epoch. -> (epochs, count)

    The shuffle is that of Fisher and Yates 1938.

    >>> orders(4, seed=0, epochs=range(1)).tolist()
    [[3, 2, 0, 1]]
    """
    numbers = np.arange(epochs.start, epochs.stop, dtype=np.uint64)[:, None]
    swaps = np.arange(count - 1, 0, -1, dtype=np.uint64)
    places = place_of(seed, numbers, swaps).astype(np.int64)  # (epochs, count - 1)
    found = np.tile(np.arange(count), (len(epochs), 1))
    if count > len(epochs):  # lists swap faster; NumPy swaps in many epochs at once
        for row, ks in zip(found, places.tolist(), strict=True):
            row[:] = _swapped(row.tolist(), ks)
        return found
    rows = np.arange(len(epochs))
    for i, k in zip(range(count - 1, 0, -1), places.T, strict=True):  # k (epochs,)
        found[rows, k], found[:, i] = found[:, i].copy(), found[rows, k]
    return found


def _swapped(order: list[int], ks: list[int]) -> list[int]:
    """Swap entries of an order with the entries at ks.

    The swaps begin with the last entry.
    """
    for i, k in zip(range(len(order) - 1, 0, -1), ks, strict=True):
        order[i], order[k] = order[k], order[i]
    return order


def shuffled(count: int, *, seed: int, epoch: int) -> list[int]:
    """Return the shuffled order of `count` examples in one epoch.

    >>> shuffled(4, seed=0, epoch=0)
    [3, 2, 0, 1]
    """
    return [int(k) for k in orders(count, seed=seed, epochs=range(epoch, epoch + 1))[0]]


def normal(bits: Any) -> Any:
    """Return a standard normal number from 32 random bits.

    >>> round(normal(word(NOISE, 0, 0, 0)), 6)
    0.568477
    """
    pairs = (bits & 0x00FF00FF) + ((bits >> 8) & 0x00FF00FF)
    x = ((pairs & 0xFFFF) + (pairs >> 16)) / 256 - 510 / 256  # the sum of four bytes, centered at 0
    y, bent = x * x, BENT[-1]
    for coefficient in BENT[-2::-1]:
        bent = bent * y + coefficient
    return x * bent


def uniform(bits: Any) -> Any:
    """Return a number in [0, 1) from 32 random bits.

    Only the upper 24 bits are used, so that the number is exact in float32.

    >>> uniform(2**31)
    0.5
    """
    return (bits >> 8) * 2.0**-24


def noisy(
    inputs: np.ndarray, noise: float, *, seed: int, presentations: np.ndarray, stream: int = NOISE
) -> np.ndarray:
    """Return examples with normal noise, clipped to [0, 1]. -> (n, inputs)

    inputs : (n, inputs). One row for each presentation.
    noise : float. The standard deviation.
    presentations : (n,). The number of each presentation in the training, counted from 0.
    """
    numbers = np.asarray(presentations, np.uint64)[:, None] & 0xFFFFFFFF
    places = np.arange(inputs.shape[1], dtype=np.uint64)[None]
    drawn = normal(word(stream, seed, numbers, places))
    return np.minimum(np.maximum(inputs + noise * drawn, 0.0), 1.0)
