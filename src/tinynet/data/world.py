"""The synthetic distribution of noisy and ambiguous pictures.

A picture is a function of a stream, a seed and its number. `rng.word(stream, seed, number, j)` is its word j:

    word 0      ambiguous if below floor(doubt * 2**32)
    word 1      row among the lines or among the ambiguous patterns: (word * rows) >> 32
    word 2, 3   level of the bright pixels, and of the dark pixels (of all pixels in a flat picture)
    word 4      top bit: coin of an ambiguous picture, 0 horizontal, 1 vertical
    word 8 + i  noise of pixel i
"""

import math
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.pictures import MAX_GRID, PIXELS
from tinynet.errors import TinyNetError, named
from tinynet.signatures import check_arguments
from tinynet.validation import (
    check_choice,
    check_fields,
    check_int,
    check_number,
    check_object,
    check_seed,
    shown,
)

MAX_PICTURES = 10_000_000  # pictures in one array
EXAMPLES_PER_EPOCH = 100  # a stream is endless, so this length of an epoch is arbitrary
LABELS = ("soft", "coin")
STREAMS = (rng.TRAINING, rng.VALIDATION, rng.TEST)


@dataclass(frozen=True, eq=False)
class Patterns:
    """The bright pixels of each pattern.

    The lines come first, then the ambiguous patterns.

    There are four kinds of ambiguous patterns: one bright pixel, one dark pixel, a diagonal, flat. Rows are repeated so
    that all kinds are equally likely.

    masks : (rows, pixels) 1 bright, 0 dark. A flat picture has one level and zeros here.
    targets : (rows, 2) [1, 0] horizontal, [0, 1] vertical, [.5, .5] ambiguous.
    is_flat : (rows,) bool.
    names : Name of each row.
    lines : Number of lines.
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
        kinds = _ambiguous_patterns(n)
        rows_per_kind = math.lcm(*map(len, kinds))
        repeated = [item for kind in kinds for item in kind for _ in range(rows_per_kind // len(kind))]
        masks = np.concatenate([lines.inputs, [mask for _, mask in repeated]])
        targets = np.concatenate([lines.targets, np.full((len(repeated), 2), 0.5)])
        names = (*lines.names, *(name for name, _ in repeated))
        return cls(masks, targets, np.array([name == "flat" for name in names]), names, len(lines))


def _ambiguous_patterns(n: int) -> list[list[tuple[str, np.ndarray]]]:
    """Return the ambiguous patterns of each kind.

    Each pattern is a name and a mask.
    """
    names = PIXELS if n == 2 else [f"pixel {r},{c}" for r in range(n) for c in range(n)]
    single, diagonal = np.eye(n * n), np.eye(n)
    return [
        list(zip(names, single, strict=True)),
        [(f"all but {name}", mask) for name, mask in zip(names, 1 - single, strict=True)],
        [("diagonal /", diagonal[::-1].ravel()), ("diagonal \\", diagonal.ravel())],
        [("flat", np.zeros(n * n))],
    ]


@dataclass(frozen=True)
class World:
    """A distribution of n x n pictures.

    The pictures are lines and ambiguous pictures, with random levels and noise.

    noise : Standard deviation of the normal noise on each pixel, 0 to 10. The pixels are clipped to [0, 1].
    doubt : Fraction of ambiguous pictures, 0 to 1.
    bright, dark, flat : Lowest and highest level; levels are uniform between them. Dark never exceeds bright.
    labels : Target of an ambiguous picture: "soft" is [.5, .5]; "coin" is [1, 0] or [0, 1] with equal probability.
    n : Pixels per side, 2 to 8.

    >>> World(noise=0.1).examples(3, seed=0).names
    ('diagonal / 0', 'bottom 1', 'left 2')
    >>> World(dark=(0.0, 0.7))
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: dark goes up to 0.7 and bright starts at 0.6. Dark levels must not exceed bright levels.
    """

    noise: float = 0.2
    doubt: float = 0.5
    bright: tuple[float, float] = (0.6, 1.0)
    dark: tuple[float, float] = (0.0, 0.4)
    flat: tuple[float, float] = (0.0, 1.0)
    labels: str = "soft"
    n: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "noise", _checked_number("noise", self.noise, 10))
        object.__setattr__(self, "doubt", _checked_number("doubt", self.doubt, 1))
        for name in ("bright", "dark", "flat"):
            object.__setattr__(self, name, _checked_levels(name, getattr(self, name)))
        if self.dark[1] > self.bright[0]:
            raise TinyNetError(
                f"goes up to {shown(self.dark[1])} and {named('bright')} starts at {shown(self.bright[0])}. Dark levels must not exceed "
                "bright levels.",
                parameter="dark",
            )
        check_choice("labels", self.labels, LABELS)
        object.__setattr__(self, "n", check_int("n", self.n, 2, MAX_GRID))

    @cached_property
    def patterns(self) -> Patterns:
        """The patterns of the pictures."""
        return Patterns.of(self.n)

    @property
    def lines(self) -> Examples:
        """The lines without noise."""
        return pictures.lines(self.n)

    @check_arguments(apart_from=("seed", "stream"))
    def draw(
        self, numbers: Any, *, seed: int, stream: int = rng.TEST
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the pictures with these numbers.

        The result is the inputs, the targets, and the rows of `patterns`.

        numbers : (m,) whole numbers from 0 to 2**32 - 1.
        stream : rng.TRAINING, VALIDATION or TEST. Each stream has other pictures.
        -> (m, n*n), (m, 2), (m,)
        """
        stream, seed, places = _checked_place(stream, seed, numbers)
        patterns = self.patterns
        ambiguous = rng.word(stream, seed, places, 0) < int(self.doubt * 2**32)
        n_rows = np.where(ambiguous, len(patterns.masks) - patterns.lines, patterns.lines).astype(np.uint64)
        rows = ((rng.word(stream, seed, places, 1) * n_rows) >> 32).astype(np.intp)
        rows += patterns.lines * ambiguous
        inputs = self._pixels(stream, seed, places, rows)
        targets = patterns.targets[rows]
        if self.labels == "coin":
            coin = (rng.word(stream, seed, places, 4) >> 31).astype(int)  # (m,)
            targets = np.where(ambiguous[:, None], np.eye(2)[coin], targets)
        return inputs, targets, rows

    def _pixels(self, stream: int, seed: int, numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the pixels of patterns. -> (m, n*n)

        Levels and noise are random.
        """
        flat = self.patterns.is_flat[rows]
        bright = _level(self.bright, rng.word(stream, seed, numbers, 2))
        low, high = np.where(flat[:, None], self.flat, self.dark).T
        dark = low + (high - low) * rng.uniform(rng.word(stream, seed, numbers, 3))
        levels = np.where(self.patterns.masks[rows] == 1, bright[:, None], dark[:, None])  # (m, n*n)
        words = np.arange(8, 8 + self.n**2, dtype=np.uint64)
        noise = rng.normal(rng.word(stream, seed, numbers[:, None], words))
        return np.clip(levels + self.noise * noise, 0.0, 1.0)

    @check_arguments(apart_from=("count", "seed", "stream"))
    def examples(self, count: int, *, seed: int, stream: int = rng.TEST) -> Examples:
        """Return the first `count` pictures of a seed.

        Each picture is named by its pattern and number.
        """
        count = check_int("count", count, 1, MAX_PICTURES)
        inputs, targets, rows = self.draw(np.arange(count), seed=seed, stream=stream)
        names = tuple(f"{self.patterns.names[row]} {m}" for m, row in enumerate(rows))
        return Examples(inputs, targets, names, (self.n, self.n))

    def to_json(self) -> dict[str, Any]:
        """Return every field by name as JSON values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "World":
        """Return the world that `to_json` wrote.

        Raises TinyNetError for an unknown field.
        """
        check_object("world", data)
        check_fields("a world", data, [field.name for field in fields(cls)])
        return cls(**data)


def _checked_place(stream: int, seed: int, numbers: Any) -> tuple[int, int, np.ndarray]:
    """Return stream, seed and picture numbers, checked."""
    if not isinstance(stream, int) or stream not in STREAMS:
        raise TinyNetError(
            f"is {stream!r}. It must be rng.TRAINING, rng.VALIDATION or rng.TEST.", parameter="stream"
        )
    seed = check_seed(seed)
    try:
        places = np.asarray(numbers)
    except ValueError:  # rows of different lengths
        places = np.zeros((0, 0))
    if places.ndim != 1 or (places.size and (places.dtype.kind not in "iu" or not _fit_uint32(places))):
        raise TinyNetError(
            f"is {shown(numbers)}. It must be a sequence of whole numbers from 0 to {2**32 - 1:,}.",
            parameter="numbers",
        )
    return stream, int(seed), places.astype(np.uint64)


def _fit_uint32(numbers: np.ndarray) -> bool:
    return bool(numbers.min() >= 0 and numbers.max() < 2**32)


def _level(levels: tuple[float, float], words: np.ndarray) -> np.ndarray:
    low, high = levels
    return np.asarray(low + (high - low) * rng.uniform(words))


def _checked_number(name: str, value: Any, high: float) -> float:
    return check_number(name, value, 0, high)


def _checked_levels(name: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TinyNetError(f"is {value!r}. It must be two levels, such as (0.2, 0.4).", parameter=name)
    low, high = (_checked_number(name, level, 1) for level in value)
    if low > high:
        raise TinyNetError(f"is {value!r}. The lower level must come first.", parameter=name)
    return low, high
