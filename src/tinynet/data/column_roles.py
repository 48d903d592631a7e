"""The role of each column of a table.

A role is input, label, target or name.
"""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from tinynet.data.readers import Source
from tinynet.errors import TinyNetError, named

TARGET = re.compile(r"target(?:[ _:.0-9-].*)?", re.IGNORECASE)  # names of targets, if there is no label


class Roles(NamedTuple):
    """Names of the columns by role.

    name : The column that names the rows, or None.
    regression : Whether the targets are numbers to predict, which are scaled like the inputs.
    categories : Inputs whose numbers are categories.
    selects : Whether constant columns and identifiers are left out of the inputs.
    default_label : Whether the label was not chosen, but is the default.
    others : Columns that are read and are no inputs.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...] = ()
    label: str | None = None
    name: str | None = None
    regression: bool = False
    categories: tuple[str, ...] = ()
    selects: bool = True
    default_label: bool = False
    others: tuple[str, ...] = ()

    @property
    def texts(self) -> set[str]:
        """The columns whose numbers are words, too."""
        return {name for name in (self.label, self.name) if name is not None}

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that have a role."""
        words = [name for name in (self.label, self.name) if name is not None]
        return (*self.inputs, *self.targets, *self.others, *words)


def column_roles(
    source: Source,
    label: str | None,
    targets: tuple[str, ...],
    ignore: tuple[str, ...],
    categories: tuple[str, ...] = (),
) -> Roles:
    """Return the role of each column; see `Examples.from_table`.

    Raises TinyNetError for unknown columns, for a label beside targets, and for a table without inputs.
    """
    _check_known(source, "label", () if label is None else (label,))
    for parameter, wanted in (("targets", targets), ("ignore", ignore), ("categories", categories)):
        _check_known(source, parameter, wanted)
    default = label is None and not targets
    if default:
        label, targets = _default_roles(source, ignore)
    used = (label, *targets, *ignore)
    soft_targets = [name for name in source.columns if TARGET.fullmatch(name) and name not in used]
    if soft_targets and default and (label is not None or targets):
        raise TinyNetError(
            f"{source.name} has a column {label or targets[0]!r} and target columns ({', '.join(map(repr, soft_targets))}). "
            f"Use only one of the two. Choose the label with {named('label')}, or leave the other out with {named('ignore')}.",
        )
    if not default:
        soft_targets = []  # inputs, because the label or targets were chosen
    if label is not None and targets:
        raise TinyNetError(
            f"is {label!r} and {named('targets')} is {', '.join(map(repr, targets))}. A network learns either a label or "
            f"numbers. Give one of the two and leave the other column out with {named('ignore')}.",
            parameter="label",
        )
    name = _named_like(source, "name", (*used, *categories))
    others = {*used, *soft_targets, name}
    inputs = tuple(column for column in source.columns if column not in others)
    if not inputs:
        raise TinyNetError(
            f"{source.name} has no input columns. Its columns are {', '.join(map(repr, source.columns))}."
        )
    return Roles(
        inputs, (*targets, *soft_targets), label, name, bool(targets), categories, source.named, default
    )


def input_roles(
    source: Source, inputs: Sequence[str], categories: Sequence[str] = (), others: Sequence[str] = ()
) -> Roles:
    """Return the roles of a table with these input columns.

    A column `name` names the rows.

    categories : Inputs whose numbers are categories.
    others : Columns that are read if the table has them.
    """
    _check_known(source, None, inputs)
    name = _named_like(source, "name", (*inputs, *others))
    others = tuple(column for column in others if column in source.columns)
    return Roles(tuple(inputs), name=name, categories=tuple(categories), others=others)


def _named_like(source: Source, word: str, others: Collection[str | None]) -> str | None:
    """Return the column with this name in small or capital letters, except others; None without exactly one.

    A column with exactly this name comes first.
    """
    alike = [column for column in source.columns if column.lower() == word and column not in others]
    return word if word in alike else alike[0] if len(alike) == 1 else None


def _check_known(source: Source, parameter: str | None, wanted: Sequence[str]) -> None:
    """Raise a TinyNetError if a wanted column is missing. The error names the parameter, if there is one."""
    for name in wanted:
        if name not in source.columns:
            columns = ", ".join(map(repr, source.columns))
            near = get_close_matches(name, source.columns, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {columns}."
            given = "" if parameter is None else f"{named(parameter)} is {name!r}. "
            raise TinyNetError(f"{given}{source.name} has no column {name!r}. {hint}")


def _default_roles(source: Source, ignore: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the default label and targets.

    The default is y, or the column `label`.
    """
    if len(source.targets) == 1:
        return source.targets[0], ()
    return _named_like(source, "label", ignore), source.targets
