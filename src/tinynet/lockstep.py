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
from tinynet.kernel import LANES, ONE_LANE, Block, Trace, train
from tinynet.kernel import plan as plan_of
from tinynet.network import Architecture
from tinynet.pictures import Examples
from tinynet.recipe import Recipe
from tinynet.sheet import Sheet, parts

L = len(LANES)
MOST_CELLS = 1500  # of the sheet; more than that compiles slowly, and the general kernel does it
NODE = re.compile(r"(?:picture\d+\.)?layer\d+\.a\[\d+\]")
GIVEN = re.compile(r"(?:picture(\d+)\.)?(pixel|target)\[(\d+)\]")

# sigmoid(x) = 1/2 + x P(x^2) / Q(x^2) for |x| <= 17, from benchmarks/fit_sigmoid.py: error below 3e-7; NaN stays.
# tanh and exp come from it: tanh x = 2 sigmoid(2x) - 1 without the cancellation; e^x = sigmoid(x) / (1 - sigmoid(x))
# for x <= 0, the only exponents of a softmax, with an error below 2e-6.
LANES_HEAD = """\
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

# One network in float64: every operation in the order of the sheet's formulas, and none joined into another, so
# that a recording is the sheet's to the last bit.
RECORD_HEAD = """\
import math
from numba import njit

def jit(function):
    return njit(error_model="numpy")(function)

@jit
def exp(x):
    return math.inf if x > 709.782712893384 else math.exp(x)

@jit
def sigmoid(x):
    return 1.0 / (1.0 + exp(-x))

@jit
def tanh(x):
    return math.tanh(x)

@jit
def log(x):
    return math.log(x) if x > 0.0 else -math.inf if x == 0.0 else math.nan

@jit
def sqrt(x):
    return math.sqrt(x)

@jit
def step(x):
    return 1.0 if x > 0.0 else 0.0

@jit
def larger(x, y):
    return y if y > x or y != y else x

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
def reorder(order, shuffled, seed, epoch):
    for i in range(len(order)):
        order[i] = i
    if shuffled:
        for i in range(len(order) - 1, 0, -1):
            k = place_of(int(seed), epoch, i)
            held = order[i]
            order[i] = order[k]
            order[k] = held

@jit
def copy(source, target, count):
    for i in range(count):
        target[i] = source[i]

@jit
def finite(p, loss):
    total = loss - loss
    for i in range(len(p)):
        total += p[i] - p[i]
    return total == 0.0

@jit
def distance(p, q, count):
    total = 0.0
    for i in range(count):
        total += (p[i] - q[i]) ** 2
    return math.sqrt(total)

"""
RECORD_LOOP = """\
@njit(cache=True, nogil=True, error_model='numpy')
def record(p, s, order, seed, inputs, targets, settings, span, trace):
    (stride, parameters, state, gradients, activations, losses, pictures,
     epoch_loss, epoch_movement, epoch_start, before) = trace
    count = len(inputs)
    per_epoch = (count + BATCH - 1) // BATCH
    slopes, outputs = np.zeros(len(p)), np.zeros(BATCH * NODES)
    for number in range(span[0], span[1]):
        epoch, first = number // per_epoch, number % per_epoch * BATCH
        shown, row = min(BATCH, count - first), number // stride
        kept = number % stride == 0
        if first == 0 or number == span[0]:
            reorder(order, SHUFFLED, seed, epoch)
        copy(p, before, len(p))
        for i in range(len(s)):
            before[len(p) + i] = s[i]
        if first == 0:
            copy(p, epoch_start, len(p))
        if kept:
            copy(p, parameters[row], len(p))
            copy(s, state[row], len(s))
        loss = NUDGE
        if kept:
            copy(slopes, gradients[row], len(p))
            for k in range(shown):
                pictures[row, k] = order[first + k]
                for i in range(NODES):
                    activations[row, k, i] = outputs[k * NODES + i]
        if not finite(p, loss):
            copy(before, p, len(p))
            for i in range(len(s)):
                s[i] = before[len(p) + i]
            return number
        if kept:
            losses[row] = loss / shown
        epoch_loss[epoch] += loss / count
        if first + shown == count:
            epoch_movement[epoch] = distance(p, epoch_start, FIRST)
    return span[1]
"""
CALLS = {"log": "log", "sigmoid": "sigmoid", "tanh": "tanh", "exp": "exp", "sqrt": "sqrt", "step": "step"}

Train = Callable[..., None]
Recorder = Callable[[Block, Trace, tuple[int, int]], int]


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
    return LANES_HEAD + "\n".join(lines) + "\n"


def _batches(recipe: Recipe, examples: int) -> list[int]:
    """Return the sizes of a training's batches: the usual, and a shorter last one."""
    usual = min(recipe.batch_size, examples)
    rest = examples % usual
    return [usual, rest] if rest else [usual]


class _Writer:
    """Writes the lines of one nudge: what the parameters after it need, each cell just before its first use."""

    exact = False  # whether every operation is kept as the sheet has it

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
        if operation == "/" and isinstance(formula[2], float) and not self.exact:
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


class _ExactWriter(_Writer):
    """Writes a function for one nudge of one network: every cell of the sheet, in its order."""

    exact = True

    def function(self, name: str) -> list[str]:
        """Return the lines of `name(p, s, slopes, outputs, inputs, targets, order, first, settings)`; it returns the loss
        of all pictures added up."""
        for cell in self.sheet.cells:
            self.emit(cell)
        nodes = [cell for cell in self.sheet.cells if NODE.fullmatch(cell)]
        lines = [f"@jit\ndef {name}(p, s, slopes, outputs, inputs, targets, order, first, settings):"]
        lines += [f"    g{k} = settings[{k}]" for k in self.settings.values()]
        lines += [f"    {line}" for line in self.inside]
        lines += [f"    outputs[{k}] = {self.name(cell)}" for k, cell in enumerate(nodes)]
        lines += [f"    slopes[{k}] = {self.name(f'{cell}.gradient')}" for cell, k in self.parameters.items()]
        lines += [f"    p[{k}] = {self.name(f'{cell}.after')}" for cell, k in self.parameters.items()]
        lines += [f"    s[{k}] = {self.name(f'{cell}.after')}" for cell, k in self.state.items()]
        loss = self.sheet.cells["loss"].formula  # of a batch: the mean
        whole = self.write(loss[1]) if isinstance(loss, tuple) and self.sheet.batch > 1 else self.name("loss")
        return [*lines, f"    return {whole}", ""]

    def load(self, name: str) -> None:
        """Write where a given cell comes from."""
        if name in self.parameters:
            source = f"p[{self.parameters[name]}]"
        elif name in self.state:
            source = f"s[{self.state[name]}]"
        else:
            match = GIVEN.fullmatch(name)
            assert match is not None, name
            kind = {"pixel": "inputs", "target": "targets"}[match[2]]
            source = f"{kind}[order[first + {int(match[1] or 0)}], {match[3]}]"
        self.inside.append(f"{self.name(name)} = {source}")

    def constant(self, value: float) -> str:
        """Return a constant with every digit."""
        return repr(float(value))


def record_source(architecture: Architecture, recipe: Recipe, examples: int) -> str:
    """Return the source of the kernel that records one network."""
    batches = _batches(recipe, examples)
    lines: list[str] = []
    for k, batch in enumerate(batches):
        lines += _ExactWriter(architecture, recipe, batch, False).function(f"nudge{k}")
    arguments = "(p, s, slopes, outputs, inputs, targets, order, first, settings)"
    nudge = f"nudge0{arguments}"
    if len(batches) > 1:
        nudge += f" if shown == {batches[0]} else nudge1{arguments}"
    sizes = architecture.sizes
    named = {
        "NUDGE": nudge, "BATCH": str(batches[0]), "NODES": str(sum(sizes[1:])), "FIRST": str(sizes[0] * sizes[1]),
        "SHUFFLED": str(recipe.order == "shuffled"),
    }  # fmt: skip
    loop = re.sub("|".join(named), lambda match: named[match[0]], RECORD_LOOP)
    return (
        RECORD_HEAD.replace("import math\n", "import math\nimport numpy as np\n", 1)
        + "\n".join(lines)
        + "\n"
        + loop
    )


def recorder(architecture: Architecture, recipe: Recipe, examples: Examples) -> Recorder:
    """Return the kernel that records a network: `record(block, trace, (first, last))` gives how many steps are done.

    It is printed for a small network, and the general one for a large.
    """
    assert examples.targets is not None
    shown = (examples.inputs, examples.targets)
    if not fits(architecture, recipe, len(examples)):
        plan = plan_of(architecture, recipe, np.float64)
        return lambda block, trace, span: train(plan, ONE_LANE, block, shown, trace, span)
    own, numbers = (
        _recorder(architecture, recipe, len(examples)),
        np.array(list(formulas.settings(recipe).values())),
    )

    def record(block: Block, trace: Trace, span: tuple[int, int]) -> int:
        return own(
            block.parameters, block.state, block.order, block.seeds[0], *shown, numbers, span, tuple(trace)
        )

    return record


@lru_cache(maxsize=32)
def _recorder(architecture: Architecture, recipe: Recipe, examples: int) -> Any:
    return _module(record_source(architecture, recipe, examples)).record


def folder() -> Path:
    """Return where printed kernels are kept: under TINYNET_CACHE, or the user's cache folder."""
    home = os.environ.get("TINYNET_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(home or Path.home() / ".cache") / "tinynet"


def _module(text: str) -> Any:
    """Import the source from a file, so that Numba can keep the compiled code beside it; without a file, afresh."""
    name = f"kernel_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    if name in sys.modules:
        return sys.modules[name]
    try:
        path = folder() / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            files.write(path, text.encode())
    except (OSError, RuntimeError, TinyNetError):  # no home, no room, no right to write
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
    sys.modules[name] = module
    return module


def settings(recipe: Recipe) -> np.ndarray:
    """Return the recipe's numbers in the kernel's order."""
    return np.array(list(formulas.settings(recipe).values()), np.float32)
