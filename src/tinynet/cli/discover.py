"""The command `discover`: the whole journey."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tinynet.story.content import Chapter


def discover(
    part: Annotated[
        str | None, typer.Option(help="Only this chapter: look, nudge, train, … learner.")
    ] = None,
    seed: Seed = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    hidden: Hidden = "3",
    networks: Annotated[int, typer.Option(help="How many seeds each claim is put to.")] = 1000,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder for the report and the figures. Default: discovery. With --json, nothing is written unless you "
            "give --out."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """The whole journey, chapter by chapter, here and as one HTML report."""
    from tinynet.core.architecture import Architecture
    from tinynet.recipe import Recipe
    from tinynet.story import html, journey

    settings = {"seed": seed, "networks": networks, "recipe": Recipe(learning_rate=rate, epochs=epochs)}
    chapters = journey.journey(part, architecture=Architecture((4, *hidden_sizes(hidden), 2)), **settings)
    folder = Path("discovery") if out is None and not as_json else out
    if folder is not None:
        make_folder(folder)
    told, interrupted = _told(chapters, None if as_json else folder, 1 if part else len(journey.CHAPTERS))
    about = f"Seed {seed}, learning rate {rate:g}, {epochs:,} epochs; claims put to {networks:,} seeds."
    written = [] if folder is None else html.write(told, about, folder)
    if as_json:
        shown = {
            "seed": seed,
            "chapters": [chapter.to_json() for chapter in told],
            "interrupted": interrupted,
        }
        print_json({"command": "discover", **shown, "files": list(map(str, written))})
    else:
        typer.echo(f"The report with its figures: {written[0]}")
    if interrupted:
        typer.echo(f"interrupted: {len(told)} chapters were told", err=True)
        raise typer.Exit(INTERRUPTED)


def _told(chapters: "Iterator[Chapter]", shown: Path | None, total: int) -> "tuple[list[Chapter], bool]":
    """Tell the chapters, up to Ctrl-C; return them, and whether it came.

    shown : the folder of the figures, where the chapters are printed too.
    """
    from tinynet.cli import terminal

    told: list[Chapter] = []
    try:
        with terminal.progress("chapters", "told") as advance:
            for number, chapter in enumerate(chapters, 1):
                if shown is not None:
                    terminal.show(chapter, number, str(shown))
                told.append(chapter)
                advance(number, total)
    except KeyboardInterrupt:
        return told, True
    return told, False
