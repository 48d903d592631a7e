"""The worksheet of one training step.

The worksheet has every cell of the sheet with its formula.
"""

from typing import Any, NamedTuple

from tinynet.core import formulas, optimizers
from tinynet.core.explain import title
from tinynet.core.notation import TEXT, parse, text_symbol, write
from tinynet.core.sheet import Cell
from tinynet.exports.excel.formulas import Exact, defined_name
from tinynet.exports.excel.styles import (
    CARRIED,
    EDGE,
    INPUT,
    LEFT,
    LOSS,
    MUTED,
    PHASES,
    RIGHT,
    SIX_DECIMALS,
    Columns,
    Styles,
    set_up_page,
    use_scientific_notation,
    write_headers,
)
from tinynet.model.moment import Moment
from tinynet.validation import shown

COLUMNS: Columns = (
    ("symbol", 13, RIGHT),
    ("value", 15, RIGHT),
    ("formula", 52, LEFT),
    ("meaning", 58, LEFT),  # wider for longer texts
    ("name in formulas", 32, LEFT),
)
PICTURE_COLUMN = len(COLUMNS) + 1  # the first column of the pictures
MAX_PICTURE_WIDTH = 16
LETTER_WIDTH = 0.8  # mean width of a letter; the unit is the width of a digit
INPUT_RANGE = {
    "validate": "decimal",
    "criteria": "between",
    "minimum": 0,
    "maximum": 1,
    "error_type": "warning",
}
PIXEL_RANGE = INPUT_RANGE | {
    "error_title": "brightness",
    "error_message": "The brightness of a pixel is from 0 (dark) to 1 (bright).",
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


class CellRow(NamedTuple):
    """The row of one cell of the sheet.

    name : Defined name in the workbook.
    formula : Formula in spreadsheet syntax; None for an input.
    """

    cell: Cell
    name: str
    formula: str | None
    value: float


class StepSheet(NamedTuple):
    """The worksheet of one step.

    prefix : Start of all names of this step.
    rows : One row for each cell of the sheet, in order of computation.
    """

    moment: Moment
    prefix: str
    rows: list[CellRow]

    @property
    def name(self) -> str:
        """The name of the worksheet."""
        return f"step {self.moment.step}"


def write_step(book: Any, styles: Styles, step: StepSheet) -> None:
    """Write one step, and define the names of its cells."""
    sheet = book.add_worksheet(step.name)
    set_up_page(sheet, header_rows=1)
    heading = f"{step.name.capitalize()}, epoch {step.moment.epoch}: {', '.join(step.moment.names)}"
    sheet.write(0, 0, heading, styles(bold=True, font_size=14))
    write_headers(sheet, styles, 1, COLUMNS)
    longest = max(len(_meaning(step, row)) for row in step.rows)
    sheet.set_column(3, 3, max(COLUMNS[3][1], LETTER_WIDTH * longest))
    sheet.freeze_panes(2, 2)
    y, phase = 2, ""
    for row in step.rows:
        if row.cell.phase != phase:
            phase = row.cell.phase
            _write_phase(sheet, styles, y, phase)
            y += 1
        _write_row(sheet, styles, y, step, row)
        book.define_name(row.name, f"='{step.name}'!$B${y + 1}")
        y += 1
    use_scientific_notation(sheet, styles, (2, 1, y - 1, 1))
    _write_pictures(sheet, styles, step)


def _write_phase(sheet: Any, styles: Styles, y: int, phase: str) -> None:
    text, color = PHASES[phase]
    for column in range(len(COLUMNS)):
        sheet.write(y, column, "" if column else text, styles(bold=True, bg_color=color))


def _write_row(sheet: Any, styles: Styles, y: int, step: StepSheet, row: CellRow) -> None:
    cell, color = row.cell, PHASES[row.cell.phase][1]
    sheet.write_string(y, 0, text_symbol(cell.name), styles(align="right", indent=1))
    if row.formula is None:
        format_ = styles(bg_color=color, font_color=INPUT, border=1, border_color=EDGE)
        sheet.write_number(y, 1, Exact(row.value), format_)
        batch = step.moment.batch
        if "input[" in cell.name and not batch.unbounded and batch.scaling is None:
            sheet.data_validation(y, 1, y, 1, INPUT_RANGE if batch.shape is None else PIXEL_RANGE)
    else:
        shade = CARRIED if cell.formula is None else color
        format_ = styles(bg_color=shade, num_format=SIX_DECIMALS)
        sheet.write_formula(y, 1, f"={row.formula}", format_, Exact(row.value))
    sheet.write_string(y, 2, _formula_text(step, row), styles(font_color=MUTED, indent=1))
    sheet.write_string(y, 3, _meaning(step, row), styles(indent=1))
    sheet.write_string(y, 4, row.name, styles(font_color=MUTED, indent=1))


def _formula_text(step: StepSheet, row: CellRow) -> str:
    """Return the formula in symbols.

    For a given number, the result is the origin of the number.
    """
    if row.cell.formula is not None:
        return "= " + write(row.cell.formula, TEXT)
    if row.formula is None:
        given = row.cell.phase == "input"
        return _units(step, row.cell) if given else "recorded from PyTorch: a constant"
    is_setting = row.cell.name in optimizers.settings(step.moment.recipe)
    return "from the first step" if is_setting else "from the step before"


def _units(step: StepSheet, cell: Cell) -> str:
    """Return the units of an input or target of a table.

    For another given number, the result is "".
    """
    symbol, batch = parse(cell.name), step.moment.batch
    scaling = {"input": batch.scaling, "target": batch.target_scaling}.get(symbol.kind)
    if scaling is None:
        return ""
    low, high = (ends[symbol.indices[0]] for ends in (scaling.low, scaling.high))
    if (low, high) == (0.0, 1.0):
        return ""
    if low == high:
        return f"constant {shown(low)} in the table, scaled to 0"
    return f"scaled: 0 is {shown(low)} and 1 is {shown(high)} in the table"


def _meaning(step: StepSheet, row: CellRow) -> str:
    return title(step.moment.sheet, row.cell.name, step.moment.batch.input_names)


def _write_pictures(sheet: Any, styles: Styles, step: StepSheet) -> None:
    """Write each picture as gray squares beside the rows.

    The formulas of the squares are the pixels.
    """
    batch = step.moment.batch
    if batch.shape is None or batch.shape[1] > MAX_PICTURE_WIDTH:
        return
    rows, columns = batch.shape
    sheet.set_column(PICTURE_COLUMN, PICTURE_COLUMN + columns - 1, 7)
    format_ = styles(align="center", font_color=LOSS, border=1, border_color="#C9CCD2", num_format="0.##")
    y = 2
    for prefix, name in zip(formulas.prefixes(len(batch)), batch.names, strict=True):
        sheet.write(y, PICTURE_COLUMN, name, styles(bold=True))
        for i in range(rows * columns):
            pixel, place = f"{prefix}input[{i}]", (y + 1 + i // columns, PICTURE_COLUMN + i % columns)
            value = Exact(step.moment.values[pixel])
            sheet.write_formula(*place, f"={defined_name(pixel, step.prefix)}", format_, value)
        sheet.conditional_format(y + 1, PICTURE_COLUMN, y + rows, PICTURE_COLUMN + columns - 1, GRAYS)
        y += rows + 2
