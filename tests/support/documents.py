"""Generate parts of the documents: tables of options, and the output of sessions and code.

`make docs` updates the documents.
"""

import os
import re
import tempfile
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import typer.main

from run_cli import tinynet
from tinynet.cli import app
from tinynet.cli.options import recipe_defaults

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "cli.md"
SESSION = re.compile(r"```\n\$ tinynet ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)```", re.S)
PRINTED = re.compile(r"```python\n((?:(?!```).)*?)```\n\n((?:which )?prints)\n\n```\n(.*?)```", re.S)
TABLE = re.compile(r"<!-- options: (\w+) -->\n.*?<!-- end -->", re.S)
COMMANDS = typer.main.get_command(app).commands


class Row(NamedTuple):
    """An option of a command."""

    name: str
    flags: tuple[str, ...]
    text: str


def rows(command: str) -> list[Row]:
    """Return the options of a command, in the order of `--help`."""
    found = []
    for parameter in COMMANDS[command].params:
        if parameter.param_type_name == "option" and parameter.help is not None:
            flags = (*parameter.opts, *parameter.secondary_opts)
            found.append(Row(parameter.name, flags, _text(parameter)))
    return [row for row in found if row.name not in ("as_json", "help")]  # the document describes these once


def _text(parameter) -> str:
    """Return the help text, with the default if `--help` shows one."""
    text = re.sub(r"\s+", " ", parameter.help).strip()
    default = parameter.default
    if default is None or parameter.is_flag or parameter.required or isinstance(default, tuple | list):
        return text
    return f"{text} Default: {default:g}." if isinstance(default, float) else f"{text} Default: {default}."


def table(command: str) -> str:
    """Return the options of a command as a Markdown table. `recipe` selects the options of a recipe."""
    recipe = recipe_defaults()
    if command == "recipe":
        chosen = [row for row in rows("train") if row.name in recipe]
    elif command in ("train", "population", "sweep"):
        chosen = [row for row in rows(command) if row.name not in recipe]
    else:
        chosen = rows(command)
    lines = ["| option | meaning |", "| --- | --- |"]
    for row in chosen:
        flags = ", ".join(f"`{flag}`" for flag in row.flags)
        lines.append(f"| {flags} | {row.text} |")
    return "\n".join(lines)


def updated(text: str) -> str:
    """Return the document with updated tables."""
    return TABLE.sub(lambda found: f"<!-- options: {found[1]} -->\n\n{table(found[1])}\n\n<!-- end -->", text)


def with_output(text: str, folder: Path) -> str:
    """Return a document with updated output of its sessions and Python blocks.

    folder : an empty folder to run in.
    """
    names: dict[str, object] = {}

    def session(found: re.Match[str]) -> str:
        done = tinynet(*found[1].replace("\\\n", " ").split(), cwd=folder)
        lines = [line.rstrip() for line in done.stdout.splitlines()]
        return "\n".join([f"```\n$ tinynet {found[1]}", *lines, "```"])

    def block(found: re.Match[str]) -> str:
        out = StringIO()
        with redirect_stdout(out):
            exec(found[1], names)
        return f"```python\n{found[1]}```\n\n{found[2]}\n\n```\n{out.getvalue()}```"

    with chdir(folder):
        return PRINTED.sub(block, SESSION.sub(session, text))


def write() -> None:
    """Write the generated parts of README.md, docs/cli.md and docs/own_data.md."""
    os.environ["COLUMNS"] = "80"
    DOCUMENT.write_text(updated(DOCUMENT.read_text()))
    for path in (ROOT / "README.md", ROOT / "docs" / "own_data.md"):
        text = path.read_text()
        with tempfile.TemporaryDirectory() as folder:
            if path.name == "own_data.md":  # its first block writes the tables
                with chdir(folder):
                    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], {})
            path.write_text(with_output(text, Path(folder)))


if __name__ == "__main__":
    write()
