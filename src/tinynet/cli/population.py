"""The command `population`: one recipe, many seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import check_new, read_examples
from tinynet.cli.mistakes import check_given, given, refuse_unused
from tinynet.cli.options import (
    INTERRUPTED,
    Columns,
    DialectOptions,
    Json,
    NetworkOptions,
    Overwrite,
    Size,
    Source,
    Target,
    with_groups,
    with_recipe,
)
from tinynet.cli.output import print_json, say
from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe

if TYPE_CHECKING:
    from tinynet.experiments.population import Population


# Long because Typer reads the options from the signature.
@with_recipe
@with_groups(columns=Columns, dialect=DialectOptions, shape=NetworkOptions)
def population(
    *,
    source: Source = None,
    columns: Columns,
    dialect: DialectOptions,
    target: Target = None,
    size: Size = None,
    networks: Annotated[int, typer.Option(help="Number of seeds.")] = 1000,
    first_seed: Annotated[int, typer.Option(help="First seed.")] = 0,
    shape: NetworkOptions,
    out: Annotated[
        Path | None,
        typer.Option(help="File for a histogram of the margins on the gray picture (.png, .svg or .pdf)."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    **fields: Any,
) -> None:
    """Train one network for each seed, on the four lines, a table or images. Print how many learned, with 95 % intervals."""
    import tinynet as tn
    from tinynet import plots
    from tinynet.cli import terminal

    fields = given(fields)
    refuse_unused({"--patience": Recipe(**fields).patience or None}, "This command has no validation set.")
    if out is not None:
        _check_histogram(out, source)
        check_new("out", [out], overwrite)
    named = columns.settings() | {"targets": target or (), "dialect": dialect.settings()}
    examples = read_examples(source, size, scale=columns.scale, **named)
    architecture, recipe = tn.defaults(examples, **shape.settings(), **fields)
    check_given(recipe, fields)
    with terminal.progress("training", "networks") as advance:
        trained = tn.population(
            recipe, networks, first_seed=first_seed, examples=examples, architecture=architecture, progress=advance,
        )  # fmt: skip
    if len(trained):
        if out is not None:
            margins = trained.margins(tn.pictures.stress()["gray"])[:, 0]
            plots.save(plots.population_histogram(margins), out)
        if as_json:
            print_json(_document(trained, out))
        else:
            say("\n".join(str(verdict) for verdict in trained.verdicts()))
    if trained.interrupted:
        say(f"interrupted: {len(trained):,} of {networks:,} networks are trained", err=True)
        raise typer.Exit(INTERRUPTED)


def _check_histogram(out: Path, source: Path | None) -> None:
    """Raise a TinyNetError if the histogram cannot be drawn."""
    from tinynet import plots

    if source is not None:
        raise TinyNetError(
            f"is not used. The histogram is of the gray 2x2 picture, and the networks are trained on {source}. Remove --out.",
            parameter="out",
        )
    plots.check_path(out)


def _document(trained: "Population", figure: Path | None) -> dict[str, Any]:
    return {
        "command": "population",
        "recipe": trained.recipe.to_json(),
        "architecture": trained.architecture.to_json(),
        "networks": len(trained),
        "figure": None if figure is None else str(figure),
        "verdicts": [verdict.to_json() for verdict in trained.verdicts()],
    }
