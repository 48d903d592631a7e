"""The error that a user's mistake raises."""

import re
from collections.abc import Mapping


class TinyNetError(ValueError):
    """A mistake in what the user asked for.

    message : str. The value found, the rule, and what to do, in one or two short sentences.
    parameter : str or None. The parameter that is wrong. If it is given, `str(error)` begins with it.
    others : tuple of str. Further parameters that the message names, each in braces: `{output}`.

    The class is a `ValueError`, so library users can catch it without a new name. The command
    line prints the error without a traceback and ends with exit code 2.

    >>> error = TinyNetError("is 'bce' and {output} is 'tanh'.", parameter="loss", others=("output",))
    >>> print(error)
    loss is 'bce' and output is 'tanh'.
    >>> print(error.renamed({"loss": "--loss", "output": "--output"}))
    --loss is 'bce' and --output is 'tanh'.
    """

    def __init__(self, message: str, *, parameter: str | None = None, others: tuple[str, ...] = ()) -> None:
        self.message, self.parameter, self.others = message, parameter, others
        super().__init__(self._text({}))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter that the message names."""
        return self.others if self.parameter is None else (self.parameter, *self.others)

    def renamed(self, names: Mapping[str, str]) -> "TinyNetError":
        """Return the error with other names for its parameters, such as the options of a command.

        names : new names by parameter. A parameter without a new name keeps its own.
        """
        return TinyNetError(self._text(names))

    @property
    def template(self) -> str:
        """The message with every parameter in braces, so that another surface can put its own names there."""
        return self.message if self.parameter is None else f"{{{self.parameter}}} {self.message}"

    def _text(self, names: Mapping[str, str]) -> str:
        text = self.message
        if self.others:
            braces = "|".join(map(re.escape, self.others))
            text = re.sub(rf"\{{({braces})\}}", lambda found: names.get(found[1], found[1]), text)
        if self.parameter is None:
            return text
        return f"{names.get(self.parameter, self.parameter)} {text}"
