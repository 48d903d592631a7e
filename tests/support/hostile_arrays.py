"""Call every compiled function with hostile arrays and numbers, and print how often each call was refused.

Each hostile call differs in one argument from a call that a training makes. All hostile arrays must be refused. Some
of the numbers fit the arrays, such as another stride. A test runs this module in a process of its own, which a wrong
access to memory would end.
"""

import json

import numpy as np

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam
from tinynet.numerics import arrays
from tinynet.numerics.kernel import Kernel

LINES = tn.pictures.lines()
NUMBERS = (-(2**63), -(2**40), -1, 0, 1, 2, 3, 7, 63, 65, 1000, 2**31, 2**40, 2**62, 2**63 - 1, 2**64 + 1)


def usual_calls():
    """Return a call of each compiled function, as (function, arrays, numbers)."""
    found, call = {}, Kernel.__call__

    def recorded(kernel, given, *numbers):
        found.setdefault(id(kernel), (kernel, [array.copy() for array in given], numbers))
        return call(kernel, given, *numbers)

    Kernel.__call__ = recorded
    try:
        for recipe in (
            tn.Recipe(epochs=3),
            tn.Recipe(epochs=3, batch_size=3, momentum=0.9, order="shuffled"),
            tn.Recipe(epochs=3, optimizer="adam", augment=True, noise=0.1),
        ):
            for sizes in ((4, 3, 2), (4, 40, 22, 2)):
                tn.train(tn.Network.initial(sizes), LINES, recipe)
                tn.train(
                    tn.Network.initial(sizes), LINES, recipe, sample_weights=np.array([1.0, 2.0, 0.5, 0.5])
                )
                tn.population(recipe, 70, architecture=tn.Architecture(sizes)).take_exam(Exam(count=100))
        tn.population(tn.Recipe(epochs=2), 70, examples=tn.World()).take_exam(Exam(count=100))
        for function in (arrays.exp, arrays.log, arrays.tanh, arrays.sigmoid, arrays.cos_pi):
            function(np.linspace(0, 1, 5))
    finally:
        Kernel.__call__ = call
    return list(found.values())


def hostile(array):
    """Yield arrays that a function must not receive in place of an array."""
    flat = array.ravel()
    yield from (
        None,
        3,
        "text",
        b"bytes",
        array.tolist(),
        [array],
        memoryview(array),
        np.ma.masked_array(array),
    )
    with np.errstate(all="ignore"):
        for dtype in (
            "f2",
            "f4",
            "f8",
            "i1",
            "i4",
            "i8",
            "u4",
            "u8",
            "c16",
            "?",
            "O",
            "S4",
            ">f8",
            ">f4",
            ">i8",
            "M8[s]",
        ):
            if np.dtype(dtype) != array.dtype:
                yield np.zeros(array.shape, dtype)
    for shape in (
        (),
        (0,),
        (1,),
        (2**20,),
        (*array.shape, 1),
        (1, *array.shape),
        array.shape[::-1],
        (array.size,),
    ):
        if shape != array.shape:
            yield np.zeros(shape, array.dtype)
    for axis, length in enumerate(array.shape):
        for other in (0, length - 1, length + 1, 2 * length):
            if 0 <= other != length:
                yield np.zeros((*array.shape[:axis], other, *array.shape[axis + 1 :]), array.dtype)
    if flat.size > 1:
        yield np.broadcast_to(flat[0], array.shape)
        yield np.repeat(flat, 2)[::2].reshape(array.shape, copy=False) if array.ndim == 1 else array[::-1]
        if array.ndim > 1 and min(array.shape) > 1:
            yield np.asfortranarray(array)
        room = np.zeros(array.nbytes + 1, np.uint8)
        yield room[1:].view(array.dtype).reshape(array.shape)  # not aligned


def worst_values(array, kind):
    """Yield arrays of the right kind with values that a function must not receive."""
    values = (
        (np.nan, np.inf, -np.inf)
        if kind.finite
        else (-1, -(2**31), 2**31 - 1)
        if kind.below is not None
        else ()
    )
    for value in values if array.size else ():
        for place in (0, array.size // 2, array.size - 1):
            worst = array.copy()
            worst.reshape(-1)[place] = value
            yield worst


def fits(other, array):
    """Return whether an array is of the same kind as another."""
    usual = type(other) is np.ndarray and (other.dtype, other.shape) == (array.dtype, array.shape)
    return usual and other.flags.c_contiguous and other.flags.aligned


def refused(kernel, given, numbers):
    try:
        kernel(given, *numbers)
    except TinyNetError:
        return True
    return False


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


def attack(kernel, given, numbers):
    """Return how many hostile arrays were tried, and the refused ones; then the same of hostile numbers."""
    of_arrays = []
    for k, (array, kind) in enumerate(zip(given, kernel.arrays.values(), strict=True)):
        others = [other for other in hostile(array) if not fits(other, array)]
        for other in (*others, *worst_values(array, kind), *((read_only(array),) if kind.written else ())):
            of_arrays.append(refused(kernel, [*given[:k], other, *given[k + 1 :]], numbers))
    of_numbers = [
        refused(kernel, [array.copy() for array in given], (*numbers[:k], other, *numbers[k + 1 :]))
        for k, usual in enumerate(numbers)
        for other in NUMBERS
        if other != usual
    ]
    return {"arrays": [len(of_arrays), sum(of_arrays)], "numbers": [len(of_numbers), sum(of_numbers)]}


if __name__ == "__main__":
    for kernel, given, numbers in usual_calls():
        assert not refused(kernel, given, numbers)
        print(json.dumps({"name": kernel.name, **attack(kernel, given, numbers)}), flush=True)
