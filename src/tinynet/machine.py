"""What this machine has: system, Python, PyTorch and its devices, packages."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from tinynet import __version__
from tinynet.extras import DISTRIBUTION, pip_command

PACKAGES = (
    "numpy",
    "llvmlite",
    "matplotlib",
    "seaborn",
    "typer",
    "rich",
    "safetensors",
    "jinja2",
)
EXTRAS = {  # package: the extra that installs it, and what it is for
    "pyarrow": ("sweep", "sweeps kept in a folder"),
    "distributed": ("cluster", "sweeps on a cluster"),
    "scikit-learn": ("sklearn", "TinyNetClassifier"),
    "anywidget": ("widget", "the laboratory in a notebook"),
    "onnx": ("onnx", "ONNX models"),
    "xlsxwriter": ("excel", "workbooks"),
    "fpdf2": ("paper", "worksheets as PDF"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "firefox")


def summary() -> dict[str, str]:
    """Return what a result may depend on, by name, in words."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "Python": platform.python_version(),
        "TinyNet": __version__,
        "PyTorch": _version("torch", pip_command("torch")),
        "devices": devices(),
    }


def describe() -> dict[str, str]:
    """Return all that is there, by name, in words."""
    programs = {
        "browser": next((path for name in BROWSERS if (path := shutil.which(name))), "none found"),
        "ffmpeg": shutil.which("ffmpeg") or "none found; it makes films as .mp4",
    }
    extras = {
        name: _version(name, f"for {use}: {pip_command(extra)}") for name, (extra, use) in EXTRAS.items()
    }
    return summary() | namesake() | programs | {name: _version(name) for name in PACKAGES} | extras


def namesake() -> dict[str, str]:
    """Return a warning where the other library named tinynet is installed too: both own the folder `tinynet`."""
    try:
        found = version("tinynet")
    except PackageNotFoundError:
        return {}
    mend = f"pip uninstall tinynet, then pip install --force-reinstall --no-deps {DISTRIBUTION}"
    return {
        "warning": f"tinynet {found} is installed too. It is another library with the same import name. Run {mend}."
    }


def devices() -> str:
    """Return where PyTorch can compute, in words."""
    if find_spec("torch") is None:
        return "PyTorch is not installed, and TinyNet does not need it"
    import torch

    found = ["cpu"]
    if torch.cuda.is_available():
        found += [f"cuda: {torch.cuda.get_device_name(k)}" for k in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps (Apple)")
    return ", ".join(found)


def _version(package: str, otherwise: str = "") -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed ({otherwise or f'pip install {package}'})"
