"""What the commands share: their options, what the options mean, and how answers are printed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tinynet.recipe import Recipe

USER_MISTAKE, STOPPED, INTERRUPTED = 2, 1, 130

Seed = Annotated[int, typer.Option(help="The seed of the random start: PyTorch's numbers for it.")]
Rate = Annotated[float, typer.Option("--rate", "--learning-rate", help="The learning rate.")]
Epochs = Annotated[int, typer.Option(help="Passes over all pictures.")]
LossOption = Annotated[str, typer.Option(help="The loss: mse, bce or cross_entropy.")]
OrderOption = Annotated[str, typer.Option(help="The order of the pictures in each epoch: fixed or shuffled.")]
Batch = Annotated[int, typer.Option(help="Pictures a nudge averages over.")]
OptimizerOption = Annotated[str, typer.Option(help="The optimizer: sgd or adam.")]
Momentum = Annotated[float, typer.Option(help="Momentum of sgd.")]
Decay = Annotated[float, typer.Option("--weight-decay", help="Weight decay.")]
Noise = Annotated[
    float, typer.Option(help="Standard deviation of the noise on every pixel, anew at each showing.")
]
Hidden = Annotated[str, typer.Option(help="Hidden nodes, such as 3, or 4,4 for two layers.")]
Activation = Annotated[
    str, typer.Option(help="Activation of the hidden layers: sigmoid, tanh, relu or identity.")
]
Output = Annotated[str, typer.Option(help="Activation of the outputs: these, or softmax.")]
Start = Annotated[str, typer.Option(help="The random start: pytorch, xavier, he, normal or zeros.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else.")
]
Pictures = Annotated[
    str, typer.Option("--picture", help="The picture's name, such as top, or its numbers: 1,1,0,0.")
]
RecordingPath = Annotated[Path, typer.Argument(help="A recording that `tinynet train` saved.")]


def recipe_of(**fields: Any) -> "Recipe":
    from tinynet.recipe import Recipe

    return Recipe.from_json(fields)


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


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, allow_nan=False, ensure_ascii=False))
