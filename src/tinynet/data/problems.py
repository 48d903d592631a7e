"""All problems of a table, in one error."""

from tinynet.errors import TinyNetError, counted

MAX_LINES = 20  # problems that an error lists


class Problems:
    """The problems found in a table.

    source : Name of the table, such as its path.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: list[tuple[str, str]] = []
        self._advice: list[str] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: str, problem: str, *advised: str) -> None:
        """Add a problem.

        place : Place in the table, such as "line 3, column 'x'", or "".
        problem : A sentence.
        advised : Sentences of advice. Each different sentence is given once.
        """
        self._found.append((place, problem))
        self._advice += [sentence for sentence in dict.fromkeys(advised) if sentence not in self._advice]

    def check(self) -> None:
        """Raise a TinyNetError that lists the problems, if there is one."""
        if not self._found:
            return
        lines = [f"{place}: {problem}" if place else problem for place, problem in self._found]
        advised = " ".join(self._advice)
        if len(lines) == 1:
            place = self._found[0][0]
            raise TinyNetError(f"{self.source}{', ' if place else ' '}{lines[0]} {advised}".rstrip())
        more = [f"and {len(lines) - MAX_LINES:,} more"] if len(lines) > MAX_LINES else []
        listed = "".join(f"\n- {line}" for line in [*lines[:MAX_LINES], *more])
        raise TinyNetError(f"{self.source} has {counted(len(lines), 'problem')}:{listed}\n{advised}".rstrip())
