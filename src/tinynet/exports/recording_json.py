"""Recordings as JSON documents, with every digit."""

from typing import Any

import numpy as np

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.formats.json_documents import check_kind
from tinynet.training.recording import Recording


def recording_json(recording: Recording) -> dict[str, Any]:
    """Return a recording as JSON values.

    The values are the experiment, and each array with its dtype and shape. NaN and infinities become the texts
    "nan", "inf" and "-inf", because JSON has no such numbers.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=1))
    >>> recording_json(run)["arrays"]["losses"]["values"] == run.losses.tolist()
    True
    """
    arrays, about = files.decode("recording", recording.to_bytes(), "this recording")
    names = recording.network.architecture.parameter_names
    described = {
        name: _described(arrays[name]) for name in sorted(arrays)
    }  # equal recordings, equal documents
    return {**about, "parameter_names": list(names), "arrays": described}


def recording_from_json(data: dict[str, Any], source: str = "this JSON") -> Recording:
    """Return the recording that `recording_json` wrote.

    source : the name of the document in errors.
    """
    check_kind(data, "recording", source)
    try:
        arrays = {name: _array(**part) for name, part in data["arrays"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise TinyNetError(f"{source} is damaged: its arrays are not valid ({error}).") from error
    derived = {"format", "kind", "tinynet", "content", "parameter_names", "arrays"}
    about = {name: value for name, value in data.items() if name not in derived}
    try:
        encoded = files.encode("recording", arrays, about)
    except (TypeError, ValueError, RecursionError) as error:
        raise TinyNetError(f"{source} is damaged: its description is not JSON ({error}).") from error
    return Recording.from_bytes(encoded, source)


def _described(array: np.ndarray) -> dict[str, Any]:
    values = array.tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        mixed, not_finite = array.astype(object), ~np.isfinite(array)
        mixed[not_finite] = array[not_finite].astype(str)
        values = mixed.tolist()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def _array(dtype: str, shape: list[int], values: list[Any]) -> np.ndarray:
    if dtype not in ("float64", "float32", "int64", "int32"):
        raise ValueError(f"dtype is {dtype!r}")
    return np.array(values, dtype).reshape(shape)
