"""The command `predict`: what a trained network says of new rows of its table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.options import Json, RecordingPath, print_json

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.story.content import Table
    from tinynet.training.recording import Recording

MAX_SHOWN = 20  # rows; a file has them all


def predict(
    recording: RecordingPath,
    table: Annotated[Path, typer.Argument(help="A CSV table with the columns it was trained on.")],
    out: Annotated[Path | None, typer.Option(help="Write every answer here, as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """What a recording's network says of new rows: the answers of a table it was trained on, or its numbers."""
    import tinynet as tn
    from tinynet import files
    from tinynet.cli import terminal

    run = tn.load(recording)
    with terminal.progress("reading", "bytes") as advance:
        rows = run.examples.read_like(table, advance)
    found = _said(run, rows)
    if out is not None:
        if out.suffix.lower() != ".csv" or out.resolve() == table.resolve():
            raise tn.TinyNetError(
                f"the answers cannot be written to {out}; name another file that ends in .csv"
            )
        files.write(out, _csv(found))
    if as_json:
        print_json({"command": "predict", "saved": None if out is None else str(out), "answers": found})
        return
    terminal.show_table(_table(run, found[:MAX_SHOWN]))
    if len(found) > MAX_SHOWN:
        more = "" if out is not None else "; --out answers.csv writes them all"
        typer.echo(f"… and {len(found) - MAX_SHOWN:,} more rows{more}")
    if out is not None:
        typer.echo(f"saved: {out}")


def _said(run: "Recording", rows: "Examples") -> list[dict[str, Any]]:
    """Return what is said of each row: every output by the name of its answer, and in words which is largest.

    Of numbers to predict, the numbers in the table's own units.
    """
    from tinynet.evaluation.predictions import predictions

    if rows.target_scaling is not None:
        numbers = rows.unscaled(run.best(rows))  # (rows, outputs)
        return [
            {"name": name, **dict(zip(rows.target_names, row, strict=True))}
            for name, row in zip(rows.names, numbers.tolist(), strict=True)
        ]
    return [
        {"name": a.name, **dict(zip(rows.target_names, a.outputs, strict=True)), "says": a.words()}
        for a in predictions(run.best, rows)
    ]


def _table(run: "Recording", found: list[dict[str, Any]]) -> "Table":
    from tinynet.story.content import Table

    measured = run.examples.target_scaling is not None
    write = "{:.6g}".format if measured else lambda x: f"{100 * x:.1f} %"
    cells = [tuple(x if isinstance(x, str) else write(x) for x in row.values()) for row in found]
    return Table("What it says", tuple(found[0]), tuple(cells))


def _csv(found: list[dict[str, Any]]) -> bytes:
    import csv
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, found[0])
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue().encode()
