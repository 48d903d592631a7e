"""Read the network of an ONNX model.

The reader follows the numbers of the examples from the input to the output of the graph. Each node on the way adds a
layer, changes a layer, or changes no number.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError, counted
from tinynet.files import KEY
from tinynet.formats.onnx.arrays import array_of, check_size
from tinynet.formats.onnx.external import with_external_numbers
from tinynet.formats.onnx.inputs import Value
from tinynet.formats.onnx.model import Graph, graph_of, parsed, shape_of
from tinynet.formats.onnx.node import ADVICE, DamagedError, Node, UnreadableError, damaged, quoted
from tinynet.formats.onnx.operators import NUMBERS_AT, READABLE, output_of
from tinynet.formats.onnx.rows import OPERATORS, Rows
from tinynet.formats.tensors import parse_description
from tinynet.plugins import extra

if TYPE_CHECKING:
    from onnx import ModelProto

MAX_COPIES = 8  # of all weights, as constants


def from_onnx(data: bytes, source: str = "the model", folder: Path | None = None) -> Weights:
    """Return the network of an ONNX model; see `Network.from_onnx`.

    source : Name of the model in errors.
    folder : The folder of the model, for weights in other files.
    """
    model = parsed(data, source)
    with_external_numbers(model, source, folder)
    described, origin = _described(model, source)
    graph = graph_of(model, source)
    with np.errstate(all="ignore"):  # NaN and infinity get a better error in `Weights`
        rows = _followed(graph)
    _check(model, graph)
    network = _network(rows, described or Architecture(), source, origin)
    if described is not None and (network.sizes, network.architecture.activations) != (
        described.sizes,
        described.activations,
    ):
        raise damaged(source, "its layers do not match its description")
    return network


def _followed(graph: Graph) -> Rows:
    """Return the output of a graph, by following its nodes.

    Raises TinyNetError with the node that is not a part of a network.
    """
    where = f"input {quoted(graph.input.name)}"
    values: dict[str, Value] = {}
    computed = 0  # numbers in constants
    try:
        values[graph.input.name] = Rows.of(shape_of(graph.input))
        for node in graph.nodes:
            where = str(node)
            inputs = [_taken(name, node, values, graph) if name else None for name in node.inputs]
            found = output_of(node, inputs)
            computed += found.size if isinstance(found, np.ndarray) else 0
            check_size(computed // MAX_COPIES)
            values[_output_name(node)] = found
        where = f"output {quoted(graph.output)}"
        return _outputs(values.get(graph.output))
    except DamagedError as error:
        raise damaged(graph.source, f"{where} {error}") from error
    except UnreadableError as error:
        raise TinyNetError(
            f"{graph.source}: {where} {error.reason}. TinyNet reads {READABLE}. {error.advice}"
        ) from error


def _output_name(node: Node) -> str:
    """Return the name of the output that `output_of` computes."""
    place = NUMBERS_AT.get(node.operator, 0)
    if place >= len(node.outputs):
        raise DamagedError(f"has {counted(len(node.outputs), 'output')}")
    return node.outputs[place]


def _taken(name: str, node: Node, values: dict[str, Value], graph: Graph) -> Value:
    """Return an input of a node."""
    if name not in values and name in graph.tensors:
        values[name] = array_of(graph.tensors[name])
    if name in values:
        return values[name]
    if any(name in other.outputs for other in graph.nodes):
        raise UnreadableError(f"takes {quoted(name)}, which TinyNet does not compute")
    raise DamagedError(f"takes {quoted(name)}, which no node and no constant gives")


def _outputs(value: Value | None) -> Rows:
    """Return the rows at the output, checked."""
    if not isinstance(value, Rows) or not value.layers:
        raise UnreadableError("does not follow from the input through a dense layer")
    if value.scaling is not None:
        raise UnreadableError(
            f"is scaled after {OPERATORS[value.layers[-1].activation]}",
            "Export the model without this scaling.",
        )
    if value.transposed:
        raise UnreadableError("is a transposed array, in which each example is a column")
    return value


def _network(rows: Rows, known: Architecture, source: str, origin: str) -> Weights:
    """Return the network with the layers of these rows.

    known : the architecture in the metadata of a model of TinyNet.
    """
    layers = rows.layers
    hidden, output = sorted({layer.activation for layer in layers[:-1]}), layers[-1].activation
    if len(hidden) > 1:
        names = ["no activation" if name == "identity" else OPERATORS[name] for name in hidden]
        raise TinyNetError(
            f"{source} has hidden layers with {' and with '.join(names)}. All hidden layers must have the same activation. "
            "Export a model with one activation."
        )
    if not set(hidden) <= set(ACTIVATIONS):
        raise TinyNetError(
            f"{source} has {OPERATORS[hidden[0]]} after a hidden layer. It must be at the end. {ADVICE}"
        )
    sizes = (layers[0].weight.shape[1], *(len(layer.bias) for layer in layers))
    architecture = Architecture(
        sizes, next(iter(hidden), known.hidden), output.removeprefix("log_"), known.init
    )
    parameters = [part.ravel() for layer in layers for part in (layer.weight, layer.bias)]
    return Weights(architecture, np.concatenate(parameters), origin)


def _check(model: "ModelProto", graph: Graph) -> None:
    """Raise TinyNetError for a model that contradicts the ONNX standard.

    Only the nodes on the way to the output are checked. Shapes can be missing, because the weights have shapes.
    """
    onnx = extra("onnx", "an ONNX model", "onnx")
    checked = onnx.ModelProto()
    checked.CopyFrom(model)
    for field in ("node", "output"):
        checked.graph.ClearField(field)
    checked.graph.output.extend(value for value in model.graph.output if value.name == graph.output)
    checked.graph.node.extend(node.proto for node in graph.nodes)
    for value in (*checked.graph.input, *checked.graph.output):
        if value.type.WhichOneof("value") == "tensor_type":
            value.type.tensor_type.shape.SetInParent()
    try:
        onnx.checker.check_model(checked)
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:  # a message with a damaged name
        raise damaged(graph.source, str(error).strip().partition("\n")[0]) from error


def _described(model: "ModelProto", source: str) -> tuple[Architecture | None, str]:
    """Return the architecture and the origin in the metadata.

    A model of another program has no architecture there. Its origin is its source.
    """
    text = {prop.key: prop.value for prop in model.metadata_props}.get(KEY)
    if text is None:
        return None, source
    try:
        return parse_description(json.loads(text), source)
    except (ValueError, RecursionError) as error:
        if isinstance(error, TinyNetError):
            raise
        raise damaged(source, f"its description cannot be read: {error}") from error
