"""The three operations that `elementary` takes from each language.

The other operations of `elementary` are + - * /, comparisons and negation.
"""

import math


def select(condition: bool, yes: float, no: float) -> float:
    """Return `yes` if the condition is true, else `no`.

    Both values are computed.

    >>> select(1.0 < 2.0, 3.0, 4.0)
    3.0
    """
    return yes if condition else no


def power2(k: float) -> float:
    """Return 2 to the power k.

    k is a whole number from -1022 to 1023. For NaN the result is NaN.

    >>> power2(-2.0)
    0.25
    """
    return math.ldexp(1.0, int(k)) if k == k else k


def exponent(x: float) -> float:
    """Return the whole k with 2**k <= x < 2**(k + 1).

    x is a normal positive number. For another x, the result is any number.

    >>> exponent(10.0)
    3.0
    """
    return math.frexp(x)[1] - 1.0
