"""Initial parameters of many seeds at once.

The numbers are PyTorch's, from Mersenne Twisters in SIMD lanes.
"""

from functools import lru_cache

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.initializers import bounds, initial_parameters
from tinynet.kernels.emit import Number, SimdF32, Words
from tinynet.numerics.kernel import Array, Kernel, aligned, arguments, contiguous
from tinynet.numerics.llvm import DOUBLE, I64, Function, Index, Pointer, lane_count

WORDS, AHEAD = 624, 397  # sizes of the Mersenne Twister (Matsumoto and Nishimura 1998)
ARRAYS = {
    "seeds": Array(np.uint32),
    "low": Array(float, finite=True),
    "width": Array(float, finite=True),
    "words": Array(np.uint32, written=True),
    "out": Array(np.float32, written=True),
}


def initial_blocks(architecture: Architecture, seeds: np.ndarray) -> np.ndarray:
    """Return the initial parameters of seeds. -> (blocks, P, lanes) float32

    The parameters are those of `Network.initial`. The seeds fill whole blocks.

    seeds : (blocks * lanes,).
    """
    lanes = lane_count()
    blocks, count = len(seeds) // lanes, architecture.parameter_count
    limits = bounds(architecture)
    if limits is None:  # normal initialization is drawn one network at a time
        drawn = np.stack([initial_parameters(architecture, int(s)) for s in seeds]).astype(
            np.float32
        )  # (N, P)
        return np.ascontiguousarray(drawn.reshape(blocks, lanes, count).transpose(0, 2, 1))
    uniform = np.flatnonzero(limits)  # the other parameters are initially 0
    drawn = aligned((blocks, len(uniform), lanes), np.float32)
    low, width = -limits[uniform], 2 * limits[uniform]
    words = aligned((WORDS * lanes,), np.uint32)
    _compiled()((contiguous(seeds, np.uint32), low, width, words, drawn), blocks, len(uniform))
    if len(uniform) == count:
        return drawn
    found = np.zeros((blocks, count, lanes), np.float32)
    found[:, uniform] = drawn
    return found


@lru_cache(maxsize=1)
def _compiled() -> Kernel:
    """Compile `draw`, which fills parameters from generators.

    `draw` stores the first `count` numbers low + width * u of each generator, rounded once.
    """
    f = Function("draw", arguments(ARRAYS, ("blocks", "count")))
    lanes = SimdF32(f)
    double = f"<{lanes.count} x double>"
    with f.loop(0, I64("%blocks")) as block:
        word = f.alloca(lanes.int_type)
        _store_word(
            lanes, 0, f.load(lanes.int_type, f.gep(lanes.int_type, Pointer("%seeds"), block), align=4), word
        )
        with f.loop(1, WORDS) as i:
            before = f.load(lanes.int_type, word)
            mixed = lanes.int_op("xor", before, lanes.int_op("lshr", before, 30))
            number = lanes.splat_low(i)
            _store_word(lanes, i, lanes.int_op("add", lanes.int_op("mul", mixed, 1812433253), number), word)
        with f.loop(0, I64("%count")) as k:
            bits = f.emit(f"uitofp {lanes.int_type} {_next_words(lanes, k)} to {double}")
            low, width = (
                lanes.splat_of(f.load(DOUBLE, f.gep(DOUBLE, a, k)), "double")
                for a in (Pointer("%low"), Pointer("%width"))
            )
            u = f.emit(f"fmul {double} {bits}, splat (double 0x{0x3E70000000000000:016X})")  # 2**-24
            drawn = f.emit(f"fadd {double} {f.emit(f'fmul {double} {u}, {width}')}, {low}")
            place = f.int_op("add", f.int_op("mul", block, I64("%count")), k)
            f.store(
                lanes.float_type,
                Number(f.emit(f"fptrunc {double} {drawn} to {lanes.float_type}")),
                f.gep(lanes.float_type, Pointer("%out"), place),
                4,
            )
    return Kernel(
        f,
        ARRAYS,
        lambda blocks, count: (
            (blocks * lanes.count,),
            (count,),
            (count,),
            (WORDS * lanes.count,),
            (blocks, count, lanes.count),
        ),
    )


def _store_word(lanes: SimdF32, i: Index, value: Words, word: Pointer) -> None:
    f = lanes.f
    f.store(lanes.int_type, value, word)
    f.store(lanes.int_type, value, f.gep(lanes.int_type, Pointer("%words"), i), align=4)


def _next_words(lanes: SimdF32, drawn: I64) -> Words:
    """Emit the next random word of each lane.

    Returns the low 24 bits of the word.
    """
    f = lanes.f

    def place(ahead: int) -> Pointer:
        return f.gep(
            lanes.int_type, Pointer("%words"), f.int_op("urem", f.int_op("add", drawn, ahead), WORDS)
        )

    here, near, far = (f.load(lanes.int_type, place(ahead), align=4) for ahead in (0, 1, AHEAD))
    y = lanes.int_op("or", lanes.int_op("and", here, 0x80000000), lanes.int_op("and", near, 0x7FFFFFFF))
    odd = lanes.int_op("mul", lanes.int_op("and", y, 1), 0x9908B0DF)
    y = lanes.int_op("xor", lanes.int_op("xor", far, lanes.int_op("lshr", y, 1)), odd)
    f.store(lanes.int_type, y, place(0), align=4)
    y = lanes.int_op("xor", y, lanes.int_op("lshr", y, 11))
    y = lanes.int_op("xor", y, lanes.int_op("and", lanes.int_op("shl", y, 7), 0x9D2C5680))
    y = lanes.int_op("xor", y, lanes.int_op("and", lanes.int_op("shl", y, 15), 0xEFC60000))
    y = lanes.int_op("xor", y, lanes.int_op("lshr", y, 18))
    return lanes.int_op("and", y, 0xFFFFFF)
