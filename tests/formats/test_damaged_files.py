"""Test that damaged files raise a TinyNetError or load as another network."""

from contextlib import suppress
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.formats import model_files

NETWORK = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh")
FILES = {extension: write(NETWORK) for extension, write in model_files.WRITERS.items()}


@st.composite
def damaged(draw, data):
    """Draw a part of a file with up to eight changed bytes."""
    changed = bytearray(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)
    for place in draw(st.lists(st.integers(0, len(data) - 1), max_size=8)):
        if place < len(changed):
            changed[place] = draw(st.integers(0, 255))
    return bytes(changed)


def load(extension, data):
    if extension in model_files.WITH_ACTIVATIONS:
        return model_files.WITH_ACTIVATIONS[extension](data, "the file", Path())
    return model_files.WITHOUT_ACTIVATIONS[extension](data, "the file", None, None)


@pytest.mark.torch
@pytest.mark.parametrize("extension", FILES)
@given(data=st.data())
def test_changed_bytes_raise_only_tinynet_errors(extension, data):
    with suppress(TinyNetError):
        load(extension, data.draw(damaged(FILES[extension])))


@given(data=st.data())
def test_an_onnx_model_with_missing_parts_raises_only_tinynet_errors(data):
    model = onnx.load_from_string(FILES[".onnx"])
    graph = model.graph
    parts = [
        graph.node,
        graph.initializer,
        graph.input,
        graph.output,
        model.metadata_props,
        model.opset_import,
    ]
    parts += [part for node in graph.node for part in (node.input, node.output, node.attribute)]
    parts += [tensor.dims for tensor in graph.initializer]
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from(parts))
        if len(part):
            del part[data.draw(st.integers(0, len(part) - 1))]
    with suppress(TinyNetError):
        load(".onnx", model.SerializeToString())
