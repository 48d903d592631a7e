"""Compare the elementary functions with mpmath, and compiled code with Python, to the last bit."""

import math
import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import libmp

import golden
from tinynet.numerics import arrays, elementary
from tinynet.numerics.definitions import Definition, definitions

POINTS = 1_000_000  # of each function
PRECISION = 100  # bits of the true value
ONE = libmp.fone
ENDS = [
    0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1e-300, 1e-20, -1e-20, 1e-9, -1e-9, 0.25, 0.5,
    0.75, 1.0, -1.0, math.nextafter(1, 0), math.nextafter(1, 2), 36.7, 709.782712893384, 709.7827128933841, 710.0, -708.3964185322641,
    -708.4, -745.1332191019411, -745.1332191019412, -746.0, 1e3, -1e3, 1e308, -1e308, 1.7976931348623157e308, math.inf, -math.inf, math.nan,
]  # fmt: skip


def true_sigmoid(x):
    e = libmp.mpf_exp(libmp.mpf_neg(x), PRECISION, "n")
    return libmp.mpf_div(ONE, libmp.mpf_add(ONE, e, PRECISION, "n"), PRECISION, "n")


TRUE = {
    "exp": lambda x: libmp.mpf_exp(x, PRECISION, "n"),
    "log": lambda x: libmp.mpf_log(x, PRECISION, "n"),
    "tanh": lambda x: libmp.mpf_tanh(x, PRECISION, "n"),
    "sigmoid": true_sigmoid,
    "cos_pi": lambda x: libmp.mpf_cos_pi(x, PRECISION, "n"),
}
BELOW = {"exp": 0.80, "log": 0.85, "tanh": 0.80, "sigmoid": 0.80, "cos_pi": 0.90}  # ulp, as in the docstrings


def points(name: str, count: int) -> np.ndarray:
    """Return numbers over the range of a function, most of them near its largest error."""
    draw = np.random.default_rng(20261128)
    part = count // 5
    rest = count - 4 * part
    signs = draw.choice([-1.0, 1.0], part)
    if name == "log":
        near_1 = 1 + signs * 2.0 ** draw.uniform(-52, -1, part)
        whole = np.exp2(draw.uniform(-1073, 1023.9, rest))
        some = [
            draw.uniform(0.5, 2, part),
            near_1,
            draw.uniform(1, 10, part),
            draw.uniform(0, 1e-3, part),
            whole,
        ]
    elif name == "cos_pi":
        middle = 0.5 + signs * 2.0 ** draw.uniform(-50, -2, part)
        edges = 0.25 + draw.uniform(-0.02, 0.02, part), 0.75 + draw.uniform(-0.02, 0.02, part)
        some = [draw.uniform(0, 1, rest), middle, *edges, 2.0 ** draw.uniform(-60, 0, part)]
    else:
        small = signs * 2.0 ** draw.uniform(-60, 3, part)
        ends = draw.uniform(-745, -700, part) if name != "tanh" else draw.uniform(-22, 22, part)
        steps = (draw.integers(-1000, 1000, part) + 0.5) * math.log(2) * 0.7
        some = [draw.uniform(-1, 1, part), draw.uniform(-40, 40, rest), small, ends, steps]
    return np.concatenate(some)


def error(found: float, x: float, true) -> float:
    """Return the error of a result in ulp of the true value."""
    value = true(libmp.from_float(x))
    off = libmp.mpf_abs(libmp.mpf_sub(libmp.from_float(found), value, PRECISION, "n"))
    last = math.ulp(libmp.to_float(value))
    return libmp.to_float(off) / last if last > 5e-324 else libmp.to_float(libmp.mpf_shift(off, 1074))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUE)
def test_the_error_on_a_million_points_is_below_one_ulp(name):
    x = points(name, POINTS)
    found = getattr(arrays, name)(x)
    inside = np.isfinite(found)  # overflow has a separate test
    assert inside.mean() > 0.95
    worst = max(map(error, found[inside].tolist(), x[inside].tolist(), [TRUE[name]] * int(inside.sum())))
    assert worst < BELOW[name] < 1, f"{name}: {worst:.3f} ulp"
    assert f"error below {BELOW[name]:.2f} ulp" in getattr(elementary, name).__doc__


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("exp", 0.0, 1.0), ("exp", -0.0, 1.0), ("exp", math.inf, math.inf), ("exp", -math.inf, 0.0),
        ("exp", 709.782712893384, 1.7976931348622732e308), ("exp", 709.7827128933841, math.inf),
        ("exp", -745.1332191019411, 5e-324), ("exp", -745.1332191019412, 0.0),
        ("log", 1.0, 0.0), ("log", 0.0, -math.inf), ("log", -0.0, -math.inf), ("log", math.inf, math.inf),
        ("log", 5e-324, -744.4400719213812), ("log", 1.7976931348623157e308, 709.782712893384),
        ("tanh", 0.0, 0.0), ("tanh", -0.0, -0.0), ("tanh", 5e-324, 5e-324), ("tanh", 1e308, 1.0), ("tanh", -math.inf, -1.0),
        ("sigmoid", 0.0, 0.5), ("sigmoid", -0.0, 0.5), ("sigmoid", math.inf, 1.0), ("sigmoid", -math.inf, 0.0),
        ("sigmoid", -745.1332191019411, 5e-324), ("sigmoid", 5e-324, 0.5), ("sigmoid", -746.0, 0.0),
        ("cos_pi", 0.0, 1.0), ("cos_pi", 0.5, 0.0),
        ("cos_pi", 1.0, -1.0),
    ],
)  # fmt: skip
def test_special_values_are_exact(name, x, value):
    assert bits([getattr(elementary, name)(x)]) == bits([value])


@pytest.mark.parametrize(
    ("name", "x"),
    [
        *((name, math.nan) for name in TRUE if name != "cos_pi"),
        ("log", -1.0),
        ("log", -5e-324),
        ("log", -math.inf),
    ],
)
def test_undefined_values_are_nan(name, x):
    assert math.isnan(getattr(elementary, name)(x))
    assert np.isnan(getattr(arrays, name)([x])).all()


@pytest.mark.parametrize("name", TRUE)
def test_compiled_code_has_the_bits_of_python(name):
    ends = [x for x in ENDS if name != "cos_pi" or 0 <= x <= 1]
    x = [*points(name, 20_000).tolist(), *ends]
    assert bits(map(getattr(elementary, name), x)) == bits(getattr(arrays, name)(x).tolist())


@given(st.floats())
def test_compiled_code_has_the_bits_of_python_for_any_number(x):
    for name in ("exp", "log", "tanh", "sigmoid"):
        assert bits([getattr(elementary, name)(x)]) == bits(getattr(arrays, name)([x]).tolist())


@given(st.floats(allow_nan=False))
def test_symmetry_range_and_inverse_laws_hold_for_all_numbers(x):
    assert bits([elementary.tanh(-x)]) == bits([-elementary.tanh(x)])
    assert 0.0 <= elementary.sigmoid(x) <= 1.0
    assert elementary.sigmoid(x) + elementary.sigmoid(-x) == pytest.approx(1.0, abs=2.3e-16)
    if 1e-300 < x < 1e300:
        assert elementary.exp(elementary.log(x)) == pytest.approx(x, rel=1e-13)


@given(st.lists(st.floats(-1e6, 1e6), max_size=70), st.integers(1, 5))
def test_sums_are_added_in_a_fixed_order(numbers, columns):
    table = np.outer(numbers, np.arange(1.0, columns + 1))
    found = arrays.total(table, axis=0)
    assert bits(found) == bits([pairwise_sum([k * x for x in numbers]) for k in np.arange(1.0, columns + 1)])
    if numbers:
        assert bits(arrays.mean(table, axis=0)) == bits(found / len(numbers))
        assert bits(arrays.running_total(table.T)) == bits(
            [ordered_sum([k * x for x in numbers]) for k in range(1, columns + 1)]
        )


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 40), st.integers(1, 20))
def test_weighted_sums_add_the_inputs_in_order_and_the_bias_last(seed, rows, inputs, outputs):
    draw = np.random.default_rng(seed)
    a, w, b = draw.normal(size=(rows, inputs)), draw.normal(size=(outputs, inputs)), draw.normal(size=outputs)
    expected = [
        [
            ordered_sum([*(x * y for x, y in zip(row, line, strict=True)), c])
            for line, c in zip(w.tolist(), b.tolist(), strict=True)
        ]
        for row in a.tolist()
    ]
    assert bits(arrays.weighted_sums(a, w, b).ravel()) == bits(np.ravel(expected))


@pytest.mark.parametrize(
    ("a", "weight", "bias"),
    [((3,), (2, 4), (2,)), ((5, 3), (2, 4), (2,)), ((5, 4), (2, 4), (3,)), ((3, 1, 4), (5, 2, 4), (5, 2)), ((1, 4), (5, 2, 4), (5, 2))],
)  # fmt: skip
def test_weighted_sums_of_wrong_shapes_are_refused(a, weight, bias):
    with pytest.raises(ValueError, match="they must be \\(..., in\\), \\(out, in\\) and \\(out,\\)"):
        arrays.weighted_sums(np.ones(a), np.ones(weight), np.ones(bias))


def test_the_definitions_equal_the_functions_of_the_module():
    """Compare the definitions, which other languages are generated from, with Python."""
    primitives = {
        "select": lambda c, yes, no: yes if c else no,
        "power2": elementary.power2,
        "exponent": elementary.exponent,
    }

    def value(formula, cells):
        if not isinstance(formula, tuple):
            return cells.get(formula, formula)
        operation, *parts = formula
        given = [value(part, cells) for part in parts]
        signs = {
            "+": float.__add__,
            "-": float.__sub__,
            "*": float.__mul__,
            "/": float.__truediv__,
            "neg": float.__neg__,
        }
        signs |= {"<": float.__lt__, ">": float.__gt__, "==": float.__eq__}
        if operation in primitives or operation in signs:
            return (primitives | signs)[operation](*given)
        return run(definitions()[operation], given)

    def run(definition: Definition, given):
        cells = dict(zip(definition.parameters, given, strict=True))
        for name, formula in definition.cells.items():
            cells[name] = value(formula, cells)
        return value(definition.result, cells)

    for name in TRUE:
        for x in points(name, 100).tolist():
            assert bits([run(definitions()[name], [x])]) == bits([getattr(elementary, name)(x)])


def pairwise_sum(numbers: list[float]) -> float:
    """Return the sum in the order of `total`: add the second half to the first, repeatedly."""
    while len(numbers) > 1:
        half = (len(numbers) + 1) // 2
        numbers = [x + y for x, y in zip(numbers, numbers[half:], strict=False)] + numbers[
            len(numbers) - half : half
        ]
    return numbers[0] if numbers else 0.0


def ordered_sum(numbers: list[float]) -> float:
    """Return the sum from the first number to the last."""
    result = numbers[0]
    for number in numbers[1:]:
        result += number
    return result


def bits(numbers) -> list[str]:
    """Return the bits of numbers; all NaNs are equal."""
    return ["nan" if x != x else struct.pack(">d", x).hex() for x in map(float, numbers)]


# --- the golden file ---------------------------------------------------------------------------------------------


def number(text):
    """Return the number of a text from `bits`."""
    return math.nan if text == "nan" else struct.unpack(">d", bytes.fromhex(text))[0]


def golden_points():
    """Return numbers over the whole range, its ends, and the borders between powers of two."""
    chance = random.Random(0)
    found = [*ENDS, 19.0, 22.0, 30.0, 37.5, 744.4400719213812, 750.0]
    found += [number(f"{chance.getrandbits(64):016x}") for _ in range(100)]
    for count, low, high in ((150, -10, 10), (60, -760, 760), (60, 0.5, 2)):
        found += [chance.uniform(low, high) for _ in range(count)]
    found += [1 + chance.uniform(-1, 1) * 2**-k for k in range(10, 50, 4)]
    borders = [k * 0.6931471805599453 / 2 for k in (1, 2, 3, 4, 17, 1000, 2044, 2047)]
    borders += [math.sqrt(2), *(2.0**k for k in (-1074, -1022, -1, 1, 1023))]
    for border in borders:
        found += [math.nextafter(border, 0), border, math.nextafter(border, math.inf)]
    return [*found, *(-x for x in found)]


def cos_pi_points():
    """Return numbers from 0 to 1, the range of `cos_pi`."""
    chance = random.Random(1)
    quarters = [math.nextafter(k / 4, to) for k in range(5) for to in (0, k / 4, 1)]
    return [*quarters, 5e-324, 1e-300, 1e-9, 2**-27, math.nan, *(chance.random() for _ in range(300))]


def golden_numbers():
    """Return numbers and the results of each function as bits; every language must agree."""
    given = {name: cos_pi_points() if name == "cos_pi" else golden_points() for name in TRUE}
    return {name: [bits(x), bits(map(getattr(elementary, name), x))] for name, x in given.items()}


def test_the_golden_elementary_functions_are_unchanged(check_golden):
    check_golden("elementary", golden_numbers())


@pytest.mark.parametrize("name", TRUE)
def test_golden_bits_equal_those_of_the_compiled_code(name):
    given, expected = golden.read("elementary")[name]
    assert bits(getattr(arrays, name)([number(x) for x in given])) == expected
