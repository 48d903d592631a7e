"""Test the errors of workbooks that cannot be written."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.exports.excel import formulas as notation
from tinynet.exports.excel import workbook
from tinynet.model.moment import Moment

LINES = tn.pictures.lines()


def test_invalid_workbooks_are_refused():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=2))
    with pytest.raises(tn.TinyNetError, match="step is 1 and epoch is 0. Give only one of the two"):
        workbook.to_excel(run, step=1, epoch=0)
    with pytest.raises(
        tn.TinyNetError, match="epoch is 2 and this recording has 2 epochs. It must be from -2 to 1"
    ):
        workbook.to_excel(run, epoch=2)
    with pytest.raises(tn.TinyNetError, match="there are no steps for a workbook"):
        workbook.workbook([])
    with pytest.raises(tn.TinyNetError, match="step 2 does not follow step 0"):
        workbook.workbook([run[0], run[2]])
    many = tn.pictures.Examples(np.zeros((300, 4)), np.zeros((300, 2)), tuple(map(str, range(300))), (2, 2))
    long = tn.train(tn.Network.initial(seed=0), many, tn.Recipe(epochs=1))
    with pytest.raises(tn.TinyNetError, match="300 steps would have 37,200 cells. It can have 250 steps"):
        workbook.to_excel(long, epoch=0)
    wide = tn.nudge(
        tn.Network.initial((500, 2), seed=0), tn.pictures.Examples(np.zeros((1, 500)), [[1, 0]], ("dark",))
    )
    with pytest.raises(
        tn.TinyNetError, match="characters. A spreadsheet allows 8,192. Use a network with narrower"
    ):
        workbook.workbook([wide])
    with pytest.raises(tn.TinyNetError, match="MAX has 300 arguments. A spreadsheet allows 255"):
        notation.excel(("max", *(f"a[{k}]" for k in range(300))))


def test_a_workbook_refuses_numbers_that_are_not_finite():
    network = tn.Network.initial((4, 2), seed=0, output="identity").with_parameters(np.full(10, 1e200))
    with np.errstate(all="ignore"):
        moment = Moment(network, LINES["top"], tn.Recipe(), np.zeros(0))
        with pytest.raises(
            tn.TinyNetError, match="loss.term.0. of step 0 is inf. A spreadsheet needs finite"
        ):
            workbook.workbook([moment])


def test_a_missing_workbook_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(
        ImportError, match=r'a spreadsheet needs xlsxwriter: pip install "tinynet-lab\[excel\]"'
    ):
        workbook.workbook([tn.nudge(tn.Network.initial(seed=0), LINES["top"])])


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (1, "a workbook of a step would have 100,001 cells. .* Use smaller"),
        (2, "2 steps would have .* Use one step, smaller"),
    ],
)
def test_the_error_for_a_large_workbook_has_advice(steps, message):
    with pytest.raises(tn.TinyNetError, match=message):
        workbook._check_size(100_001, steps)
