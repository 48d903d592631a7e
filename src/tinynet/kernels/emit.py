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


class Exact:
    """One network in float64: every operation in the order of the sheet's formulas, none joined into another."""

    kind, flags = "double", ""
    declarations = f"declare double @llvm.sqrt.f64(double)\n{library(['exp', 'log', 'tanh', 'sigmoid'])}"

    def __init__(self, function: Function) -> None:
        self.f = function

    def prepared(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the cells of a nudge as they are computed."""
        return dict(cells)

    def ordered(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the order in which it is computed: the sheet's."""
        return formula

    def constant(self, value: float) -> str:
        """Return a number, written with every bit."""
        return constant(value)

    def two(self, operation: str, x: str, y: str) -> str:
        """Return fadd, fsub, fmul or fdiv of two numbers."""
        return self.f.new(f"{operation} {self.flags}{self.kind} {x}, {y}")

    def negative(self, x: str) -> str:
        """Return -x."""
        return self.f.new(f"fneg {self.kind} {x}")

    def chosen(self, test: str, x: str, y: str, yes: str, no: str) -> str:
        """Return `yes` where the comparison of x and y holds, else `no`."""
        return self._select(self._compare(test, x, y), yes, no)

    def larger(self, x: str, y: str) -> str:
        """Return the larger number; NaN if either is."""
        more, nan = self._compare("ogt", y, x), self._compare("uno", y, y)
        return self._select(self.f.new(f"or i1 {more}, {nan}"), y, x)

    def step(self, x: str) -> str:
        """Return 1 where x is above 0, else 0."""
        return self.chosen("ogt", x, self.constant(0.0), self.constant(1.0), self.constant(0.0))

    def sqrt(self, x: str) -> str:
        """Return the square root."""
        return self.f.new(f"call double @llvm.sqrt.f64(double {x})")

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
        return self.f.new(f"fcmp {test} {self.kind} {x}, {y}")

    def _select(self, condition: str, yes: str, no: str) -> str:
        return self.f.new(f"select i1 {condition}, {self.kind} {yes}, {self.kind} {no}")


class Lanes(Exact):
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
        self.kind, self.words, self.marks = (f"<{self.count} x {kind}>" for kind in ("float", "i32", "i1"))
        self._gather = f"@llvm.masked.gather.v{self.count}f32.v{self.count}p0"
        self.declarations = (
            f"declare {self.kind} @llvm.sqrt.v{self.count}f32({self.kind})\n"
            f"declare {self.kind} {self._gather}(<{self.count} x ptr>, i32, {self.marks}, {self.kind})"
        )

    def prepared(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the cells of a nudge as they are computed: with the rate where it is needed least often."""
        return dict(rewriting.with_rate(cells, architecture, recipe))

    def ordered(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the order in which it is computed."""
        return rewriting.ordered(formula, cells)

    def constant(self, value: float) -> str:
        """Return the number in every lane."""
        (single,) = self._single.unpack(self._single.pack(value))  # written as the double that it equals
        return f"splat (float {super().constant(single)})"

    def everywhere(self, value: str, kind: str = "float") -> str:
        """Return one number in every lane."""
        vector = f"<{self.count} x {kind}>"
        first = self.f.new(f"insertelement {vector} poison, {kind} {value}, i32 0")
        return self.f.new(f"shufflevector {vector} {first}, {vector} poison, {self.words} zeroinitializer")

    def larger(self, x: str, y: str) -> str:
        """Return the larger number; x where either is NaN."""
        return self.chosen("ogt", y, x, y, x)

    def sqrt(self, x: str) -> str:
        """Return the square root."""
        return self.f.new(f"call {self.kind} @llvm.sqrt.v{self.count}f32({self.kind} {x})")

    def sigmoid(self, x: str) -> str:
        """Return 1 / (1 + e^-x), approximately."""
        return self.two("fadd", self.constant(0.5), self.above_half(x))

    def tanh(self, x: str) -> str:
        """Return the hyperbolic tangent, approximately."""
        return self.two("fmul", self.constant(2.0), self.above_half(self.two("fadd", x, x)))

    def exp(self, x: str) -> str:
        """Return e^x for x <= 0, approximately."""
        ratio, half = self.above_half(x), self.constant(0.5)
        return self.two("fdiv", self.two("fadd", half, ratio), self.two("fsub", half, ratio))

    def log(self, x: str) -> str:
        """Return the natural logarithm of x from 1 to 2, approximately: ln x = 2 artanh s, s = (x - 1) / (x + 1)."""
        one = self.constant(1.0)
        s = self.two("fdiv", self.two("fsub", x, one), self.two("fadd", x, one))  # 0 to 1/3
        return self.two("fmul", s, self.polynomial(self.two("fmul", s, s), ARTANH))

    def gathered(self, array: str, index: str) -> str:
        """Return the float32 of an array at each lane's own index."""
        places = self.f.new(f"getelementptr float, ptr {array}, {self.words} {index}")
        every, pointers = f"{self.marks} splat (i1 true)", f"<{self.count} x ptr> {places}"
        return self.f.new(f"call {self.kind} {self._gather}({pointers}, i32 4, {every}, {self.kind} poison)")

    def polynomial(self, y: str, coefficients: tuple[float, ...]) -> str:
        """Return the polynomial at y; the highest power's coefficient first."""
        result = self.constant(coefficients[0])
        for c in coefficients[1:]:
            result = self.two("fadd", self.two("fmul", result, y), self.constant(c))
        return result

    def above_half(self, x: str) -> str:
        """Return sigmoid(x) - 1/2, approximately."""
        low, high = self.constant(-ENDS), self.constant(ENDS)
        x = self.chosen("olt", x, low, low, x)
        x = self.chosen("ogt", x, high, high, x)
        y = self.two("fmul", x, x)
        a, b, c, d, e, f, g = (self.two("fadd", y, self.constant(root)) for root in (*TOP, *BOTTOM))
        top = self.two("fmul", self.two("fmul", x, self.constant(SCALE)), a)
        top = self.two("fmul", top, self.two("fmul", b, c))
        bottom = self.two("fmul", self.two("fmul", d, e), self.two("fmul", f, g))
        return self.two("fdiv", top, bottom)

    def _compare(self, test: str, x: str, y: str) -> str:
        return self.f.new(f"fcmp {test} {self.kind} {x}, {y}")

    def _select(self, condition: str, yes: str, no: str) -> str:
        return self.f.new(f"select {self.marks} {condition}, {self.kind} {yes}, {self.kind} {no}")

    # --- whole numbers: the words of `draws` ---------------------------------------------------------------------

    def whole(self, operation: str, x: str, y: Index) -> str:
        """Return add, mul, xor, and, lshr of 32-bit numbers; `y` may be one number for all lanes."""
        return self.f.new(f"{operation} {self.words} {x}, {self.every(y) if isinstance(y, int) else y}")

    def every(self, number: int) -> str:
        """Return a 32-bit number in every lane."""
        return f"splat (i32 {number - (number >> 31 << 32)})"

    def same(self, x: str, number: int) -> str:
        """Return in which lanes x is that number."""
        return self.f.new(f"icmp eq {self.words} {x}, {self.every(number)}")

    def below(self, x: str, number: int) -> str:
        """Return in which lanes x is below that number."""
        return self.f.new(f"icmp ult {self.words} {x}, {self.every(number)}")

    def picked(self, mark: str, yes: str, no: str, kind: str) -> str:
        """Return `yes` in the marked lanes, else `no`."""
        return self.f.new(f"select {self.marks} {mark}, {kind} {yes}, {kind} {no}")

    def word(self, x: str, number: Index) -> str:
        """Go on from word x to the word at `number` (see `draws.word`)."""
        x = self.whole("add", self.whole("add", x, number), GOLDEN)
        x = self.whole("xor", x, self.whole("lshr", x, 16))
        x = self.whole("mul", x, 0x7FEB352D)
        x = self.whole("xor", x, self.whole("lshr", x, 15))
        x = self.whole("mul", x, 0x846CA68B)
        return self.whole("xor", x, self.whole("lshr", x, 16))

    def place_of(self, word: str, i: str) -> str:
        """Return (word * (i + 1)) >> 32, i a whole number (i64)."""
        long = f"<{self.count} x i64>"
        count = self.everywhere(self.f.whole("add", i, 1), "i64")
        product = self.f.new(f"mul {long} {self.f.new(f'zext {self.words} {word} to {long}')}, {count}")
        high = self.f.new(f"lshr {long} {product}, splat (i64 32)")
        return self.f.new(f"trunc {long} {high} to {self.words}")

    def uniform(self, bits: str) -> str:
        """Return the number in [0, 1) of a word (see `draws.uniform`)."""
        number = self.f.new(f"uitofp {self.words} {self.whole('lshr', bits, 8)} to {self.kind}")
        return self.two("fmul", number, self.constant(2.0**-24))

    def normal(self, bits: str) -> str:
        """Return the standard normal number of a word (see `draws.normal`)."""
        pairs = self.whole("and", bits, 0x00FF00FF)
        pairs = self.whole("add", pairs, self.whole("and", self.whole("lshr", bits, 8), 0x00FF00FF))
        total = self.whole("add", self.whole("and", pairs, 0xFFFF), self.whole("lshr", pairs, 16))
        number = self.f.new(f"sitofp {self.words} {total} to {self.kind}")
        x = self.two("fmul", self.two("fsub", number, self.constant(510.0)), self.constant(1 / 256))
        return self.two("fmul", x, self.polynomial(self.two("fmul", x, x), BENT[::-1]))
