import json
import subprocess

import pytest

import tinynet as tn
from run_cli import IN_A_PROCESS
from tinynet.experiments.ladder import RUNGS


def run(*arguments, cwd, code=0):
    done = subprocess.run([*IN_A_PROCESS, "runbook", *arguments], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.slow
def test_the_ladder_is_measured_stored_and_reported(tmp_path):
    first = run("--quick", "--json", cwd=tmp_path)
    found = json.loads(first.stdout)
    assert found["networks"] == 256
    assert [rung["key"] for rung in found["rungs"]] == [rung.key for rung in RUNGS]
    learner = found["rungs"][-1]
    assert learner["passed"] > 0.95 * learner["networks"]
    assert found["rungs"][0]["passed"] == 0
    again = run("--quick", cwd=tmp_path)
    assert f"found {len(RUNGS)} of {len(RUNGS)} rungs measured in runbook" in again.stderr
    assert f"{learner['passed']} of 256 networks with 6 hidden nodes pass the exam" in " ".join(
        again.stdout.split()
    )
    report = (tmp_path / "runbook" / "report.html").read_text()
    assert "From memorizer to learner" in report
    assert (tmp_path / "runbook" / "learner-maps.png").is_file()
    assert (found["folder"], found["files"]) == ("runbook", [])
    named = json.loads(run("--quick", "--json", "--out", "runbook", cwd=tmp_path).stdout)["files"]
    assert named[0] == "runbook/report.html"
    assert {path.name for path in (tmp_path / "runbook").glob("*.png")} == {
        name.split("/")[1] for name in named[1:]
    }


@pytest.mark.slow
def test_a_learner_is_saved_with_its_card(tmp_path):
    done = run("--save", "mine.safetensors", cwd=tmp_path)
    assert "saved: mine.safetensors, and its model card: mine.md" in done.stdout
    assert tn.load(tmp_path / "mine.safetensors").final == tn.learner()
    stress = subprocess.run(
        [*IN_A_PROCESS, "stress", "mine.safetensors", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert all(found["unsure"] for found in json.loads(stress.stdout)["predictions"]["stress"])
    explained = subprocess.run(
        [*IN_A_PROCESS, "explain", "mine.safetensors", "layer1.weight[0,0]", "--step", "54321", "--depth", "1"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert "pixel" in explained.stdout or "x" in explained.stdout


def test_an_error_is_one_line(tmp_path):
    for arguments, message in (
        (
            ["--save", "nowhere/mine.safetensors"],
            "--save is nowhere/mine.safetensors. The folder 'nowhere' does not exist. Create it first.",
        ),
        (["--save", "mine.json"], "--save is mine.json. It must be a file that ends in .safetensors."),
        (["--networks", "0"], "--networks is 0"),
    ):
        done = run(*arguments, cwd=tmp_path, code=2)
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
