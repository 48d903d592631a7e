"""The operations of the sheet as LLVM IR.

The operations are scalar float64, or SIMD float32 with one network in each lane.
"""

import struct
from typing import ClassVar, NewType

from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.kernels import rewriting
from tinynet.kernels.rewriting import Cells, Formulas
from tinynet.numerics.llvm import F32, F64, I32, I64, Function, Index, Kind, Pointer, lane_count
from tinynet.numerics.llvm_library import call, constant, library
from tinynet.recipe import Recipe
from tinynet.rng import BENT, GOLDEN

Number = NewType("Number", str)  # a value of the arithmetic: a double, or a vector of float32
Mask = NewType("Mask", str)  # one truth value per number: an i1, or a vector of i1
Words = NewType("Words", str)  # a vector of 32-bit integers, one in each lane

# sigmoid(x) = 1/2 + SCALE x (y + TOP[0]) … / ((y + BOTTOM[0]) …), y = x^2, for |x| <= ENDS, by benchmarks/fit_sigmoid.py:
# error below 3e-7
ENDS, SCALE = 16.0, 46.66227340698242
TOP = (39.52513885498047, 173.18821716308594, 826.6348876953125)
BOTTOM = (9.869966506958008, 90.19904327392578, 341.9278564453125, 3469.60107421875)
# 2 artanh s = s (ARTANH[-1] + ARTANH[-2] s^2 + ...), its Taylor series up to s^11: error below 3e-7 for |s| <= 1/3
ARTANH = (2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2.0)


class ScalarF64:
    """Float64 operations for one network, in the sheet's order.

    No operation is fused with another.
    """

    float_type: Kind[Number] = Kind("double")
    mask_type: Kind[Mask] = Kind("i1")
    declarations = f"declare double @llvm.sqrt.f64(double)\n{library(['exp', 'log', 'tanh', 'sigmoid'])}"

    def __init__(self, function: Function) -> None:
        self.f = function

    def prepare(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the formulas of a step in the kernel's form."""
        return dict(cells)

    def order(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the operation order of the kernel."""
        return formula

    def constant(self, value: float) -> Number:
        """Return a constant with every bit."""
        return Number(constant(value))

    def binary(self, operation: str, x: Number, y: Number) -> Number:
        """Return fadd, fsub, fmul or fdiv of two numbers."""
        return self._number(f"{operation} {self.float_type} {x}, {y}")

    def negate(self, x: Number) -> Number:
        """Return -x."""
        return self._number(f"fneg {self.float_type} {x}")

    def select(self, test: str, x: Number, y: Number, yes: Number, no: Number) -> Number:
        """Return `yes` if x compares true to y, else `no`."""
        return self._select_if(self._compare(test, x, y), yes, no)

    def maximum(self, x: Number, y: Number) -> Number:
        """Return the larger number, or NaN if either is NaN."""
        more, nan = self._compare("ogt", y, x), self._compare("uno", y, y)
        return self._select_if(Mask(self.f.emit(f"or i1 {more}, {nan}")), y, x)

    def step(self, x: Number) -> Number:
        """Return 1 if x is above 0, else 0."""
        return self.select("ogt", x, self.constant(0.0), self.constant(1.0), self.constant(0.0))

    def sqrt(self, x: Number) -> Number:
        """Return the square root."""
        return self._number(f"call double @llvm.sqrt.f64(double {x})")

    def exp(self, x: Number) -> Number:
        """Return e^x."""
        return self._call("exp", x)

    def log(self, x: Number) -> Number:
        """Return the natural logarithm."""
        return self._call("log", x)

    def tanh(self, x: Number) -> Number:
        """Return the hyperbolic tangent."""
        return self._call("tanh", x)

    def sigmoid(self, x: Number) -> Number:
        """Return 1 / (1 + e^-x)."""
        return self._call("sigmoid", x)

    def _number(self, text: str) -> Number:
        return Number(self.f.emit(text))

    def _call(self, name: str, x: Number) -> Number:
        return Number(call(self.f, name, F64(x)))

    def _compare(self, test: str, x: Number, y: Number) -> Mask:
        return Mask(self.f.emit(f"fcmp {test} {self.float_type} {x}, {y}"))

    def _select_if(self, condition: Mask, yes: Number, no: Number) -> Number:
        return self._number(
            f"select {self.mask_type} {condition}, {self.float_type} {yes}, {self.float_type} {no}"
        )


class SimdF32(ScalarF64):
    """Float32 operations for many networks, one in each lane.

    The order is that of `rewriting`.

    No operation is fused with another, and NaN propagates. A lane computes the same bits as it would alone, so
    that neither the number of lanes nor the processor changes a bit. tanh and exp use the approximation of the
    sigmoid: tanh x = 2 sigmoid(2x) - 1, without the cancellation, and e^x = sigmoid(x) / (1 - sigmoid(x)) for x
    <= 0, with an error below 2e-6. No formula of a kernel has a positive exponent, or the logarithm of a number
    below 1 or above 2.
    """

    _single: ClassVar = struct.Struct("<f")

    def __init__(self, function: Function) -> None:
        super().__init__(function)
        self.count = lane_count()
        self.float_type = Kind(f"<{self.count} x float>")
        self.int_type: Kind[Words] = Kind(f"<{self.count} x i32>")
        self.mask_type = Kind(f"<{self.count} x i1>")
        self._gather = f"@llvm.masked.gather.v{self.count}f32.v{self.count}p0"
        self.declarations = (
            f"declare {self.float_type} @llvm.sqrt.v{self.count}f32({self.float_type})\n"
            f"declare {self.float_type} {self._gather}(<{self.count} x ptr>, i32, {self.mask_type}, {self.float_type})"
        )

    def prepare(self, cells: Cells, architecture: Architecture, recipe: Recipe) -> dict[str, Formula | None]:
        """Return the formulas of a step in the kernel's form.

        The learning rate is where it costs the fewest operations.
        """
        return dict(rewriting.with_rate(cells, architecture, recipe))

    def order(self, formula: Formula, cells: Formulas) -> Formula:
        """Return a formula in the operation order of the kernel."""
        return rewriting.ordered(formula, cells)

    def constant(self, value: float) -> Number:
        """Return a constant in every lane."""
        (single,) = self._single.unpack(self._single.pack(value))  # LLVM writes a float as the equal double
        return Number(f"splat (float {super().constant(single)})")

    def splat(self, value: F32) -> Number:
        """Return one float in every lane."""
        return Number(self.splat_of(value, "float"))

    def splat_of(self, value: str, kind: str) -> str:
        """Return one value of any type in every lane."""
        vector = f"<{self.count} x {kind}>"
        first = self.f.emit(f"insertelement {vector} poison, {kind} {value}, i32 0")
        return self.f.emit(
            f"shufflevector {vector} {first}, {vector} poison, {self.int_type} zeroinitializer"
        )

    def maximum(self, x: Number, y: Number) -> Number:
        """Return the larger number, or x if either is NaN."""
        return self.select("ogt", y, x, y, x)

    def sqrt(self, x: Number) -> Number:
        """Return the square root."""
        return self._number(f"call {self.float_type} @llvm.sqrt.v{self.count}f32({self.float_type} {x})")

    def sigmoid(self, x: Number) -> Number:
        """Return 1 / (1 + e^-x), approximately."""
        return self.binary("fadd", self.constant(0.5), self.centered_sigmoid(x))

    def tanh(self, x: Number) -> Number:
        """Return the hyperbolic tangent, approximately."""
        return self.binary("fmul", self.constant(2.0), self.centered_sigmoid(self.binary("fadd", x, x)))

    def exp(self, x: Number) -> Number:
        """Return e^x for x <= 0, approximately."""
        ratio, half = self.centered_sigmoid(x), self.constant(0.5)
        return self.binary("fdiv", self.binary("fadd", half, ratio), self.binary("fsub", half, ratio))

    def log(self, x: Number) -> Number:
        """Return the natural logarithm of x, approximately.

        x must be from 1 to 2. ln x = 2 artanh s with s = (x - 1) / (x + 1).
        """
        one = self.constant(1.0)
        s = self.binary("fdiv", self.binary("fsub", x, one), self.binary("fadd", x, one))  # 0 to 1/3
        return self.binary("fmul", s, self.polynomial(self.binary("fmul", s, s), ARTANH))

    def gather(self, array: Pointer, index: Words) -> Number:
        """Return one array element per lane, at the lane's index."""
        places = self.f.emit(f"getelementptr float, ptr {array}, {self.int_type} {index}")
        every, pointers = f"{self.mask_type} splat (i1 true)", f"<{self.count} x ptr> {places}"
        return self._number(
            f"call {self.float_type} {self._gather}({pointers}, i32 4, {every}, {self.float_type} poison)"
        )

    def polynomial(self, y: Number, coefficients: tuple[float, ...]) -> Number:
        """Return a polynomial of y.

        The coefficient of the highest power comes first.
        """
        result = self.constant(coefficients[0])
        for c in coefficients[1:]:
            result = self.binary("fadd", self.binary("fmul", result, y), self.constant(c))
        return result

    def centered_sigmoid(self, x: Number) -> Number:
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

    # --- 32-bit integers: the words of `rng` ----------------------------------------------------------------------

    def int_op(self, operation: str, x: Words, y: Words | int) -> Words:
        """Return an operation of 32-bit integers.

        operation : add, mul, xor, and, shl or lshr.
        y : a vector, or an int that is equal in all lanes.
        """
        return self._words(
            f"{operation} {self.int_type} {x}, {self.splat_int(y) if isinstance(y, int) else y}"
        )

    def splat_int(self, number: int) -> Words:
        """Return a 32-bit constant in every lane."""
        return Words(f"splat (i32 {number - (number >> 31 << 32)})")

    def splat_low(self, number: I64) -> Words:
        """Return an integer's low 32 bits in every lane."""
        low = I32(self.f.emit(f"trunc i64 {number} to i32"))
        return Words(self.splat_of(low, "i32"))

    def equals(self, x: Words, number: int) -> Mask:
        """Return the lanes with x equal to a number."""
        return Mask(self.f.emit(f"icmp eq {self.int_type} {x}, {self.splat_int(number)}"))

    def less_than(self, x: Words, number: int) -> Mask:
        """Return the lanes with x below a number.

        Both numbers are unsigned.
        """
        return Mask(self.f.emit(f"icmp ult {self.int_type} {x}, {self.splat_int(number)}"))

    def select_mask(self, mask: Mask, yes: Words, no: Words) -> Words:
        """Return `yes` in the lanes of the mask, else `no`."""
        return self._words(f"select {self.mask_type} {mask}, {self.int_type} {yes}, {self.int_type} {no}")

    def rng_word(self, x: Words, number: Words | int) -> Words:
        """Return the random word that follows a word.

        x : the word.
        number : the position in the stream; see `rng.word`.
        """
        x = self.int_op("add", self.int_op("add", x, number), GOLDEN)
        x = self.int_op("xor", x, self.int_op("lshr", x, 16))
        x = self.int_op("mul", x, 0x7FEB352D)
        x = self.int_op("xor", x, self.int_op("lshr", x, 15))
        x = self.int_op("mul", x, 0x846CA68B)
        return self.int_op("xor", x, self.int_op("lshr", x, 16))

    def shuffle_index(self, word: Words, i: Index) -> Words:
        """Return an index from 0 to i.

        The index is (word * (i + 1)) >> 32.
        """
        long = f"<{self.count} x i64>"
        count = self.splat_of(self.f.int_op("add", i, 1), "i64")
        product = self.f.emit(f"mul {long} {self.f.emit(f'zext {self.int_type} {word} to {long}')}, {count}")
        high = self.f.emit(f"lshr {long} {product}, splat (i64 32)")
        return self._words(f"trunc {long} {high} to {self.int_type}")

    def uniform(self, bits: Words) -> Number:
        """Return the number in [0, 1) of a random word.

        See `rng.uniform`.
        """
        number = self._number(f"uitofp {self.int_type} {self.int_op('lshr', bits, 8)} to {self.float_type}")
        return self.binary("fmul", number, self.constant(2.0**-24))

    def normal(self, bits: Words) -> Number:
        """Return the standard normal number of a random word.

        See `rng.normal`.
        """
        pairs = self.int_op("and", bits, 0x00FF00FF)
        pairs = self.int_op("add", pairs, self.int_op("and", self.int_op("lshr", bits, 8), 0x00FF00FF))
        total = self.int_op("add", self.int_op("and", pairs, 0xFFFF), self.int_op("lshr", pairs, 16))
        number = self._number(f"sitofp {self.int_type} {total} to {self.float_type}")
        x = self.binary("fmul", self.binary("fsub", number, self.constant(510.0)), self.constant(1 / 256))
        return self.binary("fmul", x, self.polynomial(self.binary("fmul", x, x), BENT[::-1]))

    def _words(self, text: str) -> Words:
        return Words(self.f.emit(text))
