"""The error that a user's mistake raises."""

import re
from collections.abc import Mapping

# A parameter in a message. `repr` escapes \0, so no quoted value looks like one.
NAMED = re.compile("\0(.*?)\0")


def named(parameter: str) -> str:
    """Return a parameter as a part of an error message.

    Each surface (Python, command line, page) shows the parameter under its own name.

    >>> print(TinyNetError(f"is 'bce' and {named('output')} is 'tanh'.", parameter="loss"))
    loss is 'bce' and output is 'tanh'.
    """
    return f"\0{parameter}\0"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "example"), counted(2000, "example")
    ('1 example', '2,000 examples')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


class TinyNetError(ValueError):
    """A mistake of the user.

    message : str. The value found, the rule, and what to do, in one or two short sentences. It names every further
        parameter with `named`.
    parameter : str or None. The parameter that is wrong. If it is given, `str(error)` begins with it.

    The class is a `ValueError`, so library users can catch it without a new name. The command
    line prints the error without a traceback and ends with exit code 2.

    >>> error = TinyNetError(f"is 'bce' and {named('output')} is 'tanh'.", parameter="loss")
    >>> error.parameters
    ('loss', 'output')
    >>> print(error.renamed({"loss": "--loss", "output": "--output"}))
    --loss is 'bce' and --output is 'tanh'.
    """

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        self.template = message if parameter is None else f"{named(parameter)} {message}"
        super().__init__(self._text({}))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter that the message names, in order."""
        return tuple(dict.fromkeys(NAMED.findall(self.template)))

    def renamed(self, names: Mapping[str, str]) -> "TinyNetError":
        """Return the error with other names for its parameters.

        The new names are, for example, the options of a command.

        names : new names by parameter. A parameter without a new name keeps its own.
        """
        return TinyNetError(self._text(names))

    def _text(self, names: Mapping[str, str]) -> str:
        return NAMED.sub(lambda found: names.get(found[1], found[1]), self.template)
