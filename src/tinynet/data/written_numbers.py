"""Numbers as people write them in tables.

A written number may have separators of thousands, a decimal comma, a currency sign or a percent sign.
"""

import math
import re
from typing import Literal, NamedTuple

Decimal = Literal[".", ","]
DECIMALS: tuple[Decimal, ...] = (".", ",")
SPACES = str.maketrans(dict.fromkeys("\xa0\u202f\u2009", " ") | {"\u2212": "-", "’": "'"})
CURRENCIES = "$€£¥"
PERCENT = "%"
SIGNS = ("", *CURRENCIES, PERCENT)  # beside a number
# Python also reads 1_2, digits of other alphabets, and words such as "infinity".
PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# A number that is a word: its sign, whole part and fraction without the zeros at its end.
WORD_NUMBER = re.compile(r"(?=.*[0-9])(?:\+|(-))?(0|[1-9][0-9]*|)(?:\.([0-9]*?)0*)?")


class WrittenNumber(NamedTuple):
    """A number, and the sign beside it: a currency, "%" or nothing."""

    value: float
    sign: str


def _pattern(decimal: Decimal) -> re.Pattern[str]:
    """Return the pattern of a written number: groups of three digits, or digits without groups.

    The first group does not begin with 0: 0,107 has a decimal comma.
    """
    point, thousands = re.escape(decimal), "[,' ]" if decimal == "." else "[.' ]"
    groups = f"[1-9][0-9]{{0,2}}(?P<thousands>{thousands})[0-9]{{3}}(?:(?P=thousands)[0-9]{{3}})*"
    digits = f"(?P<whole>{groups}|[0-9]+)(?:{point}(?P<fraction>[0-9]*))?|{point}(?P<only>[0-9]+)"
    before, after = f"(?P<before>[{CURRENCIES}]?) ?", f" ?(?P<after>[{CURRENCIES}{PERCENT}]?)"
    return re.compile(
        f"(?P<minus>[+-]?){before}(?P<inner>[+-]?)(?:{digits})(?P<power>(?:[eE][+-]?[0-9]+)?){after}"
    )


PATTERNS = {decimal: _pattern(decimal) for decimal in DECIMALS}


def plain_number(text: str) -> float | None:
    """Return the number of a text in the notation of programs, or None. The number is finite.

    >>> plain_number("1.5e3"), plain_number("1_2"), plain_number("inf"), plain_number("1e400")
    (1500.0, None, None, None)
    """
    return _finite(float(text)) if PLAIN.fullmatch(text) else None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def written_number(text: str, decimal: Decimal = ".") -> WrittenNumber | None:
    """Return the number of a text, or None.

    decimal : The character before the decimals. The other of "." and "," then separates thousands.

    >>> written_number("$1,200.50"), written_number("1.200,5", ","), written_number("3,5")
    (WrittenNumber(value=1200.5, sign='$'), WrittenNumber(value=1200.5, sign=''), None)
    """
    found = PATTERNS[decimal].fullmatch(text.strip().translate(SPACES))
    if found is None or (found["before"] and found["after"]) or (found["minus"] and found["inner"]):
        return None
    whole = re.sub(r"[^0-9]", "", found["whole"] or "0")
    digits = f"{found['minus'] or found['inner']}{whole}.{found['fraction'] or found['only'] or '0'}"
    number = _finite(float(digits + found["power"]))
    return None if number is None else WrittenNumber(number, found["before"] or found["after"])


def needs_comma(text: str) -> bool:
    """Return whether a text is a number only with a decimal comma.

    >>> [needs_comma(text) for text in ("3,5", "1,200", "0,200", "3.5", "red")]
    [True, False, True, False, False]
    """
    return written_number(text, ",") is not None and written_number(text, ".") is None


def category_word(text: str, decimal: Decimal = ".") -> str:
    """Return the word of a category. Spellings of one number, such as 4 and 4.0, are one word; 007 and 7 are two.

    >>> [category_word(text) for text in ("4.0", "+4", "-0.50", ".5", "007", "1e3", "red")]
    ['4', '4', '-0.5', '0.5', '007', '1e3', 'red']
    """
    found = WORD_NUMBER.fullmatch(text.replace(",", ".") if decimal == "," else text)
    if found is None:
        return text
    sign, whole, fraction = found.groups(default="")
    word = f"{sign}{whole or '0'}{'.' if fraction else ''}{fraction}"
    return "0" if word == "-0" else word
