"""Kernels read and write only their own arrays: each array lies beside a page that no program may touch."""

import subprocess
import sys

import numpy as np
import pytest

import guard_pages
import tinynet as tn
from tinynet.evaluation.exam import Exam
from tinynet.numerics import arrays

LINES = tn.pictures.lines()
FIVE = tn.Examples(np.linspace(0, 1, 20).reshape(5, 4), np.eye(2)[[0, 1, 0, 1, 0]], tuple("abcde"), (2, 2))
RECIPES = {
    "plain": tn.Recipe(epochs=3),
    "a short last batch": tn.Recipe(epochs=3, batch_size=3, momentum=0.9, order="shuffled"),
    "adam": tn.Recipe(epochs=3, optimizer="adam", weight_decay=0.01),
    "augmented and noisy": tn.Recipe(epochs=3, augment=True, noise=0.1, order="shuffled"),
}
SIZES = [(4, 3, 2), (4, 40, 22, 2)]  # straight-line code, and loops


def results(sizes, recipe, source):
    """Return the numbers of every kernel: scalar, SIMD, initial parameters, outputs, elementary functions."""
    run = tn.train(tn.Network.initial(sizes, seed=3), source, recipe, kept=7)
    population = tn.population(recipe, 70, examples=source, architecture=tn.Architecture(sizes))
    exam = population.take_exam(Exam(count=100))
    moments = [run[step].loss for step in (1, run.steps - 1)]
    return [*run._arrays().values(), population.parameters, population.losses, exam.margin, np.array(moments)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows protects pages by another function")
@pytest.mark.parametrize("side", guard_pages.SIDES)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", [*RECIPES, "world"])
def test_kernels_stay_inside_their_arrays(name, sizes, side):
    source = tn.World(labels="coin") if name == "world" else FIVE
    recipe = RECIPES.get(name, tn.Recipe(epochs=2))
    expected = results(sizes, recipe, source)
    before = guard_pages.calls.copy()
    with guard_pages.guarded(side):
        found = results(sizes, recipe, source)
    assert all(
        guard_pages.calls[each] > before.get(each, 0)
        for each in ("record", "train", "draw", "forward", "sums")
    )
    for a, b in zip(expected, found, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("side", guard_pages.SIDES)
@pytest.mark.parametrize("count", [0, 1, 3, 64, 1023])
def test_elementary_functions_stay_inside_their_arrays(side, count):
    x = np.linspace(0, 1, count)
    expected = [f(x) for f in (arrays.exp, arrays.log, arrays.tanh, arrays.sigmoid, arrays.cos_pi)]
    sums = arrays.weighted_sums(np.ones((2, 3, count)), np.ones((2, 5, count)))
    with guard_pages.guarded(side):
        found = [f(x) for f in (arrays.exp, arrays.log, arrays.tanh, arrays.sigmoid, arrays.cos_pi)]
        again = arrays.weighted_sums(np.ones((2, 3, count)), np.ones((2, 5, count)))
    assert [a.tobytes() for a in (*expected, sums)] == [a.tobytes() for a in (*found, again)]


OVERRUN = """
import sys; sys.path.insert(0, {folder!r})
import numpy as np
import guard_pages
from tinynet.numerics.kernel import Array, Kernel, arguments
from tinynet.numerics.llvm import DOUBLE, Function

arrays = {{"x": Array(float, written={written}), "out": Array(float, written=True)}}
f = Function("overrun", arguments(arrays, ("n",)))
place = f.gep(DOUBLE, "%x", {place})
f.store(DOUBLE, f.emit(f"fadd double {{f.load(DOUBLE, place)}}, 1.0"), {target})
kernel = Kernel(f, arrays, lambda n: ((n,), (1,)))
with guard_pages.guarded({side!r}):
    kernel((np.zeros(3), np.zeros(1)), 3)
print("not noticed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows protects pages by another function")
@pytest.mark.parametrize(
    ("side", "place", "target", "written", "noticed"),
    [
        ("after", 2, "'%out'", True, False),
        ("after", 3, "'%out'", True, True),  # a read beyond the end
        ("before", -1, "'%out'", True, True),  # a read before the begin
        ("after", 2, "place", True, False),
        ("after", 2, "place", False, True),  # a write to an array that is only read
    ],
)
def test_an_access_outside_an_array_ends_the_process(side, place, target, written, noticed):
    folder = str(guard_pages.__file__).rpartition("/")[0]
    text = OVERRUN.format(folder=folder, side=side, place=place, target=target, written=written)
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == ((-11, "") if noticed else (0, "not noticed\n")), ended.stderr
