"""Test the versions of the machine and the purpose of missing extras."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import tinynet
from tinynet.story import environment

EXTRAS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def test_every_named_extra_exists():
    for package, (extra, _) in environment.EXTRAS.items():
        assert any(required.startswith(package) for required in EXTRAS[extra])


def test_installed_packages_have_their_versions():
    found = environment.describe()
    assert found["TinyNet"] == tinynet.__version__
    assert found["numpy"] == version("numpy")
    assert found["xlsxwriter"] == version("xlsxwriter")


@pytest.mark.parametrize("installed", [True, False])
def test_another_distribution_named_tinynet_gives_a_warning(monkeypatch, installed):
    def found(package):
        if package == "tinynet" and not installed:
            raise PackageNotFoundError(package)
        return "0.1.2"

    monkeypatch.setattr(environment, "version", found)
    expected = (
        "Another distribution named tinynet (0.1.2) is installed too. It has the same import name. Run `pip uninstall tinynet`. "
        "Then run `pip install --force-reinstall --no-deps .` in the checkout of this TinyNet."
    )
    assert environment.describe().get("warning") == (expected if installed else None)


def test_a_missing_package_has_its_command_and_purpose(monkeypatch):
    def missing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(environment, "version", missing)
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    found = environment.describe()
    assert found["xlsxwriter"] == 'not installed (for workbooks: pip install "tinynet-lab[excel]")'
    assert found["numpy"] == "not installed (pip install numpy)"
    assert found["ffmpeg"] == "not found (needed for .mp4 films)"


@pytest.mark.torch
@pytest.mark.parametrize(
    ("cuda", "mps", "sentence"),
    [
        ([], False, "CUDA and MPS are not available. PyTorch and TinyNet use the CPU."),
        (
            [],
            True,
            "MPS (Metal Performance Shaders) is available. PyTorch can use mps. TinyNet uses the CPU.",
        ),
        (["A", "B"], False, "CUDA is available (A, B). PyTorch can use cuda. TinyNet uses the CPU."),
    ],
)
def test_the_device_is_described(cuda, mps, sentence, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(cuda))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(cuda))
    monkeypatch.setattr(torch.cuda, "get_device_name", cuda.__getitem__)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert environment.describe()["device"] == sentence


def test_without_pytorch_the_device_is_the_cpu(monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    assert environment.device().endswith("TinyNet uses the CPU.")
