"""The order of the pictures in a shuffled epoch: a function of seed and epoch, and of nothing else.

Whole 32-bit arithmetic, so that plain Python, Numba and (with `Math.imul`) a browser draw the same orders.
"""


def place_of(seed: int, epoch: int, i: int) -> int:
    """Return the place, 0 to i, that place i swaps with in this epoch's shuffle.

    >>> place_of(0, 0, 3)
    1
    """
    x = 0
    for word in (seed, epoch, i):
        x = (x + word + 0x9E3779B9) & 0xFFFFFFFF
        x ^= x >> 16  # from here: "lowbias32" (Wellons 2018), a 32-bit scrambler
        x = (x * 0x7FEB352D) & 0xFFFFFFFF
        x ^= x >> 15
        x = (x * 0x846CA68B) & 0xFFFFFFFF
        x ^= x >> 16
    return (x * (i + 1)) >> 32


def shuffled(count: int, *, seed: int, epoch: int) -> list[int]:
    """Return the order in which `count` pictures come in an epoch (Fisher and Yates 1938).

    >>> shuffled(4, seed=0, epoch=0)
    [3, 2, 0, 1]
    """
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        k = place_of(seed, epoch, i)
        order[i], order[k] = order[k], order[i]
    return order
