"""The rows that a watched training showed, as examples with names."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tinynet.data.examples import Examples
from tinynet.data.pictures import MAX_GRID, lines


@dataclass
class Rows:
    """Different rows, numbered in the order they came."""

    places: dict[bytes, int] = field(default_factory=dict)
    rows: list[np.ndarray] = field(default_factory=list)

    def numbers(self, array: np.ndarray) -> np.ndarray:
        """Return the number of each row (n, width), new rows taken in. -> (n,)"""
        array = np.ascontiguousarray(array + 0.0)  # -0.0 is 0.0
        found = np.empty(len(array), np.int64)
        for k, row in enumerate(array):
            key = row.tobytes()
            if key not in self.places:
                self.places[key] = len(self.rows)
                self.rows.append(row.copy())
            found[k] = self.places[key]
        return found


@dataclass(frozen=True)
class Wishes:
    """What the user said of the training: examples to name its rows by, shape and answers, steps of an epoch."""

    examples: Examples | None = None
    shape: tuple[int, int] | None = None
    answers: Sequence[str] | None = None
    steps_per_epoch: int | None = None


def named(
    inputs: np.ndarray, targets: np.ndarray | None, wishes: Wishes, outputs: int
) -> tuple[Examples, np.ndarray]:
    """Return rows as examples, and their order: those that the user's examples name come first, as they stand there.

    Rows that are all lines with their targets are named as `pictures.lines` does. The order is (examples,), numbers of rows.
    """
    known = wishes.examples or _lines(inputs, targets)
    found = {} if known is None else _found(known, inputs, targets)
    rest = [k for k in range(len(inputs)) if k not in found]
    names = [*found.values(), *(_free(f"row {k}", found.values()) for k in rest)]
    order = np.array([*found, *rest])
    answers = wishes.answers or (
        known.target_names if known is not None and len(known.target_names) == outputs else None
    )
    rows, wanted = inputs[order], None if targets is None else targets[order]
    lowest, highest = _range(rows, wanted)
    examples = Examples(
        rows,
        wanted,
        tuple(names),
        wishes.shape or (None if known is None else known.shape),
        tuple(answers or (f"output {j}" for j in range(outputs))),
        unbounded=lowest < 0 or highest > 1,
    )
    return examples, order


def _found(known: Examples, inputs: np.ndarray, targets: np.ndarray | None) -> dict[int, str]:
    """Return the names of the rows that are known, by their number, in the order of the known."""
    places = {key: k for k, key in enumerate(_keys(inputs, targets))}
    keys = _keys(known.inputs, None if targets is None else known.targets)
    return {places[key]: name for key, name in zip(keys, known.names, strict=True) if key in places}


def _free(name: str, taken: Iterable[str]) -> str:
    return f"{name} seen" if name in taken else name


def _range(inputs: np.ndarray, targets: np.ndarray | None) -> tuple[float, float]:
    both = [inputs] if targets is None else [inputs, targets]
    return min(float(array.min()) for array in both), max(float(array.max()) for array in both)


def _lines(inputs: np.ndarray, targets: np.ndarray | None) -> Examples | None:
    """Return the lines that the rows are, if they all are some."""
    n = math.isqrt(inputs.shape[1])
    if n * n != inputs.shape[1] or not 2 <= n <= MAX_GRID or targets is None or targets.shape[1] != 2:
        return None
    found = lines(n)
    return found if {*_keys(inputs, targets)} <= {*_keys(found.inputs, found.targets)} else None


def _keys(inputs: np.ndarray, targets: np.ndarray | None) -> Iterator[bytes]:
    """Yield what rows have alike that are the same in float32."""
    both = inputs if targets is None else np.hstack([inputs, targets])
    return (row.tobytes() for row in both.astype(np.float32) + np.float32(0))
