"""The population's kernel, printed from the sheet: one straight line of arithmetic, for 64 networks at a time.

For a small network the general kernel spends its time on finding numbers. Here each cell of the sheet becomes a
line of Python, `c17 = c4 * c12 + ...`, inside one loop over the lanes, which LLVM turns into vector instructions.
The source is kept in the user's cache folder, so that Numba can keep the compiled code beside it.

Number `i` of network `l` of a block stands at `block * P * 64 + i * 64 + l`.
"""

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tinynet import files, formulas
from tinynet.errors import TinyNetError
from tinynet.formulas import Formula
from tinynet.kernel import LANES
from tinynet.network import Architecture
from tinynet.recipe import Recipe
from tinynet.sheet import Sheet, parts

L = len(LANES)
MOST_CELLS = 1500  # of the sheet; more than that compiles slowly, and the general kernel does it
GIVEN = re.compile(r"(?:picture(\d+)\.)?(pixel|target)\[(\d+)\]")

# sigmoid(x) = 1/2 + x P(x^2) / Q(x^2) for |x| <= 17, from benchmarks/fit_sigmoid.py: error below 3e-7; NaN stays.
# tanh and exp come from it: tanh x = 2 sigmoid(2x) - 1 without the cancellation; e^x = sigmoid(x) / (1 - sigmoid(x))
# for x <= 0, the only exponents of a softmax, with an error below 2e-6.
HEAD = """\
import math
from numba import njit
from numpy import float32 as f32

def jit(function):
    return njit(error_model="numpy", fastmath={"contract", "reassoc"})(function)

@jit
def ratio(x):
    y = x * x
    top = ((f32(4.217138283024724e-08) * y + f32(4.5155349653214216e-05)) * y + f32(0.00804221723228693)) * y + f32(0.2499997317790985)
    bottom = (((f32(8.837103826486725e-10) * y + f32(3.5968730571767082e-06)) * y + f32(0.001472636591643095)) * y + f32(0.115501269698143)) * y + f32(1.0)
    return x * (top / bottom)

@jit
def clamp(x):
    return min(max(x, f32(-17.0)), f32(17.0))

@jit
def sigmoid(x):
    return f32(0.5) + ratio(clamp(x)) if x == x else x

@jit
def tanh(x):
    return f32(2.0) * ratio(clamp(f32(2.0) * x)) if x == x else x

@jit
def exp(x):
    half = ratio(clamp(x))
    return (f32(0.5) + half) / (f32(0.5) - half) if x == x else x

@jit
def larger(x, y):
    return y if not y <= x else x

@jit
def step(x):
    return f32(1.0) if x > f32(0.0) else f32(0.0)

@jit
def sqrt(x):
    return f32(math.sqrt(x))

@jit
def place_of(seed, epoch, i):
    x = 0
    for word in (seed, epoch, i):
        x = (x + word + 0x9E3779B9) & 0xFFFFFFFF
        x ^= x >> 16
        x = (x * 0x7FEB352D) & 0xFFFFFFFF
        x ^= x >> 15
        x = (x * 0x846CA68B) & 0xFFFFFFFF
        x ^= x >> 16
    return (x * (i + 1)) >> 32

@jit
def shuffle(order, seeds, first, epoch, count):
    for i in range(count):
        for l in range(LANES):
            order[i * LANES + l] = i
    for i in range(count - 1, 0, -1):
        for l in range(LANES):
            k = place_of(int(seeds[first + l]), epoch, i)
            held = order[i * LANES + l]
            order[i * LANES + l] = order[k * LANES + l]
            order[k * LANES + l] = held

"""
CALLS = {"sigmoid": "sigmoid", "tanh": "tanh", "exp": "exp", "sqrt": "sqrt", "step": "step"}

Train = Callable[..., None]


def fits(architecture: Architecture, recipe: Recipe, examples: int) -> bool:
    """Whether a network is small enough for a kernel of its own."""
    batch = min(recipe.batch_size, examples)
    cells = 8 * architecture.parameter_count * batch  # about, without building the sheet
    return cells <= 4 * MOST_CELLS and all(
        len(Sheet.of(architecture, recipe, b).cells) <= MOST_CELLS for b in _batches(recipe, examples)
    )


@lru_cache(maxsize=32)
def compiled(architecture: Architecture, recipe: Recipe, examples: int) -> Train:
    """Return the kernel of a recipe: `train(p, s, seeds, blocks, inputs, targets, settings, order, epochs)`.

    p (blocks * P * 64,) and s (blocks * S * 64,) float32 are trained in place; seeds (blocks * 64,); inputs and
    targets (pictures, width) float32; settings as of `formulas.settings`, float32; order (pictures * 64,) int64 is
    scratch; epochs (first, last).
    """
    text = source(architecture, recipe, examples)
    module = _module(text)
    return module.train


def source(architecture: Architecture, recipe: Recipe, examples: int) -> str:
    """Return the kernel's source.

    >>> print(source(Architecture(), Recipe(), 4).splitlines()[-1].strip())
    p[o + 1408 + l] = c123
    """
    batches = _batches(recipe, examples)
    shuffled = recipe.order == "shuffled"
    lines = [
        f"LANES = {L}",
        "",
        "@njit(cache=True, nogil=True, error_model='numpy', fastmath={'contract', 'reassoc'})",
    ]
    lines.append("def train(p, s, seeds, blocks, inputs, targets, settings, order, epochs):")
    writers = [_Writer(architecture, recipe, batch, shuffled) for batch in batches]
    constants: dict[float, str] = {}
    bodies = [writer.body(constants) for writer in writers]
    lines += [f"    {name} = f32({value!r})" for value, name in constants.items()]
    lines += [f"    g{k} = settings[{k}]" for k in range(len(formulas.settings(recipe)))]
    whole, rest = examples // batches[0] * batches[0], examples % batches[0]
    state = len(formulas.state_names(architecture, recipe))
    lines += [
        "    for block in range(blocks):",
        f"        o, q = block * {architecture.parameter_count * L}, block * {state * L}",
        "        for epoch in range(epochs[0], epochs[1]):",
    ]
    if shuffled:
        lines.append(f"            shuffle(order, seeds, block * LANES, epoch, {examples})")
    lines.append(f"            for k in range(0, {whole}, {batches[0]}):")
    lines += bodies[0]
    if rest:
        lines.append(f"            for k in range({whole}, {examples}, {batches[-1]}):")
        lines += bodies[-1]
    return HEAD + "\n".join(lines) + "\n"


def _batches(recipe: Recipe, examples: int) -> list[int]:
    """Return the sizes of a training's batches: the usual, and a shorter last one."""
    usual = min(recipe.batch_size, examples)
    rest = examples % usual
    return [usual, rest] if rest else [usual]


class _Writer:
    """Writes the lines of one nudge: what the parameters after it need, each cell just before its first use."""

    def __init__(self, architecture: Architecture, recipe: Recipe, batch: int, shuffled: bool) -> None:
        self.sheet = Sheet.of(architecture, recipe, batch)
        self.shuffled = shuffled
        self.numbers = {name: k for k, name in enumerate(self.sheet.cells)}
        self.parameters = {name: k for k, name in enumerate(architecture.parameter_names)}
        self.state = {name: k for k, name in enumerate(formulas.state_names(architecture, recipe))}
        self.settings = {name: k for k, name in enumerate(formulas.settings(recipe))}
        self.written: set[str] = set()
        self.outside: list[str] = []  # pixels and targets that all lanes share
        self.inside: list[str] = []

    def body(self, constants: dict[float, str]) -> list[str]:
        """Return the lines inside the loop over the epoch's batches."""
        self.constants = constants
        for names, array in ((self.parameters, "p[o"), (self.state, "s[q")):
            for name, k in names.items():
                self.emit(f"{name}.after")
                self.inside.append(f"{array} + {k * L} + l] = {self.name(f'{name}.after')}")
        indent = " " * 16
        return (
            [indent + line for line in self.outside]
            + [f"{indent}for l in range(LANES):"]
            + [f"{indent}    {line}" for line in self.inside]
        )

    def emit(self, name: str) -> None:
        """Write the line of a cell, after those of the cells it uses."""
        if name in self.written or name in self.settings:
            return
        self.written.add(name)
        formula = self.sheet.cells[name].formula
        if formula is None:
            self.load(name)
            return
        for part in parts(formula):
            self.emit(part)
        self.inside.append(f"{self.name(name)} = {self.write(formula)}")

    def load(self, name: str) -> None:
        """Write where a given cell comes from."""
        if name in self.parameters:
            self.inside.append(f"{self.name(name)} = p[o + {self.parameters[name] * L} + l]")
        elif name in self.state:
            self.inside.append(f"{self.name(name)} = s[q + {self.state[name] * L} + l]")
        else:
            match = GIVEN.fullmatch(name)
            assert match is not None, name
            picture, kind, index = int(match[1] or 0), f"{match[2].replace('pixel', 'input')}s", match[3]
            row = f"order[(k + {picture}) * LANES + l]" if self.shuffled else f"k + {picture}"
            (self.inside if self.shuffled else self.outside).append(
                f"{self.name(name)} = {kind}[{row}, {index}]"
            )

    def name(self, cell: str) -> str:
        """Return the variable of a cell."""
        return f"g{self.settings[cell]}" if cell in self.settings else f"c{self.numbers[cell]}"

    def constant(self, value: float) -> str:
        """Return the variable of a constant."""
        return self.constants.setdefault(float(value), f"k{len(self.constants)}")

    def write(self, formula: Formula) -> str:
        """Return a formula as an expression."""
        if isinstance(formula, str):
            return self.name(formula)
        if not isinstance(formula, tuple):
            return self.constant(formula)
        operation, written = formula[0], [self.write(part) for part in formula[1:]]
        if operation == "/" and isinstance(formula[2], float):
            return f"({written[0]} * {self.constant(1 / formula[2])})"
        if operation in ("+", "-", "*", "/"):
            return f"({f' {operation} '.join(written)})"
        if operation == "neg":
            return f"(-{written[0]})"
        if operation == "max":
            result = written[0]
            for part in written[1:]:
                result = f"larger({result}, {part})"
            return result
        return f"{CALLS[operation]}({written[0]})"


def folder() -> Path:
    """Return where printed kernels are kept: under TINYNET_CACHE, or the user's cache folder."""
    home = os.environ.get("TINYNET_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(home or Path.home() / ".cache") / "tinynet"


def _module(text: str) -> Any:
    """Import the source from a file, so that Numba can keep the compiled code beside it; without a file, afresh."""
    name = f"kernel_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    path = folder() / f"{name}.py"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            files.write(path, text.encode())
    except (OSError, TinyNetError):
        return _without_file(name, text)
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except RuntimeError:  # Numba finds no folder that it may write to
        return _without_file(name, text)
    sys.modules[name] = module
    return module


def _without_file(name: str, text: str) -> Any:
    from types import ModuleType

    module = ModuleType(name)
    exec(compile(text.replace("cache=True, ", ""), name, "exec"), module.__dict__)
    return module


def settings(recipe: Recipe) -> np.ndarray:
    """Return the recipe's numbers in the kernel's order."""
    return np.array(list(formulas.settings(recipe).values()), np.float32)
