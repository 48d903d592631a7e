"""The sheet's formulas in loops: what they say of each node of a layer, said once for all of them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tinynet.core.formulas import Formula
from tinynet.core.sheet import Sheet


class Statement(NamedTuple):
    """One cell, or a whole array of them, and the formula.

    array : the name without index, `layer1.z`.
    formula : of cell j of the array. A sum or a maximum over many terms alike has `("each", count, term of i)` for them.
    size : how many cells the array has; 0 for a cell by itself.
    """

    array: str
    formula: Formula
    size: int


def rolled(sheet: Sheet) -> Iterator[Statement]:
    """Yield the computed cells of a sheet, in their order, an array at a time.

    >>> from tinynet.core.architecture import Architecture
    >>> for statement in rolled(Sheet.of(Architecture((4, 3)))):
    ...     print(*statement)
    layer1.z ('+', ('each', 4, ('*', 'layer1.weight[j,i]', 'pixel[i]')), 'layer1.bias[j]') 3
    layer1.a ('sigmoid', 'layer1.z[j]') 3
    """
    arrays: dict[str, list[Formula]] = {}
    for cell in sheet.cells.values():
        if cell.formula is not None:
            arrays.setdefault(cell.name.partition("[")[0], []).append(gathered(cell.formula))
    for array, formulas in arrays.items():
        formula, count = general(formulas, "j")
        assert count == len(formulas), array  # the nodes of a layer have one formula
        yield Statement(array, formula, 0 if array in sheet.cells else count)


def gathered(formula: Formula) -> Formula:
    """Return a sum or a maximum with the terms alike that it begins with gathered into one.

    >>> gathered(("+", "w[0]", "w[1]", "w[2]", "b"))
    ('+', ('each', 3, 'w[i]'), 'b')
    """
    if not isinstance(formula, tuple) or formula[0] not in ("+", "max"):
        return formula
    term, count = general(formula[1:], "i")
    return formula if count == 1 else (formula[0], ("each", count, term), *formula[1 + count :])


def general(formulas: Sequence[Formula], index: str) -> tuple[Formula, int]:
    """Return the formula that becomes the first of these, one after the other, as `index` counts from 0; and how many.

    >>> general([("*", "w[0]", "x[3]"), ("*", "w[1]", "x[3]"), "b"], "j")
    (('*', 'w[j]', 'x[3]'), 2)
    """
    if len(formulas) == 1:
        return formulas[0], 1
    found, count = _joined(formulas[0], formulas[1], index), 0
    while count < len(formulas) and at(found, index, count) == formulas[count]:
        count += 1
    return (found, count) if count > 1 else (formulas[0], 1)


def _joined(zero: Formula, one: Formula, index: str) -> Formula:
    """Return a formula with `index` where the first has 0 and the second 1; wrong where they are not alike."""
    if isinstance(zero, tuple) and isinstance(one, tuple) and len(zero) == len(one):
        return tuple(_joined(a, b, index) for a, b in zip(zero, one, strict=True))
    if not isinstance(zero, str) or not isinstance(one, str) or "[" not in zero:
        return zero
    places = zip(zero.split("[")[1][:-1].split(","), one.partition("[")[2][:-1].split(","), strict=False)
    return f"{zero.split('[')[0]}[{','.join(a if a == b else index for a, b in places)}]"


def at(formula: Formula, index: str, count: int) -> Formula:
    """Return the formula for one value of its index.

    >>> at(("*", "w[j,i]", "x[i]"), "i", 2)
    ('*', 'w[j,2]', 'x[2]')
    """
    if isinstance(formula, tuple):
        return tuple(at(part, index, count) for part in formula)
    if isinstance(formula, str) and "[" in formula:
        array, _, places = formula[:-1].partition("[")
        return f"{array}[{','.join(str(count) if place == index else place for place in places.split(','))}]"
    return formula
