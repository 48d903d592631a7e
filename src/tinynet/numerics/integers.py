"""Arithmetic of whole numbers."""


def ceil_div(a: int, b: int) -> int:
    """Divide and round up.

    >>> ceil_div(8, 4), ceil_div(9, 4)
    (2, 3)
    """
    return -(-a // b)
