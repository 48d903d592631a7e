"""The label or the targets of a table."""

from decimal import Decimal

import numpy as np

from tinynet.data.column_kinds import DROP, add_words, in_order
from tinynet.data.columns import BLANK, NUMBER, TRUTH, Column
from tinynet.data.encoding import missing_cells
from tinynet.data.missing import MISSING_WORDS
from tinynet.data.raw_tables import RawTable
from tinynet.data.written_numbers import plain_number
from tinynet.errors import advice
from tinynet.validation import shown

MAX_CLASSES = 100
LABEL_RULE = "There must be at least two different labels."
TARGET_RULE = "A target must have at least two different values."


def answered(raw: RawTable) -> np.ndarray:
    """Return whether each row has a label or every target. -> (rows,)

    A table without a label and targets has only such rows.
    """
    missing = [missing_cells(column, "number") for column in raw.of(raw.roles.targets)]
    if raw.roles.label is not None:
        missing = [missing_cells(raw.columns[raw.roles.label], "category")]
    return ~np.any([np.zeros(len(raw), bool), *missing], axis=0)


def add_unanswered(raw: RawTable, rows: np.ndarray) -> None:
    """Add the rows without a label or target to the problems.

    rows : (rows,) Whether each row has a label and targets.
    """
    name = raw.roles.targets[0] if raw.roles.label is None else raw.roles.label
    count, what = int((~rows).sum()), "label" if raw.roles.label is not None else "target"
    raw.problems.add(
        raw.place.of(name, ~rows),
        f"the {what} is missing." if count == 1 else f"{count:,} of {len(rows):,} {what}s are missing.",
        f"Fill in the {what} or remove the row.",
        DROP,
    )


def classes_of(column: Column) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the class of each row and the names of the classes. -> (rows,), names

    The labels 1 and 1.0 are one class, and so are True and TRUE. All four are one class, if every label is a number or
    one of the words true and false. The name of a class is its most frequent spelling.
    """
    spellings = column.words
    missing = set(np.flatnonzero([word in MISSING_WORDS for word in spellings]).tolist())
    numbers = [_exact_number(word) for word in spellings]
    has_words = any(number is None and k not in missing for k, number in enumerate(numbers))
    keys = [
        word.lower() if has_words and word.lower() in TRUTH else word if number is None else number
        for word, number in zip(spellings, numbers, strict=True)
    ]
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(spellings))
    counts[list(missing)] = 0
    name_of: dict[object, str] = {}
    for k in np.argsort(-counts, kind="stable"):
        if counts[k]:
            name_of.setdefault(keys[k], spellings[k])
    names = tuple(in_order(list(name_of.values())))
    index = {name: k for k, name in enumerate(names)}
    class_of_word = np.array(
        [index[name_of[key]] if key in name_of else BLANK for key in keys] + [BLANK, BLANK]
    )
    return class_of_word[column.codes], names


def _exact_number(word: str) -> Decimal | None:
    """Return the number of a label without rounding, or None. A number with leading zeros, such as 01, is a word."""
    if word.lower() in TRUTH:
        return Decimal(TRUTH[word.lower()])
    if plain_number(word) is None or (len(word) > 1 and word[0] == "0" and word[1].isdigit()):
        return None
    return Decimal(word)


def check_answers(raw: RawTable) -> None:
    """Add the problems of the label or of the targets."""
    if raw.roles.label is not None:
        _check_classes(raw, classes_of(raw.columns[raw.roles.label])[1])
        _check_guess(raw, raw.columns[raw.roles.label])
    for column in raw.of(raw.roles.targets):
        wrong = (column.codes != NUMBER) & ~missing_cells(column, "number")
        if wrong.any():
            label = advice("label", column.name, condition="If the column is a label")
            add_words(column, wrong, raw.place, raw.problems, "number", label)
        elif raw.roles.regression and len(np.unique(column.numbers[column.codes == NUMBER])) < 2:
            found = (
                "no row has a number."
                if (column.codes != NUMBER).all()
                else (f"every row has {shown(float(column.numbers[column.codes == NUMBER][0]))}.")
            )
            raw.problems.add(f"column {column.name!r}", found, TARGET_RULE)


def _check_classes(raw: RawTable, names: tuple[str, ...]) -> None:
    label = raw.roles.label
    if len(names) < 2:
        found = f"every row has the label {names[0]!r}." if names else "no row has a label."
        raw.problems.add(f"column {label!r}", found, LABEL_RULE)
    if len(names) > MAX_CLASSES:
        raw.problems.add(
            f"column {label!r}",
            f"there are {len(names):,} different labels. There must be at most {MAX_CLASSES}.",
            advice(
                "targets",
                label,
                condition="If the column holds numbers to predict",
                otherwise="Choose a column with fewer different labels.",
            ),
        )


def _check_guess(raw: RawTable, column: Column) -> None:
    """Add a problem if the label is the default and holds numbers with decimals."""
    numbers = [plain_number(word) for word in column.words]
    decimals = [number for number in numbers if number is not None and number % 1]
    if raw.roles.default_label and None not in numbers and decimals:
        raw.problems.add(
            f"column {column.name!r}",
            f"numbers such as {shown(decimals[0])} are numbers to predict, or labels.",
            advice("targets", column.name, condition="If they are numbers to predict"),
            advice("label", column.name, condition="If they are labels"),
        )


def targets_of(raw: RawTable) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the targets (rows, outputs) and their names.

    Labels become one-hot rows. The classes are sorted by number or alphabet.
    """
    roles = raw.roles
    if roles.label is not None:
        codes, names = classes_of(raw.columns[roles.label])
        return np.eye(len(names))[codes], names
    if not roles.targets:
        return None, ("horizontal", "vertical")
    words = [name if roles.regression else name[len("target") :].strip(" _:.-") for name in roles.targets]
    names = tuple(word or f"output {k}" for k, word in enumerate(words))
    return np.column_stack([column.numbers for column in raw.of(roles.targets)]), names
