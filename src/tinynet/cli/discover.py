"""The command `discover`: all chapters of the journey."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.inputs import check_new, hidden_sizes, make_folder
from tinynet.cli.options import INTERRUPTED, Epochs, Hidden, Json, Overwrite, Rate, Seed
from tinynet.cli.output import print_json, printable, say
from tinynet.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tinynet.story.content import Chapter


# Long because Typer reads the options from the signature.
def discover(
    chapter: Annotated[
        str | None,
        typer.Option(
            help="Print only this chapter: look, nudge, train, converge, fuzzy, inside, stress, high_rate, confidence or learner."
        ),
    ] = None,
    seed: Seed = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    hidden: Hidden = "3",
    networks: Annotated[int, typer.Option(help="Number of seeds that test each claim.")] = 1000,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the report and the figures. Default: discovery. With --json, files are written only if you give this option."
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Print the journey, chapter by chapter. Write it as one HTML report."""
    from tinynet.core.architecture import Architecture
    from tinynet.experiments.seeds import seed_range
    from tinynet.recipe import Recipe
    from tinynet.story import html, journey

    seed_range(0, networks)  # check the number even if no claim is tested
    settings = {"seed": seed, "networks": networks, "recipe": Recipe(learning_rate=rate, epochs=epochs)}
    chapters = journey.journey(chapter, architecture=Architecture((4, *hidden_sizes(hidden), 2)), **settings)
    folder = Path("discovery") if out is None and not as_json else out
    if folder is not None:
        check_new("out", [folder / html.REPORT], overwrite)
        make_folder(folder)
    total = 1 if chapter else len(journey.CHAPTERS)
    finished, interrupted = _finish(chapters, None if as_json else folder, total)
    about = f"Seed {seed}, learning rate {rate:g}, {counted(epochs, 'epoch')}. Each claim is tested on {counted(networks, 'seed')}."
    files = _write(finished, about, folder, overwrite) if folder is not None and finished else []
    if as_json:
        document = {
            "command": "discover",
            "seed": seed,
            "chapters": [one.to_json() for one in finished],
            "interrupted": interrupted,
            "files": list(map(str, files)),
        }
        print_json(document)
    elif files:
        say(f"The report with its figures: {printable(files[0])}")
    if interrupted:
        say(f"interrupted: {counted(len(finished), 'complete chapter')}", err=True)
        raise typer.Exit(INTERRUPTED)


def _write(chapters: "list[Chapter]", about: str, folder: Path, overwrite: bool) -> list[Path]:
    """Write the report and its figures. Return their paths."""
    from tinynet.story import html

    check_new("out", html.paths(chapters, folder), overwrite)
    return html.write(chapters, about, folder)


def _finish(chapters: "Iterator[Chapter]", figures: Path | None, total: int) -> "tuple[list[Chapter], bool]":
    """Return the complete chapters, and whether Ctrl-C interrupted them.

    figures : the folder of the figures. If the folder is given, the chapters are printed.
    """
    from tinynet.cli import terminal

    finished: list[Chapter] = []
    try:
        with terminal.progress("chapters", "done") as advance:
            for number, chapter in enumerate(chapters, 1):
                if figures is not None:
                    terminal.show(chapter, number, str(figures))
                finished.append(chapter)
                advance(number, total)
    except KeyboardInterrupt:
        return finished, True
    return finished, False
