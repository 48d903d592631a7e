"""Training steps as an .xlsx workbook.

Every cell of the sheet is a live formula.
"""

import io
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tinynet.core import optimizers
from tinynet.core.sheet import sheet_of
from tinynet.errors import TinyNetError, counted, named
from tinynet.exports.excel import overview
from tinynet.exports.excel.formulas import defined_name, excel
from tinynet.exports.excel.step_sheet import CellRow, StepSheet, write_step
from tinynet.exports.excel.styles import Styles
from tinynet.model.moment import Moment
from tinynet.numerics.integers import ceil_div
from tinynet.plugins import extra
from tinynet.training.watched import WatchedMoment
from tinynet.validation import shown

if TYPE_CHECKING:
    from tinynet.training.recording import Recording

MAX_CELLS, MAX_STEPS = 100_000, 250  # a larger workbook opens slowly


def to_excel(run: "Recording", *, step: int | None = None, epoch: int | None = None) -> bytes:
    """Return a step or an epoch as a workbook.

    epoch : The epoch. If neither a step nor an epoch is given, the workbook has epoch 0.

    Raises TinyNetError if both are given, for a step or an epoch that does not exist, and for too many cells.
    """
    if step is not None and epoch is not None:
        raise TinyNetError(
            f"is {shown(step)} and {named('epoch')} is {shown(epoch)}. Give only one of the two.",
            parameter="step",
        )
    if step is not None:
        return workbook([run[step]], origin=run.network.origin)
    epoch, epochs = epoch or 0, ceil_div(run.steps, run.steps_per_epoch)
    if not -epochs <= epoch < epochs:
        allowed = f" It must be from {-epochs:,} to {epochs - 1:,}." if epochs else ""
        raise TinyNetError(
            f"is {shown(epoch)} and this recording has {counted(epochs, 'epoch')}.{allowed}",
            parameter="epoch",
        )
    first = epoch % epochs * run.steps_per_epoch
    steps = range(first, min(first + run.steps_per_epoch, run.steps))
    sheet = sheet_of(run.network.architecture, run.recipe, len(run.batch_indices(first)))
    _check_size(len(steps) * len(sheet.cells), len(steps))
    return workbook([run[k] for k in steps], origin=run.network.origin)


def workbook(moments: Sequence[Moment], *, origin: str | None = None) -> bytes:
    """Return consecutive steps as an .xlsx workbook.

    The workbook has an overview and one worksheet for each step. Inputs, targets, settings and the parameters
    before the first step are numbers that you can change. Everything else is a formula with its value. Each step
    starts from the results of the step before. Equal steps give equal bytes.

    origin : str, optional. The origin of the training in the title. By default the origin of the first step's network.

    Raises TinyNetError for too many cells, for a number that is not finite, and for steps that are not consecutive.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> workbook([moment])[:2]
    b'PK'
    """
    _check(moments)
    data = io.BytesIO()
    book = extra("xlsxwriter", "a spreadsheet", "excel").Workbook(
        data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    steps = [_step_sheet(moments, k) for k in range(len(moments))]
    title = overview.heading(moments, moments[0].network.origin if origin is None else origin)
    book.set_properties({"title": title, "author": "TinyNet", "created": datetime(2020, 1, 1)})
    styles, first_sheet = Styles(book), book.add_worksheet(overview.NAME)
    for step in steps:
        write_step(book, styles, step)
    overview.write_overview(book, first_sheet, styles, title, steps)
    book.close()
    return data.getvalue()


def _step_sheet(moments: Sequence[Moment], k: int) -> StepSheet:
    """Return the rows of step k, in order of computation.

    With several steps, the names have a prefix.
    """
    moment, links = moments[k], _links(moments, k)
    prefix = _prefix(moments, k)
    rows = []
    for cell in moment.sheet.cells.values():
        formula = links.get(cell.name)
        if cell.formula is not None:
            formula = excel(cell.formula, lambda name: defined_name(name, prefix))
        rows.append(CellRow(cell, defined_name(cell.name, prefix), formula, moment.values[cell.name]))
    return StepSheet(moment, prefix, rows)


def _links(moments: Sequence[Moment], k: int) -> dict[str, str]:
    """Return the formulas of cells that come from earlier steps.

    The first step has no such formulas.
    """
    if k == 0:
        return {}
    architecture, recipe = moments[k].network.architecture, moments[k].recipe
    before, first = _prefix(moments, k - 1), _prefix(moments, 0)
    carried = [*architecture.parameter_names, *optimizers.state_names(architecture, recipe)]
    links = {name: defined_name(f"{name}.after", before) for name in carried}
    settings, initial = (optimizers.settings(one) for one in (recipe, moments[0].recipe))
    links |= {
        name: defined_name(name, first)
        for name, value in settings.items()
        if name == "rate" or value == initial[name]  # PyTorch may change the momentum in each step
    }
    factor = recipe.learning_rate / moments[0].recipe.learning_rate
    if factor != 1:  # the rate has a schedule
        links["rate"] += f"*{factor:.15G}"
    return links


def _prefix(moments: Sequence[Moment], k: int) -> str:
    return "" if len(moments) == 1 else f"step{moments[k].step}_"


def _check(moments: Sequence[Moment]) -> None:
    if not moments:
        raise TinyNetError("there are no steps for a workbook. Give at least one step.")
    _check_size(sum(len(moment.sheet.cells) for moment in moments), len(moments))
    for before, after in pairwise(moments):
        if after.step != before.step + 1 or not _follows(before, after):
            raise TinyNetError(
                f"step {after.step} does not follow step {before.step}. Give consecutive steps of one training."
            )
    for moment in moments:
        for name, value in moment.values.items():
            if not math.isfinite(value):
                raise TinyNetError(
                    f"{name} of step {moment.step} is {value}. A spreadsheet needs finite numbers. Use another step."
                )


def _follows(before: Moment, after: Moment) -> bool:
    """Return whether a step starts from another's result.

    The steps of a PyTorch training are compared up to its rounding.
    """
    if not isinstance(after, WatchedMoment):
        return after.network == before.after
    return np.allclose(after.network.parameters, before.after.parameters, rtol=1e-5, atol=1e-6)


def _check_size(cells: int, steps: int) -> None:
    if cells > MAX_CELLS or steps > MAX_STEPS:
        content, single = ("a step", "") if steps == 1 else (f"{steps:,} steps", "one step, ")
        raise TinyNetError(
            f"a workbook of {content} would have {cells:,} cells. It can have {MAX_STEPS} steps and {MAX_CELLS:,} cells. "
            f"Use {single}smaller batches or a smaller network."
        )
