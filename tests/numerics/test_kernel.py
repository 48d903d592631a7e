"""Calls of compiled functions: only arrays that fit the signature reach the compiled code."""

import numpy as np
import pytest

from tinynet.errors import TinyNetError
from tinynet.numerics.kernel import Array, Kernel, aligned, arguments, contiguous
from tinynet.numerics.llvm import DOUBLE, INT32, WHOLE, Function

ARRAYS = {
    "x": Array(float, written=True),
    "places": Array(np.int32, below="n"),
    "factor": Array(float, finite=True),
}


@pytest.fixture(scope="module")
def scale():
    """Compile `x[places[k]] *= factor` for each of n places."""
    f = Function("scale", arguments(ARRAYS, ("n",)))
    factor = f.load(DOUBLE, "%factor")
    with f.loop(0, "%n") as k:
        index = f.emit(f"zext i32 {f.load(INT32, f.gep(INT32, '%places', k))} to i64")
        place = f.gep(DOUBLE, "%x", index)
        f.store(DOUBLE, f.emit(f"fmul double {f.load(DOUBLE, place)}, {factor}"), place)
    return Kernel(f, ARRAYS, lambda n: ((n,), (n,), (1,)))


def given(n=3):
    return {"x": np.arange(1.0, n + 1), "places": np.arange(n, dtype=np.int32), "factor": np.array([2.0])}


def test_arrays_are_changed_in_place(scale):
    arrays = given() | {"x": np.array([1.5, -2.0, np.inf])}
    scale([*arrays.values()], 3)
    assert arrays["x"].tolist() == [3.0, -4.0, np.inf]


def unaligned(n):
    return np.zeros(8 * n + 1, np.uint8)[1:].view(float)


def read_only(n):
    array = np.zeros(n)
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("x", np.zeros(3, np.float32), "has dtype float32. It must have dtype float64."),
        ("x", np.zeros(3, np.int8), "has dtype int8. It must have dtype float64."),
        ("x", np.zeros(3, ">f8"), "has dtype >f8. It must have dtype float64."),
        ("x", np.zeros(3, object), "has dtype object. It must have dtype float64."),
        ("x", np.zeros(2), r"has shape \(2,\). It must have shape \(3,\)."),
        ("x", np.zeros(4), r"has shape \(4,\). It must have shape \(3,\)."),
        ("x", np.zeros((3, 1)), r"has shape \(3, 1\). It must have shape \(3,\)."),
        ("x", np.zeros(()), r"has shape \(\). It must have shape \(3,\)."),
        ("x", np.zeros(6)[::2], "is not contiguous and aligned in memory. Pass a copy."),
        ("x", np.zeros(3)[::-1], "is not contiguous and aligned in memory. Pass a copy."),
        ("x", np.broadcast_to(1.0, 3), "is not contiguous and aligned in memory. Pass a copy."),
        ("x", unaligned(3), "is not contiguous and aligned in memory. Pass a copy."),
        ("x", read_only(3), "is read-only. Pass a copy."),
        ("x", [1.0, 2.0, 3.0], "is of type list. It must be a NumPy array."),
        ("x", None, "is of type NoneType. It must be a NumPy array."),
        ("x", np.ma.masked_array(np.zeros(3)), "is of type MaskedArray. It must be a NumPy array."),
        ("places", np.array([0, 1, 3], np.int32), "has indices from 0 to 3. They must be from 0 to 2."),
        ("places", np.array([0, -1, 2], np.int32), "has indices from -1 to 2. They must be from 0 to 2."),
        ("places", np.array([0, 1, -(2**31)], np.int32), "has indices from -2,147,483,648 to 1."),
        ("places", np.arange(3), "has dtype int64. It must have dtype int32."),
        ("factor", np.array([np.nan]), "has a number that is not finite. Every number must be finite."),
        ("factor", np.array([-np.inf]), "has a number that is not finite. Every number must be finite."),
    ],
)  # fmt: skip
def test_other_arrays_are_refused(scale, name, array, message):
    arrays = given()
    before = arrays["x"].copy()
    with pytest.raises(
        TinyNetError, match=rf"^the array '{name}' of the compiled function 'scale' {message}"
    ):
        scale([*(arrays | {name: array}).values()], 3)
    assert arrays["x"].tolist() == before.tolist()


@pytest.mark.parametrize("n", [-1, 0, 2, 4, 2**40, 2**64 + 3])
def test_numbers_that_differ_from_the_arrays_are_refused(scale, n):
    with pytest.raises(TinyNetError, match="It must have shape"):
        scale([*given(3).values()], n)


@pytest.mark.parametrize("arrays", [[], [np.zeros(3)], [*given().values(), np.zeros(3)]])
def test_each_array_is_needed(scale, arrays):
    with pytest.raises(ValueError, match="zip"):
        scale(arrays, 3)


def test_empty_arrays_are_accepted(scale):
    scale([*given(0).values()], 0)


def test_the_arguments_of_a_function_are_arrays_and_whole_numbers():
    assert arguments(ARRAYS, ("n",)) == {"x": "ptr", "places": "ptr", "factor": "ptr", "n": WHOLE}


@pytest.mark.parametrize("values", [[1, 2], np.zeros(6)[::2], unaligned(3), np.ma.masked_array([1.0, 2.0])])
def test_any_values_become_an_array_that_a_kernel_reads(values):
    array = contiguous(values, float)
    assert type(array) is np.ndarray
    assert array.flags.c_contiguous
    assert array.flags.aligned
    assert array.tolist() == np.asarray(values, float).tolist()


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 23, 64)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint32, np.float64])
def test_aligned_arrays_begin_on_a_cache_line(shape, dtype):
    array = aligned(shape, dtype)
    array[...] = 7
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.ctypes.data % 64 == 0
    assert (array == 7).all()
