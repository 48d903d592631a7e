"""Write networks as ONNX models.

The models have Gemm and activation nodes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tinynet.core.activations import OUTPUTS
from tinynet.core.weights import Weights
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError, counted
from tinynet.files import KEY
from tinynet.formats.tensors import description, layers_of
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

OPSET, IR_VERSION = 17, 8  # versions of 2022, supported by all current runtimes
OPERATORS = {name: name.capitalize() for name in OUTPUTS if name != "identity"}
INPUT, OUTPUT = "inputs", "outputs"  # names in the model


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
