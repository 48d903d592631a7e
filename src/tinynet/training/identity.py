"""The identity of an experiment.

The identity covers everything that determines the numbers. The identity is a hash, and a part of a file.

An experiment is described as JSON. Large sets of examples are too large for JSON, so files contain them as
arrays.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.data.readers import CHUNK_ROWS
from tinynet.files import Arrays, parse_json
from tinynet.recipe import Recipe

MAX_DESCRIBED = (
    200_000  # numbers of examples in the JSON description of a file; more numbers become arrays of the file
)
ROWS = ("inputs", "targets", "names")  # the fields of Examples with one entry for each row
PARTS = ("examples", "validation")
# An identity is a hash of the names that the first version wrote, so that the identity survives new names.
FIRST_NAMES = {
    "init": "start",
    "hold_fraction": "hold",
    "final_fraction": "final",
    "target_names": "answers",
    "unbounded": "free",
}
FIRST_VALUES = {"hold_then_decay": "hold", "external": "given"}  # values of a recipe
# These recipe fields were added after format 1. With their default value they are left out of the hash.
ADDED_FIELDS = (
    "noise",
    "schedule",
    "hold_fraction",
    "final_fraction",
    "label_smoothing",
    "augment",
    "gradients",
)

Experiment = dict[str, Any]  # ready for JSON, except for its Examples


def identity(
    experiment: Experiment, parameters: np.ndarray, more: Mapping[str, np.ndarray] | None = None
) -> str:
    """Return a hash of an experiment and its initial parameters.

    more : other arrays that determine the numbers, by name.
    """
    recipe = dict(experiment["recipe"])
    defaults = Recipe().to_json()
    for name in ADDED_FIELDS:  # recordings of earlier versions keep their identity
        if recipe[name] == defaults[name]:
            del recipe[name]
    digest = hashlib.sha256()
    described = {
        "recipe": {name: FIRST_VALUES.get(value, value) for name, value in first_names(recipe).items()},
        "architecture": first_names(experiment["architecture"]),
    }
    for piece in _json_pieces(experiment | described):
        digest.update(piece.encode())
    digest.update(parameters.tobytes())
    for name, array in (more or {}).items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def first_names(data: dict[str, Any]) -> dict[str, Any]:
    """Return a description with the first version's field names."""
    return {FIRST_NAMES.get(name, name): value for name, value in data.items()}


def pack(experiment: Experiment) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and JSON description of an experiment.

    Both are parts of a file.
    """
    arrays: Arrays = {}
    about = dict(experiment)
    for part in (part for part in PARTS if part in experiment):
        examples = experiment[part]
        if _numbers(examples) <= MAX_DESCRIBED:
            about[part] = examples.to_json()
            continue
        about[part] = examples[:0].to_json()
        arrays[f"{part}.inputs"] = examples.inputs
        if examples.targets is not None:
            arrays[f"{part}.targets"] = examples.targets
        arrays[f"{part}.names"] = np.frombuffer(json.dumps(examples.names).encode(), np.uint8)
    return arrays, about


def unpack(part: str, arrays: Arrays, about: dict[str, Any]) -> Examples | None:
    """Return a file's examples, its validation set, or None.

    Their arrays are removed from `arrays`.
    """
    if part not in about:
        return None
    rows: dict[str, Any] = {name: arrays.pop(f"{part}.{name}") for name in ROWS if f"{part}.{name}" in arrays}
    if "names" in rows:
        rows["names"] = parse_json(rows["names"].tobytes())
    return Examples.from_json(about[part] | rows)


def _numbers(examples: Examples) -> int:
    return examples.inputs.size + (0 if examples.targets is None else examples.targets.size)


def _json_pieces(about: Experiment) -> Iterator[str]:
    """Yield the JSON of an experiment in pieces.

    The keys are sorted. The pieces bound the memory for large sets of examples.
    """
    yield "{"
    for k, key in enumerate(sorted(about)):
        value = about[key]
        yield f"{', ' if k else ''}{json.dumps(key)}: "
        if isinstance(value, Examples):
            yield from _examples_pieces(value)
        else:
            yield json.dumps(value, sort_keys=True)
    yield "}"


def _examples_pieces(examples: Examples) -> Iterator[str]:
    about = first_names(examples[:0].to_json())
    yield "{"
    for k, key in enumerate(sorted(about)):
        yield f"{', ' if k else ''}{json.dumps(key)}: "
        if key in ROWS and about[key] is not None:
            yield from _row_pieces(getattr(examples, key))
        else:
            yield json.dumps(about[key], sort_keys=True)
    yield "}"


def _row_pieces(rows: Any) -> Iterator[str]:
    yield "["
    for first in range(0, len(rows), CHUNK_ROWS):
        piece = rows[first : first + CHUNK_ROWS]
        text = json.dumps(piece.tolist() if isinstance(piece, np.ndarray) else list(piece))
        yield (", " if first else "") + text[1:-1]
    yield "]"
