"""The sheet's operations as instructions: exactly, in float64, or for many networks side by side, in float32."""

import struct
from typing import ClassVar

from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.kernels import rewriting
from tinynet.kernels.rewriting import Cells, Formulas
from tinynet.numerics.llvm import Function, Index, lane_count
from tinynet.numerics.llvm_library import call, constant, library
from tinynet.recipe import Recipe
from tinynet.rng import BENT, GOLDEN

# sigmoid(x) = 1/2 + SCALE x (y + TOP[0]) … / ((y + BOTTOM[0]) …), y = x^2, for |x| <= ENDS, by benchmarks/fit_sigmoid.py:
# error below 3e-7
ENDS, SCALE = 16.0, 46.66227340698242
TOP = (39.52513885498047, 173.18821716308594, 826.6348876953125)
BOTTOM = (9.869966506958008, 90.19904327392578, 341.9278564453125, 3469.60107421875)
# 2 artanh s = s (ARTANH[-1] + ARTANH[-2] s^2 + ...), its Taylor series up to s^11: error below 3e-7 for |s| <= 1/3
ARTANH = (2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2.0)


class ScalarF64:
    """One network in float64: every operation in the order of the sheet's formulas, none joined into another."""

    float_type, flags = "double", ""
    declarations = f"declare double @llvm.sqrt.f64(double)\n{library(['exp', 'log', 'tanh', 'sigmoid'])}"

    def __init__(self, function: Function) -> None:
        self.f = function

    def prepare(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the cells of a nudge as they are computed."""
        return dict(cells)

    def order(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the order in which it is computed: the sheet's."""
        return formula

    def constant(self, value: float) -> str:
        """Return a number, written with every bit."""
        return constant(value)

    def binary(self, operation: str, x: str, y: str) -> str:
        """Return fadd, fsub, fmul or fdiv of two numbers."""
        return self.f.emit(f"{operation} {self.flags}{self.float_type} {x}, {y}")

    def negate(self, x: str) -> str:
        """Return -x."""
        return self.f.emit(f"fneg {self.float_type} {x}")

    def select(self, test: str, x: str, y: str, yes: str, no: str) -> str:
        """Return `yes` where the comparison of x and y holds, else `no`."""
        return self._select_if(self._compare(test, x, y), yes, no)

    def maximum(self, x: str, y: str) -> str:
        """Return the larger number; NaN if either is."""
        more, nan = self._compare("ogt", y, x), self._compare("uno", y, y)
        return self._select_if(self.f.emit(f"or i1 {more}, {nan}"), y, x)

    def step(self, x: str) -> str:
        """Return 1 where x is above 0, else 0."""
        return self.select("ogt", x, self.constant(0.0), self.constant(1.0), self.constant(0.0))

    def sqrt(self, x: str) -> str:
        """Return the square root."""
        return self.f.emit(f"call double @llvm.sqrt.f64(double {x})")

    def exp(self, x: str) -> str:
        """Return e^x."""
        return call(self.f, "exp", x)

    def log(self, x: str) -> str:
        """Return the natural logarithm."""
        return call(self.f, "log", x)

    def tanh(self, x: str) -> str:
        """Return the hyperbolic tangent."""
        return call(self.f, "tanh", x)

    def sigmoid(self, x: str) -> str:
        """Return 1 / (1 + e^-x)."""
        return call(self.f, "sigmoid", x)

    def _compare(self, test: str, x: str, y: str) -> str:
        return self.f.emit(f"fcmp {test} {self.float_type} {x}, {y}")

    def _select_if(self, condition: str, yes: str, no: str) -> str:
        return self.f.emit(f"select i1 {condition}, {self.float_type} {yes}, {self.float_type} {no}")


class SimdF32(ScalarF64):
    """Many networks in float32, one a lane: every operation by itself, in the order of `rewriting`, and NaN stays NaN.

    Each lane computes what it would alone, so that neither the number of lanes nor the processor changes a bit.
    tanh and exp come from the sigmoid's approximation: tanh x = 2 sigmoid(2x) - 1, without the cancellation, and
    e^x = sigmoid(x) / (1 - sigmoid(x)) for x <= 0, with an error below 2e-6. No formula of a kernel has a positive
    exponent, and none takes the logarithm of a number below 1 or above 2.
    """

    _single: ClassVar = struct.Struct("<f")

    def __init__(self, function: Function) -> None:
        super().__init__(function)
        self.count = lane_count()
        self.float_type, self.int_type, self.mask_type = (
            f"<{self.count} x {kind}>" for kind in ("float", "i32", "i1")
        )
        self._gather = f"@llvm.masked.gather.v{self.count}f32.v{self.count}p0"
        self.declarations = (
            f"declare {self.float_type} @llvm.sqrt.v{self.count}f32({self.float_type})\n"
            f"declare {self.float_type} {self._gather}(<{self.count} x ptr>, i32, {self.mask_type}, {self.float_type})"
        )

    def prepare(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the cells of a nudge as they are computed: with the rate where it is needed least often."""
        return dict(rewriting.with_rate(cells, architecture, recipe))

    def order(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the order in which it is computed."""
        return rewriting.ordered(formula, cells)

    def constant(self, value: float) -> str:
        """Return the number in every lane."""
        (single,) = self._single.unpack(self._single.pack(value))  # written as the double that it equals
        return f"splat (float {super().constant(single)})"

    def splat(self, value: str, kind: str = "float") -> str:
        """Return one number in every lane."""
        vector = f"<{self.count} x {kind}>"
        first = self.f.emit(f"insertelement {vector} poison, {kind} {value}, i32 0")
        return self.f.emit(
            f"shufflevector {vector} {first}, {vector} poison, {self.int_type} zeroinitializer"
        )

    def maximum(self, x: str, y: str) -> str:
        """Return the larger number; x where either is NaN."""
        return self.select("ogt", y, x, y, x)

    def sqrt(self, x: str) -> str:
        """Return the square root."""
        return self.f.emit(f"call {self.float_type} @llvm.sqrt.v{self.count}f32({self.float_type} {x})")

    def sigmoid(self, x: str) -> str:
        """Return 1 / (1 + e^-x), approximately."""
        return self.binary("fadd", self.constant(0.5), self.centered_sigmoid(x))

    def tanh(self, x: str) -> str:
        """Return the hyperbolic tangent, approximately."""
        return self.binary("fmul", self.constant(2.0), self.centered_sigmoid(self.binary("fadd", x, x)))

    def exp(self, x: str) -> str:
        """Return e^x for x <= 0, approximately."""
        ratio, half = self.centered_sigmoid(x), self.constant(0.5)
        return self.binary("fdiv", self.binary("fadd", half, ratio), self.binary("fsub", half, ratio))

    def log(self, x: str) -> str:
        """Return the natural logarithm of x from 1 to 2, approximately: ln x = 2 artanh s, s = (x - 1) / (x + 1)."""
        one = self.constant(1.0)
        s = self.binary("fdiv", self.binary("fsub", x, one), self.binary("fadd", x, one))  # 0 to 1/3
        return self.binary("fmul", s, self.polynomial(self.binary("fmul", s, s), ARTANH))

    def gather(self, array: str, index: str) -> str:
        """Return the float32 of an array at each lane's own index."""
        places = self.f.emit(f"getelementptr float, ptr {array}, {self.int_type} {index}")
        every, pointers = f"{self.mask_type} splat (i1 true)", f"<{self.count} x ptr> {places}"
        return self.f.emit(
            f"call {self.float_type} {self._gather}({pointers}, i32 4, {every}, {self.float_type} poison)"
        )

    def polynomial(self, y: str, coefficients: tuple[float, ...]) -> str:
        """Return the polynomial at y; the highest power's coefficient first."""
        result = self.constant(coefficients[0])
        for c in coefficients[1:]:
            result = self.binary("fadd", self.binary("fmul", result, y), self.constant(c))
        return result

    def centered_sigmoid(self, x: str) -> str:
        """Return sigmoid(x) - 1/2, approximately."""
        low, high = self.constant(-ENDS), self.constant(ENDS)
        x = self.select("olt", x, low, low, x)
        x = self.select("ogt", x, high, high, x)
        y = self.binary("fmul", x, x)
        a, b, c, d, e, f, g = (self.binary("fadd", y, self.constant(root)) for root in (*TOP, *BOTTOM))
        top = self.binary("fmul", self.binary("fmul", x, self.constant(SCALE)), a)
        top = self.binary("fmul", top, self.binary("fmul", b, c))
        bottom = self.binary("fmul", self.binary("fmul", d, e), self.binary("fmul", f, g))
        return self.binary("fdiv", top, bottom)

    def _compare(self, test: str, x: str, y: str) -> str:
        return self.f.emit(f"fcmp {test} {self.float_type} {x}, {y}")

    def _select_if(self, condition: str, yes: str, no: str) -> str:
        return self.f.emit(
            f"select {self.mask_type} {condition}, {self.float_type} {yes}, {self.float_type} {no}"
        )

    # --- whole numbers: the words of `draws` ---------------------------------------------------------------------

    def int_op(self, operation: str, x: str, y: Index) -> str:
        """Return add, mul, xor, and, lshr of 32-bit numbers; `y` may be one number for all lanes."""
        return self.f.emit(
            f"{operation} {self.int_type} {x}, {self.splat_int(y) if isinstance(y, int) else y}"
        )

    def splat_int(self, number: int) -> str:
        """Return a 32-bit number in every lane."""
        return f"splat (i32 {number - (number >> 31 << 32)})"

    def equals(self, x: str, number: int) -> str:
        """Return in which lanes x is that number."""
        return self.f.emit(f"icmp eq {self.int_type} {x}, {self.splat_int(number)}")

    def less_than(self, x: str, number: int) -> str:
        """Return in which lanes x is below that number."""
        return self.f.emit(f"icmp ult {self.int_type} {x}, {self.splat_int(number)}")

    def select_mask(self, mark: str, yes: str, no: str, kind: str) -> str:
        """Return `yes` in the marked lanes, else `no`."""
        return self.f.emit(f"select {self.mask_type} {mark}, {kind} {yes}, {kind} {no}")

    def rng_word(self, x: str, number: Index) -> str:
        """Go on from word x to the word at `number` (see `draws.word`)."""
        x = self.int_op("add", self.int_op("add", x, number), GOLDEN)
        x = self.int_op("xor", x, self.int_op("lshr", x, 16))
        x = self.int_op("mul", x, 0x7FEB352D)
        x = self.int_op("xor", x, self.int_op("lshr", x, 15))
        x = self.int_op("mul", x, 0x846CA68B)
        return self.int_op("xor", x, self.int_op("lshr", x, 16))

    def shuffle_index(self, word: str, i: str) -> str:
        """Return (word * (i + 1)) >> 32, i a whole number (i64)."""
        long = f"<{self.count} x i64>"
        count = self.splat(self.f.int_op("add", i, 1), "i64")
        product = self.f.emit(f"mul {long} {self.f.emit(f'zext {self.int_type} {word} to {long}')}, {count}")
        high = self.f.emit(f"lshr {long} {product}, splat (i64 32)")
        return self.f.emit(f"trunc {long} {high} to {self.int_type}")

    def uniform(self, bits: str) -> str:
        """Return the number in [0, 1) of a word (see `draws.uniform`)."""
        number = self.f.emit(f"uitofp {self.int_type} {self.int_op('lshr', bits, 8)} to {self.float_type}")
        return self.binary("fmul", number, self.constant(2.0**-24))

    def normal(self, bits: str) -> str:
        """Return the standard normal number of a word (see `draws.normal`)."""
        pairs = self.int_op("and", bits, 0x00FF00FF)
        pairs = self.int_op("add", pairs, self.int_op("and", self.int_op("lshr", bits, 8), 0x00FF00FF))
        total = self.int_op("add", self.int_op("and", pairs, 0xFFFF), self.int_op("lshr", pairs, 16))
        number = self.f.emit(f"sitofp {self.int_type} {total} to {self.float_type}")
        x = self.binary("fmul", self.binary("fsub", number, self.constant(510.0)), self.constant(1 / 256))
        return self.binary("fmul", x, self.polynomial(self.binary("fmul", x, x), BENT[::-1]))
