"""The functions of `elementary` as LLVM IR.

No operation is fused or reordered.
"""

import struct
from collections.abc import Iterable
from functools import cache

from tinynet.numerics.definitions import Formula, definitions, needed
from tinynet.numerics.llvm import F64, Function

ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
TESTS = {"<": "olt", ">": "ogt", "==": "oeq"}
WHOLE_AND_BIAS = 1.5 * 2.0**52 + 1023  # added to k, this number leaves k + 1023 in the lowest bits
EXPONENT_AS_NUMBER = 0x4330000000000000  # the bits of 2**52: a whole number below 2**52 fits behind them


def library(names: Iterable[str]) -> str:
    """Return functions of `elementary` as LLVM IR.

    The functions that they call are included.

    >>> print(library(["nearest"]).splitlines()[2])
      %v1 = fadd double %x, 0x4338000000000000
    """
    return "\n".join(map(_written, needed(set(names))))


def constant(value: float) -> F64:
    """Return a float64 constant with every bit.

    >>> constant(1.0)
    '0x3FF0000000000000'
    """
    return F64(f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}")


def call(f: Function, name: str, *arguments: F64) -> F64:
    """Emit a call of an `elementary` function.

    Returns the result of the call.
    """
    return F64(f.emit(f"call double @elementary.{name}({', '.join(f'double {a}' for a in arguments)})"))


@cache
def _written(name: str) -> str:
    """Return one function as LLVM IR."""
    definition = definitions()[name]
    f = Function(
        f"elementary.{name}", dict.fromkeys(definition.parameters, "double"), "double", internal=True
    )
    writer = _Writer(f, {parameter: f"%{parameter}" for parameter in definition.parameters})
    for cell, formula in definition.cells.items():
        writer.values[cell] = writer.value(formula)
    f.ret(writer.value(definition.result))
    return f.text()


class _Writer:
    """A writer of formulas as LLVM IR.

    `values` has the results of earlier cells. A condition is an i1.
    """

    def __init__(self, f: Function, values: dict[str, str]) -> None:
        self.f, self.values = f, values

    def value(self, formula: Formula) -> str:
        if isinstance(formula, str):
            return self.values[formula]
        if not isinstance(formula, tuple):
            return constant(formula)
        return self._of(formula[0], [self.value(part) for part in formula[1:]])

    def _of(self, operation: str, parts: list[str]) -> str:
        match operation, parts:
            case ("+" | "-" | "*" | "/", [x, y]):
                return self.f.emit(f"{ARITHMETIC[operation]} double {x}, {y}")
            case ("<" | ">" | "==", [x, y]):
                return self.f.emit(f"fcmp {TESTS[operation]} double {x}, {y}")
            case ("neg", [x]):
                return self.f.emit(f"fneg double {x}")
            case ("select", [condition, yes, no]):
                return self.f.emit(f"select i1 {condition}, double {yes}, double {no}")
            case ("power2", [k]):
                return self._power2(k)
            case ("exponent", [x]):
                return self._exponent(x)
        return call(self.f, operation, *map(F64, parts))

    def _power2(self, k: str) -> str:
        """Return 2**k from k + 1023 in the exponent bits."""
        whole = self.f.emit(f"fadd double {k}, {constant(WHOLE_AND_BIAS)}")
        bits = self.f.emit(f"shl i64 {self.f.emit(f'bitcast double {whole} to i64')}, 52")
        return self.f.emit(f"bitcast i64 {bits} to double")

    def _exponent(self, x: str) -> str:
        """Return the exponent bits of a float64.

        The bias of 1023 is subtracted.
        """
        bits = self.f.emit(f"lshr i64 {self.f.emit(f'bitcast double {x} to i64')}, 52")
        number = self.f.emit(f"bitcast i64 {self.f.emit(f'or i64 {bits}, {EXPONENT_AS_NUMBER}')} to double")
        return self.f.emit(f"fsub double {number}, {constant(2.0**52 + 1023)}")
