"""Options that several commands share.

The module also has the tools that declare options.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from tinynet.cli.inputs import hidden_sizes
from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.recipe import Recipe, help_texts

if TYPE_CHECKING:
    from tinynet.core.architecture import Architecture

USER_MISTAKE, STOPPED, INTERRUPTED, TERMINATED = 2, 1, 130, 143  # exit codes

Seed = Annotated[
    int,
    typer.Option(help="Seed of all random numbers. The initial parameters equal PyTorch's for this seed."),
]
Rate = Annotated[float, typer.Option("--rate", "--learning-rate", help="Learning rate.")]
Epochs = Annotated[int, typer.Option(help="Passes over all examples.")]
LossOption = Annotated[str, typer.Option(help=help_texts()["loss"])]
Hidden = Annotated[str, typer.Option(help="Nodes of the hidden layers: 3, or 4,4 for two layers.")]
Activation = Annotated[
    str, typer.Option(help=f"Activation of the hidden layers: {', '.join(map(repr, ACTIVATIONS))}.")
]
Output = Annotated[
    str, typer.Option(help=f"Activation of the output layer: {', '.join(map(repr, OUTPUTS))}.")
]
Init = Annotated[str, typer.Option(help="Initialization: 'pytorch', 'xavier', 'he', 'normal' or 'zeros'.")]
Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATA",
        help="A table (CSV), or a folder of images with one subfolder per class. Default: the four lines.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Pictures = Annotated[
    str, typer.Option("--picture", help="A picture's name, such as top, or its inputs, such as 1,1,0,0.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
RecordingPath = Annotated[
    Path, typer.Argument(metavar="RECORDING", help="A recording that `tinynet train --out` saved.")
]


@dataclass(frozen=True)
class Columns:
    """The options that choose the columns of a table."""

    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column with the class. Default: label, if there is such a column."
        ),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Leave this column out. You can repeat the option."),
    ] = None
    scale: Annotated[
        bool, typer.Option("--scale/--no-scale", help="Scale each column to the range 0 to 1.")
    ] = True


@dataclass(frozen=True)
class NetworkOptions:
    """The options of the network."""

    hidden: Hidden = "3"
    activation: Activation = "sigmoid"
    output: Output = "sigmoid"
    init: Init = "pytorch"

    def architecture(self, inputs: int, outputs: int) -> "Architecture":
        """Return the architecture for numbers of inputs and outputs."""
        from tinynet.core.architecture import Architecture

        sizes = (inputs, *hidden_sizes(self.hidden), outputs)
        return Architecture(sizes, self.activation, self.output, self.init)


# `seed` is an option of the commands themselves. `gradients` has one value in every training of TinyNet.
NOT_FROM_RECIPE = ("seed", "gradients")
SHORT = {"learning_rate": "--rate", "batch_size": "--batch"}


def recipe_defaults() -> dict[str, Any]:
    """Return the default of each recipe option."""
    return {field.name: field.default for field in fields(Recipe) if field.name not in NOT_FROM_RECIPE}


def with_options(command: Callable[..., None], options: dict[str, tuple[Any, Any]]) -> Callable[..., None]:
    """Replace the `**` parameter of a command by options.

    options : a default and an annotation by name.
    """
    own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (default, annotation) in options.items()
    ]
    command.__signature__ = inspect.Signature([*more, *own])  # type: ignore[attr-defined]
    return command


def with_groups(**groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace parameters of a command by the options of dataclasses.

    groups : a dataclass by the name of the parameter that receives an instance. Each field is an option.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**values: Any) -> None:
            for name, group in groups.items():
                values[name] = group(**{field: values.pop(field) for field in _field_names(group)})
            command(**values)

        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            group = groups.get(parameter.name)
            if group is None:
                parameters.append(parameter)
            else:
                parameters += inspect.signature(group).parameters.values()
        keyword_only = [p if p.kind is p.VAR_KEYWORD else p.replace(kind=p.KEYWORD_ONLY) for p in parameters]
        run.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
        return run

    return decorate


def _field_names(group: type) -> list[str]:
    return list(inspect.signature(group).parameters)


def with_recipe(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each recipe field.

    The seed is left out.
    """
    kinds, words = get_type_hints(Recipe), help_texts()
    options = {}
    for name, usual in recipe_defaults().items():
        kind = kinds[name] if kinds[name] in (bool, int, float) else str  # the recipe validates the words
        options[name] = (usual, Annotated[kind, typer.Option(*flags(name), help=words[name])])
    return with_options(command, options)


def flags(name: str) -> list[str]:
    """Return the command-line flags of a field.

    >>> flags("batch_size"), flags("weight_decay")
    (['--batch', '--batch-size'], ['--weight-decay'])
    """
    return [*filter(None, [SHORT.get(name)]), f"--{name.replace('_', '-')}"]


def help_of(option: Any) -> str:
    """Return the help text of an annotated option."""
    return str(option.__metadata__[0].help)


def arguments_of(command: Callable[..., None]) -> dict[str, str]:
    """Return the name of each argument of a command in its help, by parameter name."""
    return {
        name: declared.metavar
        for name, parameter in inspect.signature(command).parameters.items()
        for declared in getattr(parameter.annotation, "__metadata__", ())
        if isinstance(declared, ArgumentInfo) and declared.metavar
    }


def options_of(command: Callable[..., None]) -> dict[str, str]:
    """Return the first flag of each option.

    The keys are parameter names of the command.
    """
    named = {name: flags_of_option(command, name) for name in inspect.signature(command).parameters}
    return {name: found[0] for name, found in named.items() if found}


def flags_of_option(command: Callable[..., None], name: str) -> list[str]:
    """Return all flags of an option; an argument has none."""
    for declared in getattr(inspect.signature(command).parameters[name].annotation, "__metadata__", ()):
        if isinstance(declared, OptionInfo):
            # In an annotation, Typer keeps the first flag as the default.
            first = declared.default if isinstance(declared.default, str) else flags(name)[0]
            return [first.split("/")[0], *(declared.param_decls or ())]
    return []
