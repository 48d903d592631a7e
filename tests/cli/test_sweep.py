import json
import os
import re
import signal
import subprocess

import pyarrow.parquet as pq
import pytest

import tinynet as tn
from run_cli import IN_A_PROCESS, tinynet
from tinynet.cli import sweep_report
from tinynet.evaluation.verdicts import percent
from tinynet.experiments import trials

SMALL = ["sweep", "--rate", "1,5", "--epochs", "100,1000", "--networks", "300"]


def test_every_axis_of_a_trial_is_an_option():
    helped = tinynet("sweep", "--help").stdout
    for name in trials.AXES:
        assert f"--{name.replace('_', '-')}" in helped.replace("\n", " ")


def test_the_table_of_a_sweep_has_the_counts_of_the_library():
    done = tinynet(*SMALL)
    assert done.stderr == ""
    assert "All trials: loss mse, order fixed, optimizer sgd, hidden 3." in done.stdout
    for row in tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[100, 1000]), 300).rows():
        cells = (
            f"{row['learning_rate']:g}",
            str(row["epochs"]),
            str(row["learned"]),
            percent(row["learned_fraction"]),
        )
        assert any(line.split()[:4] == " ".join(cells).split()[:4] for line in done.stdout.splitlines()), (
            cells
        )


def test_the_json_of_a_sweep_has_the_rows_of_the_library():
    found = json.loads(tinynet(*SMALL, "--json").stdout)
    grid = tn.grid(learning_rate=[1.0, 5.0], epochs=[100, 1000])
    assert found["trials"] == tn.sweep(grid, 300).rows()
    assert (found["command"], found["networks"], found["complete"]) == ("sweep", 300, True)


def test_a_sweep_accepts_files_of_recipes_examples_and_probes(tmp_path):
    (tmp_path / "recipes.json").write_text(
        '[{"learning_rate": 2, "hidden": [4, 4]}, {"loss": "bce", "epochs": 20}]'
    )
    (tmp_path / "own.csv").write_text("x,y,label\n0,0,same\n1,1,same\n0,1,other\n1,0,other\n")
    (tmp_path / "ask.csv").write_text("name,x,y\nhalf,0.5,0.5\n")
    arguments = (
        "--recipes",
        "recipes.json",
        "own.csv",
        "--probes",
        "ask.csv",
        "--networks",
        "64",
        "--json",
    )
    first, second = json.loads(tinynet("sweep", *arguments, cwd=tmp_path).stdout)["trials"]
    assert (first["hidden"], second["loss"]) == ("4x4", "bce")
    assert sum(first["probes"]["half"]["predicted"].values()) == 64


def test_a_sweep_writes_its_folder_and_its_figure(tmp_path):
    done = tinynet(*SMALL, "--out", tmp_path / "out", "--figure", tmp_path / "map.png")
    assert done.returncode == 0
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert pq.read_table(tmp_path / "out" / "trials.parquet").num_rows == 4
    again = tinynet(*SMALL, "--out", tmp_path / "out")
    assert again.stderr == "found 2 of 2 shards done (600 of 600 networks)\n"
    assert again.stdout == done.stdout


def test_a_dry_run_computes_nothing(tmp_path):
    done = tinynet(*SMALL, "--dry-run", "--out", tmp_path / "out")
    assert done.stdout.startswith(
        "4 trials: 2 trainings of 300 networks, 600 networks in 2 shards.\nExpected duration: about "
    )
    assert not (tmp_path / "out").exists()
    found = json.loads(tinynet(*SMALL, "--dry-run", "--json").stdout)
    assert (found["networks"], found["shards"], found["shards_done"]) == (600, 2, 0)
    assert found["seconds"] > 0


def test_max_networks_stops_early_with_exit_code_0(tmp_path):
    arguments = ["sweep", "--epochs", "10,100000", "--networks", "2000", "--out", tmp_path]
    done = tinynet(*arguments, "--max-networks", "1", "--workers", "1")
    assert done.returncode == 0
    assert "stopped: 512 of 2,000 networks are done. Run the same command again to continue." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate", "fast"], "tinynet: --rate is 'fast'.*must be numbers"),
        (
            ["--loss", "mse,cross_entropy"],
            "loss cross_entropy, hidden 3 is invalid: --loss is 'cross_entropy' and --output is 'sigmoid'.*Use --output softmax.",
        ),
        (["--networks", "0"], "tinynet: --networks is 0"),
        (["--max-networks", "0"], "tinynet: --max-networks is 0. It must be a whole number of at least 1."),
        (["--minutes", "-1"], "tinynet: --minutes is -1. It must be a number above 0."),
        (["--figure", "a.gif"], "tinynet: --figure is a.gif. Its extension must be one of"),
        (
            ["--figure", "none/a.png"],
            "tinynet: --figure is none/a.png. The folder 'none' does not exist. Create it first.",
        ),
        (["--figure", "a.png", "--x", "speed"], "tinynet: --x is 'speed'"),
        (["--figure", "a.png", "--metric", "joy"], "tinynet: --metric is 'joy'.*must be one of 'learned'"),
        (["--recipes", "none.json"], "cannot read none.json"),
        (["--recipes", "bad.json"], "tinynet: --recipes is bad.json, which is not JSON .* Correct the file."),
        (
            ["--recipes", "bad.json", "--rate", "1"],
            "--rate is not used. The file of --recipes has all values.",
        ),
        (["--scheduler", "here"], "tinynet: --scheduler is 'here'.*must be an address such as tcp://"),
        (["--out", "bad.json"], "cannot write to bad.json"),
    ],
)
def test_an_error_is_one_line_with_exit_code_2(arguments, message, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    done = tinynet("sweep", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(message, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_sweep_continues(end, code, tmp_path):
    arguments = ["sweep", "--epochs", "100,20000", "--networks", "12000", "--rate", "0.5"]
    with subprocess.Popen(
        [*IN_A_PROCESS, *arguments, "--out", "out"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        while not list((tmp_path / "out").glob("shards/*.parquet")):
            assert process.poll() is None
        process.send_signal(end)
        _, errors = process.communicate()
    assert process.returncode == code
    shards = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("shards/*.parquet")}
    assert 0 < len(shards) < 6
    if end == signal.SIGINT:
        message = re.search(
            r"([\d,]+) of 12,000 networks are done. Run the same command again to continue", errors
        )
        counted = pq.read_table(tmp_path / "out" / "trials.parquet")["networks"][0].as_py()
        assert message, errors
        assert counted == int(message[1].replace(",", ""))  # a shard that is being written is not counted
    rest = tinynet(*arguments, "--out", "out", cwd=tmp_path)
    assert rest.stderr.startswith(f"found {len(shards)} of 6 shards done")
    assert {path: path.stat().st_mtime_ns for path in shards} == shards
    assert rest.stdout == tinynet(*arguments, cwd=tmp_path).stdout


def test_a_sweep_without_results_prints_a_table(capsys):
    found = tn.sweep(tn.grid(learning_rate=[1.0, 5.0]), 64, seconds=1e-9)
    sweep_report.show(found)
    assert "learning rate" in capsys.readouterr().out.replace("\n", " ")


def test_many_probes_are_rows(tmp_path):
    rows = "".join(f"{k % 7},{k},class{k % 10}\n" for k in range(60))
    (tmp_path / "ten.csv").write_text(f"a,b,label\n{rows}")
    sweep = ["sweep", "ten.csv", "--networks", "64", "--epochs", "2", "--hidden", "1,2,3,4,5,6"]
    printed = tinynet(*sweep, cwd=tmp_path).stdout
    lines = [line.rstrip() for line in printed.splitlines()]
    assert max(len(line) for line in lines if line.startswith((" probe", " row"))) <= 80
    assert [line.split() for line in lines if line.startswith(" probe ")] == [
        ["probe", *(word for k in range(1, 6) for word in ("hidden", str(k)))],
        ["probe", "hidden", "6"],
    ]
    probes = [line.split() for line in lines if line.startswith(" row ")]
    assert [words[:2] for words in probes] == [["row", str(k)] for k in range(1, 17)] * 2
    assert {len(words) for words in probes[:16]} == {7}
    trials = json.loads(tinynet(*sweep, "--json", cwd=tmp_path).stdout)["trials"]
    counts = [trial["probes"]["row 3"]["predicted"].get("class0", 0) for trial in trials]
    assert probes[2][2:] + probes[18][2:] == [f"{round(100 * count / 64)}" for count in counts]
