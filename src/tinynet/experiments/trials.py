"""Trials, and grids of trials.

A trial is an architecture with a recipe.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cached_property
from itertools import product
from typing import Any, get_type_hints

import numpy as np

from tinynet.core.architecture import MAX_NODES, Architecture
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import elementary
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments, check_attributes, fits
from tinynet.training.defaults import defaults
from tinynet.validation import check_choice, check_int, decimal_number, listed, shown, whole_number

MAX_TRIALS = 100_000
RANGE_DIGITS = 3  # digits of the values of `low..high/count`

ARCHITECTURE_AXES = {  # the field of Architecture by the name of its axis
    "hidden": "sizes",
    "activation": "hidden",
    "output": "output",
    "init": "init",
}
NO_AXES = (
    "seed",
    "gradients",
)  # every network has a seed; only watched PyTorch trainings have other gradients
RECIPE_AXES = tuple(field.name for field in fields(Recipe) if field.name not in NO_AXES)
AXES = (*RECIPE_AXES, *ARCHITECTURE_AXES)


@dataclass(frozen=True)
class Trial:
    """An architecture with the recipe that trains it.

    The recipe's own seed is not used. Every network has its own seed.

    >>> print(Trial(recipe=Recipe(learning_rate=5.0)))
    learning_rate 5, epochs 100, hidden 3
    """

    architecture: Architecture = field(default_factory=Architecture)
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        check_attributes(self)
        object.__setattr__(self, "recipe", replace(self.recipe, seed=0))

    @cached_property
    def axes(self) -> dict[str, Any]:
        """The value on every axis, by name.

        The value of `hidden` is the text of the hidden sizes, such as "4x4".
        """
        shape = {axis: getattr(self.architecture, name) for axis, name in ARCHITECTURE_AXES.items()}
        recipe = {name: getattr(self.recipe, name) for name in RECIPE_AXES}
        return recipe | shape | {"hidden": self.architecture.hidden_sizes}

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {format_value(value)}"
            for name, value in self.axes.items()
            if name in ("learning_rate", "epochs", "hidden") or value != _DEFAULTS[name]
        )

    def to_json(self) -> dict[str, Any]:
        """Return architecture and recipe, ready for JSON."""
        return {"architecture": self.architecture.to_json(), "recipe": self.recipe.to_json()}

    @classmethod
    @check_arguments
    def from_json(cls, data: Mapping[str, Any]) -> "Trial":
        """Return the trial that `to_json` described."""
        for name in ("architecture", "recipe"):
            if name not in data:
                raise TinyNetError(f"a trial has no field {name!r}. Add the field.")
        return cls(Architecture.from_json(data["architecture"]), Recipe.from_json(data["recipe"]))

    @classmethod
    @check_arguments
    def from_axes(cls, axes: Mapping[str, Any], examples: Examples) -> "Trial":
        """Return the trial with these values on its axes.

        The other axes have the values of `tinynet.defaults` for the examples.
        """
        for name in axes:
            if name not in AXES:
                raise TinyNetError(f"there is no axis {name!r}. {_near_axes(name)}")
        given = dict(axes)
        if "hidden" in given:
            given["hidden"] = _hidden_sizes(given["hidden"])
        return cls(*defaults(examples, **given))


_DEFAULTS = Trial().axes


@check_arguments
def grid(examples: Examples | None = None, **axes: Any) -> list[Trial]:
    """Return every combination of values as trials.

    The last axis changes fastest.

    examples : decide the numbers of inputs and outputs, and the axes that are not given, by `tinynet.defaults`; the four
        lines by default.
    axes : a value or a list of values for each axis. The axes are the fields of `Recipe` except `seed` and `gradients`, and
        `hidden` (nodes, or a tuple with the nodes of each hidden layer), `activation`, `output` and `init`.

    Raises TinyNetError for an unknown axis, an empty list and values out of range.

    >>> [str(trial) for trial in grid(learning_rate=[0.1, 1.0], hidden=[3, (4, 4)])][1:3]
    ['learning_rate 0.1, epochs 100, hidden 4x4', 'learning_rate 1, epochs 100, hidden 3']
    """
    examples = pictures.lines() if examples is None else examples
    values = {name: _as_list(name, value) for name, value in axes.items()}
    count = math.prod(map(len, values.values()))
    if count > MAX_TRIALS:
        raise TinyNetError(f"the grid has {count:,} trials. It must have at most {MAX_TRIALS:,}.")
    combinations = product(*values.values())
    return [Trial.from_axes(dict(zip(values, chosen, strict=True)), examples) for chosen in combinations]


def _near_axes(name: str) -> str:
    near = get_close_matches(str(name), AXES, 1)
    return f"Did you mean {near[0]!r}?" if near else f"The axes are {listed(AXES)}."


def as_trials(given: Any, examples: Examples) -> list[Trial]:
    """Return trials or recipes as a list of trials.

    A recipe becomes a trial of the default network for the examples and the recipe's loss.
    """
    if not fits(given, Iterable):
        given = [given]
    several = list(given)
    found = [
        Trial(defaults(examples, loss=one.loss).architecture, one) if isinstance(one, Recipe) else one
        for one in several
    ]
    for one in found:
        if not isinstance(one, Trial):
            raise TinyNetError(
                f"has {one!r}. It must be recipes, or trials such as tn.grid returns.", parameter="trials"
            )
    return found


def varying_axes(trials: Sequence[Trial]) -> dict[str, list[Any]]:
    """Return the axes on which the trials differ.

    Numbers are sorted. Other values keep their order.

    >>> varying_axes(grid(learning_rate=[1.0, 0.1], loss="bce"))
    {'learning_rate': [0.1, 1.0]}
    """
    found = {name: list(dict.fromkeys(trial.axes[name] for trial in trials)) for name in AXES}
    return {
        name: sorted(values) if isinstance(values[0], int | float) else values
        for name, values in found.items()
        if len(values) > 1
    }


def format_value(value: Any) -> str:
    """Write a value as on the command line.

    >>> format_value(0.1), format_value(10000), format_value(5.0), format_value(True)
    ('0.1', '10000', '5', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def parse_values(axis: str, text: str) -> list[Any]:
    """Parse text such as `0.1,1,5` or `0.05..20/17`.

    `low..high/count` is a geometric range: `count` numbers from `low` to `high`, each a constant factor larger
    than the number before. Numbers are rounded to three digits, epochs to whole numbers. On the axis `hidden`,
    `4x4`
    is two layers of 4.

    >>> parse_values("learning_rate", "0.1..10/3,20"), parse_values("hidden", "3,4x4")
    ([0.1, 1.0, 10.0, 20.0], [3, (4, 4)])
    >>> parse_values("epochs", "100..1000/3")
    [100, 316, 1000]
    """
    check_choice("axis", axis, AXES)
    parts = [part.strip() for part in text.split(",")]
    found = [value for part in parts for value in _parse(axis, part)]
    return list(dict.fromkeys(found))


def trials_from_records(records: Any, examples: Examples) -> list[Trial]:
    """Return the trials of a list of objects.

    Each object has the values of some axes.
    """
    is_list = isinstance(records, list) and all(isinstance(record, dict) for record in records)
    if not is_list or not records:
        raise TinyNetError(
            'the recipes must be a list of objects, such as [{"learning_rate": 0.1, "hidden": [4, 4]}].'
        )
    trials = []
    for number, record in enumerate(records, 1):
        try:
            trials.append(Trial.from_axes(record, examples))
        except TinyNetError as error:
            raise TinyNetError(f"recipe {number:,} of {len(records):,}: {error.message}") from error
    return trials


def _as_list(name: str, value: Any) -> list[Any]:
    is_layers = name == "hidden" and isinstance(value, tuple)
    single = isinstance(value, str) or not fits(value, Iterable) or is_layers
    values = [value] if single else [v.item() if isinstance(v, np.generic) else v for v in value]
    if not values:
        raise TinyNetError(f"{name} is an empty list. Give at least one value.")
    return values


def _hidden_sizes(value: Any) -> tuple[int, ...]:
    """Return the sizes of the hidden layers.

    The value is such as 3, (4, 4), [4, 4] or "4x4", or 0 for no hidden layer.
    """
    if isinstance(value, str):
        value = _parse("hidden", value)[0]
    if isinstance(value, int) and value == 0 and not isinstance(value, bool):
        return ()
    sizes = value if isinstance(value, tuple | list) else (value,)
    return tuple(check_int(f"hidden[{layer}]", size, 1, MAX_NODES) for layer, size in enumerate(sizes))


def _parse(axis: str, text: str) -> list[Any]:
    kind = _FIELD_TYPES.get(axis, str) if axis in RECIPE_AXES else str
    try:
        if axis == "hidden":
            sizes = [whole_number(part) for part in text.split("x")]
            return [sizes[0] if len(sizes) == 1 else tuple(sizes)]
        if kind is bool:
            return [{"true": True, "false": False}[text.lower()]]
        if kind in (int, float):
            return _geometric_range(text, kind) if ".." in text else [NUMBER_READERS[kind](text)]
    except (ValueError, KeyError, OverflowError, ZeroDivisionError):
        expected = _EXPECTED[axis if axis == "hidden" else kind]
        raise TinyNetError(f"is {shown(text)}. It must be {expected}.", parameter=axis) from None
    return [text]


def _geometric_range(text: str, kind: type) -> list[Any]:
    low, rest = text.split("..")
    high, _, count = rest.partition("/")
    first, last, number = decimal_number(low), decimal_number(high), whole_number(count)
    if not (0 < first < math.inf and 0 < last < math.inf and 2 <= number <= MAX_TRIALS):
        raise ValueError(text)
    log_ratio = elementary.log(last / first)
    exact = [first * elementary.exp(log_ratio * (k / (number - 1))) for k in range(number)]
    return [kind(round(value)) if kind is int else float(f"{value:.{RANGE_DIGITS}g}") for value in exact]


NUMBER_READERS = {int: whole_number, float: decimal_number}
_FIELD_TYPES = {name: kind for name, kind in get_type_hints(Recipe).items() if kind in (bool, int, float)}
_EXPECTED: dict[Any, str] = {
    "hidden": "numbers of nodes, such as 3, or 4x4 for two layers",
    bool: "true or false",
    int: "whole numbers, such as 100,1000 or 100..30000/7",
    float: "numbers, such as 0.1,1 or 0.05..20/17",
}
