"""The random draws of a training: functions of a seed and a place, and of nothing else.

Whole 32-bit arithmetic, so that plain Python, numpy, compiled code and (with `Math.imul`) a browser draw the same
numbers, in any order and without a state. Every function takes whole numbers, or arrays of them (uint64).
"""

from typing import Any

import numpy as np

# Streams of words. A seed is added to its stream's number, so they stand 2**28 apart: with neighbouring
# numbers the pictures to train on of one seed would be the pictures to test with of another. Below 2**28, all seeds
# begin apart; that runs of a and b pictures overlap further on has a chance of (a + b) / 2**32.
ORDERS, NOISE, TRAINING, VALIDATION, TEST, VIEWS = (k << 28 for k in range(6))
GOLDEN = 0x9E3779B9
# A sum of four bytes, bent so that its quantiles are the normal distribution's: lowest power first, by
# benchmarks/fit_normal.py. The distribution function is within 2e-4, the variance 1, the kurtosis 3.000.
BENT = (1.666848104, 0.048172125, 0.027935788, -0.016924954, 0.005338727)


def scramble(x: Any) -> Any:
    """Return 32 bits that look unlike x: "lowbias32" (Wellons 2018)."""
    x = x ^ (x >> 16)
    x = (x * 0x7FEB352D) & 0xFFFFFFFF
    x = x ^ (x >> 15)
    x = (x * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def word(stream: int, *numbers: Any) -> Any:
    """Return the 32 random bits that stand at a place of a stream.

    >>> word(ORDERS, 0, 0, 3)
    1541878755
    """
    x: Any = stream
    for number in numbers:
        x = scramble((x + number + GOLDEN) & 0xFFFFFFFF)
    return x


def place_of(seed: Any, epoch: Any, i: Any) -> Any:
    """Return the place, 0 to i, that place i swaps with in this epoch's shuffle.

    >>> place_of(0, 0, 3)
    1
    """
    return (word(ORDERS, seed, epoch, i) * (i + 1)) >> 32


def orders(count: int, *, seed: int, epochs: range) -> np.ndarray:
    """Return the order in which `count` pictures come in each epoch (Fisher and Yates 1938). -> (epochs, count)

    >>> orders(4, seed=0, epochs=range(1)).tolist()
    [[3, 2, 0, 1]]
    """
    numbers = np.arange(epochs.start, epochs.stop, dtype=np.uint64)[:, None]
    swaps = np.arange(count - 1, 0, -1, dtype=np.uint64)
    places = place_of(seed, numbers, swaps).astype(np.int64)  # (epochs, count - 1)
    found = np.tile(np.arange(count), (len(epochs), 1))
    if count > len(epochs):  # Python's lists swap quicker, numpy does many epochs at once
        for row, ks in zip(found, places.tolist(), strict=True):
            row[:] = _swapped(row.tolist(), ks)
        return found
    rows = np.arange(len(epochs))
    for i, k in zip(range(count - 1, 0, -1), places.T, strict=True):  # k (epochs,)
        found[rows, k], found[:, i] = found[:, i].copy(), found[rows, k]
    return found


def _swapped(order: list[int], ks: list[int]) -> list[int]:
    """Return the order after its places, from the last on, are swapped with places ks."""
    for i, k in zip(range(len(order) - 1, 0, -1), ks, strict=True):
        order[i], order[k] = order[k], order[i]
    return order


def shuffled(count: int, *, seed: int, epoch: int) -> list[int]:
    """Return the order in which `count` pictures come in one epoch.

    >>> shuffled(4, seed=0, epoch=0)
    [3, 2, 0, 1]
    """
    return [int(k) for k in orders(count, seed=seed, epochs=range(epoch, epoch + 1))[0]]


def normal(bits: Any) -> Any:
    """Return the standard normal number that a word of 32 random bits stands for.

    >>> round(normal(word(NOISE, 0, 0, 0)), 6)
    0.568477
    """
    pairs = (bits & 0x00FF00FF) + ((bits >> 8) & 0x00FF00FF)
    x = ((pairs & 0xFFFF) + (pairs >> 16)) / 256 - 510 / 256  # four bytes added up, about 0
    y, bent = x * x, BENT[-1]
    for coefficient in BENT[-2::-1]:
        bent = bent * y + coefficient
    return x * bent


def uniform(bits: Any) -> Any:
    """Return the number in [0, 1) that a word stands for: its upper 24 bits, so that float32 holds it.

    >>> uniform(2**31)
    0.5
    """
    return (bits >> 8) * 2.0**-24


def noisy(
    inputs: np.ndarray, noise: float, *, seed: int, presentations: np.ndarray, stream: int = NOISE
) -> np.ndarray:
    """Return pictures with normal noise of standard deviation `noise` on each pixel, clipped to [0, 1].

    inputs (n, pixels) as they are shown; presentations (n,) which showing of the training each is. -> (n, pixels)
    """
    numbers = np.asarray(presentations, np.uint64)[:, None] & 0xFFFFFFFF
    pixels = np.arange(inputs.shape[1], dtype=np.uint64)[None]
    drawn = normal(word(stream, seed, numbers, pixels))
    return np.minimum(np.maximum(inputs + noise * drawn, 0.0), 1.0)
