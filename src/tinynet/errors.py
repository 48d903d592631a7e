"""The one error that a user's mistake raises."""


class TinyNetError(ValueError):
    """What was asked, what was found, and what to do, in one sentence or two.

    It is a `ValueError`, so library users need no new name to catch it. The command line
    shows its message without a traceback and ends with exit code 2.
    """
