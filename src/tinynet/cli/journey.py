"""The command `discover`: the whole journey."""

from pathlib import Path
from typing import Annotated

import typer

from tinynet.cli.options import (
    INTERRUPTED,
    Epochs,
    Hidden,
    Json,
    Rate,
    Seed,
    hidden_sizes,
    make_folder,
    print_json,
)


def discover(
    part: Annotated[
        str | None, typer.Option(help="Only this chapter: look, nudge, train, … learner.")
    ] = None,
    seed: Seed = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    hidden: Hidden = "3",
    networks: Annotated[int, typer.Option(help="How many seeds each claim is put to.")] = 1000,
    out: Annotated[Path, typer.Option(help="The folder for the report and the figures.")] = Path("discovery"),
    as_json: Json = False,
) -> None:
    """The whole journey, chapter by chapter, here and as one HTML report."""
    from tinynet import report, story, terminal
    from tinynet.network import Architecture
    from tinynet.recipe import Recipe

    settings = {"seed": seed, "networks": networks, "recipe": Recipe(learning_rate=rate, epochs=epochs)}
    chapters = story.journey(part, architecture=Architecture((4, *hidden_sizes(hidden), 2)), **settings)
    if as_json:
        print_json(
            {"command": "discover", "seed": seed, "chapters": [chapter.to_json() for chapter in chapters]}
        )
        return
    make_folder(out)
    told, interrupted = [], False
    try:
        with terminal.progress("chapters", "told") as advance:
            for number, chapter in enumerate(chapters, 1):
                terminal.show(chapter, number, str(out))
                told.append(chapter)
                advance(number, 1 if part else len(story.CHAPTERS))
    except KeyboardInterrupt:
        interrupted = True
    about = f"Seed {seed}, learning rate {rate:g}, {epochs:,} epochs; claims put to {networks:,} seeds."
    typer.echo(f"The report with its figures: {report.write(told, about, out)}")
    if interrupted:
        typer.echo(f"interrupted: {len(told)} chapters were told", err=True)
        raise typer.Exit(INTERRUPTED)
