"""The world a learner is judged in: noisy lines of every contrast, and pictures that nobody can tell.

A picture is a function of a stream, a seed and its number, by `draws.word`, so that any code draws the same ones:

    word 0      doubtful, if below floor(doubt * 2**32)
    word 1      which row of the lines or of the doubtful ones: (word * rows) >> 32
    word 2, 3   the level of the bright pixels, and of the dark ones (of every pixel, where the picture is flat)
    word 4      its top bit is the coin of a doubtful picture: 0 horizontal, 1 vertical
    word 8 + i  the noise of pixel i
"""

import math
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.pictures import PIXELS
from tinynet.errors import TinyNetError
from tinynet.validation import check_choice, check_fields, check_int, check_number, check_seed

EXAMPLES_PER_EPOCH = 100  # a stream has no end; so many pictures count as one epoch
LABELS = ("soft", "coin")
STREAMS = (rng.TRAINING, rng.VALIDATION, rng.TEST)


@dataclass(frozen=True, eq=False)
class Patterns:
    """Which pixels of a picture are bright: a row for each pattern, the `lines` first, then the doubtful ones.

    Rows are repeated so that equally likely rows make equally likely kinds: one bright pixel, all but one,
    a diagonal, flat.

    masks : (rows, pixels) 1 bright, 0 dark; a flat picture has one level, and zeros here.
    targets : (rows, 2) [1, 0] horizontal, [0, 1] vertical, [.5, .5] doubtful.
    is_flat : (rows,) bool.
    names : one a row.
    lines : how many rows are lines.
    """

    masks: np.ndarray
    targets: np.ndarray
    is_flat: np.ndarray
    names: tuple[str, ...]
    lines: int

    @classmethod
    def of(cls, n: int) -> "Patterns":
        """Return the patterns of an n x n picture.

        >>> Patterns.of(2).names[4::4]
        ('top-left', 'all but top-left', 'diagonal /', 'flat')
        """
        lines = pictures.lines(n)
        assert lines.targets is not None
        kinds = _doubtful(n)
        rows = math.lcm(*map(len, kinds))  # of each kind
        repeated = [item for kind in kinds for item in kind for _ in range(rows // len(kind))]
        masks = np.concatenate([lines.inputs, [mask for _, mask in repeated]])
        targets = np.concatenate([lines.targets, np.full((len(repeated), 2), 0.5)])
        names = (*lines.names, *(name for name, _ in repeated))
        return cls(masks, targets, np.array([name == "flat" for name in names]), names, len(lines))


def _doubtful(n: int) -> list[list[tuple[str, np.ndarray]]]:
    """Return the doubtful patterns by kind, each with its name."""
    names = PIXELS if n == 2 else [f"pixel {r},{c}" for r in range(n) for c in range(n)]
    one = np.eye(n * n)
    falling = np.eye(n)
    return [
        list(zip(names, one, strict=True)),
        [(f"all but {name}", mask) for name, mask in zip(names, 1 - one, strict=True)],
        [("diagonal /", falling[::-1].ravel()), ("diagonal \\", falling.ravel())],
        [("flat", np.zeros(n * n))],
    ]


@dataclass(frozen=True)
class World:
    """Where pictures come from: n x n, half of them lines, half doubtful, on levels and with noise that vary.

    noise : standard deviation of the normal noise on each pixel, 0 to 10; what leaves [0, 1] is clipped.
    doubt : the share of doubtful pictures, 0 to 1.
    bright, dark, flat : the lowest and the highest level, uniform between them; bright never below dark.
    labels : the target of a doubtful picture: "soft" [.5, .5], or "coin", a fair coin's [1, 0] or [0, 1].
    n : pixels a side, 2 to 8.

    >>> World(noise=0.1).examples(3, seed=0).names
    ('diagonal / 0', 'bottom 1', 'left 2')
    >>> World(dark=(0.0, 0.7))
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: dark goes up to 0.7 and bright begins at 0.6; dark levels must not exceed bright ones
    """

    noise: float = 0.2
    doubt: float = 0.5
    bright: tuple[float, float] = (0.6, 1.0)
    dark: tuple[float, float] = (0.0, 0.4)
    flat: tuple[float, float] = (0.0, 1.0)
    labels: str = "soft"
    n: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "noise", check_number("noise", self.noise, 0, 10))
        object.__setattr__(self, "doubt", check_number("doubt", self.doubt, 0, 1))
        for name in ("bright", "dark", "flat"):
            object.__setattr__(self, name, _levels(name, getattr(self, name)))
        if self.dark[1] > self.bright[0]:
            raise TinyNetError(
                f"dark goes up to {self.dark[1]:g} and bright begins at {self.bright[0]:g}; "
                "dark levels must not exceed bright ones"
            )
        check_choice("labels", self.labels, LABELS)
        object.__setattr__(self, "n", check_int("n", self.n, 2, pictures.LARGEST_GRID))

    @cached_property
    def patterns(self) -> Patterns:
        """The table that pictures are drawn from."""
        return Patterns.of(self.n)

    @property
    def lines(self) -> Examples:
        """The clean lines of this world."""
        return pictures.lines(self.n)

    def draw(
        self, numbers: Any, *, seed: int, stream: int = rng.TEST
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the pictures of these numbers, 0 to 2**32 - 1: inputs, targets, and the rows of `patterns`.

        stream : draws.TRAINING, VALIDATION or TEST; which of them is part of every word. -> (m, n*n), (m, 2), (m,)
        """
        place = _place(stream, seed, numbers)
        table, doubtful = self.patterns, rng.word(*place, 0) < int(self.doubt * 2**32)
        count = np.where(doubtful, len(table.masks) - table.lines, table.lines).astype(np.uint64)
        rows = ((rng.word(*place, 1) * count) >> 32).astype(np.intp) + table.lines * doubtful
        inputs = self._shown(place, rows)
        targets = table.targets[rows]
        if self.labels == "coin":
            coin = (rng.word(*place, 4) >> 31).astype(int)  # (m,)
            targets = np.where(doubtful[:, None], np.eye(2)[coin], targets)
        return inputs, targets, rows

    def _shown(self, place: tuple[int, int, np.ndarray], rows: np.ndarray) -> np.ndarray:
        """Return what is seen of these rows: their levels, with noise. -> (m, n*n)"""
        flat = self.patterns.is_flat[rows]
        bright = _level(self.bright, rng.word(*place, 2))
        low, high = np.where(flat[:, None], self.flat, self.dark).T
        dark = low + (high - low) * rng.uniform(rng.word(*place, 3))
        levels = np.where(self.patterns.masks[rows] == 1, bright[:, None], dark[:, None])  # (m, n*n)
        stream, seed, numbers = place
        pixels = np.arange(8, 8 + self.n**2, dtype=np.uint64)
        drawn = rng.normal(rng.word(stream, seed, numbers[:, None], pixels))
        return np.clip(levels + self.noise * drawn, 0.0, 1.0)

    def examples(self, count: int, *, seed: int, stream: int = rng.TEST) -> Examples:
        """Return the pictures 0 to count - 1 of a seed, each with its pattern's name and its number."""
        count = check_int("count", count, 1)
        inputs, targets, rows = self.draw(np.arange(count), seed=seed, stream=stream)
        names = tuple(f"{self.patterns.names[row]} {m}" for m, row in enumerate(rows))
        return Examples(inputs, targets, names, (self.n, self.n))

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "World":
        """The world that `to_json` described; an unknown field is an error that lists the known ones."""
        check_fields("a world", data, [field.name for field in fields(cls)])
        return cls(**data)


def _place(stream: int, seed: int, numbers: Any) -> tuple[int, int, np.ndarray]:
    """Check where pictures are to be drawn."""
    if stream not in STREAMS:
        raise TinyNetError(f"stream is {stream!r}; pictures come from draws.TRAINING, VALIDATION or TEST")
    seed = check_seed(seed)
    places = np.asarray(numbers)
    if places.ndim != 1 or (places.size and (places.dtype.kind not in "iu" or not _in_words(places))):
        raise TinyNetError(
            f"numbers is {numbers!r}; it must be a row of whole numbers from 0 to {2**32 - 1:,}"
        )
    return stream, seed, places.astype(np.uint64)


def _in_words(places: np.ndarray) -> bool:
    return bool(places.min() >= 0 and places.max() < 2**32)


def _level(levels: tuple[float, float], bits: np.ndarray) -> np.ndarray:
    low, high = levels
    return np.asarray(low + (high - low) * rng.uniform(bits))


def _levels(name: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TinyNetError(f"{name} is {value!r}; it must be two levels, such as (0.2, 0.4)")
    low, high = (check_number(name, level, 0, 1) for level in value)
    if low > high:
        raise TinyNetError(f"{name} is {value!r}; the lower level comes first")
    return low, high
