"""Optional packages, and methods that are implemented in later packages."""

from importlib import import_module
from types import ModuleType
from typing import Any

DISTRIBUTION = "tinynet-lab"  # the package index has another library named tinynet

# A package imports only from packages before it. These methods need a later package, and import that package
# when they are called.
LATE_BOUND = {
    "Recording.export": "tinynet.exports.export:export",
    "Recording.to_html": "tinynet.lab.page.offline:page",
    "Recording.from_bytes, of a watched training": "tinynet.training.watched:WatchedRecording",
    "InNotebook.widget": "tinynet.lab.notebook.widget:Laboratory",
    "InNotebook._ipython_display_": "tinynet.lab.notebook.display:display",
    "InNotebook._display_": "tinynet.lab.notebook.display:output_of",
    "InNotebook._repr_html_": "tinynet.lab.notebook.snapshot:snapshot",
}


class MissingPackageError(ImportError):
    """An optional package is not installed. The message has the command that installs it."""


def late_bound(method: str) -> Any:
    """Import the function or class of a row of `LATE_BOUND`.

    >>> late_bound("Recording.export").__name__
    'export'
    """
    module, _, name = LATE_BOUND[method].partition(":")
    return getattr(import_module(module), name)


def extra(module: str, what: str, name: str) -> ModuleType:
    """Import an optional module.

    module : str. The module to import.
    what : str. The feature that needs the module, for the error message.
    name : str. The extra of TinyNet that installs the module.

    Raises MissingPackageError with the `pip install` command if the module is not installed.

    >>> extra("json", "a file of numbers", "files").dumps([1])
    '[1]'
    >>> extra("no_such_module", "a thing", "thing")
    Traceback (most recent call last):
    tinynet.plugins.MissingPackageError: a thing needs no_such_module: pip install "tinynet-lab[thing]"
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingPackageError(f"{what} needs {package}: {pip_command(name)}") from error


def pip_command(name: str) -> str:
    """Return the command that installs an extra.

    >>> pip_command("onnx")
    'pip install "tinynet-lab[onnx]"'
    """
    return f'pip install "{DISTRIBUTION}[{name}]"'
