"""The command `predict`: predictions for new rows of a table."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import check_new
from tinynet.cli.options import DialectOptions, Json, Overwrite, RecordingPath, with_groups
from tinynet.cli.output import print_json, printable, say
from tinynet.errors import counted

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.story.content import Table
    from tinynet.training.recording import Recording

MAX_SHOWN = 20  # rows in the terminal
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@with_groups(dialect=DialectOptions)
def predict(
    *,
    recording: RecordingPath,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A table (CSV) with the input columns of the training.")
    ],
    out: Annotated[Path | None, typer.Option(help="CSV file for all predictions.")] = None,
    overwrite: Overwrite = False,
    dialect: DialectOptions,
    as_json: Json = False,
) -> None:
    """Predict the class or the numbers of new rows. Use the network of a recording."""
    import tinynet as tn
    from tinynet import files
    from tinynet.cli import terminal

    if out is not None:
        _check_out(out, table)
        check_new("out", [out], overwrite)
    run = tn.load(recording)
    with terminal.progress("reading", "bytes") as advance:
        rows = run.examples.read_like(table, advance, **dialect.settings())
    predicted = _predicted(run, rows)
    outside = int(rows.outside_range().sum())
    if out is not None:
        files.write(out, _csv(predicted))
    if as_json:
        saved = None if out is None else str(out)
        print_json(
            {
                "command": "predict",
                "saved": saved,
                "notes": list(rows.notes),
                "rows_outside_range": outside,
                "predictions": predicted,
            }
        )
        return
    if outside:
        say(_outside_words(outside, len(rows)), err=True)
    for note in rows.notes:
        say(note)
    terminal.show_table(_table(run, predicted[:MAX_SHOWN]))
    if len(predicted) > MAX_SHOWN:
        hint = "" if out is not None else ". To write all rows, add --out predictions.csv"
        say(f"… and {len(predicted) - MAX_SHOWN:,} more rows{hint}")
    if out is not None:
        say(f"saved: {printable(out)}")


def _outside_words(outside: int, rows: int) -> str:
    verb = "has" if outside == 1 else "have"
    return f"{outside:,} of {counted(rows, 'row')} {verb} values outside the range of the training rows."


def _check_out(out: Path, table: Path) -> None:
    from tinynet.errors import TinyNetError

    if out.suffix.lower() != ".csv" or os.path.realpath(out) == os.path.realpath(table):
        raise TinyNetError(
            f"is {out}. It must be a file that ends in .csv and is not the table itself. Choose another name.",
            parameter="out",
        )


def _predicted(run: "Recording", rows: "Examples") -> list[dict[str, Any]]:
    """Return a record for each row.

    A record has the name, each output, and the predicted class.

    In a regression, the outputs are in the units of the table.
    """
    from tinynet.evaluation.predictions import predictions
    from tinynet.evaluation.regression import in_units

    if run.examples.regression:
        values = in_units(run.examples, run.best(rows))  # (rows, outputs)
        return [
            {"name": name, **dict(zip(output_keys(rows.target_names), row, strict=True))}
            for name, row in zip(rows.names, values.tolist(), strict=True)
        ]
    return [
        {
            "name": found.name,
            **dict(zip(output_keys(rows.target_names), found.outputs, strict=True)),
            "prediction": found.words(),
        }
        for found in predictions(run.best, rows)
    ]


def output_keys(target_names: Sequence[str]) -> list[str]:
    """Return the key of each output in a record: its name, or "output name" beside the keys name and prediction.

    >>> output_keys(("cat", "name"))
    ['cat', 'output name']
    """
    return [f"output {name}" if name in ("name", "prediction") else name for name in target_names]


def _table(run: "Recording", predicted: list[dict[str, Any]]) -> "Table":
    from tinynet.story.content import Table, output_cells, output_columns

    names, keys = run.examples.target_names, output_keys(run.examples.target_names)
    if run.examples.regression:
        rows = [(row["name"], *(f"{row[key]:.6g}" for key in keys)) for row in predicted]
        return Table("Predictions", ("name", *names), tuple(rows))
    rows = [
        (row["name"], *output_cells(names, [row[key] for key in keys]), row["prediction"])
        for row in predicted
    ]
    return Table("Predictions", ("name", *output_columns(names), "prediction"), tuple(rows))


def _csv(predicted: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_csv_cell, predicted[0]))
    writer.writerows(map(_csv_cell, row.values()) for row in predicted)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _csv_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet does not run as a formula.

    A text that begins like a formula gets an apostrophe, as a spreadsheet writes it. Numbers are not changed.

    >>> [_csv_cell(value) for value in ("setosa", "=1+1", "-1", -0.5)]
    ['setosa', "'=1+1", '-1', -0.5]
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
