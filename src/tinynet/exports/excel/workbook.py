"""Nudges as a workbook (.xlsx) in which every cell of the sheet is a live formula."""

import io
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tinynet.core import optimizers
from tinynet.core.sheet import sheet_of
from tinynet.errors import TinyNetError
from tinynet.exports.excel.formulas import defined_name, excel
from tinynet.exports.excel.layout import Line, Page, heading, lay_out
from tinynet.model.moment import Moment
from tinynet.plugins import extra
from tinynet.training.watched import WatchedMoment

if TYPE_CHECKING:
    from tinynet.training.recording import Recording

MAX_CELLS, MAX_NUDGES = 100_000, 250  # a workbook beyond these opens slowly


def to_excel(run: "Recording", *, step: int | None = None, epoch: int | None = None) -> bytes:
    """Return one nudge of a recording, or the nudges of one epoch (the first unless said), as an .xlsx workbook.

    Raises TinyNetError where both are asked, for a step or an epoch that is not there, and for too many cells.
    """
    if step is not None and epoch is not None:
        raise TinyNetError(f"step {step} and epoch {epoch} were asked; ask for one of them")
    if step is not None:
        return workbook([run[step]])
    epoch, epochs = epoch or 0, -(-run.steps // run.steps_per_epoch)
    if not -epochs <= epoch < epochs:
        found = f"; ask for 0 to {epochs - 1}" if epochs else ""
        raise TinyNetError(f"epoch {epoch} was asked and this recording has {epochs} epochs{found}")
    first = epoch % epochs * run.steps_per_epoch
    steps = range(first, min(first + run.steps_per_epoch, run.steps))
    sheet = sheet_of(run.network.architecture, run.recipe, len(run.batch_indices(first)))
    _check_size(len(steps) * len(sheet.cells), len(steps))
    return workbook([run[k] for k in steps])


def workbook(moments: Sequence[Moment]) -> bytes:
    """Return nudges that follow one another as an .xlsx workbook: a worksheet each, and before them an overview.

    Pixels, targets, settings and the parameters before the first nudge are numbers to change; all else is a formula
    with its value. Each nudge begins with what the one before it ends with. Equal nudges give equal bytes.

    Raises TinyNetError for too many cells, a number that is not finite, or nudges that do not follow one another.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> workbook([moment])[:2]
    b'PK'
    """
    _check(moments)
    data = io.BytesIO()
    book = extra("xlsxwriter", "a spreadsheet", "excel").Workbook(data, {"in_memory": True})
    pages = [_page(moments, k) for k in range(len(moments))]
    book.set_properties({"title": heading(pages), "author": "TinyNet", "created": datetime(2020, 1, 1)})
    lay_out(book, pages)
    book.close()
    return data.getvalue()


def _page(moments: Sequence[Moment], k: int) -> Page:
    """Return the cells of nudge k, in the order of computation; with several nudges each has its own names."""
    moment, links = moments[k], _links(moments, k)
    prefix = _prefix(moments, k)
    lines = []
    for cell in moment.sheet.cells.values():
        formula = links.get(cell.name)
        if cell.formula is not None:
            formula = excel(cell.formula, lambda name: defined_name(name, prefix))
        lines.append(Line(cell, defined_name(cell.name, prefix), formula, moment.values[cell.name]))
    return Page(moment, prefix, lines)


def _links(moments: Sequence[Moment], k: int) -> dict[str, str]:
    """Return the formulas of what the nudges before it give to nudge k; to the first, nothing."""
    if k == 0:
        return {}
    architecture, recipe = moments[k].network.architecture, moments[k].recipe
    before, first = _prefix(moments, k - 1), _prefix(moments, 0)
    carried = [*architecture.parameter_names, *optimizers.state_names(architecture, recipe)]
    links = {name: defined_name(f"{name}.after", before) for name in carried}
    links |= {name: defined_name(name, first) for name in optimizers.settings(recipe)}
    share = recipe.learning_rate / moments[0].recipe.learning_rate
    if share != 1:  # a schedule
        links["rate"] += f"*{share:.15G}"
    return links


def _prefix(moments: Sequence[Moment], k: int) -> str:
    return "" if len(moments) == 1 else f"nudge{moments[k].step}_"


def _check(moments: Sequence[Moment]) -> None:
    if not moments:
        raise TinyNetError("there are no nudges to put into a workbook; give at least one")
    _check_size(sum(len(moment.sheet.cells) for moment in moments), len(moments))
    for before, after in pairwise(moments):
        if after.step != before.step + 1 or not _follows(before, after):
            raise TinyNetError(
                f"nudge {after.step} does not follow nudge {before.step}; give nudges as they follow one another"
            )
    for moment in moments:
        for name, value in moment.values.items():
            if not math.isfinite(value):
                raise TinyNetError(
                    f"{name} of nudge {moment.step} is {value} and a spreadsheet holds only finite numbers; "
                    "take another nudge"
                )


def _follows(before: Moment, after: Moment) -> bool:
    """Whether a nudge begins where another ended; of a watched training, but for PyTorch's rounding."""
    if not isinstance(after, WatchedMoment):
        return after.network == before.after
    return np.allclose(after.network.parameters, before.after.parameters, rtol=1e-5, atol=1e-6)


def _check_size(cells: int, nudges: int) -> None:
    if cells > MAX_CELLS or nudges > MAX_NUDGES:
        asked, less = ("a nudge", "") if nudges == 1 else (f"{nudges:,} nudges", "one nudge (a step), ")
        raise TinyNetError(
            f"a workbook of {asked} with {cells:,} cells was asked and it takes {MAX_NUDGES} nudges and "
            f"{MAX_CELLS:,} cells; take {less}smaller batches or a smaller network"
        )
