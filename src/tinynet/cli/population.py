"""The command `population`: one recipe, many seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import check_new
from tinynet.cli.mistakes import given, recipe_from, refuse_unused
from tinynet.cli.options import INTERRUPTED, Json, NetworkOptions, Overwrite, with_groups, with_recipe
from tinynet.cli.output import print_json

if TYPE_CHECKING:
    from tinynet.experiments.population import Population


@with_recipe
@with_groups(shape=NetworkOptions)
def population(
    *,
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
    """Train one network for each seed. Print how many learned, with 95 % intervals."""
    import tinynet as tn
    from tinynet import plots
    from tinynet.cli import terminal

    checked = recipe_from(**fields)
    refuse_unused({"--patience": checked.patience or None}, "This command has no validation set.")
    if out is not None:
        plots.check_path(out)
        check_new("out", [out], overwrite)
    architecture, recipe = tn.defaults(tn.pictures.lines(), **shape.settings(), **given(fields))
    with terminal.progress("training", "networks") as advance:
        trained = tn.population(
            recipe, networks, first_seed=first_seed, architecture=architecture, progress=advance
        )
    if len(trained):
        if out is not None:
            margins = trained.margins(tn.pictures.stress()["gray"])[:, 0]
            plots.save(plots.population_histogram(margins), out)
        if as_json:
            print_json(_document(trained, out))
        else:
            typer.echo("\n".join(str(verdict) for verdict in trained.verdicts()))
    if trained.interrupted:
        typer.echo(f"interrupted: {len(trained):,} of {networks:,} networks are trained", err=True)
        raise typer.Exit(INTERRUPTED)


def _document(trained: "Population", figure: Path | None) -> dict[str, Any]:
    return {
        "command": "population",
        "recipe": trained.recipe.to_json(),
        "architecture": trained.architecture.to_json(),
        "networks": len(trained),
        "figure": None if figure is None else str(figure),
        "verdicts": [verdict.to_json() for verdict in trained.verdicts()],
    }
