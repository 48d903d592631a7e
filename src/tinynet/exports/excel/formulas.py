"""Formulas, names and numbers in spreadsheet syntax."""

import re
from collections.abc import Callable, Iterable

from tinynet.core.formulas import Formula
from tinynet.core.notation import ATOM, PRODUCT, SUM
from tinynet.errors import TinyNetError

MAX_CHARACTERS, MAX_ARGUMENTS = 8192, 255  # limits of Excel for a formula and a function
MAX_EXPONENT = 709  # e^710 overflows
SMALLEST = "1E-300"  # replaces 0 in a logarithm
NEAR_ONE = "0.9999999999999"  # above this number a spreadsheet loses digits of 1 - x, and rounds it to 0

Written = tuple[str, int]  # a formula and its precedence


class Exact(float):
    """A number that is written with every digit.

    xlsxwriter writes 16 digits, and some numbers need 17.
    """

    def __str__(self) -> str:
        return repr(float(self) + 0.0)  # -0.0 becomes 0.0

    def __format__(self, spec: str) -> str:
        return str(self)


def defined_name(cell: str, prefix: str = "") -> str:
    """Return the name of a cell in a workbook.

    The name is neither a cell reference, such as BETA1, nor a function, such as RATE.

    >>> defined_name("layer1.weight[0,2]"), defined_name("beta1"), defined_name("loss", "step3_")
    ('layer1_weight_0_2', 'beta_1', 'step3_loss')
    """
    name = re.sub(r"[\[\],.]+", "_", cell).strip("_")
    name = re.sub(r"^(beta|decay)(\d)", r"\1_\2", name)
    return prefix + {"rate": "learning_rate"}.get(name, name)


def excel(formula: Formula, name: Callable[[str], str] = defined_name) -> str:
    """Write a formula in spreadsheet syntax, without the equals sign.

    name : Returns the name of a cell.

    The result equals the value of the sheet if that value is finite. e^x stops growing at e^709. The logarithm of
    0 is a large negative number, which the loss cuts at -100 like minus infinity.

    Raises TinyNetError if the formula is too long for a spreadsheet.

    >>> excel(("*", "layer1.slope[0]", "layer1.a[0]", ("-", 1.0, "layer1.a[0]")))
    'layer1_slope_0*layer1_a_0*(1-layer1_a_0)'
    >>> excel(("sigmoid", "layer1.z[0]"))
    '1/(1+EXP(MIN(-layer1_z_0,709)))'
    """
    text = _written(formula, name)[0]
    if len(text) > MAX_CHARACTERS:
        raise TinyNetError(
            f"a formula of this network has {len(text):,} characters. A spreadsheet allows {MAX_CHARACTERS:,}. Use a network "
            "with narrower layers."
        )
    return text


def _written(formula: Formula, name: Callable[[str], str]) -> Written:
    if isinstance(formula, str):
        return name(formula), ATOM
    if not isinstance(formula, tuple):
        return f"{formula:.15G}", SUM if formula < 0 else ATOM
    operation, arguments = formula[0], formula[1:]
    if operation in ("+", "-", "*", "/"):
        return _infix(operation, [_written(part, name) for part in arguments])
    if operation == "log":
        return _logarithm(arguments[0], name), ATOM
    parts = [_written(part, name) for part in arguments]
    return FUNCTIONS[operation](parts)


def _infix(operation: str, parts: Iterable[Written]) -> Written:
    """Write a sum or a product from left to right.

    Brackets are added only if they are needed.
    """
    precedence = SUM if operation in "+-" else PRODUCT
    first, *rest = parts
    operands = [_bracketed(first, precedence), *(_bracketed(part, precedence + 1) for part in rest)]
    return operation.join(operands), precedence


def _bracketed(part: Written, min_precedence: int) -> str:
    text, precedence = part
    return text if precedence >= min_precedence else f"({text})"


def _negative(part: Written) -> Written:
    return f"-{_bracketed(part, ATOM)}", PRODUCT


def _logarithm(formula: Formula, name: Callable[[str], str]) -> str:
    """Write ln x.

    If x is near 1, -ln x replaces 1 - x in ln (1 - x), with an error below 1e-13.
    """
    argument = _written(formula, name)[0]
    if isinstance(formula, tuple) and formula[:2] == ("-", 1.0):
        x = _written(formula[2], name)[0]
        argument = f"IF({x}<{NEAR_ONE},{argument},-LN({x}))"
    return f"LN(MAX({argument},{SMALLEST}))"


def _call(function: str, parts: list[Written]) -> Written:
    if len(parts) > MAX_ARGUMENTS:
        raise TinyNetError(
            f"{function} has {len(parts):,} arguments. A spreadsheet allows {MAX_ARGUMENTS}. Use a network with narrower "
            "layers."
        )
    return f"{function}({','.join(part for part, _ in parts)})", ATOM


FUNCTIONS: dict[str, Callable[[list[Written]], Written]] = {
    "neg": lambda parts: _negative(parts[0]),
    "sigmoid": lambda parts: (f"1/(1+EXP(MIN({_negative(parts[0])[0]},{MAX_EXPONENT})))", PRODUCT),
    "exp": lambda parts: (f"EXP(MIN({parts[0][0]},{MAX_EXPONENT}))", ATOM),
    "tanh": lambda parts: _call("TANH", parts),
    "sqrt": lambda parts: _call("SQRT", parts),
    "max": lambda parts: _call("MAX", parts),
    "step": lambda parts: (f"IF({parts[0][0]}>0,1,0)", ATOM),
}
