"""Train many networks in SIMD lanes, in float32.

A block has one network in each lane (`llvm.lane_count`): 64, 32 or 16 networks. Parameter `i` of network `l` of a
block is at index `block * count * lanes + i * lanes + l`.
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
from tinynet.kernels.unrolled import Unrolled, batch_sizes
from tinynet.numerics.integers import ceil_div
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

# Above this many parameters, or parameters times batch size, loops are faster: straight-line code no longer fits the
# processor's registers and instruction cache.
MAX_STRAIGHT, MAX_UNROLLED = 64, 256
POINTERS = ("p", "s", "seeds", "inputs", "targets", "flat", "views", "rates", "settings", "work")


@lru_cache(maxsize=64)
def compile_training(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None = None
) -> Callable[..., None]:
    """Compile the training of a kernel key.

    Hyperparameters, seeds and epochs are arguments of the kernel.
    """
    train = _training_kernel(architecture, recipe, examples, world)
    return compiled(train, SimdF32(train).declarations, straight=_is_small(architecture, recipe, examples))


def _is_small(architecture: Architecture, recipe: Recipe, examples: int) -> bool:
    """Return whether a step is emitted as straight-line code."""
    count = architecture.parameter_count
    return count <= MAX_STRAIGHT and count * sum(batch_sizes(recipe, examples)) <= MAX_UNROLLED


def _training_kernel(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None
) -> Function:
    """Build `train`, which trains blocks of networks in place.

    `train` runs the epochs `first` to `last` (excluded) of `blocks` blocks.

    p, s (state), inputs, targets, flat, rates (one for each step of these epochs) and settings are float32; seeds are
    uint32; views are int32.
    """
    pointers = dict.fromkeys(POINTERS, POINTER)
    f = Function("train", {**pointers, "blocks": WHOLE, "first": WHOLE, "last": WHOLE})
    lanes, sizes = SimdF32(f), batch_sizes(recipe, examples)
    settings = {
        name: _setting(lanes, k) for k, name in enumerate(optimizers.settings(recipe) | {"noise": 0.0})
    }
    small = _is_small(architecture, recipe, examples)
    arguments = (lanes, architecture, recipe, settings)
    stepper = Unrolled(*arguments) if small else Looped(*arguments, Pointer("%work"))
    state_size, per_epoch = optimizers.state_size(architecture, recipe), ceil_div(examples, sizes[0])
    order = f.gep(lanes.int_type, Pointer("%work"), workspace_size(architecture))
    with f.loop(0, I64("%blocks")) as block:
        p = f.gep(lanes.float_type, Pointer("%p"), f.int_op("mul", block, architecture.parameter_count))
        s = f.gep(lanes.float_type, Pointer("%s"), f.int_op("mul", block, state_size))
        seeds = f.load(lanes.int_type, f.gep(lanes.int_type, Pointer("%seeds"), block), align=4)
        batches = SimdBatches(lanes, architecture, recipe, examples, seeds, settings["noise"], order)
        if world is not None:
            batches = SimdWorldBatches(lanes, architecture, world, examples, seeds)
        stepper.begin(p, s)
        with f.loop(I64("%first"), I64("%last")) as epoch:
            batches.begin(epoch)
            rates = f.gep(
                FLOAT, Pointer("%rates"), f.int_op("mul", f.int_op("sub", epoch, I64("%first")), per_epoch)
            )
            with f.loop(0, examples // sizes[0]) as number:
                settings["rate"] = lanes.splat(f.load(FLOAT, f.gep(FLOAT, rates, number)))
                stepper.step(sizes[0], *batches.batch(f.int_op("mul", number, sizes[0])))
            if len(sizes) > 1:
                settings["rate"] = lanes.splat(f.load(FLOAT, f.gep(FLOAT, rates, per_epoch - 1)))
                stepper.step(sizes[1], *batches.batch(I64(str(examples - sizes[1]))))
    return f


def _setting(lanes: SimdF32, k: int) -> Number:
    return lanes.splat(lanes.f.load(FLOAT, lanes.f.gep(FLOAT, Pointer("%settings"), k)))


def _forward_kernel(architecture: Architecture) -> Function:
    """Build `forward`, which computes the outputs for `inputs`.

    The result is out[block, example, output, lane].
    """
    pointers = dict.fromkeys(("p", "inputs", "out", "work"), POINTER)
    f = Function("forward", {**pointers, "blocks": WHOLE, "examples": WHOLE})
    lanes, sizes = SimdF32(f), architecture.sizes
    forward = Looped(lanes, architecture, Recipe(), {}, Pointer("%work"))
    with f.loop(0, I64("%blocks")) as block:
        forward.begin(
            f.gep(lanes.float_type, Pointer("%p"), f.int_op("mul", block, architecture.parameter_count)),
            Pointer(""),
        )
        with f.loop(0, I64("%examples")) as example:
            row = f.gep(FLOAT, Pointer("%inputs"), f.int_op("mul", example, sizes[0]))
            forward.store_inputs(lambda i: lanes.splat(f.load(FLOAT, f.gep(FLOAT, row, i))))
            for n in range(1, len(sizes)):
                forward.forward(n)
            index = f.int_op("add", f.int_op("mul", block, I64("%examples")), example)
            out = f.gep(lanes.float_type, Pointer("%out"), f.int_op("mul", index, sizes[-1]))
            for j, value in enumerate(forward.outputs()):
                f.store(lanes.float_type, value, f.gep(lanes.float_type, out, j), align=4)
    return f


def workspace(architecture: Architecture, shuffled: int = 0) -> np.ndarray:
    """Return the workspace of a kernel.

    The end of the workspace has room for the order of `shuffled` examples.
    """
    return np.asarray(aligned(((workspace_size(architecture) + shuffled) * lane_count(),), np.float32))


@lru_cache(maxsize=64)
def _compiled_forward(architecture: Architecture) -> Callable[..., None]:
    function = _forward_kernel(architecture)
    return compiled(function, SimdF32(function).declarations)


def network_outputs(architecture: Architecture, blocks: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs of networks. -> (blocks * lanes, m, outputs) float32

    blocks : (blocks, P, lanes) float32.
    inputs : (m, inputs).

    The approximations of the kernel are accurate to about 1e-6. Outputs of sigmoid and softmax are clipped to [0, 1],
    which the approximations exceed by 1e-7, so that logarithms are finite.

    Raises TinyNetError for inputs of another shape.
    """
    values, outputs = np.ascontiguousarray(inputs, np.float32), architecture.sizes[-1]
    architecture.check(values)
    out = np.empty((len(blocks), len(values), outputs, lane_count()), np.float32)
    arrays = (blocks, values, out, workspace(architecture))
    _compiled_forward(architecture)(*map(address, arrays), len(blocks), len(values))
    if architecture.output in ("sigmoid", "softmax"):
        np.clip(out, 0.0, 1.0, out=out)  # NaN stays NaN
    return out.transpose(0, 3, 1, 2).reshape(-1, len(values), outputs)


def to_blocks(parameters: np.ndarray) -> np.ndarray:
    """Return networks (n, P) in blocks. -> (blocks, P, lanes) float32

    The last block is padded with the first networks.
    """
    lanes = lane_count()
    count = ceil_div(len(parameters), lanes) * lanes
    padded = np.resize(parameters, (count, parameters.shape[1])).reshape(-1, lanes, parameters.shape[1])
    made = aligned((len(padded), parameters.shape[1], lanes), np.float32)
    made[:] = padded.transpose(0, 2, 1)
    return np.asarray(made)
