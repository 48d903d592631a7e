"""Read the network of an ONNX model."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Layer, Weights
from tinynet.errors import TinyNetError
from tinynet.files import KEY
from tinynet.formats.onnx.table_nodes import without_table_nodes
from tinynet.formats.onnx.writer import OPERATORS
from tinynet.formats.tensors import from_named_arrays, parse_description
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto

ACTIVATION_OF = {operator: activation for activation, operator in OPERATORS.items()}
READABLE = (
    f"Gemm nodes with {', '.join(OPERATORS[name] for name in ACTIVATIONS if name in OPERATORS)} or nothing after them, "
    "and any of these or a Softmax at the end"
)


def from_onnx(data: bytes, source: str = "these bytes") -> Weights:
    """Return the network of an ONNX model; see `Network.from_onnx`.

    source : Name of the model in errors.
    """
    onnx, protobuf = (extra(name, "an ONNX model", "onnx") for name in ("onnx", "google.protobuf.message"))
    try:
        model = onnx.load_from_string(data)
        onnx.checker.check_model(model)
        with np.errstate(invalid="ignore"):  # NaN gets a better error below
            return _network(model, source)
    except TinyNetError:
        raise
    except (protobuf.DecodeError, onnx.checker.ValidationError, ValueError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TinyNetError(
            f"{source} is damaged or not an ONNX model ({reason}). Use another copy."
        ) from error


def _network(model: "ModelProto", source: str) -> Weights:
    known, origin = _described(model, source)
    layers = list(_layers(without_table_nodes(model), source))
    hidden, output = {layer.activation for layer in layers[:-1]}, layers[-1].activation
    if len(hidden) > 1:
        raise TinyNetError(
            f"{source} has {' and '.join(sorted(hidden))}. All hidden layers must have the same activation."
        )
    architecture = Architecture(known.sizes, next(iter(hidden), known.hidden), output, known.init)
    named = {
        f"{n}.{part}": getattr(layer, part) for n, layer in enumerate(layers) for part in ("weight", "bias")
    }
    return from_named_arrays(named, architecture, source, origin)


def _layers(graph: "GraphProto", source: str) -> Iterator[Layer]:
    """Yield the layers of a graph.

    Raises TinyNetError unless the graph is a chain of layers.
    """
    from onnx.helper import get_node_attr_value

    if len(graph.output) != 1:
        raise TinyNetError(f"{source} has {len(graph.output):,} outputs. It must have one output.")
    arrays = {tensor.name: tensor for tensor in graph.initializer}
    current = next((value.name for value in graph.input if value.name not in arrays), "")
    layer: Layer | None = None
    for node in graph.node:
        attributes = {a.name: get_node_attr_value(node, a.name) for a in node.attribute}
        first, *parameters = node.input
        if first != current or len(node.output) != 1:
            raise TinyNetError(
                f"{source} is not a chain of layers: {node.op_type} takes {first!r}, not {current!r}."
            )
        current = node.output[0]
        if node.op_type == "Gemm" and all(name in arrays for name in parameters):
            if layer is not None:
                yield layer
            layer = _linear_layer(attributes, [_array(arrays[name], source) for name in parameters], source)
        elif node.op_type in ACTIVATION_OF and layer is not None and layer.activation == "identity":
            if attributes.get("axis", -1) not in (-1, 1):
                axis = attributes["axis"]
                raise TinyNetError(f"{source} has a Softmax over axis {axis}. It must be over the outputs.")
            layer = replace(layer, activation=ACTIVATION_OF[node.op_type])
        elif node.op_type != "Identity":
            raise TinyNetError(
                f"{source} has a node {node.op_type}, which TinyNet cannot read. TinyNet reads {READABLE}."
            )
    if layer is None or current != graph.output[0].name:
        raise TinyNetError(
            f"{source} is not a chain of layers from its input to its output. TinyNet reads {READABLE}."
        )
    yield layer


def _linear_layer(attributes: dict[str, Any], parameters: list[np.ndarray], source: str) -> Layer:
    factors = {attributes.get(name, 1.0) for name in ("alpha", "beta")}
    if factors != {1.0} or attributes.get("transA"):
        raise TinyNetError(
            f"{source} has a Gemm with alpha, beta or transA, which is not a layer. TinyNet reads {READABLE}."
        )
    if parameters[0].ndim != 2:
        raise TinyNetError(
            f"{source} has a weight of shape {parameters[0].shape}. It must have two dimensions."
        )
    weight = parameters[0] if attributes.get("transB") else parameters[0].T
    bias = parameters[1] if len(parameters) > 1 else np.zeros(len(weight))
    return Layer(weight, bias, "identity")


def _array(tensor: "TensorProto", source: str) -> np.ndarray:
    from onnx import numpy_helper

    if tensor.data_location == tensor.EXTERNAL:
        raise TinyNetError(f"{source} has {tensor.name} in another file. Save the model as one file.")
    return np.asarray(numpy_helper.to_array(tensor))


def _described(model: "ModelProto", source: str) -> tuple[Architecture, str]:
    """Return the architecture and the origin in the metadata.

    A model of another program has the default architecture, and its source as origin.
    """
    text = {prop.key: prop.value for prop in model.metadata_props}.get(KEY)
    return (Architecture(), source) if text is None else parse_description(json.loads(text), source)
