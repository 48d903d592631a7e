"""The nodes of a table: from its cells to the inputs of the network, and from the outputs to its units.

The nodes compute in float64, because a large number with a small range loses digits in float32.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tinynet.data.encoding import Encoding, InputColumn
from tinynet.data.missing import MISSING_WORDS
from tinynet.data.scaling import Scaling
from tinynet.files import KEY
from tinynet.validation import listed

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

PREFIX = "table/"  # of the names of these nodes and of their results
NETWORK_INPUTS, NETWORK_OUTPUTS = f"{PREFIX}network inputs", f"{PREFIX}network outputs"
ML_DOMAIN, ML_OPSET = "ai.onnx.ml", 2  # the operators for words: the version of 2019
ROWS = "rows"  # name of the first dimension
Kind = Literal["DOUBLE", "FLOAT", "STRING"]
UNKNOWN, MISSING = -1, -2  # codes of cells that are none of the categories


def element_type(kind: Kind) -> int:
    """Return the number of an element type in ONNX."""
    from onnx import TensorProto

    return int(TensorProto.DataType.Value(kind))


@dataclass
class TableNodes:
    """Inputs, nodes and constants of a graph."""

    inputs: "list[ValueInfoProto]" = field(default_factory=list)
    nodes: "list[NodeProto]" = field(default_factory=list)
    constants: "list[TensorProto]" = field(default_factory=list)

    def input(self, name: str, size: int, kind: Kind, description: str) -> str:
        """Add an input (rows, size), and return its name."""
        from onnx.helper import make_tensor_value_info

        self.inputs.append(make_tensor_value_info(name, element_type(kind), [ROWS, size], description))
        return name

    def constant(self, name: str, values: Any) -> str:
        """Add a constant, and return its name."""
        from onnx.numpy_helper import from_array

        self.constants.append(from_array(np.asarray(values), PREFIX + name))
        return PREFIX + name

    def node(self, operator: str, taken: Sequence[str], result: str, **attributes: Any) -> str:
        """Add a node, and return the name of its result."""
        from onnx.helper import make_node

        name = PREFIX + result.removeprefix(PREFIX)
        self.nodes.append(make_node(operator, taken, [result], name, **attributes))
        return result

    def cast(self, value: str, kind: Kind, result: str) -> str:
        """Add a conversion to numbers of a kind, and return the name of its result."""
        return self.node("Cast", [value], result, to=element_type(kind))


def input_nodes(
    scaling: Scaling, encoding: Encoding | None, result: str, single: bool, name: str, taken: Container[str]
) -> TableNodes:
    """Return the nodes from the cells of a table to the inputs of the network.

    result : Name of the inputs of the network.
    single : Whether the inputs of the network are float32 numbers.
    name : Name of the input of the model, if each column is one number. Otherwise each column is an input.
    taken : Names that no column may have as an input.
    """
    made = TableNodes()
    if encoding is None or len(encoding.inputs) == sum(c.kind == "number" for c in encoding.columns):
        description = f"Numbers of the table. The columns are {listed(scaling.columns)}."
        values = made.input(name, len(scaling.columns), "DOUBLE", description)
    else:
        parts = [part for column in encoding.columns for part in _encoded(made, column, taken)]
        values = made.node("Concat", parts, f"{PREFIX}values", axis=1)
    if scaling.fill is not None:
        missing = made.node("IsNaN", [values], f"{PREFIX}missing")
        values = made.node("Where", [missing, made.constant("fill", scaling.fill), values], f"{PREFIX}filled")
    low, high = np.array(scaling.low), np.array(scaling.high)
    width = np.where(high > low, high - low, np.inf)  # a constant column becomes 0
    difference = made.node("Sub", [values, made.constant("low", low)], f"{PREFIX}difference")
    scaled = f"{PREFIX}scaled" if single else result
    made.node("Div", [difference, made.constant("width", width)], scaled)
    if single:
        made.cast(scaled, "FLOAT", result)
    return made


def output_nodes(scaling: Scaling, outputs: str, result: str, single: bool) -> TableNodes:
    """Return the nodes from the outputs of the network to the units of the table."""
    made = TableNodes()
    if single:
        outputs = made.cast(outputs, "DOUBLE", f"{PREFIX}double outputs")
    low, high = np.array(scaling.low), np.array(scaling.high)
    product = made.node("Mul", [outputs, made.constant("output width", high - low)], f"{PREFIX}product")
    made.node("Add", [made.constant("output low", low), product], result)
    return made


def _encoded(made: TableNodes, column: InputColumn, taken: Container[str]) -> list[str]:
    """Add the inputs of a column, and return the names of its values before scaling."""
    return _category(made, column, taken) if column.kind == "category" else _numbers(made, column, taken)


def _numbers(made: TableNodes, column: InputColumn, taken: Container[str]) -> list[str]:
    """Add a number, or the parts of a date. NaN is a missing number."""
    names = replace(column, flag=False).inputs
    cells = [
        made.input(_free(made, name, taken), 1, "DOUBLE", f"A number of the column {column.name!r}.")
        for name in names
    ]
    if not column.flag:
        return cells
    missing = made.node("IsNaN", cells[:1], f"{PREFIX}{column.name}/missing")
    return [*cells, made.cast(missing, "DOUBLE", f"{PREFIX}{column.name}/flag")]


def _category(made: TableNodes, column: InputColumn, taken: Container[str]) -> list[str]:
    """Add a word, which becomes 1 for its category and 0 for the others. Unknown words become 0 for each category."""
    prefix = f"{PREFIX}{column.name}/"
    description = f"A word of the column {column.name!r}. The categories are {listed(column.values)}."
    word = made.input(_free(made, column.name, taken), 1, "STRING", description)
    missing_words = ["", *MISSING_WORDS]
    code = made.node(
        "LabelEncoder", [word], f"{prefix}code", domain=ML_DOMAIN, keys_strings=[*column.values, *missing_words],
        values_int64s=[*range(len(column.values)), *[MISSING] * len(missing_words)], default_int64=UNKNOWN,
    )  # fmt: skip
    codes = made.constant(f"{column.name}/codes", np.arange(len(column.values)))
    equal = made.node("Equal", [code, codes], f"{prefix}equal")
    values = made.cast(equal, "DOUBLE", f"{prefix}categories")
    missing = made.node(
        "Equal", [code, made.constant(f"{column.name}/missing code", MISSING)], f"{prefix}missing"
    )
    if column.flag:
        return [values, made.cast(missing, "DOUBLE", f"{prefix}flag")]
    nan = made.constant(f"{column.name}/nan", np.nan)
    return [made.node("Where", [missing, nan, values], f"{prefix}values")]


def _free(made: TableNodes, name: str, taken: Container[str]) -> str:
    """Return the name of a column, or "column outputs" and so on for a name of another tensor."""
    names = [value.name for value in made.inputs]
    while not name or name in taken or name in names or name.startswith(PREFIX):
        name = f"column {name}"
    return name


def remove_table_nodes(model: "ModelProto") -> None:
    """Remove the nodes of a table from a model of TinyNet.

    The model then has the inputs and outputs of the network. A model of another program is not changed.
    """
    from onnx.helper import make_tensor_value_info

    graph = model.graph
    nodes = [node for node in graph.node if not str(node.name).startswith(PREFIX)]
    arrays = [tensor for tensor in graph.initializer if not str(tensor.name).startswith(PREFIX)]
    written_here = any(prop.key == KEY for prop in model.metadata_props)
    if not written_here or len(nodes) == len(graph.node) or not (nodes and arrays):
        return
    if not nodes[0].input or not nodes[-1].output:
        return
    kind = arrays[0].data_type
    first, last = (
        make_tensor_value_info(name, kind, None) for name in (nodes[0].input[0], nodes[-1].output[0])
    )
    for field_name, parts in (
        ("node", nodes),
        ("initializer", arrays),
        ("input", [first]),
        ("output", [last]),
    ):
        graph.ClearField(field_name)
        getattr(graph, field_name).extend(parts)
