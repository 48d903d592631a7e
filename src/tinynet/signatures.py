"""Checks of the arguments of public functions by their annotations."""

import inspect
import os
import sys
from collections import abc
from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from numbers import Integral
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.validation import shown

F = TypeVar("F", bound=Callable[..., Any])

# The rule of an annotation: the classes of the values, and the rule in words.
TYPES: dict[Any, tuple[Any, str]] = {
    int: (Integral, "a whole number"),
    float: (int | float | np.integer | np.floating, "a number"),
    str: (str, "a text"),
    bool: (bool, "True or False"),
    bytes: (bytes | bytearray | memoryview, "bytes"),
    NoneType: (NoneType, "None"),
    np.ndarray: (np.ndarray, "a NumPy array of numbers"),
    os.PathLike: (os.PathLike, "a path"),
    abc.Callable: (abc.Callable, "a function"),
    abc.Mapping: (abc.Mapping, "a dict"),
    dict: (abc.Mapping, "a dict"),
    abc.Iterable: (abc.Iterable, "a list"),
    abc.Sequence: (abc.Sequence | np.ndarray, "a list"),
    list: (abc.Sequence | np.ndarray, "a list"),
    tuple: (abc.Sequence | np.ndarray, "a tuple"),
}
PATHS = (os.PathLike, Path)
PLURALS = {int: "whole numbers", float: "numbers", str: "texts"}  # the words for the values of a list


@overload
def check_arguments(function: F, /) -> F: ...
@overload
def check_arguments(*, apart_from: tuple[str, ...]) -> Callable[[F], F]: ...
def check_arguments(function: Any = None, /, *, apart_from: tuple[str, ...] = ()) -> Any:
    """Make a public function check the types of its arguments.

    The annotations of the function are the rules. Ranges of numbers and shapes of arrays are checked by the function.

    apart_from : parameters that are not checked here, because the function has a better error for them.

    Raises TinyNetError with the name of the first argument that does not fit its annotation.

    >>> @check_arguments
    ... def repeated(word: str, times: int = 2) -> str:
    ...     return word * times
    >>> repeated("na", 2.5)
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: times is 2.5. It must be a whole number.
    """
    if function is None:
        return lambda one: _checking(one, apart_from)
    return _checking(function, apart_from)


def _checking(function: Any, apart_from: tuple[str, ...]) -> Any:
    signature = inspect.signature(function)

    @cache
    def rules() -> dict[str, Any]:  # read at the first call, when every name is defined
        found = annotations_of(function)
        return {name: rule for name, rule in found.items() if name not in apart_from}

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        for name, value in signature.bind(*arguments, **named).arguments.items():
            rule, kind = rules().get(name, Any), signature.parameters[name].kind
            values = value if kind is inspect.Parameter.VAR_POSITIONAL else (value,)
            if kind is not inspect.Parameter.VAR_KEYWORD:
                for one in values:
                    check_rule(name, one, rule)
        return function(*arguments, **named)

    return run


def check_rule(name: str, value: object, rule: Any) -> None:
    """Raise a TinyNetError for a value that does not fit an annotation.

    >>> check_rule("labels", ["a", 3], list[str])
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: labels is ['a', 3]. It must be a list of texts.
    """
    if not fits(value, rule):
        raise TinyNetError(f"is {shown(value)}. It must be {phrase(rule)}.", parameter=name)


def fits(value: Any, rule: Any) -> bool:
    """Return whether a value fits an annotation.

    True and False are no numbers here, and a text is no list. A list is also a tuple and an array.
    """
    origin, inner = get_origin(rule) or rule, get_args(rule)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple and inner and inner[-1] is not ...:
        return fits(value, tuple) and len(value) == len(inner) and all(map(fits, value, inner))
    if origin in (abc.Sequence, list, tuple) and inner:
        return fits(value, origin) and all(fits(one, inner[0]) for one in value)
    if origin in (abc.Mapping, dict) and inner:
        return isinstance(value, abc.Mapping) and all(fits(one, inner[1]) for one in value.values())
    if origin in TYPES:
        return isinstance(value, TYPES[origin][0]) and _is_of_kind(value, origin)
    if getattr(origin, "only_a_name", False):
        return any(kind.__name__ == origin.__name__ for kind in type(value).__mro__)
    if origin is Any or not isinstance(origin, type) or getattr(origin, "_is_protocol", False):
        return True
    return isinstance(value, origin)


def _is_of_kind(value: Any, kind: Any) -> bool:
    """Return whether a value of a class is of the kind that an annotation of this class means."""
    if kind in (int, float):
        too_large = kind is float and isinstance(value, int) and abs(value) > sys.float_info.max
        return not isinstance(value, bool) and not too_large
    if kind in (abc.Iterable, abc.Sequence, list, tuple) and isinstance(value, str | bytes):
        return False
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and (kind is not np.ndarray or value.dtype.kind in "biuf")
    return True


def phrase(rule: Any) -> str:
    """Return an annotation in words.

    >>> phrase(list[str] | None), phrase(tuple[int, int])
    ('a list of texts', 'a tuple of 2 whole numbers')
    """
    origin, inner = get_origin(rule) or rule, get_args(rule)
    if origin in (Union, UnionType):
        if any((get_origin(one) or one) in PATHS for one in inner):
            return "the path of a file, as a str or a Path"
        return " or ".join(dict.fromkeys(phrase(one) for one in inner if one is not NoneType))
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin is tuple and inner and inner[-1] is not ...:
        return f"a tuple of {len(inner)} {_plural(inner[0])}"
    if origin in (abc.Sequence, abc.Iterable, list, tuple) and inner:
        return f"{TYPES[origin][1]} of {_plural(inner[0])}"
    if origin in TYPES:
        return TYPES[origin][1]
    name = origin.__name__
    return name if name.endswith("s") else f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _plural(rule: Any) -> str:
    if rule in PLURALS:
        return PLURALS[rule]
    name = getattr(rule, "__name__", "")
    return name if name.endswith("s") else f"{name}s" if name and name != "Any" else "values"


def annotations_of(annotated: Any) -> dict[str, Any]:
    """Return the annotations of a function's parameters, or of a class, as types.

    A name that only a type checker imports becomes a class of that name; `fits` then compares names.
    """
    missing: dict[str, Any] = {}
    while True:
        try:
            found = get_type_hints(annotated, localns=missing)
        except NameError as error:
            name = str(error.name)
            missing[name] = type(name, (), {"only_a_name": True})
        else:
            return {name: rule for name, rule in found.items() if name != "return"}


def check_attributes(record: Any, *, apart_from: tuple[str, ...] = ()) -> None:
    """Raise a TinyNetError for an attribute of a dataclass that does not fit its annotation.

    apart_from : attributes that are not checked here, because the class converts them.
    """
    kind: Any = type(record)
    for name, rule in _rules_of(kind).items():
        if name not in apart_from:
            check_rule(name, getattr(record, name), rule)


@cache
def _rules_of(kind: Any) -> dict[str, Any]:
    rules = annotations_of(kind)
    return {field.name: rules[field.name] for field in fields(kind)}
