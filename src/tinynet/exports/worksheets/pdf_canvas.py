"""Draw on the pages of a PDF.

Pages are filled from top to bottom. The fonts are the DejaVu fonts of matplotlib.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinynet.exports.worksheets.content import Blank, Equation, Table
from tinynet.plugins import extra

MARGIN, WIDTH, BOTTOM = 14.0, 182.0, 283.0  # millimetres, on A4
BOX = 25.0  # width of the box of an answer
TITLE_WIDTH = 78.0  # width of a title with name and date beside it
Color = tuple[int, int, int]
INK, MUTED, FAINT, PEN, SHADE = (32, 36, 44), (95, 102, 114), (201, 204, 210), (31, 95, 168), (242, 242, 238)


class Pages:
    """The pages of a PDF, drawn from top to bottom."""

    def __init__(self, title: str) -> None:
        self.pdf = _empty(title)
        self.footer, self.first = "", 1

    @property
    def y(self) -> float:
        """The current position from the top, in millimetres."""
        return float(self.pdf.get_y())

    def start_paper(self, title: str, footer: str) -> None:
        """Start a new page with a title.

        The footer is repeated on the following pages.
        """
        self.footer, self.first = footer, self.pdf.pages_count + 1
        self._page()
        self.write_line(title, MARGIN, MARGIN, TITLE_WIDTH if footer else WIDTH, 7, size=13, style="B")
        self.move_to(MARGIN + 7)

    def _page(self) -> None:
        self.pdf.add_page()
        if self.footer:
            page = self.pdf.pages_count - self.first + 1
            self.write_line(
                f"{self.footer} · page {page}",
                MARGIN,
                BOTTOM + 2,
                WIDTH,
                4,
                size=7.5,
                ink=MUTED,
                align="R",
            )
            self.pdf.set_xy(MARGIN, MARGIN)

    def ensure_space(self, height: float) -> None:
        """Start a new page unless this height fits."""
        if self.y + height > BOTTOM:
            self._page()

    def write_line(
        self, text: str, x: float, y: float, width: float, height: float, *, size: float = 9,
        ink: Color = INK, align: str = "L", style: str = "",
    ) -> None:  # fmt: skip
        """Write one line into a box.

        The text becomes smaller if the box is too small.
        """
        self.pdf.set_font(size=size, style=style)
        text_width = self.pdf.get_string_width(text)
        if text_width > width - 0.5:
            self.pdf.set_font(size=size * (width - 0.5) / text_width, style=style)
        self.pdf.set_text_color(*ink)
        self.pdf.set_xy(x, y)
        self.pdf.cell(width, height, text, align=align)

    def write_paragraph(
        self,
        text: str,
        *,
        x: float = MARGIN,
        style: str = "",
        size: float = 9,
        ink: Color = INK,
    ) -> None:
        """Write a paragraph from x to the right margin."""
        self.pdf.set_font(size=size, style=style)
        self.pdf.set_text_color(*ink)
        self.pdf.set_x(x)
        self.pdf.multi_cell(MARGIN + WIDTH - x, 0.5 * size, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def move_to(self, y: float) -> None:
        """Move to the left margin, `y` millimetres from the top."""
        self.pdf.set_xy(MARGIN, y)

    def table(self, table: Table, width: float, *, solved: bool, row: float, x: float = MARGIN) -> None:
        """Draw a table with column widths by content.

        The headers are repeated on each page.
        """
        widths = self._widths(table, width)
        if table.title:
            self.write_line(table.title, x, self.y, width, 5, style="B")
            self.move_to(self.y + 5)
        self._row(table.headers, widths, x, row, solved=True, shade=True)
        for cells in table.rows:
            if self.y + row > BOTTOM:
                self._page()
                self._row(table.headers, widths, x, row, solved=True, shade=True)
            self._row(cells, widths, x, row, solved=solved)

    def _widths(self, table: Table, width: float) -> list[float]:
        """Return the widths of the columns.

        The widths are in proportion to the longest texts.
        """
        self.pdf.set_font(size=8.5)
        needs = []
        for k, header in enumerate(table.headers):
            texts = [
                header,
                *(cell if isinstance(cell, str) else "" for cell in (row[k] for row in table.rows)),
            ]
            blank = any(isinstance(row[k], Blank) for row in table.rows)
            needs.append(max(BOX if blank else 0, *(self.pdf.get_string_width(text) + 3 for text in texts)))
        total = math.fsum(needs)
        return [need * width / total for need in needs]

    def _row(
        self, cells: Sequence[str | Blank], widths: list[float], x: float, height: float, *, solved: bool, shade: bool = False
    ) -> None:  # fmt: skip
        y = self.y
        self.pdf.set_draw_color(*FAINT)
        self.pdf.set_fill_color(*SHADE)
        for cell, width in zip(cells, widths, strict=True):
            self.pdf.rect(x, y, width, height, style="DF" if shade else "D")
            if isinstance(cell, str):
                self.write_line(
                    cell,
                    x + 1,
                    y,
                    width - 2,
                    height,
                    size=8.5,
                    align="L" if isinstance(cell, Equation) else "R",
                )
            elif solved:
                self.write_line(
                    cell.answer, x + 0.5, y, width - 1, height, size=8.5, align="R", ink=PEN, style="B"
                )
            x += width
        self.move_to(y + height)

    def bytes(self) -> bytes:
        """Return the file."""
        return bytes(self.pdf.output())


def _empty(title: str) -> Any:
    import matplotlib

    pdf = extra("fpdf", "a worksheet in PDF", "paper").FPDF(format="A4")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdf.add_font("dejavu", "", fonts / "DejaVuSans.ttf")
    pdf.add_font("dejavu", "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.set_font("dejavu", size=9)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.c_margin = 0
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_lang("en")
    pdf.set_creation_date(datetime(2020, 1, 1, tzinfo=UTC))
    return pdf
