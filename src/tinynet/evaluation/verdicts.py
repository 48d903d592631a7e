"""Findings as a sentence with numbers and 95 % intervals."""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.signatures import check_arguments
from tinynet.validation import shown

Z95 = 1.959963984540054  # 95 % of a normal distribution lies within this many standard deviations


def wilson(count: float, n: int, z: float = Z95) -> tuple[float, float]:
    """Return the confidence interval of a fraction, `count` of `n`.

    The interval is that of Wilson 1927.

    Raises TinyNetError for a count outside 0 to n, and for n below 1.

    >>> wilson(0, 10_000)
    (0.0, 0.0003839983...)
    """
    if not 0 <= count <= n or n < 1:
        raise TinyNetError(
            f"is {shown(count)} and n is {shown(n)}. n must be at least 1, and count must be from 0 to n.",
            parameter="count",
        )
    p, z2 = count / n, z * z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = 0.0 if count == 0 else middle - half  # exact at the ends, without rounding errors
    return low, 1.0 if count == n else middle + half


@dataclass(frozen=True)
class Verdict:
    """A measured finding: a sentence and its numbers.

    sentence : str. The finding.
    count, n : int. The finding counts `count` of `n` networks or examples. count is None if the finding is not a count.
    interval : (low, high), optional. The 95 % interval of the fraction count / n.
    numbers : dict. Further numbers by name.
    """

    sentence: str
    count: int | None
    n: int
    interval: tuple[float, float] | None = None
    numbers: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence

    @check_arguments
    def labelled(self, label: str) -> "Verdict":
        """Return the verdict with a label before its sentence.

        >>> Verdict("3 of 4 lines are correct.", 3, 4).labelled("Memorizer").sentence
        'Memorizer: 3 of 4 lines are correct.'
        """
        return replace(self, sentence=f"{label}: {self.sentence}")

    def to_json(self) -> dict[str, Any]:
        """Return every field by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Fraction:
    """`count` of `n`, with the parts of its sentence.

    >>> print(Fraction(10, 1000).text("coins landed on their edge"))
    10 of 1,000 coins landed on their edge (1.0 %; 95 % interval 0.5 % to 1.8 %)
    """

    count: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of count / n."""
        return wilson(self.count, self.n)

    @property
    def counts_text(self) -> str:
        """The counts, such as "10 of 1,000"."""
        return f"{self.count:,} of {self.n:,}"

    @property
    def percent_text(self) -> str:
        """The fraction in percent, such as "1.0 %"."""
        return percent(self.count / self.n)

    @property
    def interval_text(self) -> str:
        """The 95 % interval in percent.

        For example "0.5 % to 1.8 %".
        """
        low, high = self.interval
        return f"{percent(low)} to {percent(high)}"

    def text(self, what: str) -> str:
        """Return a clause without a full stop.

        0 of n and n of n have no percentage.
        """
        fraction = "" if self.count in (0, self.n) else f"{self.percent_text}; "
        return f"{self.counts_text} {what} ({fraction}95 % interval {self.interval_text})"


def fraction(mask: np.ndarray, what: str, more: str = "") -> Verdict:
    """Return the verdict "`count` of `n` `what`" with its interval.

    The interval has 95 % confidence.

    mask : (n,) bool. The counted networks or examples.
    what : str. The rest of the clause, such as "networks learned".
    more : str, optional. Sentences that follow.

    >>> print(fraction(np.arange(1000) < 10, "coins landed on their edge"))
    10 of 1,000 coins landed on their edge (1.0 %; 95 % interval 0.5 % to 1.8 %).
    """
    return fraction_of(int(np.count_nonzero(mask)), len(mask), what, more)


def fraction_of(count: int, n: int, what: str, more: str = "") -> Verdict:
    """Return the verdict of `fraction` for a known count."""
    found = Fraction(count, n)
    sentence = f"{found.text(what)}. {more}" if more else f"{found.text(what)}."
    return Verdict(sentence, count, n, found.interval, {"fraction": count / n})


def mean_text(mean: float, error: float, digits: int = 3) -> str:
    """Write a mean with its 95 % interval.

    error : the standard error of the mean.

    >>> mean_text(0.5, 0.01)
    '0.500 (95 % interval 0.480 to 0.520)'
    """
    low, high = (f"{mean + side * Z95 * error:.{digits}f}" for side in (-1, 1))
    return f"{mean:.{digits}f} (95 % interval {low} to {high})".replace("-", "−")


def decimals(value: float) -> str:
    """Write a number with four decimals.

    >>> decimals(0.86561), decimals(-0.5)
    ('0.8656', '−0.5000')
    """
    return f"{value:.4f}".replace("-", "−")


def percent(value: float) -> str:
    """Write a fraction in percent.

    Only exactly 0 and 1 become 0 % and 100 %.

    >>> percent(0.5), percent(0.0), percent(0.00038), percent(0.99996)
    ('50.0 %', '0 %', '0.04 %', '99.996 %')
    """
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    if value < 0.001:
        return f"{100 * value:.1g} %"
    return f"{100 * value:.1f} %" if value < 0.9995 else f"{100 - float(f'{100 * (1 - value):.1g}'):.8g} %"


def whole_percent(value: float) -> str:
    """Write a fraction in whole percent.

    Only exactly 0 and 1 become 0 and 100.

    >>> [whole_percent(value) for value in (0.0, 0.001, 0.25, 0.999, 1.0)]
    ['0', '<1', '25', '>99', '100']
    """
    return "<1" if 0 < value < 0.005 else ">99" if 0.995 <= value < 1 else f"{100 * value:.0f}"
