"""A command replaces an existing file only with --overwrite, and only a file."""

import os
import shlex
import sys

import pytest

import tinynet as tn
from run_cli import tinynet

TABLE = "x,y,label\n" + "".join(f"{k},{k % 3},{'ab'[k % 2]}\n" for k in range(12))
COMMANDS = {  # command: the files that it writes
    "train --epochs 1 --out new.safetensors": ["new.safetensors"],
    "train --epochs 1 --figure new.svg": ["new.svg"],
    "predict table.safetensors table.csv --out new.csv": ["new.csv"],
    "population --networks 8 --epochs 1 --out new.svg": ["new.svg"],
    "export run.safetensors --out new.json --out new.h": ["new.json", "new.h"],
    "worksheet --format html --out papers": [
        "papers/questions.html",
        "papers/solutions.html",
        "papers/key.html",
    ],
    "discover --chapter look --networks 8 --out report": ["report/report.html"],
    "sweep --networks 8 --epochs 1 --figure new.svg --rate 0.1,1": ["new.svg"],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    recipe = tn.Recipe(epochs=1)
    tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), recipe).save(tmp_path / "run.safetensors")
    examples = tn.Examples.from_table(tmp_path / "table.csv")
    tn.train(tn.Network.initial((2, 3, 2), seed=0), examples, recipe).save(tmp_path / "table.safetensors")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_an_existing_file_is_replaced_only_with_the_option(command, folder):
    arguments, paths = shlex.split(command), [folder / path for path in COMMANDS[command]]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"mine")
        done = tinynet(*arguments, cwd=folder)
        assert (done.returncode, done.stdout) == (2, "")
        name = path.relative_to(folder)
        assert (
            f" is {name}, which exists. Choose another name, or replace the file with --overwrite."
            in done.stderr
        )
        assert path.read_bytes() == b"mine"
        assert [one for one in paths if one.exists()] == [path]
        path.unlink()
    paths[-1].write_bytes(b"mine")
    assert tinynet(*arguments, "--overwrite", cwd=folder).returncode == 0
    assert b"mine" not in [path.read_bytes() for path in paths]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["a folder", "a named pipe", "a device", "a loop of links"])
def test_only_files_are_replaced(command, kind, folder):
    arguments, path = shlex.split(command), folder / COMMANDS[command][0]
    path.parent.mkdir(exist_ok=True)
    if kind == "a folder":
        path.mkdir()
    elif kind == "a named pipe":
        os.mkfifo(folder / "pipe")
        path.symlink_to(folder / "pipe")
    else:
        path.symlink_to("/dev/null" if kind == "a device" else path)
    before = path.lstat().st_mode
    for options in ([], ["--overwrite"]):
        done = tinynet(*arguments, *options, cwd=folder)
        assert done.returncode == 2
        assert f"which is {kind}" in done.stderr
    assert path.lstat().st_mode == before


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["e.html", "e.html"], "--out is given twice as e.html. Give each file once."),
        (["e.html", "./e.html"], "--out is given twice as e.html. Give each file once."),
        (["e.html", "x/../e.html"], "--out is e.html and x/../e.html, which are the same file. Give each file once."),
        (["new.json", "hard.json"], "--out is new.json and hard.json, which are the same file. Give each file once."),
        (["new.json", "a.h", "link.json"], "--out is new.json and link.json, which are the same file. Give each file once."),
        (["later.json", "dangling.json"], "--out is later.json and dangling.json, which are the same file. Give each file once."),
    ],
)  # fmt: skip
def test_an_export_writes_each_file_once(names, error, folder):
    (folder / "x").mkdir()
    (folder / "new.json").write_bytes(b"mine")
    os.link(folder / "new.json", folder / "hard.json")
    (folder / "link.json").symlink_to("new.json")
    (folder / "dangling.json").symlink_to("later.json")
    before = sorted(folder.rglob("*"))
    options = [part for name in names for part in ("--out", name)]
    done = tinynet("export", "run.safetensors", *options, "--overwrite", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"tinynet: {error}\n")
    assert sorted(folder.rglob("*")) == before
    assert (folder / "new.json").read_bytes() == b"mine"


@pytest.mark.parametrize("command", COMMANDS)
def test_control_characters_of_a_file_name_are_escaped(command, folder):
    """A terminal would follow them."""
    text = (
        command.replace("new.", "a\x1b[31mb\n.")
        .replace("papers", "a\x1b[31mb\n")
        .replace("report", "a\x1b[31mb\n")
    )
    done = tinynet(*(part.replace("\0", "\n") for part in shlex.split(text.replace("\n", "\0"))), cwd=folder)
    assert done.returncode == 0, done.stderr
    written = [path for path in folder.rglob("*") if "\x1b[31mb\n" in str(path)]
    assert written
    assert "\x1b" not in done.stdout + done.stderr
    if "figure" not in command and "population" not in command:
        assert "a\\x1b[31mb\\n" in done.stdout


def test_a_chapter_does_not_replace_the_full_report(folder):
    assert tinynet("discover", "--chapter", "look", "--networks", "8", cwd=folder).returncode == 0
    whole = {path: path.read_bytes() for path in (folder / "discovery").iterdir()}
    done = tinynet("discover", "--chapter", "nudge", "--networks", "8", cwd=folder)
    assert done.stderr.startswith("tinynet: --out is discovery/report.html, which exists.")
    assert {path: path.read_bytes() for path in (folder / "discovery").iterdir()} == whole


def test_a_sweep_replaces_only_its_own_tables(folder):
    """A sweep continues with the same or more trials and networks; another sweep is refused."""
    first = ["sweep", "--rate", "1", "--networks", "64", "--epochs", "5", "--out", "sweep"]
    assert tinynet(*first, cwd=folder).returncode == 0
    tables = {path.name: path.read_bytes() for path in (folder / "sweep").glob("*.*")}
    others = (
        ["--rate", "2"], ["--networks", "8"], ["--first-seed", "1"], ["--epochs", "6"], ["--loss", "bce"],
        ["--probes", "probes.csv"], ["table.csv"],
    )  # fmt: skip
    (folder / "probes.csv").write_text("a,b,c,d\n0,1,0,1\n")
    for other in others:
        done = tinynet(*first, *other, cwd=folder)
        assert done.returncode == 2, other
        assert done.stderr.startswith("tinynet: --out is sweep, which has the tables of another sweep.")
        assert {path.name: path.read_bytes() for path in (folder / "sweep").glob("*.*")} == tables
    assert tinynet(*first, "--rate", "2", "--dry-run", cwd=folder).returncode == 0
    for same in ([], ["--rate", "1,2"], ["--rate", "1,2", "--networks", "128"]):
        assert tinynet(*first, *same, cwd=folder).returncode == 0, same
    done = tinynet(*first, cwd=folder)
    assert done.returncode == 2
    assert tinynet(*first, "--overwrite", cwd=folder).returncode == 0
    (folder / "sweep" / "sweep.json").write_text("{")
    assert tinynet(*first, cwd=folder).returncode == 2


def test_a_runbook_replaces_only_its_own_report(folder, monkeypatch):
    from tinynet.experiments.ladder import Ladder
    from tinynet.story import html

    monkeypatch.setattr(sys.modules["tinynet.cli.runbook"], "_measure", lambda ladder: None)
    monkeypatch.setattr(Ladder, "standing", lambda *arguments: None)
    monkeypatch.setattr("tinynet.story.runbook.Runbook.parts", lambda self: iter(()))
    assert tinynet("runbook", "--networks", "64", "--out", "runs", cwd=folder).returncode == 0
    report = folder / "runs" / html.REPORT
    assert tinynet("runbook", "--networks", "64", "--out", "runs", cwd=folder).returncode == 0
    whole = report.read_bytes()
    for other in (
        ["--networks", "128"],
        ["--networks", "64", "--quick"],
        ["--networks", "64", "--first-seed", "1"],
    ):
        done = tinynet("runbook", *other, "--out", "runs", cwd=folder)
        assert done.stderr.startswith("tinynet: --out is runs/report.html, which exists.")
        assert report.read_bytes() == whole
    assert tinynet("runbook", "--networks", "128", "--out", "runs", "--overwrite", cwd=folder).returncode == 0
