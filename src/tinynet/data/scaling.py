"""A table's columns brought to 0 … 1, and new rows after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError


@dataclass(frozen=True)
class Scaling:
    """Maps each column's `low` to 0 and its `high` to 1; what lies beyond, to the nearer end; a constant column to 0.

    >>> scaling = Scaling(("width", "height"), (10.0, 1.0), (20.0, 3.0))
    >>> scaling([[15.0, 1.5], [30.0, 0.0]]).tolist()
    [[0.5, 0.25], [1.0, 0.0]]
    """

    columns: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, kind in (("columns", str), ("low", float), ("high", float)):
            object.__setattr__(self, name, tuple(map(kind, getattr(self, name))))
        if not len(self.columns) == len(self.low) == len(self.high):
            raise TinyNetError(
                f"there are {len(self.columns)} columns, {len(self.low)} low and {len(self.high)} high values; "
                "a scaling has one of each"
            )
        with np.errstate(over="ignore"):
            span = np.subtract(self.high, self.low)
        for column, low, high, width in zip(self.columns, self.low, self.high, span, strict=True):
            if not (np.isfinite(width) and width >= 0):
                raise TinyNetError(f"column {column!r} runs from {low:g} to {high:g}; that cannot be scaled")

    @classmethod
    def of(cls, columns: Sequence[str], values: np.ndarray) -> "Scaling":
        """Return the scaling by the smallest and the largest value of each column. values (rows, columns)"""
        low, high = (f(axis=0) + 0.0 for f in (values.min, values.max))  # + 0.0: -0.0 counts as 0.0
        return cls(tuple(columns), tuple(low), tuple(high))

    @classmethod
    def none(cls, columns: Sequence[str]) -> "Scaling":
        """Return the scaling that leaves numbers as they are."""
        return cls(tuple(columns), (0.0,) * len(columns), (1.0,) * len(columns))

    def __call__(self, values: Any) -> np.ndarray:
        """Return values as a network takes them. (rows, columns) or (columns,) -> the same shape, in [0, 1]"""
        return np.clip(self.shares(values), 0.0, 1.0)

    def shares(self, values: Any) -> np.ndarray:
        """Return how far from `low` to `high` values lie: what lies beyond is below 0 or above 1."""
        v, low, high = self._rows(values), np.array(self.low), np.array(self.high)
        with np.errstate(over="ignore", under="ignore"):
            share = (v - low) / np.where(high > low, high - low, np.inf)  # a constant column tells nothing: 0
            return np.asarray(np.where(high > low, share, 0.0))

    def values(self, shares: Any) -> np.ndarray:
        """Return the values that shares stand for: the way back of `shares`."""
        low, high = np.array(self.low), np.array(self.high)
        return np.asarray(low + self._rows(shares) * (high - low))

    def _rows(self, values: Any) -> np.ndarray:
        """Return values as numbers, checked. (rows, columns) or (columns,) -> the same shape"""
        try:
            v = np.asarray(values, float) + 0.0  # -0.0 is 0.0
        except (ValueError, TypeError) as error:
            raise TinyNetError(f"a row has a number for each of {self._named()} ({error})") from error
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.columns):
            raise TinyNetError(
                f"these values have shape {v.shape}; a row has a number for each of {self._named()}"
            )
        if not np.isfinite(v).all():
            raise TinyNetError(
                f"there is a value that is not finite; a row has a number for each of {self._named()}"
            )
        return v

    def n_clipped(self, values: np.ndarray) -> int:
        """Return how many of the values (rows, columns) lie below `low` or above `high`."""
        return int(((values < np.array(self.low)) | (values > np.array(self.high))).sum())

    def _named(self) -> str:
        return f"the {len(self.columns)} columns {', '.join(self.columns)}"

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return {"columns": list(self.columns), "low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scaling":
        """The scaling that `to_json` described."""
        return cls(data["columns"], data["low"], data["high"])
