import json
import re
import signal
import sys
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from types import SimpleNamespace
from unittest.mock import patch

import pytest

import tinynet as tn
from tinynet import terminal
from tinynet.cli import main

HERE = [sys.executable, "-c", "from tinynet.cli import main; main()"]


def tinynet(*arguments, cwd="."):
    """Run the command line in this process; return its exit code and what it says."""
    code, out, err = 0, StringIO(), StringIO()
    with (
        patch.object(sys, "argv", ["tinynet", *map(str, arguments)]),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run.safetensors"
    assert tinynet("train", "--rate", "5", "--epochs", "300", "--out", path).returncode == 0
    return path


def test_every_command_has_help():
    listing = tinynet("--help").stdout
    for command in ("discover", "nudge", "train", "explain", "stress", "population", "doctor"):
        assert command in listing
        assert "--json" in tinynet(command, "--help").stdout


def test_nudge_prints_the_ledger():
    done = tinynet("nudge", "--seed", "4", "--picture", "left", "--cell", "layer1.bias[2]")
    moment = tn.nudge(tn.Network.initial(seed=4), tn.pictures.lines()["left"])
    for row in moment.ledger():
        line = next(line for line in done.stdout.splitlines() if f" {row.name} " in f" {line}")
        shown = [float(text.replace("−", "-")) for text in line.split()[1:]]
        assert shown == pytest.approx(row[1:], abs=5e-7)
    assert str(moment.explain("layer1.bias[2]")) in done.stdout


def test_train_saves_what_explain_and_stress_open(recording):
    run = tn.load(recording)
    assert (run.recipe.learning_rate, run.epochs) == (5.0, 300)
    explained = tinynet("explain", recording, "layer1.weight[0,2]", "--step", "137")
    assert explained.stdout.strip() == str(run[137].explain("layer1.weight[0,2]"))
    assert tinynet("explain", recording, "loss", "--form", "latex").stdout.startswith("\\begin{aligned}")
    assert "gray" in tinynet("stress", recording).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["nudge"],
        ["train", "--epochs", "3"],
        ["population", "--networks", "64"],
        ["doctor"],
        ["discover", "--part", "nudge", "--networks", "8"],
    ],
)
def test_json_is_one_document_and_nothing_else(arguments, tmp_path):
    done = tinynet(*arguments, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["command"] == arguments[0]
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_json_of_a_recording(recording):
    assert json.loads(tinynet("explain", recording, "loss", "--json").stdout)["explanation"]["name"] == "loss"
    answers = json.loads(tinynet("stress", recording, "--json").stdout)["answers"]
    assert [answer["name"] for answer in answers["stress"]] == list(tn.pictures.stress().names)


def test_population_says_what_the_library_says():
    done = tinynet("population", "--networks", "200", "--rate", "5", "--noise", "0.1")
    crowd = tn.population(tn.Recipe(learning_rate=5.0, noise=0.1), networks=200)
    assert done.stdout.splitlines() == [str(verdict) for verdict in crowd.verdicts()]


def test_discover_writes_one_report(tmp_path):
    done = tinynet("discover", "--part", "inside", "--networks", "8", "--out", tmp_path / "a" / "b")
    assert done.returncode == 0
    assert (tmp_path / "a" / "b" / "report.html").exists()
    assert "What a hidden node looks for" in done.stdout


def test_train_takes_your_own_table(tmp_path):
    (tmp_path / "own.csv").write_text("x,y,label\n0,0,same\n1,1,same\n0,1,other\n1,0,other\n")
    done = tinynet("train", tmp_path / "own.csv", "--hidden", "4", "--rate", "2", "--epochs", "4000")
    assert "It learned: 100 % of the rows come out right" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--rate", "-1"], "learning_rate is -1.0; it must be above 0"),
        (["train", "--epochs", "0"], "epochs is 0; it must be a whole number from 1"),
        (["train", "--loss", "hinge"], "loss is 'hinge'; it must be one of"),
        (["train", "--hidden", "1000000"], "a layer of 1000000 nodes"),
        (["train", "--hidden", "three"], "--hidden is 'three'"),
        (["train", "--out", "missing/run.safetensors"], "there is no folder missing"),
        (["train", "none.csv"], "cannot read none.csv"),
        (["explain", "none.safetensors", "loss"], "cannot read none.safetensors: No such file"),
        (["nudge", "--picture", "middle"], "no picture 'middle'; there are fuzzy, top"),
        (["nudge", "--picture", "1,0"], "--picture has 2 numbers"),
        (["nudge", "--cell", "layer1.wieght[0,2]"], "did you mean"),
        (["population", "--networks", "0"], "networks is 0"),
        (["population", "--networks", "9", "--out", "a.gif"], "a figure is saved as"),
        (["discover", "--part", "middle"], "no chapter 'middle'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = tinynet(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_option_is_exit_code_2():
    done = tinynet("train", "--speed", "3")
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_a_damaged_recording_is_refused_and_left_alone(recording, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(recording.read_bytes()[:5000])
    done = tinynet("stress", cut)
    assert done.returncode == 2
    assert re.search("cut.safetensors is damaged", done.stderr)
    assert cut.stat().st_size == 5000


def test_divergence_is_said_saved_and_exit_code_1(tmp_path):
    path = tmp_path / "wild.safetensors"
    done = tinynet("train", "--activation", "identity", "--output", "identity", "--rate", "50", "--out", path)
    assert done.returncode == 1
    assert tn.load(path).stopped.reason in done.stderr


@contextmanager
def ctrl_c_at(when, *_, **__):
    """Take the place of `terminal.progress`: press Ctrl-C when so many are done."""
    yield lambda done, total: signal.raise_signal(signal.SIGINT) if done >= when else None


def test_ctrl_c_keeps_what_was_done(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "progress", partial(ctrl_c_at, 1))
    path = tmp_path / "long.safetensors"
    done = tinynet("train", "--hidden", "64", "--epochs", "10000000", "--out", path)
    assert done.returncode == 130
    assert "interrupted after" in done.stderr
    assert 0 < len(tn.load(path)) < 40_000_000


def test_ctrl_c_in_the_journey_keeps_the_chapters_that_were_told(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "progress", partial(ctrl_c_at, 2))
    done = tinynet("discover", "--networks", "8", "--out", "told", cwd=tmp_path)
    assert done.returncode == 130
    assert "2 chapters were told" in done.stderr
    report = (tmp_path / "told" / "report.html").read_text()
    assert "The first nudge" in report
    assert "Convergence" not in report
