"""The tables of options in docs/cli.md, written from the declarations of the commands.

`python tests/option_tables.py` updates the document.
"""

import re
from pathlib import Path
from typing import NamedTuple

import typer.main

from tinynet.cli import app
from tinynet.cli.options import recipe_defaults

DOCUMENT = Path(__file__).parents[1] / "docs" / "cli.md"
TABLE = re.compile(r"<!-- options: (\w+) -->\n.*?<!-- end -->", re.S)
ROOT = typer.main.get_command(app)


class Row(NamedTuple):
    """An option of a command."""

    name: str
    flags: tuple[str, ...]
    text: str


def rows(command: str) -> list[Row]:
    """Return the options of a command, in the order of `--help`."""
    found = []
    for parameter in ROOT.commands[command].params:
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
    """Return the options of a command as a Markdown table. `recipe` stands for the options of a recipe."""
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
    """Return the document with its tables written again."""
    return TABLE.sub(lambda found: f"<!-- options: {found[1]} -->\n\n{table(found[1])}\n\n<!-- end -->", text)


if __name__ == "__main__":
    DOCUMENT.write_text(updated(DOCUMENT.read_text()))
