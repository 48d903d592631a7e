"""A workbook laid out: a worksheet for each nudge, and before them one that says what can be changed."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinynet.core import formulas
from tinynet.core.explain import title
from tinynet.core.notation import TEXT, text_symbol, write
from tinynet.core.sheet import Cell
from tinynet.exports.excel.formulas import Exact, defined_name
from tinynet.model.moment import Moment

START = "start here"
PHASES = {  # of a nudge: its heading, and its color
    "input": ("input: change any number on yellow", "#FFF3C4"),
    "forward": ("forward: from the pixels to the answers", "#D9E8F6"),
    "loss": ("loss: how wrong the answers are", "#F9DED0"),
    "backward": ("backward: the slope of the loss, by the chain rule", "#E8DAF0"),
    "update": ("update: the nudge", "#DCEFD8"),
}
CARRIED = "#F2F2EE"  # what comes from another worksheet
INK, MUTED, INPUT, EDGE = "#20242C", "#5F6672", "#0000C0", "#D8B93C"
LOSS = "#C8510B"
SIX_DIGITS = "0.000000;-0.000000;0"
POWERS = "0.00000E+00"  # of numbers that six decimals would not show, or not fit
RIGHT, LEFT = "right", "left"
COLUMNS = (  # header, width in characters, side
    ("symbol", 13, RIGHT),
    ("value", 15, RIGHT),
    ("formula", 52, LEFT),
    ("what it is", 58, LEFT),  # wider where the words are
    ("its name in formulas", 32, LEFT),
)
OVERVIEW = (
    ("nudge", 12, LEFT),
    ("pictures", 10, RIGHT),
    ("shown", 34, LEFT),
    ("loss", 16, RIGHT),
    ("as recorded", 16, RIGHT),
    ("difference", 16, RIGHT),
)
TOP = 6  # rows above the nudges in the overview
PICTURES = len(COLUMNS) + 1  # the column where pictures begin
WIDEST_PICTURE = 16
LETTER = 0.8  # of a column's unit, which is a digit's width: what a letter of a sentence takes
BRIGHTNESS = {
    "validate": "decimal",
    "criteria": "between",
    "minimum": 0,
    "maximum": 1,
    "error_type": "warning",
    "error_title": "brightness",
    "error_message": "A pixel's brightness runs from 0 (dark) to 1 (bright).",
}
GRAYS = {
    "type": "2_color_scale",
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 1,
    "min_color": "#000000",
    "max_color": "#FFFFFF",
}


class Line(NamedTuple):
    """A cell of the sheet in a workbook.

    name : what it is called there.
    formula : as the spreadsheet writes it; None where its number is an input.
    """

    cell: Cell
    name: str
    formula: str | None
    value: float


class Page(NamedTuple):
    """One nudge: its cells, and what the names of a nudge's cells begin with."""

    moment: Moment
    prefix: str
    lines: list[Line]

    @property
    def name(self) -> str:
        """The name of its worksheet."""
        return f"nudge {self.moment.step}"


class Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def __call__(self, **look: Any) -> Any:
        key = repr(look)
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "vcenter", "font_color": INK, **look})
        return self._made[key]

    def change(self, **look: Any) -> Any:
        """A format that changes only this of what a cell has."""
        return self._book.add_format(look)


def heading(pages: Sequence[Page]) -> str:
    """Say what a workbook holds."""
    first, last = pages[0].moment, pages[-1].moment
    what = f"nudge {first.step}" if first is last else f"nudges {first.step} to {last.step}"
    origin = first.network.origin.split(", after")[0]
    return f"TinyNet: {what}" + (f", {origin}" if origin else "")


def lay_out(book: Any, pages: Sequence[Page]) -> None:
    """Write the worksheets and the names into an empty workbook of xlsxwriter."""
    styles = Styles(book)
    start = book.add_worksheet(START)
    for page in pages:
        _nudge(book, styles, page)
    _start(start, styles, pages)
    if len(pages) > 1:
        _mean(start, styles, pages)
        start.insert_chart(TOP + len(pages) + 2, 0, _chart(book, len(pages)))


def _nudge(book: Any, styles: Styles, page: Page) -> None:
    sheet = book.add_worksheet(page.name)
    _paper(sheet, rows=1)
    about = f"{page.name.capitalize()}, epoch {page.moment.epoch}: {', '.join(page.moment.names)}"
    sheet.write(0, 0, about, styles(bold=True, font_size=14))
    _headers(sheet, styles, 1, COLUMNS)
    longest = max(len(_meaning(page, line)) for line in page.lines)
    sheet.set_column(3, 3, max(COLUMNS[3][1], LETTER * longest))
    sheet.freeze_panes(2, 2)
    row, stop = 2, ""
    for line in page.lines:
        if line.cell.phase != stop:
            stop = line.cell.phase
            _band(sheet, styles, row, stop)
            row += 1
        _line(sheet, styles, row, page, line)
        book.define_name(line.name, f"='{page.name}'!$B${row + 1}")
        row += 1
    _powers(sheet, styles, (2, 1, row - 1, 1))
    _pictures(sheet, styles, page)


def _paper(sheet: Any, rows: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(rows)
    sheet.hide_gridlines(2)


def _headers(sheet: Any, styles: Styles, row: int, columns: tuple[tuple[str, int, str], ...]) -> None:
    for column, (header, width, side) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write(row, column, header, styles(bold=True, bottom=1, align=side, indent=1))


def _powers(sheet: Any, styles: Styles, place: tuple[int, int, int, int]) -> None:
    """In a range (first row, first column, last row, last column) show very small and large numbers with a power of 10."""
    cell = f"{'ABCDEF'[place[1]]}{place[0] + 1}"
    rule = f"=AND(ISNUMBER({cell}),{cell}<>0,OR(ABS({cell})<0.0001,ABS({cell})>=100000))"
    look = styles.change(num_format=POWERS)
    sheet.conditional_format(*place, {"type": "formula", "criteria": rule, "format": look})


def _band(sheet: Any, styles: Styles, row: int, stop: str) -> None:
    text, color = PHASES[stop]
    for column in range(len(COLUMNS)):
        sheet.write(row, column, "" if column else text, styles(bold=True, bg_color=color))


def _line(sheet: Any, styles: Styles, row: int, page: Page, line: Line) -> None:
    cell, color = line.cell, PHASES[line.cell.phase][1]
    sheet.write_string(row, 0, text_symbol(cell.name), styles(align="right", indent=1))
    if line.formula is None:
        look = styles(bg_color=color, font_color=INPUT, border=1, border_color=EDGE)
        sheet.write_number(row, 1, Exact(line.value), look)
        if "pixel[" in cell.name:
            sheet.data_validation(row, 1, row, 1, BRIGHTNESS)
    else:
        shade = CARRIED if cell.formula is None else color
        look = styles(bg_color=shade, num_format=SIX_DIGITS)
        sheet.write_formula(row, 1, f"={line.formula}", look, Exact(line.value))
    sheet.write_string(row, 2, _words(line), styles(font_color=MUTED, indent=1))
    sheet.write_string(row, 3, _meaning(page, line), styles(indent=1))
    sheet.write_string(row, 4, line.name, styles(font_color=MUTED, indent=1))


def _words(line: Line) -> str:
    """Return the formula in symbols, or where a given number comes from."""
    if line.cell.formula is not None:
        return "= " + write(line.cell.formula, TEXT)
    if line.formula is None:
        return "" if line.cell.phase == "input" else "as PyTorch gave it: a number that follows nothing"
    return "as the nudge before left it" if line.formula.endswith("_after") else "from the first nudge"


def _meaning(page: Page, line: Line) -> str:
    return title(page.moment.sheet, line.cell.name, page.moment.batch.columns)


def _pictures(sheet: Any, styles: Styles, page: Page) -> None:
    """Beside the cells, each picture as squares of its gray, which follow its pixels."""
    shown = page.moment.batch
    if shown.shape is None or shown.shape[1] > WIDEST_PICTURE:
        return
    rows, columns = shown.shape
    sheet.set_column(PICTURES, PICTURES + columns - 1, 7)
    look = styles(align="center", font_color=LOSS, border=1, border_color="#C9CCD2", num_format="0.##")
    row = 2
    for p, name in zip(formulas.prefixes(len(shown)), shown.names, strict=True):
        sheet.write(row, PICTURES, name, styles(bold=True))
        for i in range(rows * columns):
            pixel, at = f"{p}pixel[{i}]", (row + 1 + i // columns, PICTURES + i % columns)
            value = Exact(page.moment.values[pixel])
            sheet.write_formula(*at, f"={defined_name(pixel, page.prefix)}", look, value)
        sheet.conditional_format(row + 1, PICTURES, row + rows, PICTURES + columns - 1, GRAYS)
        row += rows + 2


def _start(sheet: Any, styles: Styles, pages: Sequence[Page]) -> None:
    moment, again = pages[0].moment, "" if len(pages) == 1 else ", in this nudge and in those after it"
    _paper(sheet, rows=TOP - 1)
    sheet.write(0, 0, heading(pages), styles(bold=True, font_size=14))
    sheet.write(
        1,
        0,
        f"Change any blue number on yellow (pixel, target, setting, weight, bias): all that depends on it follows{again}.",
    )
    sizes, recipe = "-".join(map(str, moment.network.sizes)), moment.recipe
    but = " but for those that PyTorch gave, which stay as they are" if recipe.external else ""
    sheet.write(
        2, 0, f"Every other number is a formula{but}; its symbols, its meaning and its name stand beside it."
    )
    about = f"Network {sizes}, loss {recipe.loss}, optimizer {recipe.optimizer}, learning rate {recipe.learning_rate:g}"
    sheet.write(3, 0, about, styles(font_color=MUTED))
    _headers(sheet, styles, TOP - 1, OVERVIEW)
    sheet.freeze_panes(TOP, 0)
    for k, page in enumerate(pages):
        _overview(sheet, styles, TOP + k, page)
    _powers(sheet, styles, (TOP, 3, TOP + len(pages), 5))


def _overview(sheet: Any, styles: Styles, row: int, page: Page) -> None:
    moment, quiet = page.moment, styles(num_format=SIX_DIGITS, font_color=MUTED)
    sheet.write_url(
        row,
        0,
        f"internal:'{page.name}'!A1",
        string=page.name,
        cell_format=styles(font_color=INPUT, underline=1, indent=1),
    )
    sheet.write_number(row, 1, len(moment.batch))
    sheet.write_string(row, 2, ", ".join(moment.names), styles(indent=1))
    look = styles(num_format=SIX_DIGITS, bold=True, bg_color=PHASES["loss"][1])
    sheet.write_formula(row, 3, f"={defined_name('loss', page.prefix)}", look, Exact(moment.loss))
    sheet.write_number(row, 4, Exact(moment.loss), quiet)
    sheet.write_formula(row, 5, f"=D{row + 1}-E{row + 1}", quiet, 0)


def _mean(sheet: Any, styles: Styles, pages: Sequence[Page]) -> None:
    row = TOP + len(pages)
    counts = [len(page.moment.batch) for page in pages]
    total = math.fsum(page.moment.loss * count for page, count in zip(pages, counts, strict=True))
    losses, shown = f"D{TOP + 1}:D{row}", f"B{TOP + 1}:B{row}"
    sheet.write(row, 2, "mean over the pictures", styles(bold=True, top=1))
    look = styles(bold=True, top=1, num_format=SIX_DIGITS)
    formula = f"=SUMPRODUCT({losses},{shown})/SUM({shown})"
    sheet.write_formula(row, 3, formula, look, Exact(total / sum(counts)))


def _chart(book: Any, nudges: int) -> Any:
    chart = book.add_chart({"type": "line"})
    rows = (TOP, TOP + nudges - 1)
    chart.add_series(
        {
            "name": "loss",
            "categories": [START, rows[0], 0, rows[1], 0],
            "values": [START, rows[0], 3, rows[1], 3],
            "line": {"color": LOSS, "width": 2},
            "marker": {"type": "circle", "size": 6, "fill": {"color": LOSS}, "border": {"color": LOSS}},
        }
    )
    chart.set_title({"name": "Loss of each nudge, before it", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E6E6E6"}}})
    return chart
