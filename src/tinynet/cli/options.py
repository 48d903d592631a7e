"""Options that several commands share.

The module also has the tools that declare options.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from tinynet.cli.inputs import hidden_sizes
from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.recipe import Recipe, help_texts

USER_MISTAKE, STOPPED, INTERRUPTED, TERMINATED = 2, 1, 130, 143  # exit codes

Seed = Annotated[
    int,
    typer.Option(help="Seed of all random numbers. The initial parameters equal PyTorch's for this seed."),
]
Rate = Annotated[float, typer.Option("--rate", "--learning-rate", help="Learning rate.")]
Epochs = Annotated[int, typer.Option(help="Passes over all examples.")]
LossOption = Annotated[str, typer.Option(help=help_texts()["loss"])]
HIDDEN_HELP = "Nodes of the hidden layers: 3, 4x4 for two layers, or 0 for no hidden layer."
Hidden = Annotated[str, typer.Option(help=HIDDEN_HELP)]
Activation = Annotated[
    str, typer.Option(help=f"Activation of the hidden layers: {', '.join(map(repr, ACTIVATIONS))}.")
]
OUTPUT_HELP = f"Activation of the output layer: {', '.join(map(repr, OUTPUTS))}."
Output = Annotated[str, typer.Option(help=OUTPUT_HELP)]
Init = Annotated[str, typer.Option(help="Initialization: 'pytorch', 'xavier', 'he', 'normal' or 'zeros'.")]
Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATA",
        help="A table (CSV), or a folder of images with one subfolder per class. Default: the four lines.",
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Predict the numbers of this column. You can repeat the option."),
]
Size = Annotated[int | None, typer.Option(help="Scale images to this many pixels per side. Default: 8.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Pictures = Annotated[
    str, typer.Option("--picture", help="A picture's name, such as top, or its inputs, such as 1,1,0,0.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
RecordingPath = Annotated[
    Path, typer.Argument(metavar="RECORDING", help="A recording that `tinynet train --out` saved.")
]


@dataclass(frozen=True)
class DialectOptions:
    """The options for the dialect of a CSV file."""

    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first line has the column names. Without names, the columns are named 'column 1' and so on. "
            "Default: yes, and a first line that looks like data is an error.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER", help="Character between two cells, or 'tab'. Default: found in the file."
        ),
    ] = None
    decimal: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER", help="Character before the decimals: . or , Default: found in the file."
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of the file, such as utf-8 or cp1252. Default: found in the file."),
    ] = None

    def settings(self) -> dict[str, Any]:
        """Return the arguments of `Examples.read_like`."""
        delimiter = "\t" if self.delimiter in ("tab", "\\t") else self.delimiter
        return {
            "header": self.header,
            "delimiter": delimiter,
            "decimal": self.decimal,
            "encoding": self.encoding,
        }


@dataclass(frozen=True)
class Columns:
    """The options that choose and read the columns of a table."""

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
    category: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Read the numbers of this column as categories. You can repeat the option. Columns of words are "
            "categories anyway.",
        ),
    ] = None
    missing: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help="Missing cells: 'drop' leaves the rows out, 'mean' fills in the mean of the training rows, 'flag' also "
            "adds an input that is 1 for a missing cell. Default: missing cells are errors.",
        ),
    ] = None
    scale: Annotated[
        bool, typer.Option("--scale/--no-scale", help="Scale each column to the range 0 to 1.")
    ] = True

    def settings(self) -> dict[str, Any]:
        """Return the arguments of `tables.read`."""
        return {
            "label": self.label,
            "ignore": self.ignore or (),
            "categories": self.category or (),
            "missing": self.missing,
        }


# The defaults of these options depend on the examples; see `tinynet.defaults`.
CHOSEN_BY_EXAMPLES = {
    "hidden": "3 for the four lines, 5 for other data",
    "output": "sigmoid for the four lines, softmax for classes, identity for numbers to predict",
    "loss": "mse for the four lines and for numbers to predict, cross_entropy for classes",
    "order": "fixed for the four lines, shuffled for other data",
    "schedule": "constant for the four lines, cosine for other data",
    "epochs": "100 for the four lines, 5 to 100 for other data, for about 20,000 steps",
}


def with_default(name: str, text: str) -> str:
    """Return the help of an option whose default depends on the examples."""
    return f"{text} Default: {CHOSEN_BY_EXAMPLES[name]}."


@dataclass(frozen=True)
class NetworkOptions:
    """The options of the network."""

    hidden: Annotated[str | None, typer.Option(help=with_default("hidden", HIDDEN_HELP))] = None
    activation: Activation = "sigmoid"
    output: Annotated[str | None, typer.Option(help=with_default("output", OUTPUT_HELP))] = None
    init: Init = "pytorch"

    def settings(self) -> dict[str, Any]:
        """Return the arguments of `tinynet.defaults`."""
        hidden = None if self.hidden is None else hidden_sizes(self.hidden)
        return {"hidden": hidden, "activation": self.activation, "output": self.output, "init": self.init}


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
        text = words[name]
        if name in CHOSEN_BY_EXAMPLES:
            usual, kind, text = None, kind | None, with_default(name, text)
        options[name] = (usual, Annotated[kind, typer.Option(*flags(name), help=text)])
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
    """Return all flags of an option; an argument has none.

    A switch with the default None keeps both flags, as in "--header/--no-header".
    """
    for declared in getattr(inspect.signature(command).parameters[name].annotation, "__metadata__", ()):
        if isinstance(declared, OptionInfo):
            # In an annotation, Typer keeps the first flag as the default.
            first = declared.default if isinstance(declared.default, str) else flags(name)[0]
            default = inspect.signature(command).parameters[name].default
            return [first if default is None else first.split("/")[0], *(declared.param_decls or ())]
    return []
