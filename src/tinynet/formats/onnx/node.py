"""One node of an ONNX graph, and its names in errors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tinynet.errors import TinyNetError
from tinynet.validation import shown

if TYPE_CHECKING:
    from onnx import NodeProto

MAX_NAME, MAX_SIZES = 60, 8  # characters of a name, and sizes of a shape, in an error
ADVICE = "Export only the dense layers of the model."


class UnreadableError(Exception):
    """A model has a part that TinyNet does not read.

    reason : the rest of the sentence that begins with the node.
    advice : the sentence that says what to do.
    """

    def __init__(self, reason: str, advice: str = ADVICE) -> None:
        super().__init__(reason)
        self.reason, self.advice = reason, advice


class DamagedError(Exception):
    """A part of a model contradicts the rest or the standard."""


@dataclass(frozen=True)
class Node:
    """One node of a graph.

    operator : its operator. Operators of other domains than ONNX's have the domain in front, such as
        "ai.onnx.ml.Scaler".
    opset : the version of ONNX's operators.
    """

    operator: str
    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    opset: int
    proto: "NodeProto" = field(repr=False)

    def __str__(self) -> str:
        named = quoted(self.name) if self.name else f"of {quoted(next(iter(self.outputs), ''))}"
        return f"node {named} ({quoted(self.operator)[1:-1]})"

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Each attribute by name.

        Raises DamagedError for an attribute that cannot be read.
        """
        from onnx.helper import get_attribute_value

        try:
            return {one.name: get_attribute_value(one) for one in self.proto.attribute}
        except ValueError as error:
            raise DamagedError(f"has an attribute that cannot be read ({error})") from error

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is a number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int | float):
            raise DamagedError(f"has an attribute {name} that is not a number")
        return float(value)

    def whole(self, name: str, default: int) -> int:
        """Return an attribute that is a whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise DamagedError(f"has an attribute {name} that is not a whole number")
        return value

    def text(self, name: str, default: str) -> str:
        """Return an attribute that is a text."""
        value = self.attributes.get(name, default.encode())
        if not isinstance(value, bytes):
            raise DamagedError(f"has an attribute {name} that is not a text")
        return value.decode(errors="replace")

    def numbers(self, name: str, kind: type = int) -> list[Any] | None:
        """Return an attribute that is a list of numbers.

        The result is None without the attribute.
        """
        values = self.attributes.get(name)
        if values is None:
            return None
        if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
            raise DamagedError(f"has an attribute {name} that is not a list of numbers")
        return values

    def axis(self, default: int, rank: int, *, behind: bool = False) -> int:
        """Return the attribute `axis`, counted from the first axis.

        behind : whether the axis can be the position behind the last axis.
        """
        return counted_axis(self.whole("axis", default), rank + behind, rank)


def counted_axis(axis: int, end: int, rank: int) -> int:
    """Return an axis, counted from the first axis."""
    if not -rank <= axis < end:
        raise DamagedError(f"has the axis {axis} for an array with {rank} axes")
    return axis + rank if axis < 0 else axis


def quoted(name: str) -> str:
    """Return a name of a model between quotes.

    A long name is shortened.

    >>> quoted("layer/1"), len(quoted("x" * 1000))
    ("'layer/1'", 63)
    """
    return repr(name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…")


def shape_text(sizes: Sequence[int | str | None]) -> str:
    """Return a shape as an error shows it.

    A long shape is shortened.

    >>> shape_text((None, 4)), shape_text(range(1000))
    ('(?, 4)', '(0, 1, 2, 3, 4, 5, 6, 7, …)')
    """
    texts = [
        "?" if size is None else shown(size) if isinstance(size, int) else size for size in sizes[:MAX_SIZES]
    ]
    return f"({', '.join(texts + ['…'] * (len(sizes) > MAX_SIZES))})"


def damaged(source: str, reason: str) -> TinyNetError:
    """Return the error of a damaged model."""
    return TinyNetError(f"{source} is damaged or not an ONNX model ({reason}). Use another copy.")
