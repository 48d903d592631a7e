"""The error that a user's mistake raises."""


class TinyNetError(ValueError):
    """An error in what the user asked for.

    The message names the value, the rule, and what to do. `except ValueError` catches it too. The command line prints
    the message without a traceback and exits with code 2.
    """
