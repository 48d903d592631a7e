"""Write networks as ONNX models.

The models have Gemm and activation nodes. The model of a table also has the nodes of `table_nodes.py`.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tinynet.core.activations import OUTPUTS
from tinynet.core.weights import Weights
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.files import KEY
from tinynet.formats.onnx.table_nodes import (
    ML_DOMAIN,
    ML_OPSET,
    NETWORK_INPUTS,
    NETWORK_OUTPUTS,
    ROWS,
    TableNodes,
    element_type,
    input_nodes,
    output_nodes,
)
from tinynet.formats.tensors import description, layers_of
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

OPSET, IR_VERSION = 17, 8  # versions of 2022, supported by all current runtimes
OPERATORS = {name: name.capitalize() for name in OUTPUTS if name != "identity"}
INPUT, OUTPUT = "inputs", "outputs"  # names in the model


def to_onnx(
    network: Weights,
    dtype: str | None = "float32",
    target_names: Sequence[str] = (),
    examples: Examples | None = None,
) -> bytes:
    """Return the network as an ONNX model; see `Network.to_onnx`.

    target_names : Name of each output, for the metadata.
    examples : Examples of a table. The model then takes the cells of a table, and a regression returns numbers in the
        units of the table.
    """
    make = extra("onnx", "an ONNX model", "onnx").helper
    if target_names and len(target_names) != network.sizes[-1]:
        raise TinyNetError(
            f"has {counted(len(target_names), 'name')} and the network has {counted(network.sizes[-1], 'output')}.",
            parameter="target_names",
        )
    graph, versions = _graph(network, dtype, examples), [make.make_opsetid("", OPSET)]
    if any(node.domain == ML_DOMAIN for node in graph.node):
        versions.append(make.make_opsetid(ML_DOMAIN, ML_OPSET))
    model = make.make_model(graph, producer_name="tinynet", ir_version=IR_VERSION, opset_imports=versions)
    about: dict[str, Any] = {KEY: description(network)}
    about |= {"target_names": list(target_names)} if target_names else {}
    about |= {} if examples is None else _table_metadata(examples)
    make.set_model_props(model, {name: json.dumps(value) for name, value in about.items()})
    return bytes(model.SerializeToString(deterministic=True))


def _graph(network: Weights, dtype: str | None, examples: Examples | None) -> "GraphProto":
    """Return the nodes of the network, between those of the table."""
    from onnx.helper import make_graph, make_tensor_value_info

    parameters = list(_parameters(network, dtype))
    kind = parameters[0].data_type
    single = kind == element_type("FLOAT")
    scaling = None if examples is None else examples.scaling
    target_scaling = None if examples is None else examples.target_scaling
    first = INPUT if scaling is None else NETWORK_INPUTS
    last = OUTPUT if target_scaling is None else NETWORK_OUTPUTS
    nodes = list(_nodes(network, first, last))
    taken = {OUTPUT, *(p.name for p in parameters), *(node.output[0] for node in nodes)}
    before, after, rows = TableNodes(), TableNodes(), ROWS
    if examples is None or scaling is None:
        rows = "examples"
        before.inputs.append(make_tensor_value_info(INPUT, kind, [rows, network.sizes[0]]))
    else:
        before = input_nodes(scaling, examples.encoding, first, single, INPUT, taken)
    if target_scaling is not None:
        after, kind = output_nodes(target_scaling, last, OUTPUT, single), element_type("DOUBLE")
    outputs = make_tensor_value_info(OUTPUT, kind, [rows, network.sizes[-1]])
    constants = [*before.constants, *parameters, *after.constants]
    return make_graph([*before.nodes, *nodes, *after.nodes], "network", before.inputs, [outputs], constants)


def _table_metadata(examples: Examples) -> dict[str, Any]:
    """Return how the columns of the table are encoded and scaled."""
    parts = {
        "encoding": examples.encoding,
        "scaling": examples.scaling,
        "target_scaling": examples.target_scaling,
    }
    return {name: part.to_json() for name, part in parts.items() if part is not None}


def _parameters(network: Weights, dtype: str | None) -> "Iterator[TensorProto]":
    from onnx.numpy_helper import from_array

    for n, (weight, bias) in enumerate(layers_of(network, dtype), 1):
        yield from_array(weight, f"layer{n}.weight")
        yield from_array(bias, f"layer{n}.bias")


def _nodes(network: Weights, inputs: str, outputs: str) -> "Iterator[NodeProto]":
    """Yield the nodes of each layer.

    The nodes are z = Gemm(a, weight, bias) and a = activation(z).

    inputs, outputs : Names of the inputs and outputs of the network.
    """
    from onnx.helper import make_node

    attributes: dict[str, dict[str, Any]] = {"softmax": {"axis": -1}}
    a, last = inputs, len(network.sizes) - 1
    for n, activation in enumerate(network.architecture.activations, 1):
        z = outputs if n == last and activation == "identity" else f"layer{n}.z"
        yield make_node("Gemm", [a, f"layer{n}.weight", f"layer{n}.bias"], [z], transB=1)
        a = z
        if activation != "identity":
            a = outputs if n == last else f"layer{n}.a"
            yield make_node(OPERATORS[activation], [z], [a], **attributes.get(activation, {}))
