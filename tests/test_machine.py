"""What this machine has, and what each missing extra would be for."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import tinynet
from tinynet import machine

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def test_each_extra_is_one_of_the_package():
    for package, (extra, _) in machine.EXTRAS.items():
        assert any(wanted.startswith(package) for wanted in EXTRAS[extra])


def test_what_is_there_is_said_with_its_version():
    found = machine.describe()
    assert found["TinyNet"] == tinynet.__version__
    assert found["numpy"] == version("numpy")
    assert found["xlsxwriter"] == version("xlsxwriter")


@pytest.mark.parametrize("installed", [True, False])
def test_another_library_named_tinynet_gives_a_warning(monkeypatch, installed):
    def found(package):
        if package == "tinynet" and not installed:
            raise PackageNotFoundError(package)
        return "0.1.2"

    monkeypatch.setattr(machine, "version", found)
    warning = machine.describe().get("warning", "")
    assert warning.startswith("tinynet 0.1.2 is installed too. It is another library") == installed
    assert ("pip uninstall tinynet" in warning) == installed


def test_what_is_missing_says_how_to_have_it_and_what_for(monkeypatch):
    def missing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(machine, "version", missing)
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    found = machine.describe()
    assert found["xlsxwriter"] == 'not installed (for workbooks: pip install "tinynet-lab[excel]")'
    assert found["numpy"] == "not installed (pip install numpy)"
    assert found["ffmpeg"] == "none found; it makes films as .mp4"
