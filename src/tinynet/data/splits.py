"""Examples parted by chance, each answer in proportion: to train on, to choose by, and to be judged on."""

from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np

from tinynet.data.examples import Examples
from tinynet.data.tables import Table
from tinynet.errors import TinyNetError

VALIDATION = 0.25  # of what is not held out, where the training is to stop by it


class Rows(Protocol):
    """What can be split: examples, or a table."""

    @property
    def targets(self) -> np.ndarray | None: ...
    @property
    def target_names(self) -> tuple[str, ...]: ...
    @property
    def regression(self) -> bool: ...
    def __len__(self) -> int: ...
    def __getitem__(self, rows: list[int], /) -> Self: ...


R = TypeVar("R", bound=Rows)


def split(examples: R, held_out: float, *, seed: int = 0) -> tuple[R, R]:
    """Return the examples in two parts by chance: to train on, and held out; both keep their order.

    held_out : share of the examples that is held out, to the nearest example, half upwards; of each answer (the largest target)
        within one of its share.
    seed : of the chance; the same seed parts the same examples alike.

    Raises TinyNetError for a share that is not between 0 and 1, and for answers that would be missing in one part.

    >>> import tinynet as tn
    >>> training, held_out = split(tn.pictures.lines(4), 0.25, seed=0)
    >>> len(training), held_out.names
    (6, ('row 2', 'column 3'))
    """
    if isinstance(held_out, bool) or not isinstance(held_out, int | float) or not 0 < held_out < 1:
        raise TinyNetError(
            f"is {held_out!r}; the share that is held out is above 0 and below 1, such as 0.3",
            parameter="held_out",
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise TinyNetError(f"is {seed!r}; it must be a whole number from 0 to {2**32 - 1}", parameter="seed")
    kinds = _kinds(examples)
    draw, held = np.random.default_rng(seed), np.zeros(len(kinds), bool)
    for kind, count in _counts(examples, kinds, held_out).items():
        held[draw.permutation(np.flatnonzero(kinds == kind))[:count]] = True
    return examples[np.flatnonzero(~held).tolist()], examples[np.flatnonzero(held).tolist()]


def _kinds(examples: Rows) -> np.ndarray:
    """Return the number of each example's answer. -> (examples,)"""
    if examples.targets is None or not len(examples):
        raise TinyNetError("these examples have no targets, so nothing can be held out to judge by")
    if examples.regression:
        return np.zeros(len(examples), int)
    if examples.targets.shape[1] == 1:
        return np.asarray(examples.targets[:, 0] <= 0.5).astype(int)
    return np.asarray(examples.targets.argmax(axis=1))


def _counts(examples: Rows, kinds: np.ndarray, share: float) -> dict[int, int]:
    """Return how many of each answer are held out: its share rounded down, the largest remainders up."""
    found, sizes = np.unique(kinds, return_counts=True)
    counts = np.floor(share * sizes).astype(int)
    rest = int(np.floor(share * len(kinds) + 0.5)) - int(counts.sum())
    counts[np.argsort(counts - share * sizes, kind="stable")[:rest]] += 1
    for kind, size, count in zip(found.tolist(), sizes.tolist(), counts.tolist(), strict=True):
        if not 0 < count < size:
            what = "none" if count == 0 else "all"
            raise TinyNetError(
                f"{_word(examples, kind)} has {size} of the {len(kinds)} examples and a share of {share:g} would "
                f"hold out {what} of them; each part needs one: take another share, or more examples"
            )
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _word(examples: Rows, kind: int) -> str:
    if examples.regression:
        return "the table"
    return (
        repr(examples.target_names[kind])
        if kind < len(examples.target_names)
        else f"not {examples.target_names[0]!r}"
    )


@dataclass(frozen=True)
class Split:
    """Examples to train on, and apart from them those to choose the epoch by and those to be judged on, if wanted.

    n_clipped : numbers of the other parts that lie outside the training part's columns and count as their ends.
    """

    training: Examples
    validation: Examples | None = None
    held_out: Examples | None = None
    n_clipped: int = 0

    @property
    def named(self) -> dict[str, Examples]:
        """Return the parts there are, by their names."""
        parts = {"training": self.training, "validation": self.validation, "held-out": self.held_out}
        return {name: part for name, part in parts.items() if part is not None}

    def __str__(self) -> str:
        total = sum(map(len, self.named.values()))
        words = {"training": "to train on", "validation": "to stop by", "held-out": "held out"}
        shares = [
            f"{len(part):,} {words[name]} ({100 * len(part) / total:.1f} %)"
            for name, part in self.named.items()
        ]
        alike = "by chance" if self.training.regression else "each answer in proportion"
        text = f"{total:,} examples: {', '.join(shares)}, {alike}."
        if self.training.scaling is None:
            return text
        others = total - len(self.training)
        numbers = others * self.training.inputs.shape[1]
        return (
            f"{text} Scaled by the training examples alone; {self.n_clipped:,} of the others' {numbers:,} numbers "
            f"lie beyond and count as the ends."
        )


def split_dataset(
    source: Table | Examples,
    *,
    held_out: float | None = None,
    validate: bool = False,
    scale: bool = False,
    seed: int = 0,
) -> Split:
    """Part a table, or examples, by one seed; a quarter of what is not held out validates.

    scale : whether a table's columns are scaled: by the training part alone, since the others are not known yet.
    """
    if not isinstance(source, Table):
        return Split(*_parted(source, held_out, validate, seed))
    rows, *others = _parted(source, held_out, validate, seed)
    by = rows if scale else None
    training, validation, judged = (
        None if part is None else Examples.of_table(part, by) for part in (rows, *others)
    )
    assert training is not None
    scaling = training.scaling
    beyond = sum(scaling.n_clipped(part.values) for part in others if part is not None) if scaling else 0
    return Split(training, validation, judged, beyond)


def _parted(source: R, held_out: float | None, validate: bool, seed: int) -> tuple[R, R | None, R | None]:
    training, judged = (source, None) if held_out is None else split(source, held_out, seed=seed)
    rest, chosen = split(training, VALIDATION, seed=seed) if validate else (training, None)
    return rest, chosen, judged
