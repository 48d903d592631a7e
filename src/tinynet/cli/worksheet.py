"""The command `worksheet`: a nudge on paper, for a class."""

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.options import (
    Activation,
    Hidden,
    Json,
    LossOption,
    Output,
    Pictures,
    Rate,
    hidden_sizes,
    make_folder,
    print_json,
    recipe_of,
    refuse,
)

if TYPE_CHECKING:
    from tinynet.data.examples import Examples


def worksheet(
    students: Annotated[
        int | None, typer.Option(help="How many papers: one for each seed. Default: 1.")
    ] = None,
    first_seed: Annotated[
        int | None,
        typer.Option(help="The first student's seed. Each further student has the next seed. Default: 0."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="The seeds instead, such as 0..29 or 3,5,8.")] = None,
    picture: Pictures = "top",
    target: Annotated[str | None, typer.Option(help="What the outputs should say, such as 1,0 or 1.")] = None,
    decimals: Annotated[int, typer.Option(help="Decimals of every rounded number.")] = 3,
    rate: Rate = 1.0,
    loss: LossOption = "mse",
    hidden: Hidden = "3",
    activation: Activation = "sigmoid",
    output: Output = "sigmoid",
    out: Annotated[Path, typer.Option(help="The folder for the papers.")] = Path("worksheets"),
    form: Annotated[str, typer.Option("--format", help="pdf, html, or both: pdf,html.")] = "pdf,html",
    as_json: Json = False,
) -> None:
    """A nudge on paper: blanks to fill in, a paper a student, the solutions, and the teacher's key."""
    import tinynet as tn
    from tinynet import files

    if seeds is not None:
        given = {"--students": students, "--first-seed": first_seed}
        refuse(given, "--seeds names every seed.")
    count, first = 1 if students is None else students, first_seed or 0
    examples = _example(picture, target)
    assert examples.targets is not None
    sizes = (examples.inputs.shape[1], *hidden_sizes(hidden), examples.targets.shape[1])
    papers = tn.worksheet(
        range(first, first + count) if seeds is None else _seeds(seeds),
        examples,
        architecture=tn.Architecture(sizes, activation, output),
        recipe=recipe_of(learning_rate=rate, loss=loss),
        decimals=decimals,
    )
    made = papers.files([part.strip() for part in form.split(",")])
    make_folder(out)
    written = [out / name for name in made]
    for path, data in zip(written, made.values(), strict=True):
        files.write(path, data)
    if as_json:
        numbers = [json.loads(f"[{', '.join(map(str, row)).replace('−', '-')}]") for row in papers.key.rows]
        key = [dict(zip(papers.key.headers, row, strict=True)) for row in numbers]
        print_json({"command": "worksheet", "files": list(map(str, written)), "key": key})
        return
    for path in written:
        typer.echo(path)


def _seeds(text: str) -> Iterable[int]:
    """Return the seeds of a word such as 0..29 or 3,5,8."""
    from tinynet.errors import TinyNetError

    found: list[range] = []
    try:
        for part in text.split(","):
            low, _, high = part.partition("..")
            found.append(range(int(low), int(high or low) + 1))
    except ValueError:
        raise TinyNetError(f"--seeds is {text!r}; it must be whole numbers, such as 0..29 or 3,5,8") from None
    return chain.from_iterable(found)


def _example(picture: str, target: str | None) -> "Examples":
    """Return a line by name, or the given inputs with the target that is given or that of the nearest line."""
    import numpy as np

    from tinynet.cli.inspect import trainable
    from tinynet.data.examples import Examples
    from tinynet.errors import TinyNetError

    if target is None:
        if len(picture.split(",")) not in (1, 4):
            raise TinyNetError(
                f"--picture is {picture!r}, no 2x2 picture; say with --target what it should give"
            )
        return trainable(picture)
    inputs = trainable(picture).inputs if picture.isalpha() else np.array([_numbers("--picture", picture)])
    targets = np.array([_numbers("--target", target)])
    several = tuple(f"answer {j}" for j in range(targets.size))
    answers = {1: ("answer",), 2: ("horizontal", "vertical")}.get(targets.size, several)
    return Examples(inputs, targets, (picture,), (2, 2) if inputs.shape[1] == 4 else None, answers)


def _numbers(option: str, text: str) -> list[float]:
    from tinynet.errors import TinyNetError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise TinyNetError(f"{option} is {text!r}; it must be numbers, such as 1,0") from None
