"""Change ONNX models at random, and count how they are read.

python tests/support/onnx_mutants.py 10000
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx

import tinynet as tn
from onnx_models import onnx_model
from raw_tables import mixed
from tinynet.errors import TinyNetError
from tinynet.formats.onnx import constants, operators, writer

KERAS = Path(__file__).parents[1] / "golden" / "keras"
NUMBERS = [-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 16, 255, 7919, 10**6, 2**31, 2**40, 2**63 - 1]
FLOATS = [0.0, -1.0, 0.5, 1e-30, 1e30, float("inf"), float("nan")]
STRINGS = [
    "",
    "x",
    "y",
    "inputs",
    "outputs",
    "tinynet",
    "\0",
    "\1",
    "é",
    "a\nb",
    "n" * 10_000,
    "{}",
    "[" * 5000,
    "NaN",
]
NAMES = sorted({*operators.OPERATORS, *constants.OPERATORS, "Conv", "If", "Loop", "QuantizeLinear"})


def seeds():
    """Return models of all forms as bytes."""
    network = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh", output="softmax")
    own = [network.to_onnx(), network.to_onnx(dtype="float64", target_names=("a", "b"))]
    own += [model_of_table("flag", "float32"), model_of_table("mean", "float64"), linear_model()]
    return own + [path.read_bytes() for path in sorted(KERAS.glob("*.onnx"))]


def linear_model():
    """Return a linear model as scikit-learn's converter writes it."""
    numbers = {"coefficients": [0.5, -1.0, 0.0, 2.0, -0.5, 1.0, 0.0, -2.0], "intercepts": [0.25, -0.25]}
    nodes = [
        ("ai.onnx.ml:LinearClassifier", "x", "label all", numbers | {"classlabels_ints": [0, 1]}),
        ("Slice", "places start end", "both", {}),
        ("ai.onnx.ml:ArrayFeatureExtractor", "all both", "scores", {}),
        ("Sigmoid", "scores", "sigmoids", {}),
        ("ai.onnx.ml:Normalizer", "sigmoids", "probabilities", {"norm": "L1"}),
        ("Abs", "probabilities", "positive", {}),
        ("ReduceSum", "positive axis", "sum", {"keepdims": 1}),
        ("Div", "probabilities sum", "y", {}),
    ]
    arrays = {"axis": np.array([1]), "places": np.arange(3), "start": np.array([0]), "end": np.array([2])}
    return onnx_model(nodes, arrays, domains=["ai.onnx.ml"])


def model_of_table(missing, dtype):
    examples = mixed(missing)
    sizes = (examples.inputs.shape[1], 3, 1)
    return writer.to_onnx(tn.Network.initial(sizes, seed=0), dtype, ("price",), examples)


def mutants(count, seed=0):
    """Yield changed models: bytes, or one to four fields of the message."""
    generator = np.random.default_rng(seed)
    models = seeds()
    for n in range(count):
        data = models[generator.integers(len(models))]
        other = models[generator.integers(len(models))]
        yield changed_bytes(data, other, generator) if n % 3 == 0 else changed_fields(data, other, generator)


def changed_bytes(data, other, generator):
    """Flip, overwrite, cut, repeat or mix bytes."""
    changed = bytearray(data)
    for _ in range(generator.integers(1, 5)):
        first, last = sorted(int(place) for place in generator.integers(0, len(changed) + 1, 2))
        match generator.integers(6):
            case 0 | 1 if last < len(changed):
                changed[last] ^= 1 << int(generator.integers(8))
            case 2 if last < len(changed):
                changed[last] = int(generator.integers(256))
            case 3:
                del changed[first : min(last, first + 20)]
            case 4:
                changed[first:first] = changed[first : min(last, first + 50)]
            case _:
                changed[first:last] = other[first:last]
    return bytes(changed)


def changed_fields(data, other, generator):
    model, others = onnx.load_from_string(data), onnx.load_from_string(other)
    for _ in range(generator.integers(1, 5)):
        message = pick(list(messages(model)), generator)
        change_field(message, pick(list(messages(others)), generator), generator)
    return model.SerializeToString()


def messages(message):
    """Yield a message and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if is_list(value) else [value]:
                yield from messages(part)


def change_field(message, other, generator):
    """Set a field to a hostile value, delete it, or change the order of a list."""
    field = pick(list(message.DESCRIPTOR.fields), generator)
    value = getattr(message, field.name)
    if is_list(value):
        change_list(field, value, other, generator)
    elif field.type == field.TYPE_MESSAGE:
        if generator.integers(2) and type(other) is type(value):
            value.CopyFrom(other)
        else:
            message.ClearField(field.name)
    else:
        set_value(lambda new: setattr(message, field.name, new), field, generator)


def change_list(field, values, other, generator):
    place = int(generator.integers(len(values) + 1))
    match generator.integers(3):
        case 0 if place < len(values):
            del values[place]
        case 1 if place < len(values):
            values.extend([values[place]])
        case _ if field.type == field.TYPE_MESSAGE:
            if len(values) and type(other) is type(values[0]):
                values.extend([other])
            values.reverse()
        case _ if place < len(values):
            set_value(lambda new: values.__setitem__(place, new), field, generator)
        case _:
            set_value(values.append, field, generator)


def set_value(put, field, generator):
    if field.type == field.TYPE_STRING:
        value = pick(NAMES if field.name == "op_type" and generator.integers(4) else STRINGS, generator)
        value = value.rpartition(".")[-1] if field.name == "op_type" else value
    elif field.type == field.TYPE_BYTES:
        value = generator.bytes(int(generator.integers(64)))
    elif field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        value = pick(FLOATS, generator)
    else:
        value = int(pick(NUMBERS, generator))
    try:
        put(value)
    except ValueError:  # the field has fewer bits, or only some values
        put(1)


def is_list(value):
    return hasattr(value, "extend")


def pick(values, generator):
    return values[int(generator.integers(len(values)))]


def outcome(data):
    """Return how a model is read: the network, a refusal, or the error that is not a TinyNetError."""
    try:
        tn.Network.from_onnx(data)
    except TinyNetError as error:
        return "damaged" if "is damaged" in str(error) else "refused"
    return "read"


if __name__ == "__main__":
    counts, slowest = Counter(), 0.0
    for number, mutant in enumerate(mutants(int(sys.argv[1]), seed=int(sys.argv[2]) if sys.argv[2:] else 0)):
        start = time.perf_counter()
        try:
            counts[outcome(mutant)] += 1
        except Exception as error:
            counts[f"{type(error).__name__}: {str(error)[:100]}"] += 1
            Path(tempfile.gettempdir(), f"onnx_mutant_{number}.onnx").write_bytes(mutant)
        slowest = max(slowest, time.perf_counter() - start)
    print(dict(counts), f"slowest: {slowest:.2f} s")
