"""The role of each column of a table.

A role is input, label, target or name.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from tinynet.data.readers import Source
from tinynet.errors import TinyNetError, named


class Roles(NamedTuple):
    """Indices of the columns by role.

    regression : Whether the targets are numbers to predict, which are scaled like the inputs.
    """

    inputs: list[int]
    targets: list[int]
    label: int | None
    name: int | None
    regression: bool


def column_roles(
    source: Source, label: str | None, targets: tuple[str, ...], ignore: tuple[str, ...]
) -> Roles:
    """Return the role of each column; see `Examples.from_table`.

    Raises TinyNetError for unknown columns, for a label beside targets, and for a table without inputs.
    """
    index = _indices(source, "label", () if label is None else (label,))
    _indices(source, "targets", targets)
    _indices(source, "ignore", ignore)
    if label is None and not targets:
        label, targets = _default_roles(source, ignore)
    used = (label, *targets, *ignore)
    soft_targets = [name for name in source.columns if name.startswith("target") and name not in used]
    if soft_targets and (label is not None or targets):
        raise TinyNetError(
            f"{source.name} has a column {label or targets[0]!r} and target columns ({', '.join(map(repr, soft_targets))}). "
            f"Use only one of the two. Leave the other out with {named('ignore')}.",
        )
    if label is not None and targets:
        raise TinyNetError(
            f"is {label!r} and {named('targets')} is {', '.join(map(repr, targets))}. A network learns either a label or "
            f"numbers. Give one of the two and leave the other column out with {named('ignore')}.",
            parameter="label",
        )
    name = index.get("name") if "name" not in used else None
    others = {*used, *soft_targets} | ({"name"} if name is not None else set())
    inputs = [c for c, column in enumerate(source.columns) if column not in others]
    if not inputs:
        raise TinyNetError(
            f"{source.name} has no input columns. Its columns are {', '.join(map(repr, source.columns))}."
        )
    label_index = None if label is None else index[label]
    target_indices = [index[column] for column in (*targets, *soft_targets)]
    return Roles(inputs, target_indices, label_index, name, bool(targets))


def input_roles(source: Source, inputs: Sequence[str]) -> Roles:
    """Return the roles of a table with these input columns.

    A column `name` names the rows.
    """
    index = _indices(source, None, inputs)
    name = None if "name" in inputs else index.get("name")
    return Roles([index[column] for column in inputs], [], None, name, False)


def _indices(source: Source, parameter: str | None, wanted: Sequence[str]) -> dict[str, int]:
    """Return the index of each column by name.

    Raises TinyNetError if a wanted column is missing. The error names the parameter, if there is one.
    """
    index = {name: c for c, name in enumerate(source.columns)}
    for name in wanted:
        if name not in index:
            columns = ", ".join(map(repr, source.columns))
            near = get_close_matches(name, source.columns, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {columns}."
            given = "" if parameter is None else f"{named(parameter)} is {name!r}. "
            raise TinyNetError(f"{given}{source.name} has no column {name!r}. {hint}")
    return index


def _default_roles(source: Source, ignore: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the default label and targets.

    The default is y, or the column `label`.
    """
    if len(source.targets) == 1:
        return source.targets[0], ()
    return "label" if "label" in source.columns and "label" not in ignore else None, source.targets
