"""Compare compiled operations with the sheet: exact in float64, within limits in float32 SIMD."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinynet import rng
from tinynet.core import sheet
from tinynet.kernels.emit import ScalarF64, SimdF32
from tinynet.kernels.unrolled import Emitter
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.kernel import Array, Kernel, arguments
from tinynet.numerics.llvm import Function, lane_count

LANES = lane_count()
UNARY = ("sigmoid", "tanh", "exp", "log", "sqrt", "step", "neg")
BINARY = ("+", "-", "*", "/", "max")


@cache
def operation(kind, name):
    """Compile one operation on x (and y) in memory."""
    dtype, size = (float, 1) if kind is ScalarF64 else (np.float32, LANES)
    arrays = {"x": Array(dtype), "y": Array(dtype), "out": Array(dtype, written=True)}
    f = Function("operation", arguments(arrays, ()))
    arithmetic = kind(f)
    x, y = (f.load(arithmetic.float_type, pointer, align=4) for pointer in ("%x", "%y"))
    formula = (name, "x", "y") if name in BINARY else (name, "x")
    value = Emitter(arithmetic, {}, {"x": x, "y": y}.__getitem__).value(formula)
    f.store(arithmetic.float_type, value, "%out", align=4)
    return Kernel(f, arrays, lambda: [(size,)] * 3, arithmetic.declarations)


def apply_scalar(name, x, y=0.0):
    numbers = np.array([x, y, 0.0])
    operation(ScalarF64, name)(numbers.reshape(3, 1))
    return numbers[2]


def apply_simd(name, x, y=None):
    """Apply a SIMD operation to an array, one vector at a time. -> float32"""
    x = np.resize(np.asarray(x, np.float32), ceil_div(len(x), LANES) * LANES)
    y, out = (x if y is None else np.resize(np.asarray(y, np.float32), len(x))), np.empty_like(x)
    for k in range(0, len(x), LANES):
        operation(SimdF32, name)([array[k : k + LANES] for array in (x, y, out)])
    return out


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("name", UNARY)
@given(x=st.floats(allow_subnormal=False))
@example(0.0)
@example(710.0)
@example(-750.0)
@example(math.inf)
@example(-math.inf)
@example(math.nan)
def test_scalar_operations_of_one_number_equal_the_sheet(name, x):
    with np.errstate(all="ignore"):
        assert same(apply_scalar(name, x), sheet.OPERATIONS[name](x))


@pytest.mark.parametrize("name", BINARY)
@given(x=st.floats(allow_subnormal=False), y=st.floats(allow_subnormal=False))
@example(1.0, 0.0)
@example(0.0, -0.0)
@example(math.nan, 1.0)
@example(1.0, math.nan)
@example(math.inf, -math.inf)
def test_scalar_operations_of_two_numbers_equal_the_sheet(name, x, y):
    assert same(apply_scalar(name, x, y), sheet.OPERATIONS[name](x, y))


@pytest.mark.parametrize(
    ("name", "low", "high", "error"),
    [("sigmoid", -100, 100, 3e-7), ("tanh", -50, 50, 6e-7), ("exp", -80, 0, 2e-6), ("log", 1, 2, 3e-7)],
)
def test_simd_operations_have_the_documented_accuracy(name, low, high, error):
    x = np.concatenate([np.linspace(low, high, 40_001), np.linspace(max(-3, low), min(3, high), 40_001)])
    expected = np.array([sheet.OPERATIONS[name](float(np.float32(value))) for value in x])
    assert abs(apply_simd(name, x)[: len(x)] - expected).max() < error


def test_tanh_is_accurate_near_zero():
    x = np.array([1e-6, 1e-3, 0.01])
    assert apply_simd("tanh", x)[:3] == pytest.approx(np.tanh(x), rel=5e-6)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "exp", "log", "neg", "sqrt"])
def test_nan_propagates_only_in_its_lane(name):
    found = apply_simd(name, np.where(np.arange(LANES) % 5 == 0, np.nan, -0.5 if name != "sqrt" else 0.5))
    assert np.isnan(found).tolist() == [k % 5 == 0 for k in range(LANES)]


def test_relu_propagates_nan():
    assert np.isnan(apply_simd("max", np.full(LANES, np.nan), np.zeros(LANES))).all()


@given(seed=st.integers(0, 2**32 - 1), number=st.integers(0, 2**32 - 1))
def test_simd_random_numbers_equal_rng(seed, number):
    seeds = (np.arange(LANES, dtype=np.uint64) * 77_777 + seed) % 2**32
    shown = np.full(LANES, number, np.uint32)
    words, numbers, places = (
        np.empty(LANES, np.uint32),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.uint32),
    )
    compile_draws()((seeds.astype(np.uint32), shown, words, numbers, places))
    expected = rng.word(rng.NOISE, seeds, np.uint64(number))
    assert words.tolist() == expected.tolist()
    assert places.tolist() == ((expected * np.uint64(7)) >> np.uint64(32)).tolist()
    assert numbers == pytest.approx(
        rng.normal(rng.word(rng.NOISE, seeds, np.uint64(number), np.uint64(3))), abs=2e-6
    )


@cache
def compile_draws():
    words = Array(np.uint32, written=True)
    numbers = Array(np.float32, written=True)
    arrays = {"seeds": words, "shown": words, "words": words, "numbers": numbers, "places": words}
    f = Function("drawing", arguments(arrays, ()))
    many = SimdF32(f)
    seeds, shown = (f.load(many.int_type, pointer, align=4) for pointer in ("%seeds", "%shown"))
    word = many.rng_word(many.rng_word(many.splat_int(rng.NOISE), seeds), shown)
    f.store(many.int_type, word, "%words", align=4)
    f.store(many.int_type, many.shuffle_index(word, "6"), "%places", align=4)
    f.store(many.float_type, many.normal(many.rng_word(word, 3)), "%numbers", align=4)
    return Kernel(f, arrays, lambda: [(LANES,)] * 5, many.declarations)
