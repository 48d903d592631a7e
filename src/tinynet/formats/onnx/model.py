"""The nodes, the constants, the input and the output of an ONNX model."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from tinynet.errors import TinyNetError, counted
from tinynet.formats.onnx.arrays import is_float
from tinynet.formats.onnx.node import ADVICE, Node, damaged, quoted
from tinynet.formats.onnx.table_nodes import remove_table_nodes
from tinynet.plugins import extra
from tinynet.validation import check_type, listed

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto, ValueInfoProto

MIN_OPSET = 7  # the first with NumPy's rules of broadcasting
MAX_NODES = 1000  # an exporter writes at most about ten for a layer
OWN_DOMAIN = ("", "ai.onnx")  # of ONNX's operators


@dataclass(frozen=True)
class Graph:
    """The graph of a model.

    nodes : the nodes on the way to the output, each after the nodes whose outputs it takes.
    tensors : the constants of the model by name.
    """

    source: str
    nodes: tuple[Node, ...]
    tensors: dict[str, "TensorProto"]
    input: "ValueInfoProto"
    output: str


def parsed(data: bytes, source: str) -> "ModelProto":
    """Return the model in these bytes.

    Raises TinyNetError for damaged bytes, and for a version that cannot be read.
    """
    check_type("data", data, bytes, "the bytes of an ONNX model")
    onnx, protobuf = (extra(name, "an ONNX model", "onnx") for name in ("onnx", "google.protobuf.message"))
    try:
        model = onnx.load_from_string(data)
    except (protobuf.DecodeError, ValueError) as error:
        raise damaged(source, str(error).strip().partition("\n")[0]) from error
    if any(isinstance(text, bytes) for text in _texts(model)):  # protobuf gives invalid text as bytes
        raise damaged(source, "it has a name that is not text")
    remove_table_nodes(model)
    if not model.graph.node:
        raise damaged(source, "it has no nodes")
    if len(model.graph.node) > MAX_NODES:
        raise TinyNetError(
            f"{source} has {len(model.graph.node):,} nodes. TinyNet reads models with at most {MAX_NODES:,} nodes. {ADVICE}"
        )
    _check_versions(model, source)
    return model


def _check_versions(model: "ModelProto", source: str) -> None:
    onnx, opset = extra("onnx", "an ONNX model", "onnx"), opset_of(model, source)
    if model.ir_version > onnx.IR_VERSION or opset > onnx.defs.onnx_opset_version():
        raise TinyNetError(
            f"{source} has version {model.ir_version:,} of ONNX's format and version {opset:,} of its operators. "
            f"The installed package onnx reads versions up to {onnx.IR_VERSION} and {onnx.defs.onnx_opset_version()}. "
            "Upgrade onnx."
        )
    if opset < MIN_OPSET:
        raise TinyNetError(
            f"{source} has version {opset} of ONNX's operators. It must have version {MIN_OPSET} or later. Export "
            "the model again."
        )


def _texts(model: "ModelProto") -> Iterator[str]:
    """Yield the names and the metadata in a model."""
    graph = model.graph
    for node in graph.node:
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
    for part in (*graph.input, *graph.output, *graph.initializer):
        yield part.name
    for entry in (
        *model.metadata_props,
        *(entry for tensor in graph.initializer for entry in tensor.external_data),
    ):
        yield from (entry.key, entry.value)


def opset_of(model: "ModelProto", source: str) -> int:
    """Return the version of ONNX's operators that a model uses."""
    versions = [opset.version for opset in model.opset_import if opset.domain in OWN_DOMAIN]
    if not versions:
        raise damaged(source, "it has no version of ONNX's operators")
    return versions[0]


def graph_of(model: "ModelProto", source: str) -> Graph:
    """Return the graph of a model.

    The graph has only the nodes on the way to the output.

    Raises TinyNetError for a model with several inputs or outputs, with functions, with sparse constants, or with a cycle.
    """
    graph, opset = model.graph, opset_of(model, source)
    if model.functions or graph.sparse_initializer:
        part = "functions" if model.functions else "sparse weights"
        raise TinyNetError(
            f"{source} has {part}. TinyNet reads models without {part}. Export the model again without them."
        )
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in tensors]
    if len(inputs) != 1:
        raise TinyNetError(_several(source, "input", [value.name for value in inputs], "(examples, inputs)"))
    outputs = [value.name for value in graph.output if len(graph.output) == 1 or _holds_numbers(value)]
    if len(outputs) != 1:
        raise TinyNetError(_several(source, "output", outputs, "(examples, outputs)"))
    nodes = [
        Node(
            node.op_type if node.domain in OWN_DOMAIN else f"{node.domain}.{node.op_type}",
            node.name, tuple(node.input), tuple(node.output), opset, node,
        )
        for node in graph.node
    ]  # fmt: skip
    given = {inputs[0].name, *tensors}
    return Graph(source, _needed(nodes, outputs[0], given, source), tensors, inputs[0], outputs[0])


def shape_of(value: "ValueInfoProto") -> tuple[int | None, ...] | None:
    """Return the shape of an input.

    A size that can vary is None. The result is None for an input without a shape.
    """
    if value.type.WhichOneof("value") != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        return None
    return tuple(size.dim_value if size.dim_value > 0 else None for size in value.type.tensor_type.shape.dim)


def _several(source: str, noun: str, names: Sequence[str], shape: str) -> str:
    which = f" ({listed([name[:60] for name in names])})" if names else ""
    return (
        f"{source} has {counted(len(names), noun)}{which}. TinyNet reads models with one {noun} of shape {shape}. "
        f"Export the model with one {noun}."
    )


def _holds_numbers(value: "ValueInfoProto") -> bool:
    """Return whether an output has numbers of a network.

    The labels that scikit-learn's converter adds are whole numbers or strings.
    """
    if value.type.WhichOneof("value") != "tensor_type":
        return True  # ZipMap gives a dictionary of each example
    return is_float(value.type.tensor_type.elem_type)


def _needed(nodes: Sequence[Node], output: str, given: Container[str], source: str) -> tuple[Node, ...]:
    """Return the nodes on the way to the output, each after the nodes whose outputs it takes.

    given : the names of the input and of the constants.
    """
    origins: dict[str, int] = {}
    for n, node in enumerate(nodes):
        for name in filter(None, node.outputs):
            if name in origins:
                raise damaged(source, f"two nodes give {quoted(name)}")
            if name in given:
                raise damaged(source, f"{node} gives {quoted(name)}, which is an input or a constant")
            origins[name] = n
    before: dict[int, list[int]] = {}
    wanted = [output]
    while wanted:
        place = origins.get(wanted.pop())
        if place is not None and place not in before:
            before[place] = [origins[name] for name in nodes[place].inputs if name in origins]
            wanted += nodes[place].inputs
    try:
        return tuple(nodes[n] for n in TopologicalSorter(before).static_order())
    except CycleError as error:
        cycle = [nodes[n] for n in error.args[1]]
        raise TinyNetError(_cyclic(source, cycle)) from error


def _cyclic(source: str, cycle: Sequence[Node]) -> str:
    """Return the error of a cycle, which begins and ends with the same node."""
    rest = cycle[1:-1]
    through = f" through {rest[0]}" if rest else ""
    more = f" and {counted(len(rest) - 1, 'more node')}" if len(rest) > 1 else ""
    return (
        f"{source} has a cycle: {cycle[0]} takes its own output{through}{more}. A model must have no cycle. Export the model "
        "again."
    )
