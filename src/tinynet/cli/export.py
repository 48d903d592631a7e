"""The command `export`: a recording in other formats."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tinynet.cli.inputs import check_new
from tinynet.cli.options import Json, Overwrite, flags, with_options
from tinynet.cli.output import print_json, printable, say

# The options that single formats use, in the order of `--help`.
FORMAT_OPTIONS: dict[str, tuple[Any, str]] = {
    "step": (int, "Step to show, or the step before which the network is exported. Default: the trained network."),
    "epoch": (int, "Epoch of a workbook. Default: 0."),
    "cell": (str, "Cell to explain, such as layer1.weight[0,2]. Default: loss."),
    "depth": (int, "Levels of the explanation. Default: all."),
    "figure": (str, "Name of the figure. Default: network. A wrong name lists all names."),
    "dtype": (str, "float32 or float64, for model files and C."),
    "name": (str, "Name of the function in a program. Default: network."),
    "frames": (int, "Frames of a film. Default: 120."),
    "fps": (int, "Frames per second of a film. Default: 20."),
    "example": (str, "Name of the example that a film shows. Default: the first."),
    "title": (str, "Title of a page. Default: TinyNet."),
    "names": (list[str], "Name of a recording in a page. Repeat the option for each recording, in their order."),
}  # fmt: skip
METAVARS = {list[str]: "NAME"}


def _with_format_options(command: Any) -> Any:
    """Give a command an option for each format choice."""
    options = {
        name: (
            None,
            Annotated[kind | None, typer.Option(*flags(name), metavar=METAVARS.get(kind), help=text)],
        )
        for name, (kind, text) in FORMAT_OPTIONS.items()
    }
    return with_options(command, options)


@_with_format_options
def export(
    *,
    recordings: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDING", help="A recording. A page (.html) can compare several recordings."
        ),
    ],
    out: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help="File to write. Its extension chooses the format. Repeat the option for more files.",
        ),
    ],
    overwrite: Overwrite = False,
    as_json: Json = False,
    **choices: Any,
) -> None:
    """Export a recording in other formats. The extension of --out chooses the format.

    Formats: .html (the laboratory, offline), .xlsx (workbook with live formulas), .onnx, .safetensors, .pt and .pth
    (parameters), .json (the whole recording), .h, .py and .js (programs), .svg, .pdf and .png (figures), .gif and .mp4
    (films), .tex (an explanation).
    """
    import tinynet as tn
    from tinynet import files
    from tinynet.cli import terminal
    from tinynet.exports import export as exports
    from tinynet.exports.export_formats import FILM, FORMATS

    given = {name: value for name, value in choices.items() if value is not None and value != []}
    taken = exports.options_by_path(out, given)
    for path in out:
        exports.check(path, len(recordings), **taken[path])
        _check_no_recording(path, recordings)
    check_new("out", out, overwrite)
    runs = [tn.load(path) for path in recordings]
    contents = {}
    for path in sorted(out, key=lambda path: FORMATS[path.suffix.lower()] is FILM):  # films take longest
        with terminal.progress(f"making {path.name}", "frames") as advance, _named_file(path, out):
            contents[path] = exports.rendered(runs, path, progress=advance, **taken[path])
    for path in out:  # all files are complete before the first is written
        data = contents[path]
        files.write(path, data)
        if not as_json:
            say(f"{printable(path)}: {FORMATS[path.suffix.lower()].description}, {len(data):,} bytes")
    if as_json:
        written = [{"path": str(path), "bytes": len(data)} for path, data in contents.items()]
        print_json({"command": "export", "files": written})


@contextmanager
def _named_file(path: Path, out: list[Path]) -> Iterator[None]:
    """Name the file in the error of an export of several files."""
    from tinynet.errors import TinyNetError

    try:
        yield
    except TinyNetError as error:
        if len(out) == 1:
            raise
        raise TinyNetError(
            f"{path} cannot be made, so no file was written: {error.message} Leave out --out {shlex.quote(str(path))} to write "
            "the other files."
        ) from error


def _check_no_recording(path: Path, recordings: list[Path]) -> None:
    """Raise a TinyNetError if an export would overwrite a recording."""
    from tinynet.errors import TinyNetError

    if os.path.realpath(path) in map(os.path.realpath, recordings):
        raise TinyNetError(
            f"is {path}. It must not be the recording itself, which would be lost. Choose another name.",
            parameter="out",
        )
