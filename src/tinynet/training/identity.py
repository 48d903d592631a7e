"""What decides a training's numbers: described, told apart by a hash, and put into a file, however many examples it has."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.files import Arrays
from tinynet.recipe import Recipe

MAX_DESCRIBED = 200_000  # numbers of examples that stand in a file's description; more are arrays of the file
CHUNK_ROWS = 8192
ROWS = ("inputs", "targets", "names")  # of examples: what grows with them
PARTS = ("examples", "validation")
# An identity is a hash of the names that the first version wrote, so it outlives new names.
FIRST_NAMES = {
    "init": "start",
    "hold_fraction": "hold",
    "final_fraction": "final",
    "target_names": "answers",
    "unbounded": "free",
}
FIRST_VALUES = {"hold_then_decay": "hold", "external": "given"}  # of a recipe
LATER = ("noise", "schedule", "hold_fraction", "final_fraction", "label_smoothing", "augment", "gradients")

Experiment = dict[str, Any]  # ready for JSON, but for its Examples


def identity(experiment: Experiment, parameters: np.ndarray) -> str:
    """Return a hash of an experiment and the parameters it starts from; equal ones have equal hashes."""
    recipe = dict(experiment["recipe"])
    plain = Recipe().to_json()
    for name in LATER:  # a recording older than a field keeps its identity
        if recipe[name] == plain[name]:
            del recipe[name]
    digest = hashlib.sha256()
    described = {
        "recipe": {name: FIRST_VALUES.get(value, value) for name, value in first_names(recipe).items()},
        "architecture": first_names(experiment["architecture"]),
    }
    for piece in _text(experiment | described):
        digest.update(piece.encode())
    digest.update(parameters.tobytes())
    return digest.hexdigest()


def first_names(data: dict[str, Any]) -> dict[str, Any]:
    """Return a description with the field names of the first version."""
    return {FIRST_NAMES.get(name, name): value for name, value in data.items()}


def packed(experiment: Experiment) -> tuple[Arrays, dict[str, Any]]:
    """Return an experiment as arrays and a description for a file: many examples are arrays, few are described."""
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


def unpacked(part: str, arrays: Arrays, about: dict[str, Any]) -> Examples | None:
    """Return the examples of a file, and take them out of its arrays; None where it has no such part."""
    if part not in about:
        return None
    rows: dict[str, Any] = {name: arrays.pop(f"{part}.{name}") for name in ROWS if f"{part}.{name}" in arrays}
    if "names" in rows:
        rows["names"] = json.loads(rows["names"].tobytes())
    return Examples.from_json(about[part] | rows)


def _numbers(examples: Examples) -> int:
    return examples.inputs.size + (0 if examples.targets is None else examples.targets.size)


def _text(about: Experiment) -> Iterator[str]:
    """Yield the JSON of an experiment, its keys sorted: many examples a piece at a time."""
    yield "{"
    for k, key in enumerate(sorted(about)):
        value = about[key]
        yield f"{', ' if k else ''}{json.dumps(key)}: "
        yield from (
            _examples_text(value) if isinstance(value, Examples) else [json.dumps(value, sort_keys=True)]
        )
    yield "}"


def _examples_text(examples: Examples) -> Iterator[str]:
    about = first_names(examples[:0].to_json())
    yield "{"
    for k, key in enumerate(sorted(about)):
        yield f"{', ' if k else ''}{json.dumps(key)}: "
        if key in ROWS and about[key] is not None:
            yield from _rows_text(getattr(examples, key))
        else:
            yield json.dumps(about[key], sort_keys=True)
    yield "}"


def _rows_text(rows: Any) -> Iterator[str]:
    yield "["
    for first in range(0, len(rows), CHUNK_ROWS):
        piece = rows[first : first + CHUNK_ROWS]
        text = json.dumps(piece.tolist() if isinstance(piece, np.ndarray) else list(piece))
        yield (", " if first else "") + text[1:-1]
    yield "]"
