"""Chapters, tables and progress bars in the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinynet.cli.output import printable, printable_lines
from tinynet.evaluation.verdicts import Verdict
from tinynet.story.content import Chapter, Figure, Links, Part, Table, Text

MAX_NAME = 20  # characters of a row name that is never wrapped


def show(chapter: Chapter, number: int, figures: str) -> None:
    """Print a chapter.

    figures : the folder of its figures.
    """
    from rich.console import Console

    console = Console(highlight=False)
    console.rule(f"[bold]{number} · {chapter.title}", align="left")
    for part in chapter.parts:
        _show_part(console, part, f"{printable(figures)}/{chapter.key}-{getattr(part, 'name', '')}.png")


def _show_part(console: object, part: Part, path: str) -> None:
    from rich.console import Console
    from rich.text import Text as Plain

    assert isinstance(console, Console)
    if isinstance(part, Text):
        console.print(Plain(part.text))
        if part.listing:
            console.print(Plain(part.listing), soft_wrap=True)
    elif isinstance(part, Verdict):
        console.print(Plain(f"▸ {part.sentence}", style="bold"))
    elif isinstance(part, Figure):
        console.print(Plain(f"[figure] {part.caption} {path}", style="dim"), soft_wrap=True)
    elif isinstance(part, Links):
        console.print(Plain("\n".join(_lines(part))), soft_wrap=True)
    else:
        show_table(part)
    console.print()


def _lines(part: Links) -> Iterator[str]:
    """Yield the lines of a list of links.

    Each address is on a line of its own.
    """
    yield f"{part.title}:"
    for link in part.links:
        yield f"- {link.name}: {link.text}"
        if link.address:
            yield f"  {link.address}"


def show_table(table: Table) -> None:
    """Print a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text as Plain

    shown = RichTable(
        title=Plain(printable_lines(table.title)), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for k, column in enumerate(table.columns):
        shown.add_column(
            Plain(printable_lines(column)),
            justify="left" if k == 0 else "right",
            overflow="fold",
            no_wrap=k == 0 and _short(table),
        )
    for row in table.rows:
        shown.add_row(*(Plain(printable_lines(cell)) for cell in row))
    Console(highlight=False).print(shown)


def _short(table: Table) -> bool:
    """Return whether the row names fit on one line."""
    return max((len(row[0]) for row in table.rows), default=0) <= MAX_NAME


@contextmanager
def progress(what: str, unit: str, *, rate: bool = False) -> Iterator[Callable[[float, int], None]]:
    """Show a progress bar on standard error.

    Yields the update function `(done, total)`.

    No bar is shown if standard error is not a terminal.

    rate : whether to show the rate per second since the first update.
    """
    from rich import progress as rich
    from rich.console import Console

    text = rich.TextColumn("{task.description}", markup=False)
    columns: list[rich.ProgressColumn] = [text, rich.BarColumn(), rich.MofNCompleteColumn()]
    columns += [rich.TextColumn(unit), _pace() if rate else rich.TimeRemainingColumn()]
    console = Console(stderr=True)
    with rich.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(printable(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _pace() -> Any:
    """Return a column with mean rate and remaining time."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text as Plain

    from tinynet.experiments.estimate import format_duration

    class Pace(ProgressColumn):
        begun: tuple[float, float] | None = None

        def render(self, task: Task) -> Plain:
            if task.total is None:
                return Plain("")
            self.begun = self.begun or (task.get_time(), task.completed)
            seconds, done = task.get_time() - self.begun[0], task.completed - self.begun[1]
            if done <= 0 or seconds <= 0:
                return Plain("")
            left = (task.total - task.completed) * seconds / done
            return Plain(f"{done / seconds:,.0f} per second, {format_duration(left)} left", style="dim")

    return Pace()
