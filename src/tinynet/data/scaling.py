"""Min-max scaling of table columns to [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.validation import check_array, shown


@dataclass(frozen=True)
class Scaling:
    """A linear map of each column to [0, 1].

    `low` becomes 0 and `high` becomes 1. Values outside this range are clipped. A constant column becomes 0.

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
                f"the scaling has {counted(len(self.columns), 'column')}, {counted(len(self.low), 'low value')} and {counted(len(self.high), 'high value')}. "
                "It must have one low and one high value for each column."
            )
        with np.errstate(over="ignore"):
            widths = np.subtract(self.high, self.low)
        for column, low, high, width in zip(self.columns, self.low, self.high, widths, strict=True):
            if not (np.isfinite(width) and width >= 0):
                raise TinyNetError(
                    f"column {column!r} goes from {shown(float(low))} to {shown(float(high))}. The range must be finite and not negative."
                )

    @classmethod
    def of(cls, columns: Sequence[str], values: np.ndarray) -> "Scaling":
        """Return the min-max scaling of values (rows, columns)."""
        low, high = (f(axis=0) + 0.0 for f in (values.min, values.max))  # + 0.0: -0.0 becomes 0.0
        return cls(tuple(columns), tuple(low), tuple(high))

    @classmethod
    def identity(cls, columns: Sequence[str]) -> "Scaling":
        """Return the scaling that changes no number."""
        return cls(tuple(columns), (0.0,) * len(columns), (1.0,) * len(columns))

    def __call__(self, values: Any) -> np.ndarray:
        """Return values scaled and clipped to [0, 1].

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)
        """
        return np.clip(self.unclipped(values), 0.0, 1.0)

    def unclipped(self, values: Any) -> np.ndarray:
        """Return values scaled, without clipping.

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)
        """
        v, low, high = self._checked(values), np.array(self.low), np.array(self.high)
        with np.errstate(over="ignore", under="ignore"):
            fraction = (v - low) / np.where(high > low, high - low, np.inf)
            return np.asarray(np.where(high > low, fraction, 0.0))

    def inverse(self, scaled: Any) -> np.ndarray:
        """Return scaled values in their own units.

        This is the inverse of `unclipped`.
        """
        low, high = np.array(self.low), np.array(self.high)
        return np.asarray(low + self._checked(scaled) * (high - low))

    def _checked(self, values: Any) -> np.ndarray:
        """Return values as finite numbers.

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)
        """
        rule = f"A row must have one number for each of the {len(self.columns):,} columns {', '.join(self.columns)}."
        try:
            v = check_array("the row", values) + 0.0  # -0.0 becomes 0.0
        except TinyNetError as error:
            raise TinyNetError(f"these values are not numbers ({error}). {rule}") from error
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.columns):
            raise TinyNetError(f"these values have shape {v.shape}. {rule}")
        if not np.isfinite(v).all():
            raise TinyNetError(f"these values contain a number that is not finite. {rule}")
        return v

    def n_clipped(self, values: np.ndarray) -> int:
        """Return the count of values below `low` or above `high`.

        values : (rows, columns).
        """
        return int(((values < np.array(self.low)) | (values > np.array(self.high))).sum())

    def to_json(self) -> dict[str, Any]:
        """Return every field by name as JSON values."""
        return {"columns": list(self.columns), "low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scaling":
        """Return the scaling that `to_json` wrote."""
        return cls(data["columns"], data["low"], data["high"])
