"""The command `sweep`: many recipes, many seeds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import check_new, read_examples
from tinynet.cli.mistakes import check_used, refuse_unused
from tinynet.cli.options import (
    CHOSEN_BY_EXAMPLES,
    HIDDEN_HELP,
    INTERRUPTED,
    OUTPUT_HELP,
    Activation,
    Columns,
    DialectOptions,
    Init,
    Json,
    Overwrite,
    Size,
    Source,
    Target,
    flags,
    help_of,
    recipe_defaults,
    with_default,
    with_groups,
    with_options,
)
from tinynet.cli.output import print_json, say
from tinynet.errors import TinyNetError
from tinynet.recipe import help_texts
from tinynet.validation import check_number, kind_of

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.experiments.plan import Plan
    from tinynet.experiments.sweep import Sweep
    from tinynet.experiments.trials import Trial

DEFAULTS = recipe_defaults() | {"hidden": None, "activation": "sigmoid", "output": None, "init": "pytorch"}
HELP = help_texts() | {
    "hidden": HIDDEN_HELP,
    "activation": help_of(Activation),
    "output": OUTPUT_HELP,
    "init": help_of(Init),
}
PROBE_METRICS = ("unsure", "first_class")  # metrics of one probe


@dataclass(frozen=True)
class MapOptions:
    """The options of the map."""

    figure: Annotated[Path | None, typer.Option(help="File for a map (.png, .svg or .pdf).")] = None
    metric: Annotated[
        str | None,
        typer.Option(
            help="Quantity that the map shows: learned, loss, epochs_to_learn, unsure or first_class. Default: learned, or loss for numbers to predict."
        ),
    ] = None
    probe: Annotated[
        str | None, typer.Option(help="Probe of the metrics unsure and first_class. Default: gray.")
    ] = None
    x: Annotated[str | None, typer.Option(help="Horizontal axis of the map, such as learning_rate.")] = None
    y: Annotated[str | None, typer.Option(help="Vertical axis of the map, such as epochs.")] = None

    def settings(self, usual: str = "learned") -> dict[str, Any]:
        """Return the arguments of `plots.sweep_map`.

        usual : the metric if none is given.

        Raises TinyNetError for an option that the map does not use.
        """
        given = {f"--{name}": value for name, value in asdict(self).items() if name != "figure"}
        if self.figure is None:
            refuse_unused(given, "Only the map of --figure uses it.")
        elif self.metric not in PROBE_METRICS:
            refuse_unused({"--probe": self.probe}, "Only --metric unsure and --metric first_class use it.")
        return {
            "x": self.x,
            "y": self.y,
            "value": self.metric or usual,
            "probe": self.probe,
        }


@dataclass(frozen=True)
class RunOptions:
    """The options of a sweep's place and end."""

    workers: Annotated[int | None, typer.Option(help="Number of threads. Default: one per core.")] = None
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a dask scheduler to compute on, such as tcp://host:8786.")
    ] = None
    max_networks: Annotated[int | None, typer.Option(help="Stop after this many networks.")] = None
    minutes: Annotated[float | None, typer.Option(help="Stop after this many minutes.")] = None

    def settings(self) -> dict[str, Any]:
        """Return the arguments of `tinynet.sweep`."""
        from tinynet.experiments.sweep import check_execution

        if self.scheduler is not None:
            refuse_unused({"--workers": self.workers}, "The dask cluster of --scheduler has its own workers.")
        if self.minutes is not None:
            check_number("minutes", self.minutes, 0, math.inf, inclusive="right")
        seconds = None if self.minutes is None else 60 * self.minutes
        check_execution(self.workers, self.scheduler, self.max_networks, seconds)
        return {
            "workers": self.workers,
            "scheduler": self.scheduler,
            "limit": self.max_networks,
            "seconds": seconds,
        }


def _with_axes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every trial axis."""
    options = {}
    for name, default in DEFAULTS.items():
        if name in CHOSEN_BY_EXAMPLES:
            text = with_default(name, HELP[name])
        else:
            text = f"{HELP[name]} Default: {_default_text(default)}."
        options[name] = (None, Annotated[str | None, typer.Option(*flags(name), metavar="LIST", help=text)])
    return with_options(command, options)


def _default_text(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


# Long because Typer reads the options from the signature.
@_with_axes
@with_groups(columns=Columns, dialect=DialectOptions, view=MapOptions, where=RunOptions)
def sweep(
    *,
    source: Source = None,
    recipes: Annotated[
        Path | None, typer.Option(help="JSON file with a list of trials, instead of the axes.")
    ] = None,
    networks: Annotated[int, typer.Option(help="Number of seeds for each trial.")] = 1024,
    first_seed: Annotated[int, typer.Option(help="First seed.")] = 0,
    columns: Columns,
    dialect: DialectOptions,
    target: Target = None,
    size: Size = None,
    probes: Annotated[
        Path | None, typer.Option(help="Table (CSV) of the probes, instead of the default probes.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results. The same command continues an interrupted sweep."),
    ] = None,
    view: MapOptions,
    where: RunOptions,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print the number of networks and the estimated time.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    **axes: str | None,
) -> None:
    """Train many recipes with many seeds each. Print how many networks learn, how fast, and how confident they are.

    A LIST is one or more values, such as 0.1,1,5. 0.05..20/17 stands for 17 numbers from 0.05 to 20 with equal
    ratios. A switch such as --nesterov takes true, false or true,false. Every combination of values is a trial.
    """
    from tinynet import plots
    from tinynet.cli import terminal
    from tinynet.experiments.estimate import estimate
    from tinynet.experiments.plan import plan_sweep
    from tinynet.experiments.sweep import sweep as run

    view.settings()  # check the options before the data are read
    run_settings = where.settings()
    named = columns.settings() | {"targets": target or (), "dialect": dialect.settings()}
    examples = read_examples(source, size, scale=columns.scale, **named)
    map_settings = view.settings("loss" if examples.regression else "learned")
    trials = _trials(axes, recipes, examples)
    about: dict[str, Any] = {
        "first_seed": first_seed,
        "examples": examples,
        "probes": None if probes is None else _read_probes(probes, examples),
    }
    plan = plan_sweep(trials, networks, **about)
    if view.figure is not None:
        _check_map(view.figure, plan, map_settings)
    if dry_run:
        expected = estimate(plan, out, where.workers)
        print_json({"command": "sweep", **expected.to_json()}) if as_json else say(str(expected))
        return
    check_new("figure", [view.figure], overwrite)
    if out is not None and not overwrite:
        _check_folder(out, plan)
    with terminal.progress("training", "networks", rate=True) as advance:
        result = run(trials, networks, out=out, progress=advance, log=_log, **run_settings, **about)
    if view.figure is not None:
        plots.save(plots.sweep_map(result, **map_settings), view.figure)
    _report(result, examples.notes, out, view.figure, as_json)


def _check_folder(out: Path, plan: "Plan") -> None:
    """Raise a TinyNetError if a folder has the tables of another sweep, which would be replaced."""
    from tinynet import files
    from tinynet.experiments.result_tables import DESCRIPTION, continues

    path = out / DESCRIPTION
    if kind_of(path) != "missing" and not continues(plan, files.read(path, "result")):
        raise TinyNetError(
            f"is {out}, which has the tables of another sweep. Choose another folder, or replace the tables with "
            "--overwrite. Stored networks are kept.",
            parameter="out",
        )


def _report(
    result: "Sweep", notes: Sequence[str], out: Path | None, figure: Path | None, as_json: bool
) -> None:
    """Print the results.

    notes : what was understood of a table.

    For an incomplete sweep, the output also explains how to continue.
    """
    from tinynet.cli import sweep_report

    if as_json:
        files = {"saved": out, "figure": figure}
        paths = {name: None if path is None else str(path) for name, path in files.items()}
        print_json(sweep_report.as_json(result) | paths | {"notes": list(notes)})
    else:
        for note in notes:
            say(note)
        sweep_report.show(result)
    if not result.complete:
        hint = (
            "Run the same command again to continue."
            if out
            else "Nothing was saved. Use --out to save finished networks."
        )
        _log(f"{'interrupted' if result.interrupted else 'stopped'}: {result.done}. {hint}")
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)


def _check_map(figure: Path, plan: "Plan", settings: dict[str, Any]) -> None:
    """Raise a TinyNetError if the map cannot be drawn.

    The check runs before the sweep is computed.
    """
    from tinynet import plots
    from tinynet.plots.map_layout import choose_layout

    plots.check_path(figure, "figure")
    choose_layout(plan, **settings)


def _log(line: str) -> None:
    say(line, err=True)


def _read_probes(path: Path, examples: "Examples") -> "Examples":
    """Return the rows of a table with the columns and the scaling of the examples.

    The probes of pictures are tables with one column for each pixel.
    """
    from tinynet.data import tables

    if examples.shape is None:
        return examples.read_like(path)
    try:
        rows, pixels = tables.read(path), examples.inputs.shape[1]
    except TinyNetError as error:  # --label and --ignore choose columns of another table
        raise error.renamed({"label": "the label", "ignore": "the ignored columns"}) from error
    if len(rows.columns) != pixels:
        raise TinyNetError(
            f"is {path}, which has {len(rows.columns):,} input columns. It must have {pixels}, one for each pixel.",
            parameter="probes",
        )
    rows.check_range(rows.columns, rows.values, "A pixel must be from 0 to 1.")
    return replace(examples, inputs=rows.values, targets=None, names=rows.names)


def _trials(axes: dict[str, str | None], recipes: Path | None, examples: "Examples") -> "list[Trial]":
    from tinynet.experiments.trials import grid

    given = {name: text for name, text in axes.items() if text is not None}
    if recipes is None:
        trials = grid(examples, **{name: _values(name, text) for name, text in given.items()})
        check_used((trial.recipe for trial in trials), given)
        return trials
    refuse_unused(
        {flags(name)[0]: text for name, text in given.items()}, "The file of --recipes has all values."
    )
    return _read_trials(recipes, examples)


def _values(axis: str, text: str) -> list[Any]:
    """Return the values of a LIST.

    An error names the option of the axis.
    """
    from tinynet.experiments.trials import parse_values

    try:
        return parse_values(axis, text)
    except TinyNetError as error:
        raise error.renamed({axis: flags(axis)[0]}) from error


def _read_trials(path: Path, examples: "Examples") -> "list[Trial]":
    from tinynet import files
    from tinynet.experiments.trials import trials_from_records

    text = files.read(path, "list of recipes")
    try:
        records = files.parse_json(text)
    except ValueError as error:
        raise TinyNetError(
            f"is {path}, which is not JSON ({error}). Correct the file.", parameter="recipes"
        ) from error
    return trials_from_records(records, examples)
