"""ONNX: a network as a model of Gemm and activation nodes, and such a model as a network."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Layer, Weights
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError
from tinynet.files import KEY
from tinynet.formats.tensors import described, description, from_named, layers_of
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

OPSET, IR = 17, 8  # of 2022: what every runtime in use takes
OPERATORS = {name: name.capitalize() for name in OUTPUTS if name != "identity"}
KINDS = {operator: kind for kind, operator in OPERATORS.items()}
READABLE = (
    f"Gemm nodes with {', '.join(OPERATORS[name] for name in ACTIVATIONS if name in OPERATORS)} or nothing after them, "
    "and any of these or a Softmax at the end"
)


def to_onnx(
    network: Weights,
    dtype: str | None = "float32",
    answers: Sequence[str] = (),
    scalings: Mapping[str, Scaling | None] | None = None,
) -> bytes:
    """Return the network as the bytes of an ONNX model; see `Network.to_onnx`.

    scalings : of a table's inputs and targets, by the names they get in the metadata.
    """
    make = extra("onnx", "an ONNX model", "onnx").helper
    inputs, *_, outputs = network.sizes
    if answers and len(answers) != outputs:
        raise TinyNetError(f"there are {len(answers)} answers and the network has {outputs} outputs")
    parameters = list(_parameters(network, dtype))
    ends = [
        make.make_tensor_value_info(name, parameters[0].data_type, ["pictures", size])
        for name, size in (("pixels", inputs), ("answers", outputs))
    ]
    graph = make.make_graph(list(_nodes(network)), "network", ends[:1], ends[1:], parameters)
    version = make.make_opsetid("", OPSET)
    model = make.make_model(graph, producer_name="tinynet", ir_version=IR, opset_imports=[version])
    about: dict[str, Any] = {KEY: description(network)}
    about |= {"answers": list(answers)} if answers else {}
    about |= {name: scaling.to_json() for name, scaling in (scalings or {}).items() if scaling is not None}
    make.set_model_props(model, {name: json.dumps(value) for name, value in about.items()})
    return bytes(model.SerializeToString(deterministic=True))


def from_onnx(data: bytes, source: str = "these bytes") -> Weights:
    """Return the network that an ONNX model is; see `Network.from_onnx`. `source` names it in errors."""
    onnx, protobuf = (extra(name, "an ONNX model", "onnx") for name in ("onnx", "google.protobuf.message"))
    try:
        model = onnx.load_from_string(data)
        onnx.checker.check_model(model)
        with np.errstate(invalid="ignore"):  # what is no number is named later
            return _network(model, source)
    except TinyNetError:
        raise
    except (protobuf.DecodeError, onnx.checker.ValidationError, ValueError, KeyError) as error:
        said = str(error).strip().partition("\n")[0]
        raise TinyNetError(f"{source} is damaged or no ONNX model ({said}); take another copy") from error


def _network(model: "ModelProto", source: str) -> Weights:
    known, origin = _described(model, source)
    layers = list(_layers(model.graph, source))
    hidden, output = {layer.activation for layer in layers[:-1]}, layers[-1].activation
    if len(hidden) > 1:
        raise TinyNetError(
            f"{source} has {' and '.join(sorted(hidden))}; hidden layers here have one activation"
        )
    found = Architecture(known.sizes, next(iter(hidden), known.hidden), output, known.init)
    named = {
        f"{n}.{part}": getattr(layer, part) for n, layer in enumerate(layers) for part in ("weight", "bias")
    }
    return from_named(named, found, source, origin)


def _parameters(network: Weights, dtype: str | None) -> "Iterator[TensorProto]":
    from onnx.numpy_helper import from_array

    for n, (weight, bias) in enumerate(layers_of(network, dtype), 1):
        yield from_array(weight, f"layer{n}.weight")
        yield from_array(bias, f"layer{n}.bias")


def _nodes(network: Weights) -> "Iterator[NodeProto]":
    """Yield z = Gemm(a, weight, bias) and a = activation(z) of each layer."""
    from onnx.helper import make_node

    set_to: dict[str, dict[str, Any]] = {"softmax": {"axis": -1}}
    a, last = "pixels", len(network.sizes) - 1
    for n, kind in enumerate(network.architecture.activations, 1):
        z = "answers" if n == last and kind == "identity" else f"layer{n}.z"
        yield make_node("Gemm", [a, f"layer{n}.weight", f"layer{n}.bias"], [z], transB=1)
        a = z
        if kind != "identity":
            a = "answers" if n == last else f"layer{n}.a"
            yield make_node(OPERATORS[kind], [z], [a], **set_to.get(kind, {}))


def _layers(graph: "GraphProto", source: str) -> Iterator[Layer]:
    """Yield the layers of a graph that is a chain of them."""
    from onnx.helper import get_node_attr_value

    arrays = {tensor.name: tensor for tensor in graph.initializer}
    here = next((one.name for one in graph.input if one.name not in arrays), "")
    layer: Layer | None = None
    for node in graph.node:
        set_to = {attribute.name: get_node_attr_value(node, attribute.name) for attribute in node.attribute}
        first, *parts = node.input
        if first != here or len(node.output) != 1:
            raise TinyNetError(
                f"{source} is no chain of layers: {node.op_type} takes {first!r}, not {here!r}"
            )
        here = node.output[0]
        if node.op_type == "Gemm" and all(part in arrays for part in parts):
            if layer is not None:
                yield layer
            layer = _linear(set_to, [_array(arrays[part], source) for part in parts], source)
        elif node.op_type in KINDS and layer is not None and layer.activation == "identity":
            if set_to.get("axis", -1) not in (-1, 1):
                raise TinyNetError(
                    f"{source} has a Softmax over axis {set_to['axis']}; one here is over the outputs"
                )
            layer = replace(layer, activation=KINDS[node.op_type])
        elif node.op_type != "Identity":
            raise TinyNetError(
                f"{source} has a node {node.op_type} that TinyNet cannot read; it reads {READABLE}"
            )
    if layer is None or here != graph.output[0].name:
        raise TinyNetError(
            f"{source} is no chain of layers from its input to its output; TinyNet reads {READABLE}"
        )
    yield layer


def _linear(set_to: dict[str, Any], parts: list[np.ndarray], source: str) -> Layer:
    if {set_to.get(name, plain) for name, plain in (("alpha", 1.0), ("beta", 1.0))} != {1.0} or set_to.get(
        "transA"
    ):
        raise TinyNetError(
            f"{source} has a Gemm with alpha, beta or transA, which is no layer; TinyNet reads {READABLE}"
        )
    weight = parts[0] if set_to.get("transB") else parts[0].T
    return Layer(weight, parts[1] if len(parts) > 1 else np.zeros(len(weight)), "identity")


def _array(tensor: "TensorProto", source: str) -> np.ndarray:
    from onnx import numpy_helper

    if tensor.data_location == tensor.EXTERNAL:
        raise TinyNetError(f"{source} keeps {tensor.name} in another file; save the model as one file")
    return np.asarray(numpy_helper.to_array(tensor))


def _described(model: "ModelProto", source: str) -> tuple[Architecture, str]:
    """Return the architecture and the origin that our models carry; the usual, and the source, of any other."""
    text = {prop.key: prop.value for prop in model.metadata_props}.get(KEY)
    return (Architecture(), source) if text is None else described(json.loads(text), source)
