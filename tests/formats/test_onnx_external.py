"""ONNX models with numbers in another file."""

import os
import socket
from functools import partial

import onnx
import pytest
from onnx import TensorProto

import tinynet as tn
from onnx_models import (
    W,
    changed,
)
from tinynet.errors import TinyNetError


def external(location):
    def change(model):
        tensor = model.graph.initializer[0]
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        tensor.external_data.add(key="location", value=location)

    return changed(change)


def test_weights_in_another_file_are_read_from_the_folder_of_the_model_alone(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, folder):
        (place / "numbers").write_bytes(W.tobytes())
    (folder / "net.onnx").write_bytes(external("numbers"))
    assert tn.Network.load("model/net.onnx").layers[0].weight.tolist() == W.tolist()
    with pytest.raises(
        TinyNetError, match="the model has the numbers of 'w' in another file. Use Network.load"
    ):
        tn.Network.from_onnx(external("numbers"))
    (folder / "link").symlink_to(tmp_path / "numbers")
    for location in (
        "../numbers",
        str(tmp_path / "numbers"),
        "link",
        "missing",
        "",
        "\0",
        "/dev/zero",
        "x" * 5000,
    ):
        (folder / "net.onnx").write_bytes(external(location))
        with pytest.raises(TinyNetError, match="net.onnx has the numbers of 'w' in another file") as error:
            tn.Network.load(folder / "net.onnx")
        assert "damaged" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("offset", "-1", "which cannot be read"),
        ("offset", "x", "which cannot be read"),
        ("offset", "9" * 30, "which cannot be read"),
        ("offset", "4", "is damaged .*has a tensor 'w' that cannot be read"),
        ("offset", "1000000", "is damaged .*has a tensor 'w' that cannot be read"),
    ],
)
def test_a_wrong_place_in_another_file_is_refused(tmp_path, key, value, message):
    model = onnx.load_from_string(external("numbers"))
    model.graph.initializer[0].external_data.add(key=key, value=value)
    (tmp_path / "numbers").write_bytes(W.tobytes())
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(TinyNetError, match=message):
        tn.Network.load(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("kind", "found"), [("pipe", "a named pipe"), ("folder", "a folder"), ("socket", "a socket")]
)
def test_numbers_in_another_file_are_read_from_files_alone(tmp_path, kind, found):
    place = tmp_path / "numbers"
    if kind == "socket":
        monitor = socket.socket(socket.AF_UNIX)
        monitor.bind(str(place))
        monitor.close()
    else:
        (place.mkdir if kind == "folder" else partial(os.mkfifo, place))()
    (tmp_path / "net.onnx").write_bytes(external("numbers"))
    with pytest.raises(TinyNetError) as error:
        tn.Network.load(tmp_path / "net.onnx")
    assert str(error.value) == (
        f"{tmp_path}/net.onnx has the numbers of 'w' in another file: cannot read {place}: the path is {found}. Give the "
        "path of a file."
    )


def test_only_the_numbers_of_a_weight_are_read_from_a_huge_file(tmp_path):
    with (tmp_path / "numbers").open("wb") as file:
        file.write(W.tobytes())
        file.truncate(2**40)
    (tmp_path / "net.onnx").write_bytes(external("numbers"))
    assert tn.Network.load(tmp_path / "net.onnx").layers[0].weight.tolist() == W.tolist()


def test_too_many_numbers_in_other_files_are_refused_before_they_are_read(tmp_path):
    model = onnx.load_from_string(external("numbers"))
    for _ in range(200):
        model.graph.initializer.append(model.graph.initializer[0])
        model.graph.initializer[-1].dims[:] = [1000, 1000]
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(
        TinyNetError, match="has 200,000,012 numbers in other files. TinyNet reads at most 2,000,000"
    ):
        tn.Network.load(tmp_path / "net.onnx")


def test_a_weight_begins_at_its_place_in_another_file(tmp_path):
    model = onnx.load_from_string(external("numbers"))
    model.graph.initializer[0].external_data.add(key="offset", value="8")
    (tmp_path / "numbers").write_bytes(b"12345678" + W.tobytes() + b"more")
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    assert tn.Network.load(tmp_path / "net.onnx").layers[0].weight.tolist() == W.tolist()
