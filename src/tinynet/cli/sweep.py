"""The command `sweep`: many recipes, over many seeds each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.options import (
    INTERRUPTED,
    Ignored,
    Json,
    LabelColumn,
    ScaleColumns,
    Source,
    check_used,
    flags,
    of_recipe,
    print_json,
    refuse,
    source_of,
    with_options,
)

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.experiments.sweep import Sweep
    from tinynet.experiments.trials import Trial

USUAL = of_recipe() | {"hidden": "3", "activation": "sigmoid", "output": "sigmoid", "init": "pytorch"}

PICTURED = ("unsure", "first_class")  # values of a map that are about one probe picture


def _option(name: str, usual: Any) -> tuple[None, Any]:
    text = f"Values of {name.replace('_', ' ')}; {usual} unless given."
    return None, Annotated[str | None, typer.Option(*flags(name), metavar="LIST", help=text)]


def _with_axes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every axis of a trial."""
    return with_options(command, {name: _option(name, usual) for name, usual in USUAL.items()})


@_with_axes
def sweep(
    *,
    source: Source = None,
    recipes: Annotated[
        Path | None, typer.Option(help="Trials from this file instead: a JSON list of objects.")
    ] = None,
    networks: Annotated[int, typer.Option(help="How many seeds for each trial.")] = 1024,
    first_seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    label: LabelColumn = None,
    ignore: Ignored = None,
    scale: ScaleColumns = True,
    probes: Annotated[
        Path | None, typer.Option(help="Pictures to be judged (CSV) instead of the usual.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder that keeps every block as it is done.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the map here (.png, .svg or .pdf).")] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="What the map shows: learned, loss, epochs_to_learn, unsure or first_class. Default: learned."
        ),
    ] = None,
    picture: Annotated[
        str | None, typer.Option(help="The probe picture of unsure and first_class. Default: gray.")
    ] = None,
    x: Annotated[str | None, typer.Option(help="The map's axis to the right.")] = None,
    y: Annotated[str | None, typer.Option(help="The map's axis up.")] = None,
    workers: Annotated[int | None, typer.Option(help="Threads; one a core unless given.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Compute on this dask cluster: tcp://host:8786.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Begin no new block after this number of networks.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Begin no new block after this number of minutes.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how much it is and about how long.")
    ] = False,
    as_json: Json = False,
    **axes: str | None,
) -> None:
    """Many recipes, over many seeds each: how many learn, how fast, and how sure they are.

    A LIST is values such as 0.1,1,5, or 0.05..20/17 for 17 numbers from 0.05 to 20, each the same number of times
    the one before. Hidden layers are 3, or 4x4 for two. Every combination is a trial.
    """
    from tinynet import plots
    from tinynet.cli import sweep_report, terminal
    from tinynet.data import splits
    from tinynet.experiments.estimate import estimate
    from tinynet.experiments.plan import plan_sweep
    from tinynet.experiments.sweep import sweep as run
    from tinynet.plots.map_layout import choose_layout

    look = _look(figure, x=x, y=y, value=value, picture=picture)
    if scheduler is not None:
        refuse({"--workers": workers}, "With --scheduler, the dask cluster has its own workers.")
    rows = source_of(source, scale=scale, label=label, ignore=ignore or ())
    examples = splits.split_dataset(rows, scale=scale).training
    trials = _trials(axes, recipes, examples)
    about: dict[str, Any] = {
        "first_seed": first_seed,
        "examples": examples,
        "probes": probes and _probes(probes, examples),
    }
    plan = plan_sweep(trials, networks, **about)
    if figure is not None:
        plots.check_path(figure)
        choose_layout(plan, **look)
    if dry_run:
        expected = estimate(plan, out, workers)
        print_json({"command": "sweep", **expected.to_json()}) if as_json else typer.echo(str(expected))
        return
    with terminal.progress("training", "networks", rate=True) as advance:
        found = run(
            trials, networks, out=out, workers=workers, scheduler=scheduler, progress=advance, log=_say,
            limit=limit, seconds=None if minutes is None else 60 * minutes, **about,
        )  # fmt: skip
    if figure is not None:
        plots.save(plots.sweep_map(found, **look), figure)
    if as_json:
        written = {
            name: None if path is None else str(path) for name, path in (("saved", out), ("figure", figure))
        }
        print_json(sweep_report.as_json(found) | written)
    else:
        sweep_report.show(found)
    _end(found, out)


def _look(figure: Path | None, **given: str | None) -> dict[str, Any]:
    """Return what the map shows; TinyNetError for a choice that no map would use."""
    options = {f"--{name}": value for name, value in given.items()}
    if figure is None:
        refuse(options, "It is for the map that --figure draws.")
    elif given["value"] not in PICTURED:
        why = f"It is for --value {' and '.join(PICTURED)}."
        refuse({"--picture": options["--picture"]}, why)
    probe = given.pop("picture") or "gray"
    return given | {"value": given["value"] or "learned", "probe": probe}


def _end(found: "Sweep", out: Path | None) -> None:
    """Say what is left, and how to go on."""
    if not found.complete:
        on = "the same command goes on from there" if out else "nothing was kept; --out keeps what is done"
        _say(f"{'interrupted' if found.interrupted else 'stopped'}: {found.done}; {on}")
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _probes(path: Path, examples: "Examples") -> "Examples":
    """Return the rows to be judged, scaled as the examples are."""
    from tinynet.data import tables
    from tinynet.data.examples import Examples

    return Examples.scaled_rows(tables.read(path), examples.scaling)


def _trials(axes: dict[str, str | None], recipes: Path | None, examples: "Examples") -> "list[Trial]":
    from tinynet import files
    from tinynet.errors import TinyNetError
    from tinynet.experiments.trials import grid, parse_values, trials_from_records

    given = {name: text for name, text in axes.items() if text is not None}
    if recipes is None:
        trials = grid(examples, **{name: parse_values(name, text) for name, text in given.items()})
        check_used((trial.recipe for trial in trials), given)
        return trials
    if given:
        raise TinyNetError(
            f"{', '.join(given)} and --recipes were given; the file has all values of its trials"
        )
    try:
        return trials_from_records(json.loads(files.read(recipes)), examples)
    except ValueError as error:
        if isinstance(error, TinyNetError):
            raise
        raise TinyNetError(f"{recipes} is not JSON ({error})") from error
