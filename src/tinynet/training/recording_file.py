"""The experiment and the arrays of a recording in a file.

`run` is always a `Recording`, and `kind` a class of recordings. These classes are defined in modules that import this
module, so that their names cannot be imported here.
"""

from typing import Any

import numpy as np

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training import identity
from tinynet.training.early_stopping import StopReason
from tinynet.validation import check_type


def experiment(run: Any) -> identity.Experiment:
    """Return everything that determines the numbers of a training.

    The initial parameters are left out.
    """
    about = {
        "architecture": run.network.architecture.to_json(),
        "origin": run.network.origin,
        "examples": run.examples,
        "recipe": run.recipe.to_json(),
    }
    if run.world is not None:
        about["world"] = run.world.to_json()
    if run.validation is not None:
        about["validation"] = run.validation
    return about


def encoded(run: Any) -> bytes:
    """Return the bytes of a recording's file."""
    arrays, described = identity.pack(experiment(run))
    about = {
        "identity": run.identity,
        **described,
        "steps": run.steps,
        "stride": run.stride,
        "stopped": None if run.stopped is None else run.stopped._asdict(),
    }
    if run.network.seed is not None:
        about["seed"] = run.network.seed
    return files.encode("recording", run._arrays() | arrays, about | run._more())


def rebuilt(kind: Any, arrays: dict[str, np.ndarray], about: dict[str, Any], source: str) -> Any:
    """Return the recording of these arrays and this description.

    source : the name of the file in errors.

    Raises TinyNetError if they do not fit each other.
    """
    try:
        architecture = Architecture.from_json(about["architecture"])
        check_type("origin", about["origin"], str, "a text")
        network = Network(architecture, arrays["parameters"][0], about["origin"], about.get("seed"))
        examples, validation = (identity.unpack(part, arrays, about) for part in identity.PARTS)
        if examples is None:
            raise KeyError("examples")
        recipe = Recipe.from_json(about["recipe"])
        stopped = None if about["stopped"] is None else StopReason(**about["stopped"])
        more = {
            "world": World.from_json(about["world"]) if "world" in about else None,
            "validation": validation,
            "best_epoch": about.get("best_epoch"),
            **about.get("watched", {}),
        }
        arrays = {"batches" if name == "pictures" else name: array for name, array in arrays.items()}
        optional = set(arrays) & set(kind._optional_names)
        unfit = sorted(set(arrays) ^ {*kind._array_names(validation is not None), *optional})
        if unfit:
            raise ValueError(f"the array {unfit[0]!r} is {'unknown' if unfit[0] in arrays else 'missing'}")
        kept: dict[str, Any] = {**arrays, **more}
        run = kind(network, examples, recipe, about["steps"], about["stride"], **kept, stopped=stopped)
        run._check_contents()
        saved = about["identity"]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = str(error) or type(error).__name__
        raise TinyNetError(
            f"{source} is damaged: its description does not fit its arrays ({reason}). Use another copy."
        ) from error
    if run.identity != saved:
        raise TinyNetError(
            f"{source} is damaged: its experiment differs from the experiment that was saved. Use another copy."
        )
    return run
