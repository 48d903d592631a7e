"""The first worksheet of a workbook.

The worksheet has instructions, and the loss of each step.
"""

import math
from collections.abc import Sequence
from typing import Any

from tinynet.exports.excel.formulas import Exact, defined_name
from tinynet.exports.excel.step_sheet import StepSheet
from tinynet.exports.excel.styles import (
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

NAME = "start here"
COLUMNS: Columns = (
    ("step", 12, LEFT),
    ("examples", 10, RIGHT),
    ("batch", 34, LEFT),
    ("loss", 16, RIGHT),
    ("as recorded", 16, RIGHT),
    ("difference", 16, RIGHT),
)
FIRST_ROW = 6  # row of the first step


def heading(moments: Sequence[Moment], origin: str) -> str:
    """Return the title of a workbook."""
    first, last = moments[0], moments[-1]
    content = f"step {first.step}" if first is last else f"steps {first.step} to {last.step}"
    return f"TinyNet: {content}" + (f", {origin}" if origin else "")


def write_overview(book: Any, sheet: Any, styles: Styles, title: str, steps: Sequence[StepSheet]) -> None:
    """Write the overview into its worksheet."""
    set_up_page(sheet, header_rows=FIRST_ROW - 1)
    _write_instructions(sheet, styles, title, steps)
    write_headers(sheet, styles, FIRST_ROW - 1, COLUMNS)
    sheet.freeze_panes(FIRST_ROW, 0)
    for k, step in enumerate(steps):
        _write_step(sheet, styles, FIRST_ROW + k, step)
    use_scientific_notation(sheet, styles, (FIRST_ROW, 3, FIRST_ROW + len(steps), 5))
    if len(steps) > 1:
        _write_mean(sheet, styles, steps)
        sheet.insert_chart(FIRST_ROW + len(steps) + 2, 0, _loss_chart(book, len(steps)))


def _write_instructions(sheet: Any, styles: Styles, title: str, steps: Sequence[StepSheet]) -> None:
    moment = steps[0].moment
    sizes, recipe = "-".join(map(str, moment.network.sizes)), moment.recipe
    where = "" if len(steps) == 1 else ", in this step and in later steps"
    constants = ", except numbers recorded from PyTorch, which stay constant" if recipe.external else ""
    sheet.write(0, 0, title, styles(bold=True, font_size=14))
    sheet.write(
        1,
        0,
        "Change any blue number on yellow (input, target, setting, weight, bias). Everything that depends on it is "
        f"recalculated{where}.",
    )
    sheet.write(
        2,
        0,
        f"Every other number is a formula{constants}. Its symbols, its meaning and its name are beside it.",
    )
    about = f"Network {sizes}, loss {recipe.loss}, optimizer {recipe.optimizer}, learning rate {recipe.learning_rate:g}"
    sheet.write(3, 0, about, styles(font_color=MUTED))


def _write_step(sheet: Any, styles: Styles, row: int, step: StepSheet) -> None:
    moment, muted = step.moment, styles(num_format=SIX_DECIMALS, font_color=MUTED)
    link = styles(font_color=INPUT, underline=1, indent=1)
    sheet.write_url(row, 0, f"internal:'{step.name}'!A1", string=step.name, cell_format=link)
    sheet.write_number(row, 1, len(moment.batch))
    sheet.write_string(row, 2, ", ".join(moment.names), styles(indent=1))
    format_ = styles(num_format=SIX_DECIMALS, bold=True, bg_color=PHASES["loss"][1])
    sheet.write_formula(row, 3, f"={defined_name('loss', step.prefix)}", format_, Exact(moment.loss))
    sheet.write_number(row, 4, Exact(moment.loss), muted)
    sheet.write_formula(row, 5, f"=D{row + 1}-E{row + 1}", muted, 0)


def _write_mean(sheet: Any, styles: Styles, steps: Sequence[StepSheet]) -> None:
    row = FIRST_ROW + len(steps)
    counts = [len(step.moment.batch) for step in steps]
    total = math.fsum(step.moment.loss * count for step, count in zip(steps, counts, strict=True))
    losses, sizes = f"D{FIRST_ROW + 1}:D{row}", f"B{FIRST_ROW + 1}:B{row}"
    sheet.write(row, 2, "mean over the examples", styles(bold=True, top=1))
    format_ = styles(bold=True, top=1, num_format=SIX_DECIMALS)
    formula = f"=SUMPRODUCT({losses},{sizes})/SUM({sizes})"
    sheet.write_formula(row, 3, formula, format_, Exact(total / sum(counts)))


def _loss_chart(book: Any, n_steps: int) -> Any:
    chart = book.add_chart({"type": "line"})
    first, last = FIRST_ROW, FIRST_ROW + n_steps - 1
    chart.add_series(
        {
            "name": "loss",
            "categories": [NAME, first, 0, last, 0],
            "values": [NAME, first, 3, last, 3],
            "line": {"color": LOSS, "width": 2},
            "marker": {"type": "circle", "size": 6, "fill": {"color": LOSS}, "border": {"color": LOSS}},
        }
    )
    chart.set_title({"name": "Loss before each step", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E6E6E6"}}})
    return chart
