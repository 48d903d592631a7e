"""Formulas, names and numbers as a spreadsheet has them."""

import re
from collections.abc import Callable, Iterable

from tinynet.core.formulas import Formula
from tinynet.errors import TinyNetError

MAX_CHARACTERS, MAX_ARGUMENTS = 8192, 255  # of a formula and of a function, in Excel
LARGEST_EXPONENT = 709  # e^710 is no number in a spreadsheet
LEAST = "1E-300"  # stands for 0 under a logarithm, which a spreadsheet cannot take of 0
NEAR_ONE = (
    "0.9999999999999"  # from here on a spreadsheet loses digits of 1 - x, and takes it for 0 in the end
)

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly what is written binds
Written = tuple[str, int]


class Exact(float):
    """A number that is written with every digit; xlsxwriter by itself writes 16, and some numbers need 17."""

    def __str__(self) -> str:
        return repr(float(self) + 0.0)  # no minus before a zero

    def __format__(self, spec: str) -> str:
        return str(self)


def defined_name(cell: str, prefix: str = "") -> str:
    """Return the name of a cell in a workbook: no cell reference (as BETA1 may be), no function (as RATE is).

    >>> defined_name("layer1.weight[0,2]"), defined_name("beta1"), defined_name("loss", "nudge3_")
    ('layer1_weight_0_2', 'beta_1', 'nudge3_loss')
    """
    name = re.sub(r"[\[\],.]+", "_", cell).strip("_")
    name = re.sub(r"^(beta|decay)(\d)", r"\1_\2", name)
    return prefix + {"rate": "learning_rate"}.get(name, name)


def excel(formula: Formula, name: Callable[[str], str] = defined_name) -> str:
    """Write a formula as a spreadsheet's, without its equals sign; `name` says how each cell is called.

    It gives the sheet's value wherever that is finite: e^x stops growing at e^709, and the logarithm of 0 is a large
    negative number, which the loss cuts at -100 as it cuts the infinite one.

    Raises TinyNetError where it is longer than a spreadsheet takes.

    >>> excel(("*", "layer1.slope[0]", "layer1.a[0]", ("-", 1.0, "layer1.a[0]")))
    'layer1_slope_0*layer1_a_0*(1-layer1_a_0)'
    >>> excel(("sigmoid", "layer1.z[0]"))
    '1/(1+EXP(MIN(-layer1_z_0,709)))'
    """
    text = _written(formula, name)[0]
    if len(text) > MAX_CHARACTERS:
        raise TinyNetError(
            f"a formula of this network has {len(text):,} characters and a spreadsheet takes {MAX_CHARACTERS:,}; "
            "take a network with narrower layers"
        )
    return text


def _written(formula: Formula, name: Callable[[str], str]) -> Written:
    if isinstance(formula, str):
        return name(formula), ATOM
    if not isinstance(formula, tuple):
        return f"{formula:.15G}", SUM if formula < 0 else ATOM
    operation, arguments = formula[0], formula[1:]
    if operation in ("+", "-", "*", "/"):
        return _chained(operation, [_written(part, name) for part in arguments])
    if operation == "log":
        return _logarithm(arguments[0], name), ATOM
    parts = [_written(part, name) for part in arguments]
    return FORMS[operation](parts)


def _chained(operation: str, parts: Iterable[Written]) -> Written:
    """Write a sum or a product from left to right, in brackets where one stands in the other's place."""
    binds = SUM if operation in "+-" else PRODUCT
    first, *rest = parts
    return operation.join([_inside(first, binds), *(_inside(part, binds + 1) for part in rest)]), binds


def _inside(part: Written, least: int) -> str:
    return part[0] if part[1] >= least else f"({part[0]})"


def _negative(part: Written) -> Written:
    return f"-{_inside(part, ATOM)}", PRODUCT


def _logarithm(formula: Formula, name: Callable[[str], str]) -> str:
    """Write ln x; for ln (1 - x) with x near 1, 1 - x is taken as -ln x, to 13 digits."""
    inside = _written(formula, name)[0]
    if isinstance(formula, tuple) and formula[:2] == ("-", 1.0):
        x = _written(formula[2], name)[0]
        inside = f"IF({x}<{NEAR_ONE},{inside},-LN({x}))"
    return f"LN(MAX({inside},{LEAST}))"


def _called(function: str, parts: list[Written]) -> Written:
    if len(parts) > MAX_ARGUMENTS:
        raise TinyNetError(
            f"{function} of {len(parts):,} numbers was asked and a spreadsheet's takes {MAX_ARGUMENTS}; "
            "take a network with narrower layers"
        )
    return f"{function}({','.join(part for part, _ in parts)})", ATOM


FORMS: dict[str, Callable[[list[Written]], Written]] = {
    "neg": lambda parts: _negative(parts[0]),
    "sigmoid": lambda parts: (f"1/(1+EXP(MIN({_negative(parts[0])[0]},{LARGEST_EXPONENT})))", PRODUCT),
    "exp": lambda parts: (f"EXP(MIN({parts[0][0]},{LARGEST_EXPONENT}))", ATOM),
    "tanh": lambda parts: _called("TANH", parts),
    "sqrt": lambda parts: _called("SQRT", parts),
    "max": lambda parts: _called("MAX", parts),
    "step": lambda parts: (f"IF({parts[0][0]}>0,1,0)", ATOM),
}
