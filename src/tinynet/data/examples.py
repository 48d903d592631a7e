"""Examples: pictures, or rows of a table, with what is to be said of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np

from tinynet.data import images, tables
from tinynet.data.readers import Progress
from tinynet.data.scaling import Scaling
from tinynet.data.tables import Table
from tinynet.errors import TinyNetError

EARLIER_NAMES = {"answers": "target_names", "free": "unbounded"}  # in files of earlier versions


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures, or rows of a table, with targets where there are any.

    inputs : (pictures, pixels) brightness, 0 dark to 1 bright, flattened row by row; kept read-only.
    targets : (pictures, outputs) in [0, 1], or None.
    names : one a picture, all different.
    shape : (rows, columns) of a picture; None for a table.
    target_names : what each output stands for: a class, or a number to predict.
    scaling : how a table's own numbers became inputs, if they were scaled.
    target_scaling : how numbers to predict became targets; those of rows held out may lie beyond [0, 1] then.
    unbounded : whether inputs and targets may be any finite numbers, as standardised or measured data are.

    Raises TinyNetError for numbers that are not finite, or out of [0, 1] unless unbounded, and for widths that do not fit.

    >>> two = Examples([[1.0, 0.0], [0.0, 1.0]], [[1.0], [0.0]], ("left", "right"), (1, 2), ("left",))
    >>> two["right"].inputs.tolist()
    [[0.0, 1.0]]
    """

    inputs: np.ndarray
    targets: np.ndarray | None
    names: tuple[str, ...]
    shape: tuple[int, int] | None = None
    target_names: tuple[str, ...] = ("horizontal", "vertical")
    scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    unbounded: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "target_names", tuple(self.target_names))
        object.__setattr__(self, "inputs", _checked("inputs", self.inputs, self.names, self.unbounded))
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise TinyNetError(f"two pictures have the name {twice!r}; names must differ")
        if self.targets is not None:
            unbounded = self.unbounded or self.target_scaling is not None
            object.__setattr__(self, "targets", _checked("targets", self.targets, self.names, unbounded))
            width = self.targets.shape[1]
            if width != len(self.target_names):
                raise TinyNetError(
                    f"targets have {width} columns and there are {len(self.target_names)} answers; give as many"
                )
        if self.shape is not None:
            object.__setattr__(self, "shape", tuple(self.shape))
            rows, columns = self.shape
            if rows * columns != self.inputs.shape[1]:
                raise TinyNetError(
                    f"a picture of shape {rows}x{columns} has {rows * columns} pixels and {self.inputs.shape[1]} were given"
                )

    @classmethod
    def from_table(
        cls, source: Any, *, label: str | None = None, targets: str | Sequence[str] | None = None,
        scale: bool = True, ignore: Sequence[str] = (),
    ) -> "Examples":  # fmt: skip
        """Return the rows of a table: a CSV file, a data frame, a mapping of columns, or arrays, X or (X, y).

        label : the column of the answers, 2 to 10 different words; unless said, `label` or y.
        targets : instead, columns of numbers to predict, scaled too; `unscaled` reads answers in their own units.
        scale : whether columns are mapped to 0 … 1 from their smallest and largest value; else they must lie there.
        ignore : columns to leave out. `name` names the rows, every other column is an input.

        Raises TinyNetError that says where in the table, and what to do.

        >>> flowers = Examples.from_table({"width": [1, 3, 2], "kind": ["a", "b", "a"]}, label="kind")
        >>> flowers.inputs.tolist(), flowers.target_names, flowers.scaled([2.5]).tolist()
        ([[0.0], [1.0], [0.5]], ('a', 'b'), [0.75])
        """
        table = tables.read(source, label=label, targets=targets, ignore=ignore)
        return cls.of_table(table, table if scale else None)

    @classmethod
    def of_table(cls, table: Table, by: Table | None = None) -> "Examples":
        """Return the rows of a table as examples, scaled by the smallest and largest values of the table `by`.

        Without it every value must lie in [0, 1].
        """
        inputs, scaling = table.scaled(table.columns, table.values, None if by is None else by.values)
        inputs = np.clip(inputs, 0.0, 1.0)  # what lies beyond the table `by`; of targets it is kept
        targets, units = table.targets, None
        if targets is not None and table.regression:
            targets, found = table.scaled(table.target_names, targets, None if by is None else by.targets)
            units = found or Scaling.none(table.target_names)
        return cls(
            inputs, targets, table.names, None, table.target_names, scaling=scaling, target_scaling=units
        )

    @classmethod
    def scaled_rows(cls, table: Table, scaling: Scaling | None) -> "Examples":
        """Return the rows of a table as examples whose targets are in their own units, scaled as others were."""
        if scaling is None:
            return cls.of_table(table)
        return cls(scaling(table.values), table.targets, table.names, None, table.target_names, scaling)

    @classmethod
    def from_images(cls, folder: str | PathLike[str], size: int = 8) -> "Examples":
        """Return the pictures of a folder that has a folder for each answer, in size x size gray; see `images.read`."""
        return cls(*images.read(folder, size))

    def read_like(self, source: Any, progress: Progress | None = None) -> "Examples":
        """Return the rows of another table as inputs like these: the same columns, the same scaling; no targets.

        source : as for `from_table`; further columns are left out. progress : told of the bytes of a file.

        >>> flowers = Examples.from_table({"width": [1, 3, 2], "kind": ["a", "b", "a"]}, label="kind")
        >>> flowers.read_like({"width": [2.5], "garden": ["south"]}).inputs.tolist()
        [[0.75]]
        """
        if self.scaling is None:
            raise TinyNetError(
                "these examples were not scaled, so the names of their columns are not known; scale them"
            )
        rows = tables.read_columns(source, self.scaling.columns, progress)
        return replace(self, inputs=self.scaling(rows.values), targets=None, names=rows.names, shape=None)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """What the inputs are called: a table's columns, or else "input 0" and so on; None for pictures' pixels."""
        if self.shape is not None:
            return None
        names = tuple(f"input {i}" for i in range(self.inputs.shape[1]))
        return names if self.scaling is None else self.scaling.columns

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers to predict, and not answers to tell apart."""
        if self.target_scaling is not None:
            return True
        return self.targets is not None and bool((np.abs(self.targets - 0.5) > 0.5).any())

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        kind = "rows" if self.shape is None else f"pictures of {'x'.join(map(str, self.shape))}"
        return (
            f"<{len(self):,} {kind}, {self.inputs.shape[1]} inputs each, for {', '.join(self.target_names)}>"
        )

    def __getitem__(self, which: int | slice | str | Sequence[int]) -> "Examples":
        """Return the chosen pictures as Examples: one by number or name, or several by slice or numbers."""
        if isinstance(which, str):
            which = [self._index(which)]
        elif isinstance(which, int | np.integer):
            if not -len(self) <= which < len(self):
                raise TinyNetError(f"picture {which} was asked and there are {len(self)}")
            which = [int(which)]
        indices = np.arange(len(self))[which]
        targets = None if self.targets is None else self.targets[indices]
        names = tuple(self.names[i] for i in indices)
        return replace(self, inputs=self.inputs[indices], targets=targets, names=names)

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise TinyNetError(
                f"there is no picture {name!r}; there are {', '.join(map(repr, self.names[:20]))}"
            )
        return self.names.index(name)

    def reversed(self) -> "Examples":
        """Return the same pictures, last first."""
        return self[::-1]

    def reordered(self, order: Iterable[str | int]) -> "Examples":
        """Return the pictures in another order, by names or numbers.

        >>> Examples([[0.0], [1.0]], None, ("dark", "bright")).reordered(["bright", "dark"]).names
        ('bright', 'dark')
        """
        return self[[self._index(which) if isinstance(which, str) else which for which in order]]

    def scaled(self, values: Any) -> np.ndarray:
        """Return new rows, in the table's own numbers, as inputs. (rows, columns) or (columns,) -> the same shape

        Raises TinyNetError where the examples were not scaled, and for rows that do not fit.
        """
        if self.scaling is None:
            raise TinyNetError(
                "these examples were not scaled: their inputs are numbers from 0 to 1 as they are"
            )
        return self.scaling(values)

    def unscaled(self, outputs: Any) -> np.ndarray:
        """Return a network's outputs as numbers in the table's own units. (rows, outputs) or (outputs,) -> the same"""
        if self.target_scaling is None:
            raise TinyNetError("these examples have no numeric targets, so answers have no units")
        return self.target_scaling.values(outputs)

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Examples) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Everything, ready for JSON; floats keep every digit."""
        scalings = {"scaling": self.scaling, "target_scaling": self.target_scaling}
        return {
            "inputs": self.inputs.tolist(),
            "targets": None if self.targets is None else self.targets.tolist(),
            "names": list(self.names),
            "shape": None if self.shape is None else list(self.shape),
            "target_names": list(self.target_names),
        } | self._more(scalings)

    def _more(self, scalings: dict[str, Scaling | None]) -> dict[str, Any]:
        scaled = {name: scaling.to_json() for name, scaling in scalings.items() if scaling is not None}
        return scaled | ({"unbounded": True} if self.unbounded else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Examples":
        """Return the examples that `to_json` described, or an earlier version."""
        data = {EARLIER_NAMES.get(name, name): value for name, value in data.items()}
        scaling, target_scaling = (
            Scaling.from_json(data[name]) if name in data else None for name in ("scaling", "target_scaling")
        )
        inputs, targets, names, shape, target_names = (
            data[name] for name in ("inputs", "targets", "names", "shape", "target_names")
        )
        unbounded = data.get("unbounded", False)
        return cls(inputs, targets, names, shape, target_names, scaling, target_scaling, unbounded)


def _checked(what: str, values: Any, names: tuple[str, ...], unbounded: bool) -> np.ndarray:
    """Return values as a read-only (pictures, width) array of finite numbers, in [0, 1] unless unbounded."""
    try:
        array = np.array(values, float)
    except (ValueError, TypeError) as error:
        raise TinyNetError(
            f"{what} must be numbers, a row for each picture, all of one width ({error})"
        ) from error
    if array.ndim != 2 or len(array) != len(names) or not array.shape[1]:
        raise TinyNetError(f"{what} has shape {array.shape}; {len(names)} names need ({len(names)}, width)")
    bad = np.argwhere(~(np.isfinite(array) if unbounded else (array >= 0) & (array <= 1)))
    if len(bad):
        row, column = bad[0]
        rule = "be finite" if unbounded else "lie between 0 (dark) and 1 (bright): scale them first"
        raise TinyNetError(
            f"{what} of {names[row]!r} has {array[row, column]:g} in place {column}; every number must {rule}"
        )
    array.setflags(write=False)
    return array
