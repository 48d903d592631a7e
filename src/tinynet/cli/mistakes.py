"""Errors that name the option, and unused options."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from tinynet.cli.options import flags, options_of, recipe_defaults
from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe

# A parameter of the library: the parameters of a command that set it.
COMMAND_PARAMETERS = {
    "learning_rate": ("rate",),
    "sizes": ("hidden",),
    "hidden": ("activation",),
    "seed": ("seed", "first_seed"),
    "times": ("repeat",),
    "limit": ("max_networks",),
    "value": ("metric",),
    "format": ("output_format",),
    "targets": ("target",),
    "validation": ("held_out",),
    "inputs": ("hidden",),
}
USED_BY = {  # a field of a recipe: the field that it belongs to, and the values that use it
    "hold_fraction": ("schedule", ("hold_then_decay",)),
    "final_fraction": ("schedule", ("hold_then_decay", "cosine")),
    "beta1": ("optimizer", ("adam",)),
    "beta2": ("optimizer", ("adam",)),
    "epsilon": ("optimizer", ("adam",)),
}


def naming_options(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command's errors name options instead of parameters."""
    options = options_of(command)

    @wraps(command)
    def run(*args: Any, **values: Any) -> None:
        try:
            command(*args, **values)
        except TinyNetError as error:
            names = {name: option_of(name, options) for name in error.parameters}
            raise error.renamed({name: option for name, option in names.items() if option}) from error

    return run


def option_of(parameter: str, options: dict[str, str]) -> str | None:
    """Return the option that sets a parameter, or None.

    The parameter is that of the library.

    options : the options of the command, by parameter name.

    >>> option_of("learning_rate", {"rate": "--rate"}), option_of("cell", {"rate": "--rate"})
    ('--rate', None)
    """
    parameter = parameter.partition("[")[0]  # sizes[1] belongs to --hidden
    candidates = (*COMMAND_PARAMETERS.get(parameter, ()), parameter)
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
