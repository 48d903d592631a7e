"""Arguments and options as data.

The data are tables, image folders, layer sizes, and folders to write to.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinynet.errors import TinyNetError
from tinynet.validation import decimal_number, kind_of, shown, whole_number

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.data.tables import Table


OPTIONS = {"targets": "target", "categories": "category"}  # options with other names than their parameters


def read_source(
    path: Path | None,
    size: int | None = None,
    *,
    scale: bool = True,
    dialect: Mapping[str, Any],
    **columns: Any,
) -> "Table | Examples":
    """Return the examples source at a path.

    The source is a table or images. If the path is None, the result is the four lines.

    size : pixels per side of the images.
    scale : whether the columns of the table will be scaled.
    dialect : `header`, `delimiter`, `decimal` and `encoding` of a CSV file.
    columns : `label`, `targets`, `ignore`, `categories` and `missing` of a table.

    Raises TinyNetError for an option that the source does not use.
    """
    from tinynet.cli import terminal
    from tinynet.data import pictures, tables
    from tinynet.data.dialects import Dialect
    from tinynet.data.examples import Examples

    not_header = {"no-header": dialect["header"] is False, "header": dialect["header"]}
    _check_source_options(path, size, {**columns, "no-scale": not scale, **dialect, **not_header})
    if path is None:
        return pictures.lines()
    if kind_of(path) == "a folder":
        return Examples.from_images(path, 8 if size is None else size)
    with terminal.progress("reading", "bytes") as advance:
        table = tables.read(path, dialect=Dialect(**dialect), progress=advance, **columns)
    if table.targets is None:
        named = ", ".join(repr(column.name) for column in table.encoding.columns)
        raise TinyNetError(
            f"is not given. It must be the column of {path} with the class of each row. Choose one of {named}. For "
            "numbers to predict, use --target.",
            parameter="label",
        )
    return table


def read_examples(
    path: Path | None, size: int | None = None, *, scale: bool = True, **settings: Any
) -> "Examples":
    """Return all examples at a path, scaled by their own range; see `read_source`."""
    from tinynet.data import splits

    rows = read_source(path, size, scale=scale, **settings)
    return splits.split_dataset(rows, scale=scale).training


def _check_source_options(path: Path | None, size: int | None, columns: dict[str, Any]) -> None:
    folder = path is not None and kind_of(path) == "a folder"
    given = [f"--{OPTIONS.get(name, name)}" for name, value in columns.items() if value]
    if given and (path is None or folder):
        found = "No table was given." if path is None else f"{path} is a folder of images."
        raise TinyNetError(
            f"is not used. {found} Give a table, such as table.csv, or remove {given[0]}.",
            parameter=given[0],
        )
    if size is not None and not folder:
        raise TinyNetError(
            "is not used. Give a folder of images, such as images/, or remove --size.",
            parameter="size",
        )


def hidden_sizes(text: str) -> tuple[int, ...]:
    """Return the sizes of the hidden layers.

    >>> hidden_sizes("4x4"), hidden_sizes("0")
    ((4, 4), ())
    """
    from tinynet.core.architecture import MAX_LAYERS

    if "," in text:
        layers = text.replace(",", "x")
        raise TinyNetError(
            f"is {text!r}. It must be one network. A comma separates the networks of a sweep. Use {layers} for layers.",
            parameter="sizes",
        )
    try:
        sizes = tuple(whole_number(part) for part in text.split("x"))
    except ValueError:
        raise TinyNetError(
            f"is {shown(text)}. It must be numbers of nodes, such as 3, 4x4 for two layers, or 0 for no hidden layer.",
            parameter="sizes",
        ) from None
    if sizes == (0,):
        return ()
    if len(sizes) > MAX_LAYERS - 2:
        raise TinyNetError(
            f"is {shown(text)}. It must be at most {MAX_LAYERS - 2} layers.", parameter="sizes"
        )
    return sizes


def numbers(text: str, parameter: str) -> list[float]:
    """Return the numbers from 0 to 1 of a text such as `1,0`."""
    try:
        found = [decimal_number(part.strip()) for part in text.split(",")]
    except ValueError:
        raise TinyNetError(
            f"is {shown(text)}. It must be numbers, such as 1,0.", parameter=parameter
        ) from None
    if not all(0 <= number <= 1 for number in found):
        raise TinyNetError(f"is {shown(text)}. Each number must be from 0 to 1.", parameter=parameter)
    return found


def make_folder(folder: Path) -> None:
    """Make the folder of `--out`, with its parents."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TinyNetError(
            f"is {folder}. The folder cannot be created: {error.strerror}. Choose another folder.",
            parameter="out",
        ) from error


def check_new(parameter: str, paths: Iterable[Path | None], overwrite: bool) -> None:
    """Raise a TinyNetError for a path that a command must not write.

    A command replaces a file only with --overwrite, and never a folder, device, named pipe or socket.

    parameter : the option of the paths. Two of them must not be the same file.
    """
    earlier: dict[object, Path] = {}
    for path in filter(None, paths):
        file = _identity(path)
        if file in earlier:
            again = (
                f"is given twice as {path}"
                if path == earlier[file]
                else f"is {earlier[file]} and {path}, which are the same file"
            )
            raise TinyNetError(f"{again}. Give each file once.", parameter=parameter)
        earlier[file] = path
        kind = kind_of(path)
        if kind not in ("missing", "a file"):
            raise TinyNetError(f"is {path}, which is {kind}. Choose another name.", parameter=parameter)
        if kind == "a file" and not overwrite:
            raise TinyNetError(
                f"is {path}, which exists. Choose another name, or replace the file with --overwrite.",
                parameter=parameter,
            )


def _identity(path: Path) -> object:
    """Return a value that is equal for two names of one file, as for hard links and ./name."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # missing, or not a name
        return os.path.realpath(path)
    return found.st_dev, found.st_ino
