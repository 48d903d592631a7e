"""Errors that name the option, and unused options."""

import inspect
import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import OptionInfo

from tinynet.cli.options import arguments_of, flags, flags_of_option, options_of, recipe_defaults
from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe
from tinynet.validation import decimal_number, shown, whole_number

# A parameter of the library: the parameters of a command that set it.
COMMAND_PARAMETERS = {
    "learning_rate": ("rate",),
    "sizes": ("hidden",),
    "sizes[]": ("hidden",),
    "hidden[]": ("hidden",),
    "hidden": ("activation",),
    "seed": ("seed", "first_seed"),
    "times": ("repeat",),
    "limit": ("max_networks",),
    "value": ("metric",),
    "format": ("output_format",),
    "targets": ("target",),
    "categories": ("category",),
    "validate": ("patience",),
    "path": ("out",),
    "picture": ("picture", "example"),
    "inputs": ("hidden",),
    "seconds": ("minutes",),
}
USAGE_ERROR: Any = typer.BadParameter.__base__  # Typer does not export this class
# How the text of an option becomes a number (a default is a number already), and the number in words.
NUMBERS: dict[Any, tuple[Callable[[str], Any], str, str]] = {
    int: (lambda given: whole_number(given) if isinstance(given, str) else given, "<int>", "a whole number"),
    float: (lambda given: decimal_number(given) if isinstance(given, str) else given, "<float>", "a number"),
}
FORMER_OPTIONS = {  # options of earlier versions: the options that may have replaced them
    "--part": ("--chapter",),
    "--called": ("--names",),
    "--form": ("--format",),
    "--value": ("--metric",),
    "--limit": ("--max-networks",),
    "--start": ("--init",),
    "--picture": ("--example", "--probe"),
}
USED_BY = {  # a field of a recipe: the field that it belongs to, and the values that use it
    "hold_fraction": ("schedule", ("hold_then_decay",)),
    "final_fraction": ("schedule", ("hold_then_decay", "cosine")),
    "beta1": ("optimizer", ("adam",)),
    "beta2": ("optimizer", ("adam",)),
    "epsilon": ("optimizer", ("adam",)),
}


def naming_options(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command's errors name options instead of parameters. Make its options read numbers strictly."""
    names = arguments_of(command) | options_of(command)
    for kind, option in number_options(command).values():
        option.parser, option.metavar, _ = NUMBERS[kind]

    @wraps(command)
    def run(*args: Any, **values: Any) -> None:
        try:
            command(*args, **values)
        except TinyNetError as error:
            raise error.renamed(Names(names | typed_aliases(command, sys.argv))) from error

    return run


def number_options(command: Callable[..., None]) -> dict[str, tuple[type, OptionInfo]]:
    """Return the options of a command that are numbers, and the types of the numbers, by parameter name."""
    found = {}
    for name, parameter in inspect.signature(command).parameters.items():
        kinds = [kind for kind in NUMBERS if kind in (*get_args(parameter.annotation), *_types(parameter))]
        options = [
            one for one in getattr(parameter.annotation, "__metadata__", ()) if isinstance(one, OptionInfo)
        ]
        if kinds and options:
            found[name] = kinds[0], options[0]
    return found


def _types(parameter: inspect.Parameter) -> tuple[Any, ...]:
    """Return the types of an option without None."""
    declared = get_args(parameter.annotation)
    return get_args(declared[0]) if declared else ()


def typed_aliases(command: Callable[..., None], arguments: Iterable[str]) -> dict[str, str]:
    """Return the second flags that were typed, such as --learning-rate, by parameter name."""
    typed = {argument.partition("=")[0] for argument in arguments}
    flags_of = {name: flags_of_option(command, name) for name in options_of(command)}
    return {name: flag for name, (_, *others) in flags_of.items() for flag in others if flag in typed}


class Group(TyperGroup):
    """The commands of tinynet, with errors on one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options before the command.

        Raises TinyNetError for an unknown option.
        """
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except USAGE_ERROR as error:
            if not typed:  # Typer then prints the help
                raise
            raise TinyNetError(_on_one_line(error, "tinynet")) from error

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that was typed.

        Raises TinyNetError for an unknown command.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.commands, 1)
            hint = f"Did you mean {near[0]!r}?" if near else "To list the commands, use tinynet --help."
            raise TinyNetError(f"there is no command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """A command whose errors have the words of all other errors, on one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options.

        Raises TinyNetError for an unknown option, a missing argument, and an option whose text is not a number.
        """
        typed = list(args)
        try:
            self._check_paths(ctx, typed)
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            assert self.callback is not None
            numbers = number_options(self.callback)
            if error.param is None or error.param.name not in numbers:
                raise TinyNetError(_on_one_line(error, f"tinynet {ctx.info_name}")) from error
            option, value = _typed(error.param.opts, typed)
            words = NUMBERS[numbers[error.param.name][0]][2]
            raise TinyNetError(f"is {shown(value)}. It must be {words}.", parameter=option) from error
        except USAGE_ERROR as error:
            assert self.callback is not None
            options = options_of(self.callback).values()
            raise TinyNetError(_on_one_line(error, f"tinynet {ctx.info_name}", options)) from error

    def _check_paths(self, ctx: Any, args: list[str]) -> None:
        """Raise a TinyNetError for an empty path, which would stand for the current folder."""
        assert self.callback is not None
        typed, _, _ = self.make_parser(ctx).parse_args(list(args))
        names = arguments_of(self.callback) | options_of(self.callback)
        for name in path_parameters(self.callback):
            given = typed.get(name)
            if given == "" or (isinstance(given, list | tuple) and "" in given):
                raise TinyNetError("is empty. It must be a path.", parameter=names[name])


def path_parameters(command: Callable[..., None]) -> list[str]:
    """Return the parameters of a command that are paths."""
    kinds = {
        name: get_args(parameter.annotation)[:1]
        for name, parameter in inspect.signature(command).parameters.items()
    }
    return [name for name, kind in kinds.items() if kind and Path in (*kind, *get_args(kind[0]))]


def _on_one_line(error: Any, command: str, options: Iterable[str] = ()) -> str:
    """Return the message of an error of Typer, with what to do.

    options : the options of the command, which are suggested instead of their former names.
    """
    advised = f"To see the options, use {command} --help."
    if not hasattr(error, "possibilities"):  # not an unknown option
        text = error.format_message().rstrip(".")
        return f"{text[0].lower()}{text[1:]}. {advised}"
    now = [name for name in FORMER_OPTIONS.get(error.option_name, ()) if name in options]
    if now:
        return f"{command} has no option {error.option_name}. Use {now[0]}."
    near = get_close_matches(error.option_name, error.possibilities or (), 1)
    return f"{command} has no option {error.option_name}. {f'Did you mean {near[0]}?' if near else advised}"


def _typed(names: list[str], arguments: list[str]) -> tuple[str, str]:
    """Return the last flag that was typed for an option, and its text."""
    found = names[0], ""
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in names:
            found = name, value or "".join(arguments[number + 1 : number + 2])
    return found


class Names(dict[str, str]):
    """The options of a command, by parameter name.

    A parameter without an option is written in plain words.
    """

    def get(self, parameter: str, default: Any = None) -> Any:
        """Return the option of a parameter, or the parameter in words. Other names, such as cells, do not change."""
        words = f"the {parameter.replace('_', ' ')}" if parameter.isidentifier() else parameter
        return option_of(parameter, self) or words


def option_of(parameter: str, options: dict[str, str]) -> str | None:
    """Return the option that sets a parameter, or None.

    The parameter is that of the library.

    options : the options of the command, by parameter name.

    >>> option_of("learning_rate", {"rate": "--rate"}), option_of("cell", {"rate": "--rate"})
    ('--rate', None)
    """
    base, bracket, _ = parameter.partition("[")  # sizes[1] belongs to --hidden
    candidates = (*COMMAND_PARAMETERS.get(base + ("[]" if bracket else ""), ()), base)
    return next((options[name] for name in candidates if name in options), None)


def recipe_from(**fields: Any) -> Recipe:
    """Return the recipe of these options.

    An option without a value is None.

    Raises TinyNetError for a value that is not allowed, and for an option that the recipe does not use.
    """
    fields = given(fields)
    recipe = Recipe(**fields)
    check_given(recipe, fields)
    return recipe


def check_given(recipe: Recipe, fields: dict[str, Any]) -> None:
    """Raise a TinyNetError for an option that the recipe does not use."""
    usual = recipe_defaults()
    check_used([recipe], [name for name in fields if name in usual and fields[name] != usual[name]])


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the options that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def check_used(recipes: Iterable[Recipe], given: Iterable[str]) -> None:
    """Raise a TinyNetError for a field that no recipe uses."""
    recipes = list(recipes)
    for name in given:
        owner, values = USED_BY.get(name, ("", ()))
        if owner and not any(getattr(recipe, owner) in values for recipe in recipes):
            wanted = " or ".join(f"--{owner} {value}" for value in values)
            option = flags(name)[0]
            raise TinyNetError(
                f"is not used. It must be given with {wanted}. Add that option or remove {option}.",
                parameter=option,
            )


def refuse_unused(given: dict[str, Any], why: str) -> None:
    """Raise a TinyNetError for the first option with a value.

    given : values by option.
    why : a sentence that names the option that makes the given options unused.

    >>> refuse_unused({"--x": None}, "Only the map of --figure uses it.")
    >>> refuse_unused({"--x": "epochs"}, "Only the map of --figure uses it.")
    Traceback (most recent call last):
    tinynet.errors.TinyNetError: --x is not used. Only the map of --figure uses it. Remove --x.
    """
    for option, value in given.items():
        if value is not None and value is not False:
            raise TinyNetError(f"is not used. {why} Remove {option}.", parameter=option)
