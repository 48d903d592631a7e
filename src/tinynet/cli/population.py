"""The command `population`: many seeds, one recipe."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tinynet.cli.options import (
    INTERRUPTED,
    Activation,
    Hidden,
    Init,
    Json,
    Output,
    hidden_sizes,
    print_json,
    recipe_of,
    with_recipe,
)


@with_recipe
def population(
    *,
    networks: Annotated[int, typer.Option(help="How many seeds.")] = 1000,
    first_seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    hidden: Hidden = "3",
    activation: Activation = "sigmoid",
    output: Output = "sigmoid",
    init: Init = "pytorch",
    out: Annotated[Path | None, typer.Option(help="Draw the histogram of gray here (.png or .svg).")] = None,
    as_json: Json = False,
    **fields: Any,
) -> None:
    """Many seeds, one recipe: what is luck, and what is law."""
    import tinynet as tn
    from tinynet import plots
    from tinynet.cli import terminal

    recipe = recipe_of(**fields)
    architecture = tn.Architecture((4, *hidden_sizes(hidden), 2), activation, output, init)
    with terminal.progress("training", "networks") as advance:
        crowd = tn.population(
            recipe, networks, first_seed=first_seed, architecture=architecture, progress=advance
        )
    if len(crowd):
        if out is not None:
            plots.save(plots.population_histogram(crowd.margins(tn.pictures.stress()["gray"])[:, 0]), out)
        verdicts = crowd.verdicts()
        if as_json:
            described = {
                "recipe": recipe.to_json(),
                "architecture": architecture.to_json(),
                "networks": len(crowd),
                "figure": None if out is None else str(out),
            }
            print_json(
                {
                    "command": "population",
                    **described,
                    "verdicts": [verdict.to_json() for verdict in verdicts],
                }
            )
        else:
            typer.echo("\n".join(str(verdict) for verdict in verdicts))
    if crowd.interrupted:
        typer.echo(f"interrupted: {len(crowd):,} of {networks:,} networks were done", err=True)
        raise typer.Exit(INTERRUPTED)
