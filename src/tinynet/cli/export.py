"""The command `export`: a recording in other forms."""

from pathlib import Path
from typing import Annotated

import typer

from tinynet.cli.options import Json, print_json


def export(
    recordings: Annotated[
        list[Path], typer.Argument(help="A recording; for a page also several, to compare.")
    ],
    out: Annotated[
        list[Path],
        typer.Option(
            help="The file to write; its ending says what: .html the laboratory offline; .xlsx live formulas; .onnx, "
            ".safetensors, .pt or .json the numbers; .h, .py or .js code; .svg, .pdf or .png a figure; .gif or .mp4 a "
            "film; .tex an explanation. Give it again for more files."
        ),
    ],
    step: Annotated[
        int | None, typer.Option(help="The nudge that is shown, or before which the network stands.")
    ] = None,
    epoch: Annotated[int | None, typer.Option(help="The epoch whose nudges a workbook has.")] = None,
    cell: Annotated[str | None, typer.Option(help="The cell to explain, such as layer1.weight[0,2].")] = None,
    depth: Annotated[int | None, typer.Option(help="Levels of the explanation. Default: all.")] = None,
    figure: Annotated[
        str | None, typer.Option(help="The figure's name. Default: network. A wrong name lists all.")
    ] = None,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64, of models and C.")] = None,
    name: Annotated[str | None, typer.Option(help="The name of the function in a program.")] = None,
    frames: Annotated[int | None, typer.Option(help="Frames of a film.")] = None,
    fps: Annotated[int | None, typer.Option(help="Frames a second.")] = None,
    picture: Annotated[str | None, typer.Option(help="The example that a film shows, by its name.")] = None,
    title: Annotated[str | None, typer.Option(help="The title of a page.")] = None,
    called: Annotated[
        list[str] | None, typer.Option("--called", help="The name of each recording in a page, in turn.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A recording as a page, a workbook, a model, code, a figure, a film or LaTeX, by the ending of --out."""
    import tinynet as tn
    from tinynet import files
    from tinynet.cli import terminal
    from tinynet.exports import export as exports
    from tinynet.exports.export_formats import FORMATS

    asked = {
        "step": step, "epoch": epoch, "cell": cell, "depth": depth, "figure": figure, "dtype": dtype, "name": name,
        "frames": frames, "fps": fps, "picture": picture,
        "title": title, "names": called or None,
    }  # fmt: skip
    choices = {key: value for key, value in asked.items() if value is not None}
    taken = exports.options_by_path(out, choices)
    for path in out:
        exports.check(path, len(recordings), **taken[path])
        _check_apart(path, recordings)
    runs = [tn.load(path) for path in recordings]
    made = {}
    for path in out:
        with terminal.progress(f"making {path.name}", "frames") as advance:
            made[path] = exports.rendered(runs, path, progress=advance, **taken[path])
    for path, data in made.items():  # none is written before all are made
        files.write(path, data)
        if not as_json:
            typer.echo(f"{path}: {FORMATS[path.suffix.lower()].description}, {len(data):,} bytes")
    if as_json:
        print_json(
            {
                "command": "export",
                "files": [{"path": str(path), "bytes": len(data)} for path, data in made.items()],
            }
        )


def _check_apart(path: Path, recordings: list[Path]) -> None:
    """Refuse to write a form of a recording over a recording: what it leaves out would be lost."""
    from tinynet.errors import TinyNetError

    if path.exists() and any(taken.exists() and taken.samefile(path) for taken in recordings):
        raise TinyNetError(
            f"{path} is the recording itself, which would be lost; choose another name for --out"
        )
