"""The formulas of the sheet as loops.

One formula serves all nodes of a layer.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tinynet.core.formulas import Formula
from tinynet.core.sheet import Sheet


class Statement(NamedTuple):
    """The formula of one cell or of an array.

    array : Name without index, such as `layer1.z`.
    formula : Formula of cell j. Similar terms of a sum or maximum are one part: `("each", count, term i)`.
    size : Number of cells in the array; 0 for a cell that is not in an array.
    """

    array: str
    formula: Formula
    size: int


def statements(sheet: Sheet) -> Iterator[Statement]:
    """Yield the computed cells of a sheet in order.

    Cells of an array are yielded together.

    >>> from tinynet.core.architecture import Architecture
    >>> for statement in statements(Sheet.of(Architecture((4, 3)))):
    ...     print(*statement)
    layer1.z ('+', ('each', 4, ('*', 'layer1.weight[j,i]', 'input[i]')), 'layer1.bias[j]') 3
    layer1.a ('sigmoid', 'layer1.z[j]') 3
    """
    arrays: dict[str, list[Formula]] = {}
    for cell in sheet.cells.values():
        if cell.formula is not None:
            arrays.setdefault(cell.name.partition("[")[0], []).append(fold_terms(cell.formula))
    for array, formulas in arrays.items():
        formula, count = generalize(formulas, "j")
        assert count == len(formulas), array  # all nodes of a layer have the same formula
        yield Statement(array, formula, 0 if array in sheet.cells else count)


def fold_terms(formula: Formula) -> Formula:
    """Return a sum or maximum with similar terms joined.

    The first similar terms become one part.

    >>> fold_terms(("+", "w[0]", "w[1]", "w[2]", "b"))
    ('+', ('each', 3, 'w[i]'), 'b')
    """
    if not isinstance(formula, tuple) or formula[0] not in ("+", "max"):
        return formula
    term, count = generalize(formula[1:], "i")
    return formula if count == 1 else (formula[0], ("each", count, term), *formula[1 + count :])


def generalize(formulas: Sequence[Formula], index: str) -> tuple[Formula, int]:
    """Return one formula for the first similar formulas.

    The second result is the number of these formulas.

    The formula becomes each of the similar formulas in order, while `index` counts from 0.

    >>> generalize([("*", "w[0]", "x[3]"), ("*", "w[1]", "x[3]"), "b"], "j")
    (('*', 'w[j]', 'x[3]'), 2)
    """
    if len(formulas) == 1:
        return formulas[0], 1
    general, count = _with_index(formulas[0], formulas[1], index), 0
    while count < len(formulas) and at(general, index, count) == formulas[count]:
        count += 1
    return (general, count) if count > 1 else (formulas[0], 1)


def _with_index(zero: Formula, one: Formula, index: str) -> Formula:
    """Return a formula with `index` instead of 0 and 1.

    The formulas must differ only in this index. Otherwise the result is wrong.
    """
    if isinstance(zero, tuple) and isinstance(one, tuple) and len(zero) == len(one):
        return tuple(_with_index(a, b, index) for a, b in zip(zero, one, strict=True))
    if not isinstance(zero, str) or not isinstance(one, str) or "[" not in zero:
        return zero
    array, _, places = zero[:-1].partition("[")
    pairs = zip(places.split(","), one.partition("[")[2][:-1].split(","), strict=False)
    return f"{array}[{','.join(a if a == b else index for a, b in pairs)}]"


def at(formula: Formula, index: str, count: int) -> Formula:
    """Return the formula for one value of an index.

    >>> at(("*", "w[j,i]", "x[i]"), "i", 2)
    ('*', 'w[j,2]', 'x[2]')
    """
    if isinstance(formula, tuple):
        return tuple(at(part, index, count) for part in formula)
    if isinstance(formula, str) and "[" in formula:
        array, _, places = formula[:-1].partition("[")
        return f"{array}[{','.join(str(count) if place == index else place for place in places.split(','))}]"
    return formula
