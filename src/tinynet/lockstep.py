"""The kernels of small networks: printed from the sheet, compiled, and kept in the user's cache folder.

For a small network the general kernel spends its time on finding numbers. Here each cell of the sheet is a line of
source, `c17 = c4 * c12 + ...`: of one network that is recorded, or, inside a loop over 64 networks, lines that LLVM
turns into vector instructions. Source and compiled code are kept in files, so that it is done once.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tinynet import files, formulas
from tinynet.errors import TinyNetError
from tinynet.kernel import ONE_LANE, Block, Trace, train
from tinynet.kernel import plan as plan_of
from tinynet.network import Architecture
from tinynet.pictures import Examples
from tinynet.printing import batches, lanes_source, record_source
from tinynet.recipe import Recipe
from tinynet.sheet import Sheet

# Cells of the sheet, for all sizes of batches; a cell takes about 10 ms to compile, and more are left to the general kernel
MOST_IN_LANES, MOST_RECORDED = 900, 400

Train = Callable[..., None]
Recorder = Callable[[Block, Trace, tuple[int, int]], int]


def fits(architecture: Architecture, recipe: Recipe, examples: int, most: int = MOST_IN_LANES) -> bool:
    """Whether a network is small enough for a kernel of its own."""
    parameters = architecture.parameter_count * sum(batches(recipe, examples))
    return parameters <= most and cells(architecture, recipe, examples) <= most


@lru_cache(maxsize=256)
def cells(architecture: Architecture, recipe: Recipe, examples: int) -> int:
    """Return how many cells the sheets of a training's batches have."""
    return sum(len(Sheet.of(architecture, recipe, batch).cells) for batch in batches(recipe, examples))


@lru_cache(maxsize=32)
def compiled(architecture: Architecture, recipe: Recipe, examples: int) -> Train:
    """Return the kernel of a recipe: `train(p, s, seeds, blocks, inputs, targets, settings, order, epochs)`.

    p (blocks * P * 64,) and s (blocks * S * 64,) float32 are trained in place; seeds (blocks * 64,); inputs and
    targets (pictures, width) float32; settings as of `formulas.settings`, float32; order (pictures * 64,) int64 is
    scratch; epochs (first, last).
    """
    text = lanes_source(architecture, recipe, examples)
    module = _module(text)
    return module.train


def recorder(architecture: Architecture, recipe: Recipe, examples: Examples) -> Recorder:
    """Return the kernel that records a network: `record(block, trace, (first, last))` gives how many steps are done.

    It is printed for a small network, and the general one for a large.
    """
    assert examples.targets is not None
    shown = (examples.inputs, examples.targets)
    if not fits(architecture, recipe, len(examples), MOST_RECORDED):
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
