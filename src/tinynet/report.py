"""The journey as one HTML file that needs nothing else: figures inside, no script, no other host."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from tinynet import files, plots
from tinynet.parts import Chapter, Figure


def chapter_html(chapter: Chapter) -> str:
    """Return one chapter as HTML, its figures inside as SVG."""
    return _render("chapter.html", parts=chapter_json(chapter)["parts"])


def chapter_json(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter ready for JSON, its figures as SVG."""
    described = chapter.to_json()
    for part, shown in zip(chapter.parts, described["parts"], strict=True):
        if isinstance(part, Figure):
            shown["svg"] = _svg(part, f"{chapter.key}-{part.name}")
    return described


def report_html(chapters: Sequence[Chapter], about: str) -> str:
    """Return the whole report; `about` is a sentence on what was run."""
    from tinynet import __version__

    shown = [{"key": c.key, "title": c.title, "body": _safe(chapter_html(c))} for c in chapters]
    title = "TinyNet: what a tiny network learns, and what it does not"
    return _render("report.html", title=title, about=about, chapters=shown, version=__version__)


def write(chapters: Sequence[Chapter], about: str, folder: Path) -> list[Path]:
    """Write report.html and every figure as PNG into `folder`; return their paths, the report first."""
    figures = [(chapter, part) for chapter in chapters for part in chapter.parts if isinstance(part, Figure)]
    written = [
        folder / "report.html",
        *(folder / f"{chapter.key}-{part.name}.png" for chapter, part in figures),
    ]
    for path, (_, part) in zip(written[1:], figures, strict=True):
        plots.save(part.draw(), path)
    files.write(written[0], report_html(chapters, about).encode())
    return written


def _svg(part: Figure, salt: str) -> Any:
    import matplotlib as mpl

    data = BytesIO()
    with mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):  # ids must differ within one page
        plots.figure_of(part.draw()).savefig(data, format="svg", dpi=144, metadata={"Date": None})
    text = data.getvalue().decode()
    text = text[text.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{_escape(part.caption)}" ', 1
    )
    return _safe(text)


def _escape(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


def _safe(html: str) -> Any:
    from markupsafe import Markup

    return Markup(html)


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("tinynet"), autoescape=True)
    return environment.get_template(template).render(**values)
