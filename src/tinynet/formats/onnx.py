"""Networks as ONNX models, and back.

The models have Gemm and activation nodes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Layer, Weights
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError, counted
from tinynet.files import KEY
from tinynet.formats.tensors import description, from_named_arrays, layers_of, parse_description
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

OPSET, IR_VERSION = 17, 8  # versions of 2022, supported by all current runtimes
OPERATORS = {name: name.capitalize() for name in OUTPUTS if name != "identity"}
ACTIVATION_OF = {operator: activation for activation, operator in OPERATORS.items()}
INPUT, OUTPUT = "inputs", "outputs"  # names in the model
READABLE = (
    f"Gemm nodes with {', '.join(OPERATORS[name] for name in ACTIVATIONS if name in OPERATORS)} or nothing after them, "
    "and any of these or a Softmax at the end"
)


def to_onnx(
    network: Weights,
    dtype: str | None = "float32",
    target_names: Sequence[str] = (),
    scalings: Mapping[str, Scaling | None] | None = None,
) -> bytes:
    """Return the network as an ONNX model; see `Network.to_onnx`.

    target_names : Name of each output, for the metadata.
    scalings : Scalings of the inputs and targets of a table, by their keys in the metadata.
    """
    make = extra("onnx", "an ONNX model", "onnx").helper
    inputs, *_, outputs = network.sizes
    if target_names and len(target_names) != outputs:
        raise TinyNetError(
            f"has {counted(len(target_names), 'name')} and the network has {counted(outputs, 'output')}.",
            parameter="target_names",
        )
    parameters = list(_parameters(network, dtype))
    value_infos = [
        make.make_tensor_value_info(name, parameters[0].data_type, ["examples", size])
        for name, size in ((INPUT, inputs), (OUTPUT, outputs))
    ]
    graph = make.make_graph(list(_nodes(network)), "network", value_infos[:1], value_infos[1:], parameters)
    version = make.make_opsetid("", OPSET)
    model = make.make_model(graph, producer_name="tinynet", ir_version=IR_VERSION, opset_imports=[version])
    about: dict[str, Any] = {KEY: description(network)}
    about |= {"target_names": list(target_names)} if target_names else {}
    about |= {name: scaling.to_json() for name, scaling in (scalings or {}).items() if scaling is not None}
    make.set_model_props(model, {name: json.dumps(value) for name, value in about.items()})
    return bytes(model.SerializeToString(deterministic=True))


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
    layers = list(_layers(model.graph, source))
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


def _parameters(network: Weights, dtype: str | None) -> "Iterator[TensorProto]":
    from onnx.numpy_helper import from_array

    for n, (weight, bias) in enumerate(layers_of(network, dtype), 1):
        yield from_array(weight, f"layer{n}.weight")
        yield from_array(bias, f"layer{n}.bias")


def _nodes(network: Weights) -> "Iterator[NodeProto]":
    """Yield the nodes of each layer.

    The nodes are z = Gemm(a, weight, bias) and a = activation(z).
    """
    from onnx.helper import make_node

    attributes: dict[str, dict[str, Any]] = {"softmax": {"axis": -1}}
    a, last = INPUT, len(network.sizes) - 1
    for n, activation in enumerate(network.architecture.activations, 1):
        z = OUTPUT if n == last and activation == "identity" else f"layer{n}.z"
        yield make_node("Gemm", [a, f"layer{n}.weight", f"layer{n}.bias"], [z], transB=1)
        a = z
        if activation != "identity":
            a = OUTPUT if n == last else f"layer{n}.a"
            yield make_node(OPERATORS[activation], [z], [a], **attributes.get(activation, {}))


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
