"""What the commands share: their options, what the options mean, and how answers are printed."""

import inspect
import json
import math
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.recipe import Recipe, help_texts

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.data.tables import Table
    from tinynet.model.network import Network

USER_MISTAKE, STOPPED, INTERRUPTED = 2, 1, 130

Seed = Annotated[int, typer.Option(help="The seed of the random start: PyTorch's numbers for it.")]
Rate = Annotated[float, typer.Option("--rate", "--learning-rate", help="The learning rate.")]
Epochs = Annotated[int, typer.Option(help="Passes over all pictures.")]
LossOption = Annotated[str, typer.Option(help="The loss: mse, bce or cross_entropy.")]
Hidden = Annotated[str, typer.Option(help="Hidden nodes, such as 3, or 4,4 for two layers.")]
Activation = Annotated[str, typer.Option(help=f"Activation of the hidden layers: {', '.join(ACTIVATIONS)}.")]
Output = Annotated[str, typer.Option(help=f"Activation of the outputs: {', '.join(OUTPUTS)}.")]
Init = Annotated[str, typer.Option(help="Initialization: pytorch, xavier, he, normal or zeros.")]
Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="[TABLE]",
        help="Your own table (CSV), or a folder of pictures with a folder for each answer; the lines, without it.",
    ),
]
LabelColumn = Annotated[
    str | None, typer.Option(help="The table's column that holds the answers; label, if there is one.")
]
Ignored = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="COLUMN", help="Leave this column out; may be repeated."),
]
ScaleColumns = Annotated[
    bool,
    typer.Option("--scale/--no-scale", help="Map each column of the table to 0 … 1, or leave it as it is."),
]
Size = Annotated[
    int | None, typer.Option(help="Shrink pictures to this number of pixels a side. Default: 8.")
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else.")
]
Pictures = Annotated[
    str, typer.Option("--picture", help="The picture's name, such as top, or its numbers: 1,1,0,0.")
]
RecordingPath = Annotated[Path, typer.Argument(help="A recording that `tinynet train` saved.")]


# `seed` is an option of the commands themselves. `gradients` has one value for every training that TinyNet does.
NOT_FROM_RECIPE = ("seed", "gradients")
SHORT = {"learning_rate": "--rate", "batch_size": "--batch"}
USED_BY = {  # a field of a recipe: the field that it belongs to, and the values that use it
    "hold_fraction": ("schedule", ("hold_then_decay",)),
    "final_fraction": ("schedule", ("hold_then_decay", "cosine")),
    "beta1": ("optimizer", ("adam",)),
    "beta2": ("optimizer", ("adam",)),
    "epsilon": ("optimizer", ("adam",)),
}


def of_recipe() -> dict[str, Any]:
    """Return the fields of a recipe that are options of every command, with their defaults."""
    return {field.name: field.default for field in fields(Recipe) if field.name not in NOT_FROM_RECIPE}


def with_options(command: Callable[..., None], options: dict[str, tuple[Any, Any]]) -> Callable[..., None]:
    """Give a command options by name, each a default and an annotation, in the place of its `**` parameter."""
    own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (default, annotation) in options.items()
    ]
    command.__signature__ = inspect.Signature([*more, *own])  # type: ignore[attr-defined]
    return command


def with_recipe(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of a recipe, with the field's help text."""
    kinds, texts = get_type_hints(Recipe), help_texts()
    options = {}
    for name, usual in of_recipe().items():
        kind = kinds[name] if kinds[name] in (bool, int, float) else str  # `Recipe` checks the words
        options[name] = (usual, Annotated[kind, typer.Option(*flags(name), help=texts[name])])
    return with_options(command, options)


def flags(name: str) -> list[str]:
    """Return how a field is called on the command line.

    >>> flags("batch_size"), flags("weight_decay")
    (['--batch', '--batch-size'], ['--weight-decay'])
    """
    return [*filter(None, [SHORT.get(name)]), f"--{name.replace('_', '-')}"]


def recipe_of(**fields: Any) -> Recipe:
    """Return the recipe of these options; TinyNetError for an option that it would not use."""
    recipe = Recipe.from_json(fields)
    usual = of_recipe()
    check_used([recipe], [name for name in fields if name in usual and fields[name] != usual[name]])
    return recipe


def check_used(recipes: Iterable[Recipe], given: Iterable[str]) -> None:
    """Raise a TinyNetError for a given field that none of the recipes uses."""
    from tinynet.errors import TinyNetError

    recipes = list(recipes)
    for name in given:
        owner, values = USED_BY.get(name, ("", ()))
        if owner and not any(getattr(recipe, owner) in values for recipe in recipes):
            wanted = " or ".join(f"--{owner} {value}" for value in values)
            raise TinyNetError(
                f"{flags(name)[0]} is not used. It must be given with {wanted}. Add that option or remove {flags(name)[0]}."
            )


def source_of(
    path: Path | None, size: int | None = None, *, scale: bool = True, **choices: Any
) -> "Table | Examples":
    """Return the table at a path, or the pictures of a folder, or else the lines.

    scale : whether a table's columns will be scaled. choices : label, targets and ignore, for a table.

    Raises TinyNetError for a choice that the source has no use for.
    """
    from tinynet.cli import terminal
    from tinynet.data import pictures, tables
    from tinynet.data.examples import Examples
    from tinynet.errors import TinyNetError

    folder = path is not None and path.is_dir()
    given = [f"--{name.removesuffix('s')}" for name, value in choices.items() if value]
    given += [] if scale else ["--no-scale"]
    if given and (path is None or folder):
        what = "there is no table" if path is None else f"{path} is a folder of pictures"
        raise TinyNetError(
            f"{given[0]} was given and {what}; it is for the columns of a table, as in: train table.csv"
        )
    if size is not None and not folder:
        raise TinyNetError(
            f"--size is {size} and there is no folder of pictures to shrink, as in: train pictures/"
        )
    if path is None:
        return pictures.lines()
    if folder:
        return Examples.from_images(path, 8 if size is None else size)
    with terminal.progress("reading", "bytes") as advance:
        return tables.read(path, progress=advance, **choices)


def hidden_sizes(hidden: str) -> tuple[int, ...]:
    from tinynet.errors import TinyNetError

    try:
        return tuple(int(part) for part in hidden.split(",") if part.strip())
    except ValueError:
        raise TinyNetError(f"--hidden is {hidden!r}; it must be numbers of nodes, such as 3 or 4,4") from None


def make_folder(folder: Path) -> None:
    from tinynet.errors import TinyNetError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TinyNetError(
            f"cannot make the folder {folder}: {error.strerror}; choose another with --out"
        ) from error


def answers_json(network: "Network", examples: "Examples") -> list[dict[str, Any]]:
    from tinynet.evaluation.predictions import predictions

    if examples.regression:
        said = network(examples)
        rows = zip(examples.names, said.tolist(), examples.unscaled(said).tolist(), strict=True)
        return [{"name": name, "outputs": outputs, "values": values} for name, outputs, values in rows]
    return [vars(answer) | {"words": answer.words()} for answer in predictions(network, examples)]


def print_json(document: Any) -> None:
    """Print a document; JSON has no infinity, so a number that is not finite is null."""
    typer.echo(json.dumps(_finite(document), allow_nan=False, ensure_ascii=False))


def _finite(value: Any) -> Any:
    """Return a document with null for every number that is not finite.

    >>> _finite({"loss": [0.25, float("inf")], "step": 3})
    {'loss': [0.25, None], 'step': 3}
    """
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def refuse(given: dict[str, Any], why: str) -> None:
    """Raise a TinyNetError for the first option that has a value although another one leaves it unused.

    why : a sentence that names the other option.

    >>> refuse({"--x": None}, "It is for the map that --figure draws.")
    >>> refuse({"--x": "epochs"}, "It is for the map that --figure draws.")
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: --x is not used. It is for the map that --figure draws. Remove --x.
    """
    from tinynet.errors import TinyNetError

    for option, value in given.items():
        if value is not None and value is not False:
            raise TinyNetError(f"{option} is not used. {why} Remove {option}.")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until what is done has been saved."""
    held = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, held)
