"""The three operations that `elementary` takes from each language.

The other operations of `elementary` are + - * /, comparisons and negation.
"""

import math


def select(condition: bool, yes: float, no: float) -> float:
    """Return `yes` if the condition is true, else `no`; both are computed.

    >>> select(1.0 < 2.0, 3.0, 4.0)
    3.0
    """
    return yes if condition else no


def power2(k: float) -> float:
    """Return 2 to the power k, a whole number from -1022 to 1023; NaN for NaN.

    >>> power2(-2.0)
    0.25
    """
    return math.ldexp(1.0, int(k)) if k == k else k


def exponent(x: float) -> float:
    """Return the whole number k with 2**k <= x < 2**(k + 1), for a normal positive x; any number for another x.

    >>> exponent(10.0)
    3.0
    """
    return math.frexp(x)[1] - 1.0
