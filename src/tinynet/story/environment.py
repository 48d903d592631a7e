"""The system, Python, PyTorch and packages of this machine."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from tinynet.numerics.cancellation import detached
from tinynet.plugins import extra, pip_command
from tinynet.version import __version__

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
EXTRAS = {  # package: the extra that installs it, and its purpose
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
    """Return the versions that can change a result."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "Python": platform.python_version(),
        "TinyNet": __version__,
        "PyTorch": _version("torch", pip_command("torch")),
    }


def describe() -> dict[str, str]:
    """Return the versions, the device, programs and packages."""
    programs = {
        "browser": next((path for name in BROWSERS if (path := shutil.which(name))), "not found"),
        "ffmpeg": shutil.which("ffmpeg") or "not found (needed for .mp4 films)",
    }
    extras = {
        name: _version(name, f"for {use}: {pip_command(group)}") for name, (group, use) in EXTRAS.items()
    }
    return (
        summary()
        | {"device": device()}
        | name_conflict()
        | programs
        | {name: _version(name) for name in PACKAGES}
        | extras
    )


def name_conflict() -> dict[str, str]:
    """Return a warning about another distribution named tinynet.

    The text is empty if no other distribution is installed.

    Both distributions write into the folder `tinynet`.
    """
    try:
        found = version("tinynet")
    except PackageNotFoundError:
        return {}
    return {
        "warning": f"Another distribution named tinynet ({found}) is installed too. It has the same import name. Run "
        "`pip uninstall tinynet`. Then run `pip install --force-reinstall --no-deps .` in the checkout of this TinyNet."
    }


def device() -> str:
    """Return the devices that PyTorch and TinyNet can use.

    The result is a sentence.

    TinyNet's own kernels use the CPU. PyTorch uses the CPU too, unless you move a model with `model.to(device)`.
    """
    if find_spec("torch") is None:
        return "PyTorch is not installed. TinyNet does not need it. TinyNet uses the CPU."
    torch = detached(lambda: extra("torch", "the device", "torch"))  # the first import takes seconds
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
        return f"CUDA is available ({', '.join(names)}). PyTorch can use cuda. TinyNet uses the CPU."
    if torch.backends.mps.is_available():
        return "MPS (Metal Performance Shaders) is available. PyTorch can use mps. TinyNet uses the CPU."
    return "CUDA and MPS are not available. PyTorch and TinyNet use the CPU."


def _version(package: str, otherwise: str = "") -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed ({otherwise or f'pip install {package}'})"
