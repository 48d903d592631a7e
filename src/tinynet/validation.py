"""Checks of single values.

Each check has one wording of its error.
"""

import errno
import math
import os
import re
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal

from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    import numpy as np

MAX_TEXT = 4000  # digits of a whole number in a text
MAX_SEED = 2**32 - 1
MAX_NUMBER = sys.float_info.max
MAX_DIGITS = 16  # of a number that is shown in full
MAX_LISTED = 24  # words in a list
MAX_SHOWN = 200  # characters of a value that is shown in full
KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def whole_number(text: str) -> int:
    """Return the whole number that a text is.

    A whole number is written with the digits 0 to 9, with a minus before a number below 0. Python's `int` also reads
    1_0, ٣ and spaces.

    Raises ValueError for another text.

    >>> whole_number("1_0")
    Traceback (most recent call last):
    ValueError: '1_0' is not a whole number.
    """
    if not re.fullmatch(r"[+]?[0-9]+|-0*[1-9][0-9]*", text):
        raise ValueError(f"{text!r} is not a whole number.")
    return int(text[:MAX_TEXT])  # Python does not read a whole number of more than 4,300 digits


def decimal_number(text: str) -> float:
    """Return the number that a text is, such as 12, 0.5, .5 or 1e-3.

    Raises ValueError for another text, also for infinity, NaN and a minus before 0.

    >>> decimal_number("1e-3")
    0.001
    """
    if not re.fullmatch(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?", text):
        raise ValueError(f"{text!r} is not a number.")
    number = float(text)
    if math.isinf(number) or (number == 0 and text.startswith("-")):
        raise ValueError(f"{text!r} is not a number.")
    return number


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
        raise TinyNetError(f"is {shown(value)}. It must be a whole number {rule}.", parameter=name)
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
        "both": f"from {shown(low)} to {shown(high)}",
        "left": f"of at least {shown(low)} and below {shown(high)}",
        "right": f"above {shown(low)} and at most {shown(high)}",
        "neither": f"above {shown(low)} and below {shown(high)}",
    }
    if high == math.inf:
        rules = {"both": f"of at least {shown(low)}", "right": f"above {shown(low)}"}
    number: Any = value if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    above = low <= number if inclusive in ("both", "left") else low < number
    below = number <= high if inclusive in ("both", "right") else number < high
    if not (above and below and abs(number) <= MAX_NUMBER):  # NaN fails both comparisons
        raise TinyNetError(f"is {shown(value)}. It must be a number {rules[inclusive]}.", parameter=name)
    return float(number)


def check_bool(name: str, value: object) -> bool:
    """Return True or False.

    Raises TinyNetError for any other value.

    >>> check_bool("augment", 1)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: augment is 1. It must be True or False.
    """
    if not isinstance(value, bool):
        raise TinyNetError(f"is {shown(value)}. It must be True or False.", parameter=name)
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
        raise TinyNetError(f"is {shown(value)}. It must be one of {listed(allowed)}.", parameter=name)
    return value


def check_text(name: str, value: object) -> str:
    """Return a text that can be written as UTF-8.

    Raises TinyNetError for another value, and for a text with half of a surrogate pair. Python reads a file name that
    is not UTF-8 as such a text.

    >>> check_text("the name of an image", "caf\\udce9.png")
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: the name of an image is 'caf\\udce9.png'. It must be UTF-8 text.
    """
    if not isinstance(value, str):
        raise TinyNetError(f"is {shown(value)}. It must be a text.", parameter=name)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise TinyNetError(f"is {shown(value)}. It must be UTF-8 text.", parameter=name)
    return value


def check_numbers(name: str, value: object) -> "np.ndarray":
    """Return numbers as an array of float64. NaN and infinity are allowed.

    Raises TinyNetError for other values, and for rows of different lengths.

    >>> check_numbers("inputs", [[0, 1], [0.5]])
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: inputs is [[0, 1], [0.5]]. It must be an array of numbers, with rows of equal length.
    """
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf" and not isinstance(value, np.ma.MaskedArray):
            return array.astype(float)
    except (ValueError, TypeError, RuntimeError):  # RuntimeError: a PyTorch tensor with a gradient
        pass
    raise TinyNetError(
        f"is {shown(value)}. It must be an array of numbers, with rows of equal length.", parameter=name
    )


def check_fields(kind: str, data: Mapping[str, object], known: Iterable[str]) -> None:
    """Raise a TinyNetError for an unknown field.

    The field is that of a JSON object.

    >>> check_fields("a network", {"size": [4, 2]}, ["sizes", "hidden"])
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: a network has no field 'size'. Its fields are 'sizes', 'hidden'.
    """
    known = tuple(known)
    if not isinstance(data, Mapping):
        raise TinyNetError(f"{kind} is {shown(data)}. It must be a dict with the fields {listed(known)}.")
    unknown = [field for field in data if field not in known]
    if unknown:
        raise TinyNetError(
            f"{kind} has no field {unknown[0]!r}. Its fields are {', '.join(map(repr, known))}."
        )


def check_object(name: str, value: object) -> None:
    """Raise a TinyNetError for a value that is not a JSON object.

    >>> check_object("recipe", [1])
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: recipe is of type list. It must be a JSON object.
    """
    if not isinstance(value, dict):
        raise TinyNetError(f"is of type {type(value).__name__}. It must be a JSON object.", parameter=name)


def check_path(name: str, value: object) -> Path:
    """Return the path of a file as a Path.

    Raises TinyNetError for a value that is not a path.

    >>> check_path("path", None)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: path is None. It must be the path of a file, as a str or a Path.
    """
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise TinyNetError(
            f"is {shown(value)}. It must be the path of a file, as a str or a Path.", parameter=name
        )
    try:
        if b"\0" in os.fsencode(value):
            raise TinyNetError(f"is {shown(value)}. It must not contain a NUL character.", parameter=name)
    except UnicodeEncodeError as error:
        raise TinyNetError(f"is {shown(value)}. It must be UTF-8 text.", parameter=name) from error
    return Path(value)


def check_folder(path: Path, name: str = "path") -> None:
    """Raise a TinyNetError if the folder of a file is missing.

    >>> check_folder(Path("missing/run.safetensors"))
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: path is missing/run.safetensors. The folder 'missing' does not exist. Create it first.
    """
    if kind_of(path.parent) != "a folder":
        raise TinyNetError(
            f"is {path}. The folder {str(path.parent)!r} does not exist. Create it first.", parameter=name
        )


def kind_of(found: Path | os.stat_result) -> str:
    """Return the kind of a path in words: a file, a folder, a device, a named pipe, a socket, or missing.

    found : the path, or its status.

    >>> kind_of(Path()), kind_of(Path("none")), kind_of(Path("long name" * 1000))
    ('a folder', 'missing', 'missing')
    """
    try:
        status = found.stat() if isinstance(found, Path) else found
    except (OSError, ValueError) as error:  # ValueError: the path has a NUL character
        return "a loop of links" if getattr(error, "errno", None) == errno.ELOOP else "missing"
    return KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")


def check_type(name: str, value: object, kind: type | UnionType, phrase: str) -> None:
    """Raise a TinyNetError for an object of another type.

    phrase : the type in words, such as "a Recording".

    >>> check_type("run", 3, dict, "a Recording")
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: run is 3. It must be a Recording.
    """
    if not isinstance(value, kind):
        raise TinyNetError(f"is {shown(value)}. It must be {phrase}.", parameter=name)


def listed(words: Sequence[str]) -> str:
    """Return words as an error lists them. A long list is shortened.

    >>> listed(["mse", "bce"]), listed(list("abcdefghijklmnopqrstuvwxyz"))[-14:]
    ("'mse', 'bce'", "'w', 'x' and …")
    """
    return ", ".join(map(repr, words[:MAX_LISTED])) + (" and …" if len(words) > MAX_LISTED else "")


def shown(value: object) -> str:
    """Return a value as an error shows it. Numbers have commas, and long values are shortened.

    >>> shown(999999), shown(0.0), shown(1e9), shown(0.25), shown("a"), shown(10**400)
    ('999,999', '0', '1,000,000,000', '0.25', "'a'", '1e+400')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        try:
            text = repr(value)
        except ValueError:  # Python does not write whole numbers of more than 4,300 digits
            text = "\n"
        is_short = len(text) <= MAX_SHOWN and "\n" not in text
        return text if is_short else f"an object of type {type(value).__name__}"
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        return f"{Decimal(value):.0e}"
    whole = math.isfinite(value) and value == int(value) and abs(value) < 10**MAX_DIGITS
    return f"{int(value):,}" if whole else f"{value:,}"
