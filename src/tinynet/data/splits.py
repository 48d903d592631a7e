"""Random splits into training, validation and held-out sets.

The splits are stratified by class.
"""

from dataclasses import dataclass
from typing import NoReturn, Protocol, Self, TypeVar

import numpy as np

from tinynet.data.examples import Examples
from tinynet.data.tables import Table
from tinynet.errors import TinyNetError, advice
from tinynet.signatures import check_arguments
from tinynet.validation import check_number, check_seed, shown

VALIDATION = 0.25  # fraction of the rows that are not held out


class Rows(Protocol):
    """Rows that can be split: examples or a table."""

    @property
    def targets(self) -> np.ndarray | None: ...
    @property
    def target_names(self) -> tuple[str, ...]: ...
    @property
    def regression(self) -> bool: ...
    def __len__(self) -> int: ...
    def __getitem__(self, rows: list[int], /) -> Self: ...


R = TypeVar("R", bound=Rows)


@check_arguments(apart_from=("held_out", "seed"))
def split(examples: Examples, held_out: float, *, seed: int = 0) -> tuple[Examples, Examples]:
    """Split examples at random into training and held-out parts.

    Each class keeps its proportion, and each part keeps the order of its examples. A table that
    `Examples.from_table` scaled is scaled anew: the training part alone sets the ends of each column, for both
    parts.

    held_out : Fraction of the examples that is held out, to the nearest example. The fraction of each class differs by
        less than one example. An example's class is its largest target.
    seed : Seed of the split, a whole number.

    Raises TinyNetError for a fraction outside 0 to 1, for a class that would be missing from a part, and for
    scaled examples whose unscaled rows are not kept.

    Scale new rows with `scaled` of a part, not of the whole table.

    >>> import tinynet as tn
    >>> training, held_out = split(tn.pictures.lines(4), 0.25, seed=0)
    >>> len(training), held_out.names
    (6, ('row 2', 'column 3'))
    """
    table = examples.unscaled_rows()
    if table is None:
        return split_rows(examples, held_out, seed)
    training, others = split_rows(table, held_out, seed)
    return Examples.of_table(training, training), Examples.of_table(others, training)


def split_rows(rows: R, held_out: float, seed: int, parameter: str = "held_out") -> tuple[R, R]:
    """Split examples or an unscaled table, without scaling; see `split`.

    parameter : the parameter that asks for the split, for errors: "held_out" or "validate".
    """
    held_out = check_number("held_out", held_out, 0, 1, inclusive="neither")
    seed = check_seed(seed)
    classes = _classes(rows)
    generator, is_held_out = np.random.default_rng(seed), np.zeros(len(classes), bool)
    for k, count in _held_out_counts(rows, classes, held_out, parameter).items():
        is_held_out[generator.permutation(np.flatnonzero(classes == k))[:count]] = True
    return rows[np.flatnonzero(~is_held_out).tolist()], rows[np.flatnonzero(is_held_out).tolist()]


def _classes(rows: Rows) -> np.ndarray:
    """Return the class of each row. -> (rows,)

    The class is the largest target. With one output, the classes are above 0.5 and at most 0.5.
    """
    if rows.targets is None or not len(rows):
        raise TinyNetError("these examples have no targets. Only examples with targets can be split.")
    if rows.regression:
        return np.zeros(len(rows), int)
    if rows.targets.shape[1] == 1:
        return np.asarray(rows.targets[:, 0] <= 0.5).astype(int)
    return np.asarray(rows.targets.argmax(axis=1))


def _held_out_counts(rows: Rows, classes: np.ndarray, fraction: float, parameter: str) -> dict[int, int]:
    """Return the number of held-out rows of each class.

    The numbers are rounded down, except those with the largest remainders.
    """
    present, sizes = np.unique(classes, return_counts=True)
    counts = np.floor(fraction * sizes).astype(int)
    missing = int(np.floor(fraction * len(classes) + 0.5)) - int(counts.sum())
    counts[np.argsort(counts - fraction * sizes, kind="stable")[:missing]] += 1
    for k, size, count in zip(present.tolist(), sizes.tolist(), counts.tolist(), strict=True):
        if not 0 < count < size:
            _refuse_split(parameter, fraction, f"{count:,} of {size:,} examples of {_class_name(rows, k)}")
    return dict(zip(present.tolist(), counts.tolist(), strict=True))


def _refuse_split(parameter: str, fraction: float, count: str) -> NoReturn:
    """Raise a TinyNetError for a part without examples of a class."""
    if parameter == "held_out":
        raise TinyNetError(
            f"is {shown(fraction)} and would hold out {count}. Each part must have at least one. Use another fraction or add "
            "examples.",
            parameter="held_out",
        )
    raise TinyNetError(
        f"needs a validation set. The validation set would have {count}, and each part must have at least one. Add "
        f"examples. {advice('validate', False, condition='To train without a validation set')}",
        parameter="validate",
    )


def _class_name(rows: Rows, k: int) -> str:
    if rows.regression:
        return "the table"
    if k < len(rows.target_names):
        return f"class {rows.target_names[k]!r}"
    return f"the class that is not {rows.target_names[0]!r}"


@dataclass(frozen=True)
class Split:
    """The training, validation and held-out sets of a split.

    n_outside : Count of inputs of the other sets that are outside the range of the training set.
    """

    training: Examples
    validation: Examples | None = None
    held_out: Examples | None = None
    n_outside: int = 0

    @property
    def named(self) -> dict[str, Examples]:
        """Return the sets of this split by name."""
        parts = {"training": self.training, "validation": self.validation, "held-out": self.held_out}
        return {name: part for name, part in parts.items() if part is not None}

    def __str__(self) -> str:
        total = sum(map(len, self.named.values()))
        words = {"training": "for training", "validation": "for validation", "held-out": "held out"}
        sizes = [
            f"{len(part):,} {words[name]} ({100 * len(part) / total:.1f} %)"
            for name, part in self.named.items()
        ]
        method = "split at random" if self.training.regression else "stratified by class"
        text = f"{total:,} examples: {', '.join(sizes)}, {method}."
        if self.training.scaling is None or self.training.scaling.is_identity:
            return text
        n_others = (total - len(self.training)) * self.training.inputs.shape[1]
        return (
            f"{text} Scaled by the training set. {self.n_outside:,} of the {n_others:,} other inputs "
            f"{'is' if self.n_outside == 1 else 'are'} outside its range."
        )


def split_dataset(
    source: Table | Examples,
    *,
    held_out: float | None = None,
    validate: bool = False,
    scale: bool = False,
    seed: int = 0,
) -> Split:
    """Split examples into training, validation and held-out sets.

    A table can be split, too.

    held_out : Fraction that is held out; None for no held-out set.
    validate : Whether a quarter of the other rows becomes the validation set.
    scale : Whether the columns of a Table are scaled. Examples from a table keep their own choice.

    The training set alone sets the ends of each scaled column.
    """
    if held_out is None and not validate and isinstance(source, Examples):
        return Split(source)
    table = source if isinstance(source, Table) else source.unscaled_rows()
    if table is None:
        assert isinstance(source, Examples)
        return Split(*_three_parts(source, held_out, validate, seed))
    training, *others = _three_parts(table, held_out, validate, seed)
    scale_by = training if scale or isinstance(source, Examples) else None
    examples = Examples.of_table(training, scale_by)
    validation, judged = (None if part is None else Examples.of_table(part, scale_by) for part in others)
    scaling = examples.scaling
    n_outside = (
        sum(int(scaling.outside(part.values).sum()) for part in others if part is not None) if scaling else 0
    )
    return Split(examples, validation, judged, n_outside)


def _three_parts(
    source: R, held_out: float | None, validate: bool, seed: int
) -> tuple[R, R | None, R | None]:
    """Return the training, validation and held-out rows."""
    rest, judged = (source, None) if held_out is None else split_rows(source, held_out, seed)
    training, validation = split_rows(rest, VALIDATION, seed, "validate") if validate else (rest, None)
    return training, validation, judged
