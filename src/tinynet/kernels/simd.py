"""The kernel of many networks: a training of many side by side, the sheet compiled for this machine, in float32.

A block is as many networks as there are lanes (`assembly.lane_count`): 64, 32 or 16. Number `i` of network `l` of a
block is at `block * count * lanes + i * lanes + l`.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.world import World
from tinynet.kernels.emit import Number, SimdF32
from tinynet.kernels.looped import Looped, workspace_size
from tinynet.kernels.simd_batches import SimdBatches, SimdWorldBatches
from tinynet.kernels.unrolled import Unrolled, batches
from tinynet.numerics.llvm import (
    FLOAT,
    I64,
    POINTER,
    WHOLE,
    Function,
    Pointer,
    address,
    aligned,
    compiled,
    lane_count,
)
from tinynet.recipe import Recipe

# Beyond so many parameters, or parameters times pictures of a batch, loops are quicker: a straight line no longer fits
# the processor's registers and its instruction cache.
MAX_STRAIGHT, MAX_UNROLLED = 64, 256
POINTERS = ("p", "s", "seeds", "inputs", "targets", "flat", "views", "rates", "settings", "work")


@lru_cache(maxsize=64)
def lockstep(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None = None
) -> Callable[..., None]:
    """Compile the training of a kernel_key. Rates and other numbers, seeds and epochs are arguments."""
    train = _training(architecture, recipe, examples, world)
    return compiled(train, SimdF32(train).declarations, straight=_is_small(architecture, recipe, examples))


def _is_small(architecture: Architecture, recipe: Recipe, examples: int) -> bool:
    """Whether a nudge is written in a straight line."""
    count = architecture.parameter_count
    return count <= MAX_STRAIGHT and count * sum(batches(recipe, examples)) <= MAX_UNROLLED


def _training(architecture: Architecture, recipe: Recipe, examples: int, world: World | None) -> Function:
    """Write `train`: p, s float32 in place; of `blocks` blocks the epochs `first` to `last`.

    seeds uint32; inputs, targets, flat, rates (one a nudge, of these epochs) and settings float32; views int32.
    """
    pointers = dict.fromkeys(POINTERS, POINTER)
    f = Function("train", {**pointers, "blocks": WHOLE, "first": WHOLE, "last": WHOLE})
    lanes, sizes = SimdF32(f), batches(recipe, examples)
    settings = {
        name: _setting(lanes, k) for k, name in enumerate(optimizers.settings(recipe) | {"noise": 0.0})
    }
    small = _is_small(architecture, recipe, examples)
    arguments = (lanes, architecture, recipe, settings)
    nudger = Unrolled(*arguments) if small else Looped(*arguments, Pointer("%work"))
    memory, per_epoch = optimizers.memory_size(architecture, recipe), -(-examples // sizes[0])
    order = f.gep(lanes.int_type, Pointer("%work"), workspace_size(architecture))
    with f.loop(0, I64("%blocks")) as block:
        p = f.gep(lanes.float_type, Pointer("%p"), f.int_op("mul", block, architecture.parameter_count))
        s = f.gep(lanes.float_type, Pointer("%s"), f.int_op("mul", block, memory))
        seeds = f.load(lanes.int_type, f.gep(lanes.int_type, Pointer("%seeds"), block), align=4)
        shown = SimdBatches(lanes, architecture, recipe, examples, seeds, settings["noise"], order)
        if world is not None:
            shown = SimdWorldBatches(lanes, architecture, world, examples, seeds)
        nudger.begin(p, s)
        with f.loop(I64("%first"), I64("%last")) as epoch:
            shown.begin(epoch)
            rates = f.gep(
                FLOAT, Pointer("%rates"), f.int_op("mul", f.int_op("sub", epoch, I64("%first")), per_epoch)
            )
            with f.loop(0, examples // sizes[0]) as number:
                settings["rate"] = lanes.splat(f.load(FLOAT, f.gep(FLOAT, rates, number)))
                nudger.step(sizes[0], *shown.pictures(f.int_op("mul", number, sizes[0])))
            if len(sizes) > 1:
                settings["rate"] = lanes.splat(f.load(FLOAT, f.gep(FLOAT, rates, per_epoch - 1)))
                nudger.step(sizes[1], *shown.pictures(I64(str(examples - sizes[1]))))
    return f


def _setting(lanes: SimdF32, k: int) -> Number:
    return lanes.splat(lanes.f.load(FLOAT, lanes.f.gep(FLOAT, Pointer("%settings"), k)))


def _answering(architecture: Architecture) -> Function:
    """Write `answer`: out[block, picture, output, lane] of each block's networks, by the pictures in `inputs`."""
    pointers = dict.fromkeys(("p", "inputs", "out", "work"), POINTER)
    f = Function("answer", {**pointers, "blocks": WHOLE, "pictures": WHOLE})
    lanes, sizes = SimdF32(f), architecture.sizes
    forward = Looped(lanes, architecture, Recipe(), {}, Pointer("%work"))
    with f.loop(0, I64("%blocks")) as block:
        forward.begin(
            f.gep(lanes.float_type, Pointer("%p"), f.int_op("mul", block, architecture.parameter_count)),
            Pointer(""),
        )
        with f.loop(0, I64("%pictures")) as picture:
            row = f.gep(FLOAT, Pointer("%inputs"), f.int_op("mul", picture, sizes[0]))
            forward.store_inputs(lambda i: lanes.splat(f.load(FLOAT, f.gep(FLOAT, row, i))))
            for n in range(1, len(sizes)):
                forward.forward(n)
            shown = f.int_op("add", f.int_op("mul", block, I64("%pictures")), picture)
            out = f.gep(lanes.float_type, Pointer("%out"), f.int_op("mul", shown, sizes[-1]))
            for j, value in enumerate(forward.outputs()):
                f.store(lanes.float_type, value, f.gep(lanes.float_type, out, j), align=4)
    return f


def workspace(architecture: Architecture, shuffled: int = 0) -> np.ndarray:
    """Return working memory for a kernel, and behind it room for the order of `shuffled` pictures."""
    return np.asarray(aligned(((workspace_size(architecture) + shuffled) * lane_count(),), np.float32))


@lru_cache(maxsize=64)
def _answer(architecture: Architecture) -> Callable[..., None]:
    function = _answering(architecture)
    return compiled(function, SimdF32(function).declarations)


def answer(architecture: Architecture, blocks: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return what networks answer to pictures, by the kernel's approximations: each within 1e-6 or so.

    Answers of a sigmoid or softmax stay in [0, 1], which the approximation leaves by 1e-7: their logarithms are numbers.
    blocks (blocks, P, lanes) float32 and inputs (m, pixels). -> (blocks * lanes, m, outputs) float32

    Raises TinyNetError for inputs of another shape.
    """
    shown, outputs = np.ascontiguousarray(inputs, np.float32), architecture.sizes[-1]
    architecture.check(shown)
    out = np.empty((len(blocks), len(shown), outputs, lane_count()), np.float32)
    arrays = (blocks, shown, out, workspace(architecture))
    _answer(architecture)(*map(address, arrays), len(blocks), len(shown))
    if architecture.output in ("sigmoid", "softmax"):
        np.clip(out, 0.0, 1.0, out=out)  # keeps NaN
    return out.transpose(0, 3, 1, 2).reshape(-1, len(shown), outputs)


def blocks_of(parameters: np.ndarray) -> np.ndarray:
    """Return networks (n, P) in blocks, the last filled up with the first. -> (blocks, P, lanes) float32"""
    lanes = lane_count()
    count = -(-len(parameters) // lanes) * lanes
    padded = np.resize(parameters, (count, parameters.shape[1])).reshape(-1, lanes, parameters.shape[1])
    made = aligned((len(padded), parameters.shape[1], lanes), np.float32)
    made[:] = padded.transpose(0, 2, 1)
    return np.asarray(made)
