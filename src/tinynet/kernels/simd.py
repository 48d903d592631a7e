"""Train many networks in SIMD lanes, in float32.

A block has one network in each lane (`llvm.lane_count`): 64, 32 or 16 networks. Parameter `i` of network `l` of a
block is at index `block * count * lanes + i * lanes + l`.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.kernels.emit import Number, SimdF32
from tinynet.kernels.looped import Looped, workspace_size
from tinynet.kernels.simd_batches import SimdBatches, SimdWorldBatches
from tinynet.kernels.unrolled import Unrolled, batch_sizes
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.kernel import Array, Kernel, Shape, aligned, arguments, contiguous
from tinynet.numerics.llvm import FLOAT, I64, Function, Pointer, lane_count
from tinynet.recipe import Recipe

# Above this many parameters, or parameters times batch size, loops are faster: straight-line code no longer fits the
# processor's registers and instruction cache.
MAX_STRAIGHT, MAX_UNROLLED = 64, 256
MAX_NUMBERS = 2**31 - 1  # numbers of the inputs, and of the targets: the lanes have 32-bit indices
READ, WRITTEN, FINITE = Array(np.float32), Array(np.float32, written=True), Array(np.float32, finite=True)
FORWARD_ARRAYS = {"p": READ, "inputs": READ, "out": WRITTEN, "work": WRITTEN}


@lru_cache(maxsize=64)
def compile_training(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None = None
) -> Kernel:
    """Compile the training of a kernel key.

    Hyperparameters, seeds and epochs are arguments of the kernel.

    Raises TinyNetError for too many examples.
    """
    if max(architecture.sizes[0], architecture.sizes[-1]) * examples > MAX_NUMBERS:
        raise TinyNetError(
            f"the number of examples is {examples:,}. A population takes at most "
            f"{MAX_NUMBERS // max(architecture.sizes[0], architecture.sizes[-1]):,} examples of this width."
        )
    train = _training_kernel(architecture, recipe, examples, world)
    return Kernel(
        train,
        _training_arrays(architecture),
        _training_shapes(architecture, recipe, examples, world),
        SimdF32(train).declarations,
        straight=_is_small(architecture, recipe, examples),
    )


def _training_arrays(architecture: Architecture) -> dict[str, Array]:
    """Return the arrays of `train`, by name.

    `rates` has a rate for each step of these epochs. `views` are the index arrays of the augmentation.
    """
    views = Array(np.int32, below=architecture.sizes[0])
    return {
        "p": WRITTEN, "s": WRITTEN, "seeds": Array(np.uint32), "inputs": READ, "targets": READ, "flat": READ,
        "views": views, "rates": FINITE, "settings": FINITE, "work": WRITTEN,
    }  # fmt: skip


def _training_shapes(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None
) -> Callable[..., Sequence[Shape]]:
    """Return the shapes of the arrays of `train`, as a function of its whole numbers."""
    (inputs, *_, outputs), lanes, count = architecture.sizes, lane_count(), architecture.parameter_count
    rows = examples if world is None else len(world.patterns.masks)
    targets = rows if world is None else rows + 2  # the two results of a coin
    order = examples if recipe.order == "shuffled" else 0
    settings, work = len(optimizers.settings(recipe)) + 1, (workspace_size(architecture) + order) * lanes
    per_epoch, state = ceil_div(examples, recipe.batch_size), optimizers.state_size(architecture, recipe)
    fixed = (rows, inputs), (targets, outputs), (rows,), (8 if recipe.augment else 0, inputs)

    def shapes(blocks: int, first: int, last: int) -> Sequence[Shape]:
        steps = ((last - first) * per_epoch,)
        blocked = (blocks, count, lanes), (blocks, state, lanes), (blocks * lanes,)
        return (*blocked, *fixed, steps, (settings,), (work,))

    return shapes


def _is_small(architecture: Architecture, recipe: Recipe, examples: int) -> bool:
    """Return whether a step is emitted as straight-line code."""
    count = architecture.parameter_count
    return count <= MAX_STRAIGHT and count * sum(batch_sizes(recipe, examples)) <= MAX_UNROLLED


def _training_kernel(
    architecture: Architecture, recipe: Recipe, examples: int, world: World | None
) -> Function:
    """Build `train`, which trains blocks of networks in place.

    `train` runs the epochs `first` to `last` (excluded) of `blocks` blocks.
    """
    f = Function("train", arguments(_training_arrays(architecture), ("blocks", "first", "last")))
    lanes, sizes = SimdF32(f), batch_sizes(recipe, examples)
    settings = {
        name: _setting(lanes, k) for k, name in enumerate(optimizers.settings(recipe) | {"noise": 0.0})
    }
    small = _is_small(architecture, recipe, examples)
    parts = (lanes, architecture, recipe, settings)
    stepper = Unrolled(*parts) if small else Looped(*parts, Pointer("%work"))
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
    f = Function("forward", arguments(FORWARD_ARRAYS, ("blocks", "examples")))
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
    return aligned(((workspace_size(architecture) + shuffled) * lane_count(),), np.float32)


@lru_cache(maxsize=64)
def _compiled_forward(architecture: Architecture) -> Kernel:
    function, lanes, sizes = _forward_kernel(architecture), lane_count(), architecture.sizes
    count, work = architecture.parameter_count, (workspace_size(architecture) * lanes,)

    def shapes(blocks: int, examples: int) -> Sequence[Shape]:
        return (blocks, count, lanes), (examples, sizes[0]), (blocks, examples, sizes[-1], lanes), work

    return Kernel(function, FORWARD_ARRAYS, shapes, SimdF32(function).declarations)


def network_outputs(architecture: Architecture, blocks: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs of networks. -> (blocks * lanes, m, outputs) float32

    blocks : (blocks, P, lanes) float32.
    inputs : (m, inputs).

    The approximations of the kernel are accurate to about 1e-6. Outputs of sigmoid and softmax are clipped to [0, 1],
    which the approximations exceed by 1e-7, so that logarithms are finite.

    Raises TinyNetError for inputs of another shape.
    """
    values, outputs = contiguous(inputs, np.float32), architecture.sizes[-1]
    architecture.check(values)
    out = np.empty((len(blocks), len(values), outputs, lane_count()), np.float32)
    arrays = (blocks, values, out, workspace(architecture))
    _compiled_forward(architecture)(arrays, len(blocks), len(values))
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
    return made
