"""The package's own build step: make the laboratory's page from web/ where its files are missing."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LATER = "npm --prefix web ci && npm --prefix web run build"


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Build the page with the machine's Node, or with the one from PyPI where there is none."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling: Node, where the machine has none that fits."""
        return [node().WHEEL] if self._wanted() and not node().has_node() else []

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


def node() -> ModuleType:
    """Return web/npm.py, which finds Node."""
    specification = spec_from_file_location("npm", Path(__file__).parent / "web" / "npm.py")
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def build_page(web: Path) -> None:
    """Run npm in web/; its page lands in src/tinynet/page.

    Raises OSError, subprocess.CalledProcessError or ImportError where npm fails, or there is no Node at all.
    """
    # Vite is a development dependency: NODE_ENV=production must not leave it out.
    for arguments in (["ci", "--include=dev", "--no-fund", "--no-audit"], ["run", "build"]):
        node().npm(*arguments, cwd=web, check=True, stdout=sys.stderr)
