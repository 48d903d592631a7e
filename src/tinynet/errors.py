"""The error that a user's mistake raises."""


class TinyNetError(ValueError):
    """A mistake in what the user asked for.

    message : str. The value found, the rule, and what to do, in one or two short sentences.
    parameter : str or None. The parameter that is wrong. If it is given, `str(error)` begins with it.

    The class is a `ValueError`, so library users can catch it without a new name. The command
    line prints the error without a traceback and ends with exit code 2.

    >>> error = TinyNetError("is 0. It must be above 0.", parameter="learning_rate")
    >>> print(error)
    learning_rate is 0. It must be above 0.
    >>> print(error.renamed("--rate"))
    --rate is 0. It must be above 0.
    """

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message if parameter is None else f"{parameter} {message}")
        self.message, self.parameter = message, parameter

    def renamed(self, parameter: str) -> "TinyNetError":
        """Return the error with another name for its parameter."""
        return TinyNetError(self.message, parameter=parameter)
