"""Verdicts: counts of many networks, with their 95 % intervals."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError

Z95 = 1.959963984540054  # of the normal distribution, 95 % within


def wilson(count: float, n: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval that holds a share, seen `count` times in `n` (Wilson 1927).

    >>> wilson(0, 10_000)
    (0.0, 0.0003839983...)
    """
    if not 0 <= count <= n or n < 1:
        raise TinyNetError(
            f"count is {count} and n is {n}; a share needs 0 <= count <= n and n of at least 1"
        )
    share, z2 = count / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if count == 0 else middle - half  # exact at the ends, where rounding would not be
    return low, 1.0 if count == n else middle + half


@dataclass(frozen=True)
class Verdict:
    """A measured finding: a sentence, and the numbers it was made from.

    count, n : so many of n seeds; count is None where the finding is no count.
    interval : of the share count / n, 95 %.
    """

    sentence: str
    count: int | None
    n: int
    interval: tuple[float, float] | None = None
    numbers: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return asdict(self)


def share(mask: np.ndarray, what: str, more: str = "") -> Verdict:
    """Return the verdict "so many of n `what`", with its 95 % interval; mask is (n,) bool.

    more : an end to the sentence, after a semicolon.

    >>> print(share(np.arange(1000) < 10, "coins stood on their edge"))
    10 of 1,000 coins stood on their edge (1.0 %; 95 % interval 0.5 % to 1.8 %).
    """
    return counted(int(np.count_nonzero(mask)), len(mask), what, more)


def counted(count: int, n: int, what: str, more: str = "") -> Verdict:
    """Return the verdict of `share`, of numbers that were counted elsewhere."""
    low, high = wilson(count, n)
    here = "" if count in (0, n) else f"{percent(count / n)}; "
    sentence = f"{count:,} of {n:,} {what} ({here}95 % interval {percent(low)} to {percent(high)}){more and '; ' + more}."
    return Verdict(sentence, count, n, (low, high), {"share": count / n})


def percent(value: float) -> str:
    """Write a share in percent; what is not 0 or 1 never looks like it.

    >>> percent(0.5), percent(0.0), percent(0.00038), percent(0.99996)
    ('50.0 %', '0 %', '0.04 %', '99.996 %')
    """
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    if value < 0.001:
        return f"{100 * value:.1g} %"
    return f"{100 * value:.1f} %" if value < 0.9995 else f"{100 - float(f'{100 * (1 - value):.1g}'):.8g} %"


def whole_percent(value: float) -> str:
    """Write a share in whole percent, for a small place; what is not 0 or 1 never looks like it.

    >>> [whole_percent(value) for value in (0.0, 0.001, 0.25, 0.999, 1.0)]
    ['0', '<1', '25', '>99', '100']
    """
    return "<1" if 0 < value < 0.005 else ">99" if 0.995 <= value < 1 else f"{100 * value:.0f}"
