"""Optional packages: imported where they are used, and where one is missing, how to have it."""

from importlib import import_module
from types import ModuleType

DISTRIBUTION = "tinynet-lab"  # the package index has another library named tinynet


def extra(module: str, what: str, name: str) -> ModuleType:
    """Import an optional module; `what` needs it, and the extra `name` of TinyNet installs it.

    Raises ImportError that says so where it is missing.

    >>> extra("json", "a file of numbers", "files").dumps([1])
    '[1]'
    >>> extra("no_such_module", "a thing", "thing")
    Traceback (most recent call last):
    ImportError: a thing needs no_such_module: pip install "tinynet-lab[thing]"
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ImportError(f"{what} needs {package}: {pip_command(name)}") from error


def pip_command(name: str) -> str:
    """Return the command that installs an extra.

    >>> pip_command("onnx")
    'pip install "tinynet-lab[onnx]"'
    """
    return f'pip install "{DISTRIBUTION}[{name}]"'
