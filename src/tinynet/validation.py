"""Checks of single values.

Each check has one wording of its error.
"""

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from tinynet.errors import TinyNetError

MAX_SEED = 2**32 - 1


def check_int(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number as a plain int.

    name : str. The parameter or option that the error names.
    low, high : int. The smallest and the largest allowed number; without `high` there is no largest.

    Raises TinyNetError for another value. True and False are no whole numbers here.

    >>> check_int("epochs", 100, 1, 10_000_000)
    100
    >>> check_int("epochs", 0, 1, 10_000_000)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: epochs is 0. It must be a whole number from 1 to 10,000,000.
    """
    whole = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None
    if whole is None or whole < low or (high is not None and whole > high):
        rule = f"of at least {low:,}" if high is None else f"from {low:,} to {high:,}"
        raise TinyNetError(f"is {_shown(value)}. It must be a whole number {rule}.", parameter=name)
    return whole


def check_seed(value: object, name: str = "seed") -> int:
    """Return the seed of a random generator.

    A seed is a whole number from 0 to 2**32 - 1.

    >>> check_seed(-1)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: seed is -1. It must be a whole number from 0 to 4,294,967,295.
    """
    return check_int(name, value, 0, MAX_SEED)


def check_number(
    name: str,
    value: object,
    low: float,
    high: float,
    inclusive: Literal["both", "left", "right", "neither"] = "both",
) -> float:
    """Return a finite number as a plain float.

    inclusive : the limits that are allowed values themselves.

    Raises TinyNetError for another value. True and False are no numbers here.

    >>> check_number("momentum", 1.0, 0, 1, inclusive="left")
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: momentum is 1. It must be a number of at least 0 and below 1.
    """
    rules = {
        "both": f"from {low:,} to {high:,}",
        "left": f"of at least {low:,} and below {high:,}",
        "right": f"above {low:,} and at most {high:,}",
        "neither": f"above {low:,} and below {high:,}",
    }
    number: Any = value if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    above = low <= number if inclusive in ("both", "left") else low < number
    below = number <= high if inclusive in ("both", "right") else number < high
    if not (above and below):  # NaN fails both comparisons
        shown = _shown(value).removesuffix(".0")
        raise TinyNetError(f"is {shown}. It must be a number {rules[inclusive]}.", parameter=name)
    return float(number)


def check_bool(name: str, value: object) -> bool:
    """Return True or False.

    Raises TinyNetError for any other value.

    >>> check_bool("augment", 1)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: augment is 1. It must be True or False.
    """
    if not isinstance(value, bool):
        raise TinyNetError(f"is {value!r}. It must be True or False.", parameter=name)
    return value


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return one of the allowed words.

    Raises TinyNetError for any other value.

    >>> check_choice("loss", "hinge", ("mse", "bce"))
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: loss is 'hinge'. It must be one of 'mse', 'bce'.
    """
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        raise TinyNetError(
            f"is {value!r}. It must be one of {', '.join(map(repr, allowed))}.", parameter=name
        )
    return value


def check_fields(kind: str, data: Mapping[str, object], known: Iterable[str]) -> None:
    """Raise a TinyNetError for an unknown field.

    The field is that of a JSON object.

    >>> check_fields("a network", {"size": [4, 2]}, ["sizes", "hidden"])
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: a network has no field 'size'. Its fields are 'sizes', 'hidden'.
    """
    known = tuple(known)
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise TinyNetError(
            f"{kind} has no field {unknown[0]!r}. Its fields are {', '.join(map(repr, known))}."
        )


def check_folder(path: Path) -> None:
    """Raise a TinyNetError if a file's folder is missing.

    >>> check_folder(Path("missing/run.safetensors"))
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: cannot write missing/run.safetensors: there is no folder missing. Make the folder first.
    """
    if not path.parent.is_dir():
        raise TinyNetError(f"cannot write {path}: there is no folder {path.parent}. Make the folder first.")


def _shown(value: object) -> str:
    """Return a value as errors show it.

    Numbers have commas.
    """
    return f"{value:,}" if type(value) in (int, float) else repr(value)
