"""Min-max scaling of table columns to [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.numerics import arrays
from tinynet.validation import check_numbers, shown


@dataclass(frozen=True)
class Scaling:
    """A linear map of each column to [0, 1].

    `low` becomes 0 and `high` becomes 1. Values outside this range become numbers below 0 or above 1. A constant
    column becomes 0.

    fill : The number for missing values (NaN) of each column; None refuses missing values.

    >>> scaling = Scaling(("width", "height"), (10.0, 1.0), (20.0, 3.0))
    >>> scaling([[15.0, 1.5], [30.0, 0.0]]).tolist()
    [[0.5, 0.25], [2.0, -0.5]]
    """

    columns: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fill: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, kind in (("columns", str), ("low", float), ("high", float)):
            object.__setattr__(self, name, tuple(map(kind, getattr(self, name))))
        if self.fill is not None:
            object.__setattr__(self, "fill", tuple(map(float, self.fill)))
            if len(self.fill) != len(self.columns) or not np.isfinite(self.fill).all():
                raise TinyNetError(
                    f"fill is {self.fill}. It must have one finite number for each of the {counted(len(self.columns), 'column')}."
                )
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
    def of(cls, columns: Sequence[str], values: np.ndarray, fills: bool = False) -> "Scaling":
        """Return the min-max scaling of values (rows, columns).

        fills : Whether missing values (NaN) become the mean of their column.
        """
        known = ~np.isnan(values)
        some = known.any(axis=0)  # a column without any number becomes 0
        low = (
            np.where(some, np.where(known, values, np.inf).min(axis=0), 0.0) + 0.0
        )  # + 0.0: -0.0 becomes 0.0
        high = np.where(some, np.where(known, values, -np.inf).max(axis=0), 0.0) + 0.0
        fill = _means(values, known) if fills else None
        return cls(tuple(columns), tuple(low), tuple(high), fill)

    @classmethod
    def identity(cls, columns: Sequence[str]) -> "Scaling":
        """Return the scaling that changes no number."""
        return cls(tuple(columns), (0.0,) * len(columns), (1.0,) * len(columns))

    @property
    def is_identity(self) -> bool:
        """Whether the scaling changes no number."""
        n = len(self.columns)
        return self.low == (0.0,) * n and self.high == (1.0,) * n and self.fill is None

    def __call__(self, values: Any) -> np.ndarray:
        """Return values scaled. Missing values (NaN) are filled in.

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)
        """
        v, low, high = self._checked(values), np.array(self.low), np.array(self.high)
        with np.errstate(over="ignore", under="ignore"):
            fraction = (v - low) / np.where(high > low, high - low, np.inf)
            return np.asarray(np.where(high > low, fraction, 0.0))

    def inverse(self, scaled: Any) -> np.ndarray:
        """Return scaled values in their own units.

        This is the inverse of scaling.
        """
        low, high = np.array(self.low), np.array(self.high)
        return np.asarray(low + self._checked(scaled) * (high - low))

    def _checked(self, values: Any) -> np.ndarray:
        """Return values as finite numbers.

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)
        """
        rule = f"A row must have one number for each of the {len(self.columns):,} columns {', '.join(self.columns)}."
        try:
            v = check_numbers("the row", values) + 0.0  # -0.0 becomes 0.0
        except TinyNetError as error:
            raise TinyNetError(f"these values are not numbers ({error}). {rule}") from error
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.columns):
            raise TinyNetError(f"these values have shape {v.shape}. {rule}")
        if self.fill is not None:
            v = np.where(np.isnan(v), np.array(self.fill), v)
        if not np.isfinite(v).all():
            raise TinyNetError(f"these values contain a number that is not finite. {rule}")
        return v

    def outside(self, values: np.ndarray) -> np.ndarray:
        """Return whether each value is below `low` or above `high`. -> (rows, columns)

        values : (rows, columns). A missing value (NaN) is not outside.
        """
        return np.asarray((values < np.array(self.low)) | (values > np.array(self.high)))

    def to_json(self) -> dict[str, Any]:
        """Return every field by name as JSON values. `fill` is left out if it is None."""
        data = {"columns": list(self.columns), "low": list(self.low), "high": list(self.high)}
        return data if self.fill is None else data | {"fill": list(self.fill)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scaling":
        """Return the scaling that `to_json` wrote."""
        return cls(data["columns"], data["low"], data["high"], data.get("fill"))


def _means(values: np.ndarray, known: np.ndarray) -> tuple[float, ...]:
    """Return the mean of the known values of each column, or 0 without any."""
    return tuple(
        arrays.mean(column[rows], 0).item() if rows.any() else 0.0
        for column, rows in zip(values.T, known.T, strict=True)
    )
