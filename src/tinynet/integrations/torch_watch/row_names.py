"""The rows of a watched training as examples with names."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tinynet.data.examples import Examples
from tinynet.data.pictures import MAX_GRID, lines
from tinynet.data.scaling import Scaling
from tinynet.numerics import arrays


@dataclass
class DistinctRows:
    """Distinct rows, numbered in order of their first appearance."""

    rows: list[np.ndarray] = field(default_factory=list)
    _indices: dict[bytes, int] = field(default_factory=dict)

    def indices(self, array: np.ndarray) -> np.ndarray:
        """Return the index of each row. (n, width) -> (n,)

        New rows are added.
        """
        array = np.ascontiguousarray(array + 0.0)  # turns -0.0 into 0.0
        found = np.empty(len(array), np.int64)
        for k, row in enumerate(array):
            key = row.tobytes()
            if key not in self._indices:
                self._indices[key] = len(self.rows)
                self.rows.append(row.copy())
            found[k] = self._indices[key]
        return found


@dataclass(frozen=True)
class WatchOptions:
    """The options of `watch`.

    The options are the names, shape and classes of the rows, and the steps per epoch.
    """

    examples: Examples | None = None
    shape: tuple[int, int] | None = None
    target_names: Sequence[str] | None = None
    steps_per_epoch: int | None = None


def named_examples(
    inputs: np.ndarray,
    targets: np.ndarray | None,
    options: WatchOptions,
    outputs: int,
    probabilities: bool = False,
) -> tuple[Examples, np.ndarray]:
    """Return the rows as examples with names, and their order.

    (n, inputs), (n, outputs) -> order (n,)

    probabilities : whether the loss takes the targets as probabilities of classes. Other targets are numbers to predict,
        unless they are 0 and 1 or the shares of classes in a row.

    Rows of `options.examples` get their names and come first, in the order of those examples. If all rows are lines with
    their targets, they get the names of `pictures.lines`. The other rows are called "row 0", "row 1" and so on.
    """
    known = options.examples or _lines(inputs, targets)
    names_by_row = {} if known is None else _known_names(known, inputs, targets)
    rest = [k for k in range(len(inputs)) if k not in names_by_row]
    taken = names_by_row.values()
    names = [*taken, *(_unused_name(f"row {k}", taken) for k in rest)]
    order = np.array([*names_by_row, *rest])
    classes = options.target_names
    if classes is None and known is not None and len(known.target_names) == outputs:
        classes = known.target_names
    sorted_inputs, sorted_targets = inputs[order], None if targets is None else targets[order]
    numeric = targets is not None and not probabilities and not _are_shares(targets)
    classes = tuple(classes or _default_names(outputs, are_classes=targets is not None and not numeric))
    scaling = Scaling.identity(classes) if numeric else None
    lowest, highest = _range(sorted_inputs, sorted_targets)
    examples = Examples(
        sorted_inputs,
        sorted_targets,
        tuple(names),
        options.shape or (None if known is None else known.shape),
        classes,
        target_scaling=known.target_scaling if numeric and known and known.target_scaling else scaling,
        unbounded=lowest < 0 or highest > 1,
    )
    return examples, order


def _default_names(outputs: int, *, are_classes: bool) -> list[str]:
    """Return the names of outputs without names.

    A single output of classes is large for the class 1 and small for the class 0, as in PyTorch's BCELoss.
    """
    return ["class 1"] if are_classes and outputs == 1 else [f"output {j}" for j in range(outputs)]


def _known_names(known: Examples, inputs: np.ndarray, targets: np.ndarray | None) -> dict[int, str]:
    """Return the names of the known rows by their index.

    The order is that of the known examples.
    """
    indices = {key: k for k, key in enumerate(_keys(inputs, targets))}
    keys = _keys(known.inputs, None if targets is None else known.targets)
    return {indices[key]: name for key, name in zip(keys, known.names, strict=True) if key in indices}


def _unused_name(name: str, taken: Iterable[str]) -> str:
    return f"{name} seen" if name in taken else name


def _range(inputs: np.ndarray, targets: np.ndarray | None) -> tuple[float, float]:
    both = [inputs] if targets is None else [inputs, targets]
    return min(float(array.min()) for array in both), max(float(array.max()) for array in both)


def _are_shares(targets: np.ndarray) -> bool:
    """Return whether targets (n, outputs) are classes, or the shares of classes.

    Each number is 0 or 1, or each row has the sum 1.
    """
    if ((targets == 0) | (targets == 1)).all():
        return True
    sums = np.abs(arrays.total(targets) - 1.0).max()
    return bool(targets.shape[1] > 1 and targets.min() >= 0 and sums < 1e-5)


def _lines(inputs: np.ndarray, targets: np.ndarray | None) -> Examples | None:
    """Return the lines of the rows' grid, or None.

    The result is None unless every row is a line with its target.
    """
    n = math.isqrt(inputs.shape[1])
    if n * n != inputs.shape[1] or not 2 <= n <= MAX_GRID or targets is None or targets.shape[1] != 2:
        return None
    known = lines(n)
    return known if {*_keys(inputs, targets)} <= {*_keys(known.inputs, known.targets)} else None


def _keys(inputs: np.ndarray, targets: np.ndarray | None) -> Iterator[bytes]:
    """Yield a key for each row.

    Rows that are equal in float32 have equal keys.
    """
    both = inputs if targets is None else np.hstack([inputs, targets])
    return (row.tobytes() for row in both.astype(np.float32) + np.float32(0))
