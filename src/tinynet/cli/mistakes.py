"""Errors that name the option, and unused options."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import typer
from typer.core import TyperCommand

from tinynet.cli.options import arguments_of, flags, options_of, recipe_defaults
from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe

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
    "validate": ("patience",),
    "path": ("out",),
    "picture": ("picture", "example"),
    "inputs": ("hidden",),
    "seconds": ("minutes",),
}
# The kind of an option's value, by a word of Typer's error.
KINDS = {"integer": "a whole number", "number": "a number", "float": "a number"}
USED_BY = {  # a field of a recipe: the field that it belongs to, and the values that use it
    "hold_fraction": ("schedule", ("hold_then_decay",)),
    "final_fraction": ("schedule", ("hold_then_decay", "cosine")),
    "beta1": ("optimizer", ("adam",)),
    "beta2": ("optimizer", ("adam",)),
    "epsilon": ("optimizer", ("adam",)),
}


def naming_options(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command's errors name options instead of parameters."""
    options = arguments_of(command) | options_of(command)

    @wraps(command)
    def run(*args: Any, **values: Any) -> None:
        try:
            command(*args, **values)
        except TinyNetError as error:
            raise error.renamed(Names(options)) from error

    return run


class Command(TyperCommand):
    """A command whose errors about numbers have the words of all other errors."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options.

        Raises TinyNetError for an option whose text is not a number.
        """
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            kind = next((words for word, words in KINDS.items() if word in error.message), None)
            if kind is None or error.param is None:
                raise
            value = _typed(error.param.opts, typed)
            option = error.param.opts[0]
            raise TinyNetError(f"is {value!r}. It must be {kind}.", parameter=option) from error


def _typed(flags_of_option: list[str], arguments: list[str]) -> str:
    """Return the last text that was typed for an option."""
    found = ""
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in flags_of_option:
            found = value or "".join(arguments[number + 1 : number + 2])
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

    Raises TinyNetError for a value that is not allowed, and for an option that the recipe does not use.
    """
    recipe = Recipe(**fields)
    usual = recipe_defaults()
    check_used([recipe], [name for name in fields if name in usual and fields[name] != usual[name]])
    return recipe


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
