"""Chapters as one self-contained HTML file.

The file has no scripts.
"""

from collections.abc import Sequence
from pathlib import Path

from tinynet import files, plots
from tinynet.story.content import Chapter, Figure, chapter_html
from tinynet.templates import render
from tinynet.version import __version__

REPORT = "report.html"


def report_html(chapters: Sequence[Chapter], about: str) -> str:
    """Return the report as HTML.

    about : str. A sentence about the settings.
    """
    from markupsafe import Markup

    shown = [{"key": c.key, "title": c.title, "body": Markup(chapter_html(c))} for c in chapters]
    title = "TinyNet: inside a tiny neural network"
    return render(
        "tinynet.story", "report.html", title=title, about=about, chapters=shown, version=__version__
    )


def write(chapters: Sequence[Chapter], about: str, folder: Path) -> list[Path]:
    """Write report.html, and every figure as PNG.

    Returns the paths. The path of the report is the first.
    """
    written, figures = paths(chapters, folder), [part for _, part in _figures(chapters)]
    for path, part in zip(written[1:], figures, strict=True):
        plots.save(part.draw(), path)
    files.write(written[0], report_html(chapters, about).encode())
    return written


def paths(chapters: Sequence[Chapter], folder: Path) -> list[Path]:
    """Return the paths that `write` writes. The path of the report is the first."""
    return [
        folder / REPORT,
        *(folder / f"{chapter.key}-{part.name}.png" for chapter, part in _figures(chapters)),
    ]


def _figures(chapters: Sequence[Chapter]) -> list[tuple[Chapter, Figure]]:
    return [(chapter, part) for chapter in chapters for part in chapter.parts if isinstance(part, Figure)]
