"""Trials: one network's shape with one recipe; grids of them, and the words that name their values."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import product
from typing import Any, get_type_hints

from tinynet.core.architecture import Architecture
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import elementary
from tinynet.recipe import Recipe

MAX_TRIALS = 100_000
DIGITS = 3  # of the values that `low..high/count` makes

SHAPE = {
    "hidden": "sizes",
    "activation": "hidden",
    "output": "output",
    "init": "init",
}  # axis: Architecture's field
OF_RECIPE = tuple(field.name for field in fields(Recipe) if field.name != "seed")
AXES = (*OF_RECIPE, *SHAPE)


@dataclass(frozen=True)
class Trial:
    """One architecture trained by one recipe: what is put to many seeds.

    The recipe's own seed does not count: each network shuffles by its own.

    >>> print(Trial(recipe=Recipe(learning_rate=5.0)))
    learning_rate 5, epochs 100, hidden 3
    """

    architecture: Architecture = field(default_factory=Architecture)
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipe", replace(self.recipe, seed=0))

    @cached_property
    def axes(self) -> dict[str, Any]:
        """The value on every axis, by name; `hidden` is the sizes of the hidden layers as a word, such as "4x4"."""
        shape = {axis: getattr(self.architecture, name) for axis, name in SHAPE.items()}
        hidden = "x".join(map(str, self.architecture.sizes[1:-1])) or "0"
        return {name: getattr(self.recipe, name) for name in OF_RECIPE} | shape | {"hidden": hidden}

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {word(value)}"
            for name, value in self.axes.items()
            if name in ("learning_rate", "epochs", "hidden") or value != _DEFAULTS[name]
        )

    def to_json(self) -> dict[str, Any]:
        """Architecture and recipe, ready for JSON."""
        return {"architecture": self.architecture.to_json(), "recipe": self.recipe.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Trial":
        """The trial that `to_json` described."""
        return cls(Architecture.from_json(data["architecture"]), Recipe.from_json(data["recipe"]))

    @classmethod
    def of(cls, axes: Mapping[str, Any], examples: Examples) -> "Trial":
        """Return the trial with these values on its axes, the others as usual, for the shape of the examples."""
        unknown = sorted(set(axes) - set(AXES))
        if unknown:
            raise TinyNetError(f"there is no axis {unknown[0]!r}; there are {', '.join(AXES)}")
        hidden = _hidden(axes.get("hidden", 3))
        sizes = (examples.inputs.shape[1], *hidden, len(examples.target_names))
        shape = {SHAPE[axis]: axes[axis] for axis in SHAPE if axis in axes} | {"sizes": sizes}
        recipe = {name: axes[name] for name in OF_RECIPE if name in axes}
        return cls(Architecture(**shape), Recipe(**recipe))


_DEFAULTS = Trial().axes


def grid(examples: Examples | None = None, **axes: Any) -> list[Trial]:
    """Return every combination of the given values as trials, the last axis changing fastest.

    Each axis is a value or a list of values. Axes are the fields of `Recipe` but its seed, and of the network
    `hidden` (nodes, or a tuple with the nodes of each hidden layer), `activation`, `output` and `init`.
    Examples, the lines unless given, say how many inputs and outputs the networks have.

    Raises TinyNetError for an unknown axis, an empty list and values out of range.

    >>> [str(trial) for trial in grid(learning_rate=[0.1, 1.0], hidden=[3, (4, 4)])][1:3]
    ['learning_rate 0.1, epochs 100, hidden 4x4', 'learning_rate 1, epochs 100, hidden 3']
    """
    examples = pictures.lines() if examples is None else examples
    values = {name: _list(name, value) for name, value in axes.items()}
    count = math.prod(map(len, values.values()))
    if count > MAX_TRIALS:
        raise TinyNetError(f"these axes make {count:,} trials; at most {MAX_TRIALS:,} are allowed")
    return [Trial.of(dict(zip(values, some, strict=True)), examples) for some in product(*values.values())]


def as_trials(given: Any, examples: Examples) -> list[Trial]:
    """Return trials as they are, and recipes as trials of the usual network for the examples; one, or several."""
    several = [given] if isinstance(given, Trial | Recipe) else list(given)
    usual = Architecture((examples.inputs.shape[1], 3, len(examples.target_names)))
    found = [Trial(usual, one) if isinstance(one, Recipe) else one for one in several]
    for one in found:
        if not isinstance(one, Trial):
            raise TinyNetError(f"{one!r} is no trial; give trials, as tn.grid makes them, or recipes")
    return found


def varying(trials: Sequence[Trial]) -> dict[str, list[Any]]:
    """Return the axes on which the trials differ, each with its values: numbers sorted, others as they come.

    >>> varying(grid(learning_rate=[1.0, 0.1], loss="bce"))
    {'learning_rate': [0.1, 1.0]}
    """
    found = {name: list(dict.fromkeys(trial.axes[name] for trial in trials)) for name in AXES}
    return {
        name: sorted(values) if isinstance(values[0], int | float) else values
        for name, values in found.items()
        if len(values) > 1
    }


def word(value: Any) -> str:
    """Write a value of an axis as one types it.

    >>> word(0.1), word(10000), word(5.0), word(True)
    ('0.1', '10000', '5', 'true')
    """
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def parse(axis: str, text: str) -> list[Any]:
    """Return the values that a word such as `0.1,1,5` or `0.05..20/17` names on an axis.

    `low..high/count` is that many numbers from low to high, each the same number of times the one before, rounded
    to three digits, epochs to whole numbers. `4x4` on the axis `hidden` is two layers.

    >>> parse("learning_rate", "0.1..10/3,20"), parse("hidden", "3,4x4"), parse("epochs", "100..1000/3")
    ([0.1, 1.0, 10.0, 20.0], [3, (4, 4)], [100, 316, 1000])
    """
    if axis not in AXES:
        raise TinyNetError(f"there is no axis {axis!r}; there are {', '.join(AXES)}")
    parts = [part.strip() for part in text.split(",")]
    found = [value for part in parts for value in _values(axis, part)]
    return list(dict.fromkeys(found))


def from_records(records: Any, examples: Examples) -> list[Trial]:
    """Return the trials of a list of objects, each with the values of some axes."""
    if (
        not isinstance(records, list)
        or not all(isinstance(record, dict) for record in records)
        or not records
    ):
        raise TinyNetError(
            'recipes are a list of objects, such as [{"learning_rate": 0.1, "hidden": [4, 4]}]'
        )
    trials = []
    for number, record in enumerate(records, 1):
        try:
            trials.append(Trial.of(record, examples))
        except TinyNetError as error:
            raise TinyNetError(f"recipe {number} of {len(records)}: {error}") from error
    return trials


def _list(name: str, value: Any) -> list[Any]:
    one = (
        isinstance(value, str)
        or not isinstance(value, Iterable)
        or (name == "hidden" and isinstance(value, tuple))
    )
    values = [value] if one else [v.item() if hasattr(v, "item") else v for v in value]  # NumPy's numbers too
    if not values:
        raise TinyNetError(f"{name} is an empty list; give at least one value")
    return values


def _hidden(value: Any) -> tuple[int, ...]:
    """Return the sizes of the hidden layers of 3, (4, 4), [4, 4], "4x4", or 0 for none."""
    if isinstance(value, str):
        value = _values("hidden", value)[0]
    if isinstance(value, tuple | list):
        return tuple(value)
    return () if value == 0 and not isinstance(value, bool) else (value,)


def _values(axis: str, text: str) -> list[Any]:
    kind = str if axis in SHAPE else _KINDS.get(axis, str)
    try:
        if axis == "hidden":
            sizes = [int(part) for part in text.split("x")]
            return [sizes[0] if len(sizes) == 1 else tuple(sizes)]
        if kind is bool:
            return [{"true": True, "false": False}[text.lower()]]
        if kind in (int, float):
            return _spaced(text, kind) if ".." in text else [kind(text)]
    except (ValueError, KeyError, OverflowError, ZeroDivisionError):
        raise TinyNetError(
            f"is {text!r}; it must be {_WANTED[axis if axis == 'hidden' else kind]}", parameter=axis
        ) from None
    return [text]


def _spaced(text: str, kind: type) -> list[Any]:
    low, rest = text.split("..")
    high, _, count = rest.partition("/")
    first, last, number = float(low), float(high), int(count)
    if not (0 < first < math.inf and 0 < last < math.inf and 2 <= number <= MAX_TRIALS):
        raise ValueError(text)
    way = elementary.log(last / first)
    exact = [first * elementary.exp(way * (k / (number - 1))) for k in range(number)]
    return [kind(round(value)) if kind is int else float(f"{value:.{DIGITS}g}") for value in exact]


_KINDS = {name: kind for name, kind in get_type_hints(Recipe).items() if kind in (bool, int, float)}
_WANTED: dict[Any, str] = {
    "hidden": "nodes, such as 3, or 4x4 for two layers",
    bool: "true or false",
    int: "whole numbers, such as 100,1000 or 100..30000/7",
    float: "numbers, such as 0.1,1 or 0.05..20/17",
}
