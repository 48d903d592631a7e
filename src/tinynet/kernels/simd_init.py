"""The random starts of many seeds at once: PyTorch's numbers, from Mersenne Twisters side by side."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.initializers import bounds, initial_parameters
from tinynet.kernels.emit import Lanes
from tinynet.numerics.llvm import POINTER, WHOLE, Function, Index, address, aligned, compiled, lane_count

WORDS, AHEAD = 624, 397  # of the Mersenne Twister (Matsumoto and Nishimura 1998)


def starts(architecture: Architecture, seeds: np.ndarray) -> np.ndarray:
    """Return blocks of initial parameters as `Network.initial` draws them, for whole blocks of seeds.

    -> (blocks, P, lanes) float32
    """
    lanes = lane_count()
    blocks, count = len(seeds) // lanes, architecture.parameter_count
    limits = bounds(architecture)
    if limits is None:  # normal starts are drawn one network at a time
        drawn = np.stack([initial_parameters(architecture, int(s)) for s in seeds]).astype(
            np.float32
        )  # (N, P)
        return np.ascontiguousarray(drawn.reshape(blocks, lanes, count).transpose(0, 2, 1))
    uniform = np.flatnonzero(limits)  # the others start as 0
    drawn = aligned((blocks, len(uniform), lanes), np.float32)
    low, width = -limits[uniform], 2 * limits[uniform]
    words, seeds = aligned((WORDS * lanes,), np.uint32), np.ascontiguousarray(seeds, np.uint32)
    arrays = (seeds, low, width, words, drawn)
    _drawer()(*map(address, arrays), blocks, len(uniform))
    if len(uniform) == count:
        return drawn
    found = np.zeros((blocks, count, lanes), np.float32)
    found[:, uniform] = drawn
    return found


@lru_cache(maxsize=1)
def _drawer() -> Callable[..., None]:
    """Compile `draw`: of each block's generators the first `count` numbers, low + width * u, rounded once."""
    pointers = dict.fromkeys(("seeds", "low", "width", "words", "out"), POINTER)
    f = Function("draw", {**pointers, "blocks": WHOLE, "count": WHOLE})
    lanes = Lanes(f)
    double = f"<{lanes.count} x double>"
    with f.loop(0, "%blocks") as block:
        word = f.room(lanes.words)
        _word_put(lanes, 0, f.load(lanes.words, f.at(lanes.words, "%seeds", block), align=4), word)
        with f.loop(1, WORDS) as i:
            before = f.load(lanes.words, word)
            mixed = lanes.whole("xor", before, lanes.whole("lshr", before, 30))
            number = lanes.everywhere(f.new(f"trunc i64 {i} to i32"), "i32")
            _word_put(lanes, i, lanes.whole("add", lanes.whole("mul", mixed, 1812433253), number), word)
        with f.loop(0, "%count") as k:
            bits = f.new(f"uitofp {lanes.words} {_twisted(lanes, k)} to {double}")
            low, width = (
                lanes.everywhere(f.load("double", f.at("double", a, k)), "double") for a in ("%low", "%width")
            )
            u = f.new(f"fmul {double} {bits}, splat (double 0x{0x3E70000000000000:016X})")  # 2**-24
            number = f.new(f"fadd {double} {f.new(f'fmul {double} {u}, {width}')}, {low}")
            place = f.whole("add", f.whole("mul", block, "%count"), k)
            f.store(
                lanes.kind,
                f.new(f"fptrunc {double} {number} to {lanes.kind}"),
                f.at(lanes.kind, "%out", place),
                4,
            )
    return compiled(f)


def _word_put(lanes: Lanes, i: Index, value: str, word: str) -> None:
    f = lanes.f
    f.store(lanes.words, value, word)
    f.store(lanes.words, value, f.at(lanes.words, "%words", i), align=4)


def _twisted(lanes: Lanes, drawn: str) -> str:
    """Draw the next words, and return their low 24 bits."""
    f = lanes.f

    def place(ahead: int) -> str:
        return f.at(lanes.words, "%words", f.whole("urem", f.whole("add", drawn, ahead), WORDS))

    here, near, far = (f.load(lanes.words, place(ahead), align=4) for ahead in (0, 1, AHEAD))
    y = f.new(
        f"or {lanes.words} {lanes.whole('and', here, 0x80000000)}, {lanes.whole('and', near, 0x7FFFFFFF)}"
    )
    odd = lanes.whole("mul", lanes.whole("and", y, 1), 0x9908B0DF)
    y = lanes.whole("xor", lanes.whole("xor", far, lanes.whole("lshr", y, 1)), odd)
    f.store(lanes.words, y, place(0), align=4)
    y = lanes.whole("xor", y, lanes.whole("lshr", y, 11))
    y = lanes.whole("xor", y, lanes.whole("and", lanes.whole("shl", y, 7), 0x9D2C5680))
    y = lanes.whole("xor", y, lanes.whole("and", lanes.whole("shl", y, 15), 0xEFC60000))
    y = lanes.whole("xor", y, lanes.whole("lshr", y, 18))
    return lanes.whole("and", y, 0xFFFFFF)
