"""Test that each extension writes its format and invalid requests write nothing."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

import tinynet as tn
from tinynet.exports import export as exports
from tinynet.exports.export import export
from tinynet.exports.export_formats import FORMATS

BEGINS = {  # first bytes of a file of each format
    ".html": b"<!doctype html>",
    ".xlsx": b"PK",
    ".onnx": b"\x08",
    ".pt": b"PK",
    ".pth": b"PK",
    ".json": b"{",
    ".h": b"//",
    ".py": b"#",
    ".js": b"//",
    ".svg": b"<?xml",
    ".pdf": b"%PDF",
    ".png": b"\x89PNG",
    ".gif": b"GIF8",
    ".tex": b"\\documentclass",
}
LAST = {".mp4", ".safetensors"}  # identified by later bytes


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=5.0, epochs=3))


@pytest.fixture
def saved(run, tmp_path):
    run.save(tmp_path / "run.safetensors")
    return tmp_path / "run.safetensors"


def tinynet(*words):
    from tinynet.cli import app

    return CliRunner().invoke(app, ["export", *map(str, words)])


@pytest.mark.torch
@pytest.mark.parametrize("ending", sorted(BEGINS))
def test_each_extension_writes_its_format(run, tmp_path, ending):
    path = tmp_path / f"made{ending}"
    export(run, path, **({"frames": 2} if ending == ".gif" else {}))
    assert path.read_bytes().startswith(BEGINS[ending])


def test_every_export_format_is_tested():
    assert set(FORMATS) == set(BEGINS) | LAST


@pytest.mark.torch
@pytest.mark.parametrize("ending", [".safetensors", ".pt", ".onnx", ".json"])
def test_an_exported_network_is_read_back(run, tmp_path, ending):
    path = tmp_path / f"made{ending}"
    export(run, path, **({} if ending == ".json" else {"dtype": "float64"}))
    if ending == ".json":
        from tinynet.exports.recording_json import recording_from_json

        assert recording_from_json(json.loads(path.read_text())).to_bytes() == run.to_bytes()
    else:
        assert np.array_equal(tn.Network.load(path).parameters, run.final.parameters)


def test_a_step_selects_the_network_before_the_step(run, tmp_path):
    export(run, tmp_path / "first.safetensors", step=0)
    export(run, tmp_path / "last.safetensors", step=len(run))
    assert tn.Network.load(tmp_path / "first.safetensors") == run.initial
    assert tn.Network.load(tmp_path / "last.safetensors") == run.final


@pytest.mark.parametrize(("ending", "comment"), [(".h", "//"), (".py", "#"), (".js", "//")])
def test_a_program_explains_its_inputs_and_outputs(run, tmp_path, ending, comment):
    rows = {"width": [1.0, 2.5], "length": [0.0, 1.0], "label": ["a\nb", "c"]}
    table = tn.Examples.from_table(rows)
    trained = tn.train(tn.Network.initial((2, 2), seed=0), table, tn.Recipe(epochs=1))
    numbers = tn.Examples.from_table(rows | {"label": [-3.0, 5.0]}, targets=["label"])
    fitted = tn.train(tn.Network.initial((2, 1), seed=0, output="identity"), numbers, tn.Recipe(epochs=1))
    for each in (run, trained, fitted):
        export(each, tmp_path / f"{len(each.examples.target_names)}-{each.network.sizes[0]}{ending}")
    missing = "A missing cell is an error."
    cells = ["row['width']: a number", "row['length']: a number"]
    if ending == ".js":
        cells = [cell.replace("'", '"') for cell in cells]
    if ending == ".h":
        cells = ["cells[0]: width", "cells[1]: length"]
        missing = "A missing cell makes the outputs NaN."
    lines = (tmp_path / f"2-2{ending}").read_text().splitlines()
    assert [line for line in lines[3:] if "network_missing" not in line][:6] == [
        f"{comment} {cells[0]}, 1.0 to 2.5 in the training rows.",
        f"{comment} {cells[1]}, 0.0 to 1.0 in the training rows.",
        f"{comment} Numbers outside the range of the training rows are used as they are.",
        f"{comment} {missing}",
        f"{comment} outputs[0]: ab.",
        f"{comment} outputs[1]: c.",
    ]
    lines = (tmp_path / f"1-2{ending}").read_text().splitlines()
    assert f"{comment} outputs[0]: label, -3.0 to 5.0 in the training rows." in lines
    assert f"{comment} outputs[1]: vertical." in (tmp_path / f"2-4{ending}").read_text().splitlines()


def test_an_onnx_model_keeps_the_scaling_of_its_table(run, tmp_path):
    import onnx

    table = tn.Examples.from_table({"width": [1.0, 2.5], "length": [2.0, 9.0]}, targets=["length"])
    fitted = tn.train(tn.Network.initial((1, 1), seed=0, output="identity"), table, tn.Recipe(epochs=1))
    export(fitted, tmp_path / "fitted.onnx")
    export(run, tmp_path / "lines.onnx")
    props = {prop.key: prop.value for prop in onnx.load(tmp_path / "fitted.onnx").metadata_props}
    assert json.loads(props["scaling"]) == table.scaling.to_json()
    assert json.loads(props["target_scaling"]) == {"columns": ["length"], "low": [2.0], "high": [9.0]}
    assert "scaling" not in {prop.key for prop in onnx.load(tmp_path / "lines.onnx").metadata_props}


@pytest.mark.slow
def test_a_film_reports_its_progress(run, tmp_path):
    seen = []
    export(run, tmp_path / "a.gif", frames=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("name", "choices", "message"),
    [
        ("run.docx", {}, r"path is .*run.docx. Its extension must be one of '.html', '.xlsx', '.onnx'"),
        ("a.onnx", {"cell": "loss"}, r"cell is 'loss', which an ONNX model \(.onnx\) does not use. Its options are step, dtype"),
        ("a.json", {"step": 1}, r"step is 1, which the recording as JSON \(.json\) does not use. It has no options"),
        ("a.h", {"colour": 1}, r"there is no option 'colour'. The options are 'step', 'epoch'"),
        ("no/a.h", {}, r"path is .*no/a.h. The folder '.*no' does not exist. Create it first"),
        ("a.h", {"step": 99}, r"step is 99. It must be a whole number from 0 to 11"),
        ("a.py", {"name": "1st"}, r"name is '1st'\. It must start with a letter"),
        ("a.png", {"figure": "soul"}, r"'soul'.*network"),
        ("a.tex", {"cell": "layer9.z[0]"}, r"cell is 'layer9.z\[0\]'. It must be one of the 124 cells of the sheet. Did you mean '"),
        ("a.xlsx", {"epoch": 77}, r"77"),
    ],
)  # fmt: skip
def test_invalid_exports_are_refused(run, tmp_path, name, choices, message):
    with pytest.raises(tn.TinyNetError, match=message):
        export(run, tmp_path / name, **choices)
    assert not list(tmp_path.iterdir())


def test_only_a_page_takes_several_recordings(run, tmp_path):
    with pytest.raises(
        tn.TinyNetError,
        match=r"2 recordings were given, and a C header \(.h\) takes one. Only .html compares",
    ):
        export([run, run], tmp_path / "a.h")


def test_the_export_command_writes_several_files(saved, tmp_path):
    out = [tmp_path / "lines.h", tmp_path / "lines.gif"]
    found = tinynet(saved, "--out", out[0], "--out", out[1], "--name", "lines", "--frames", 2)
    assert found.exit_code == 0, found.output
    assert "void lines_predict(" in out[0].read_text()
    for path in out:
        assert f"{path}: {FORMATS[path.suffix].description}, {path.stat().st_size:,} bytes" in found.output


def test_the_export_command_prints_only_json(saved, tmp_path):
    path = tmp_path / "made.onnx"
    found = tinynet(saved, "--out", path, "--json")
    assert json.loads(found.stdout) == {
        "command": "export",
        "files": [{"path": str(path), "bytes": path.stat().st_size}],
    }


def test_an_invalid_export_command_writes_no_file(saved, tmp_path):
    found = tinynet(saved, "--out", tmp_path / "a.h", "--out", tmp_path / "b.docx")
    assert isinstance(found.exception, tn.TinyNetError)
    found = tinynet(saved, "--out", tmp_path / "a.h", "--cell", "loss")
    assert re.search(
        r"--cell is 'loss', which a C header \(.h\) does not use. Its options are --step, --dtype, --name",
        str(found.exception),
    )
    found = tinynet(saved, "--out", tmp_path / "a.json", "--out", tmp_path / "b.xlsx", "--epoch", 77)
    assert re.search("epoch is 77 and this recording has 3 epochs", str(found.exception))
    assert re.search(
        r"b.xlsx cannot be made, so no file was written: .* Leave out --out .*b.xlsx to write the other files.",
        str(found.exception),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_recording_is_not_overwritten(saved, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = tinynet(saved, "--out", "run.safetensors")
    assert re.search(
        "--out is run.safetensors. It must not be the recording itself, which would be lost",
        str(found.exception),
    )
    assert saved.read_bytes() == run.to_bytes()


def test_each_option_applies_to_the_formats_that_have_the_option(tmp_path):
    paths = [tmp_path / "a.tex", tmp_path / "b.xlsx"]
    assert exports.options_by_path(paths, {"step": 2, "cell": "loss"}) == {
        paths[0]: {"step": 2, "cell": "loss"},
        paths[1]: {"step": 2},
    }
