"""Missing cells of a table: empty cells, and words such as NA."""

from typing import Any, Literal

Missing = Literal["drop", "mean", "flag"]
MISSING_CHOICES: tuple[Missing, ...] = ("drop", "mean", "flag")
# Among numbers, each of these words is a missing number. Among words, "none", "-" and "." may be categories.
EXCEL_ERRORS = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!")
MISSING_NUMBERS = (
    "na", "n/a", "n.a.", "nan", "null", "none", "missing", "?", "-", ".", "<na>", "nat",
    *map(str.lower, EXCEL_ERRORS),
)  # fmt: skip
MISSING_WORDS = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "<NA>", "NaT", *EXCEL_ERRORS)


def is_blank(cell: Any) -> bool:
    """Return whether a cell is empty.

    Empty cells are blank text, None, NaN, and a data frame's own missing value.
    """
    return not cell.strip() if isinstance(cell, str) else str(cell) in ("None", "nan", "<NA>", "NaT")


def is_missing_word(text: str) -> bool:
    """Return whether a text is empty or a missing number."""
    return not text or text.lower() in MISSING_NUMBERS
