"""What this machine has, and what each missing extra would be for."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tinynet import machine

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def test_each_extra_is_one_of_the_package():
    for package, (extra, _) in machine.EXTRAS.items():
        assert any(wanted.startswith(package) for wanted in EXTRAS[extra])


def test_what_is_there_is_said_with_its_version():
    found = machine.describe()
    assert found["numpy"] == version("numpy")
    assert found["xlsxwriter"] == version("xlsxwriter")


def test_what_is_missing_says_how_to_have_it_and_what_for(monkeypatch):
    def missing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(machine, "version", missing)
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    found = machine.describe()
    assert found["xlsxwriter"] == 'not installed (for workbooks: pip install "tinynet[excel]")'
    assert found["numpy"] == "not installed (pip install numpy)"
    assert found["ffmpeg"] == "none found; it makes films as .mp4"
