"""Colors, cell formats and page setup of worksheets."""

from typing import Any

PHASES = {  # phase of a step: heading, color
    "input": ("input: change any number on yellow", "#FFF3C4"),
    "forward": ("forward: from the inputs to the outputs", "#D9E8F6"),
    "loss": ("loss: the error of the outputs", "#F9DED0"),
    "backward": ("backward: the gradients, by the chain rule", "#E8DAF0"),
    "update": ("update: the change of the parameters", "#DCEFD8"),
}
CARRIED = "#F2F2EE"  # numbers from another worksheet
INK, MUTED, INPUT, EDGE = "#20242C", "#5F6672", "#0000C0", "#D8B93C"
LOSS = "#C8510B"
SIX_DECIMALS = "0.000000;-0.000000;0"
SCIENTIFIC = "0.00000E+00"
RIGHT, LEFT = "right", "left"

Columns = tuple[tuple[str, int, str], ...]  # header, width in characters, alignment


class Styles:
    """The formats of a workbook.

    Equal formats are created once.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[str, Any] = {}

    def __call__(self, **properties: Any) -> Any:
        key = repr(properties)
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "vcenter", "font_color": INK, **properties})
        return self._formats[key]

    def change(self, **properties: Any) -> Any:
        """Return a format for a conditional rule.

        The format changes only these properties of a cell.
        """
        return self._book.add_format(properties)


def set_up_page(sheet: Any, header_rows: int) -> None:
    """Set the paper, and the rows repeated on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header_rows)
    sheet.hide_gridlines(2)


def write_headers(sheet: Any, styles: Styles, row: int, columns: Columns) -> None:
    """Write the headers of the columns and set their widths."""
    for column, (header, width, alignment) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write(row, column, header, styles(bold=True, bottom=1, align=alignment, indent=1))


def use_scientific_notation(sheet: Any, styles: Styles, area: tuple[int, int, int, int]) -> None:
    """Show very small and very large numbers scientifically.

    area : First row, first column, last row, last column.
    """
    cell = f"{'ABCDEF'[area[1]]}{area[0] + 1}"
    rule = f"=AND(ISNUMBER({cell}),{cell}<>0,OR(ABS({cell})<0.0001,ABS({cell})>=100000))"
    format_ = styles.change(num_format=SCIENTIFIC)
    sheet.conditional_format(*area, {"type": "formula", "criteria": rule, "format": format_})
