"""Values that no parameter expects, and files that no reader expects."""

import os
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

INFINITY, NAN = float("inf"), float("nan")


def hostile_values():
    """Return new values of many types: each value is wrong for most parameters."""
    return [
        None, True, False, -1, 0, 1, 3, 10**400, -(10**400), 2**63, 2**31,
        0.5, -0.0, 1e308, NAN, INFINITY, -INFINITY, 1j, Decimal("NaN"), Fraction(1, 3), date(2026, 1, 1),
        "", "x", "lines", "\ud800", "\0", "٣", "1_0", "9" * 400, "x" * 5000, b"x", bytearray(b"y"),
        [], [None], [[1, 2], [3]], [1, "a"], [NAN], [10**400], [[]], ["a", "a"], (), (None, None), (2, 2), (0.5,) * 4,
        {}, {"x": 1}, {None: None}, {"\ud800": [1, 2]}, {1, 2}, range(3), iter("ab"), slice(0, 1), slice(None, None, 0),
        object(), lambda *arguments: None, lambda *arguments: "x", ...,
        np.float32(1), np.int64(3), np.bool_(True), np.str_("x"), np.array(5), np.zeros(0), np.zeros((2, 3, 4)),
        np.full(4, NAN), np.full((4, 4), INFINITY), np.array([None, {}], object), np.array(["a", "b"]), np.zeros(4, complex),
        np.array(["2026-01-01"], "datetime64[D]"), np.ones((4, 4), bool), np.zeros(3, [("a", float)]),
        np.ma.masked_array([1.0, 2.0], [True, False]), np.zeros((1,) * 40),
    ]  # fmt: skip


def chosen_values(count, random):
    """Return some of the values."""
    values = hostile_values()
    return [values[k] for k in random.choice(len(values), count)]


def make_hostile_files(folder):
    """Make paths that no reader expects in a folder. Return them."""
    os.mkfifo(folder / "pipe")
    (folder / "empty").touch()
    (folder / "folder").mkdir()
    (folder / "noise").write_bytes(np.random.default_rng(0).bytes(1000))
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "null").symlink_to("/dev/null")
    names = ("pipe", "empty", "folder", "noise", "loop", "null")
    return [*(folder / name for name in names), *map(os.path.join, ["/dev"] * 3, ["zero", "full", "null"])]
