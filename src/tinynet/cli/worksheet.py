"""The command `worksheet`: one step on paper, for a class."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.inputs import check_new, hidden_sizes, make_folder, numbers
from tinynet.cli.mistakes import recipe_from, refuse_unused
from tinynet.cli.options import Activation, Hidden, Json, LossOption, Output, Overwrite, Rate
from tinynet.cli.output import print_json, printable, say
from tinynet.errors import TinyNetError
from tinynet.validation import MAX_SEED, check_choice, shown, whole_number

if TYPE_CHECKING:
    from tinynet.data.examples import Examples


# Long because Typer reads the options from the signature.
def worksheet(
    students: Annotated[
        int | None, typer.Option(help="Number of papers. Each paper has its own seed. Default: 1.")
    ] = None,
    first_seed: Annotated[
        int | None,
        typer.Option(help="Seed of the first paper. Each further paper has the next seed. Default: 0."),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds of the papers, such as 0..29 or 3,5,8. Replaces --students.")
    ] = None,
    example: Annotated[
        str, typer.Option(help="A picture's name, such as top, or the inputs of an example, such as 1,1,0,0.")
    ] = "top",
    target: Annotated[str | None, typer.Option(help="Targets of the outputs, such as 1,0 or 1.")] = None,
    decimals: Annotated[int, typer.Option(help="Decimals of every number.")] = 3,
    rate: Rate = 1.0,
    loss: LossOption = "mse",
    hidden: Hidden = "3",
    activation: Activation = "sigmoid",
    output: Output = "sigmoid",
    out: Annotated[Path, typer.Option(help="Folder for the papers.")] = Path("worksheets"),
    output_format: Annotated[
        str, typer.Option("--format", help="Format of the papers: pdf, html, or pdf,html.")
    ] = "pdf,html",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write one training step on paper. The papers have questions with blanks, solutions, and a key for the teacher."""
    import tinynet as tn
    from tinynet import files
    from tinynet.exports.worksheets.worksheet import FORMATS

    formats = [check_choice("output_format", part.strip(), FORMATS) for part in output_format.split(",")]
    chosen_seeds = _seeds(students, first_seed, seeds)
    chosen = _example(example, target)
    assert chosen.targets is not None
    sizes = (chosen.inputs.shape[1], *hidden_sizes(hidden), chosen.targets.shape[1])
    papers = tn.worksheet(
        chosen_seeds,
        chosen,
        architecture=tn.Architecture(sizes, activation, output),
        recipe=recipe_from(learning_rate=rate, loss=loss),
        decimals=decimals,
    )
    contents = papers.files(formats)
    paths = [out / name for name in contents]
    check_new("out", paths, overwrite)
    make_folder(out)
    for path, data in zip(paths, contents.values(), strict=True):
        files.write(path, data)
    if as_json:
        print_json({"command": "worksheet", "files": list(map(str, paths)), "key": papers.numbers})
        return
    for path in paths:
        say(printable(path))


def _seeds(students: int | None, first_seed: int | None, text: str | None) -> Iterable[int]:
    """Return the seeds of the papers.

    The seeds are given by their number, or by a text such as `0..29` or `3,5,8`.
    """
    if text is None:
        from tinynet.experiments.seeds import seed_range
        from tinynet.exports.worksheets.worksheet import MAX_STUDENTS

        count = 1 if students is None else students
        return seed_range(first_seed or 0, count, name="students", most=MAX_STUDENTS)
    given = {"--students": students, "--first-seed": first_seed}
    refuse_unused(given, "--seeds lists all seeds.")
    return _listed_seeds(text)


def _listed_seeds(text: str) -> Iterable[int]:
    ranges: list[range] = []
    for part in text.split(","):
        low, _, high = part.partition("..")
        try:
            ranges.append(range(whole_number(low), whole_number(high or low) + 1))
        except ValueError:
            raise TinyNetError(
                f"is {shown(text)}. It must be whole numbers, such as 0..29 or 3,5,8.", parameter="seeds"
            ) from None
        if ranges[-1].start < 0 or ranges[-1].stop > MAX_SEED + 1:
            raise TinyNetError(
                f"is {shown(text)}. Each seed must be from 0 to {MAX_SEED:,}.", parameter="seeds"
            )
    return chain.from_iterable(ranges)


def _example(text: str, target: str | None) -> "Examples":
    """Return a line by name, or the given inputs.

    The targets are given, or those of the nearest line.
    """
    import numpy as np

    from tinynet.cli.inspect import training_picture
    from tinynet.data.examples import Examples

    if target is None:
        if len(text.split(",")) not in (1, 4):
            raise TinyNetError(
                f"is {shown(text)}, which is no 2x2 picture. Give the targets of the outputs with --target.",
                parameter="example",
            )
        return training_picture(text)
    inputs = training_picture(text).inputs if text.isalpha() else np.array([numbers(text, "example")])
    targets = np.array([numbers(target, "target")])
    shape = (2, 2) if inputs.shape[1] == 4 else None
    names = tuple(f"output {j}" for j in range(targets.size))
    if shape and targets.size == 2:
        names = "horizontal", "vertical"
    return Examples(inputs, targets, (text,), shape, names)
