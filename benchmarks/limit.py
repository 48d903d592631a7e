"""The limit: limit.c, compiled on the spot by the machine's compiler in a few variants, the quickest taken."""

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contest import EPOCHS, INPUTS, PARAMETERS, RATE, TARGETS, MissingError, Side, starts, timed

SOURCE = Path(__file__).with_name("limit.c")
COMPILERS = (os.environ.get("CC", ""), "gcc", "clang", "cc")
# TINYNET_TARGET=x86-64-v3 compiles the limit, as the kernels, for another processor.
TARGET = os.environ.get("TINYNET_TARGET", "native").split(",")[0].replace("host", "native")
NATIVE = f"-mcpu={TARGET}" if platform.machine() in ("arm64", "aarch64") else f"-march={TARGET}"
FLAGS = ("-O3", NATIVE, "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC", "-w")
# GCC otherwise leaves instructions before register allocation as they come, and the vectors wait for one another.
SCHEDULED = ("-fschedule-insns", "-fsched-pressure", "-fira-loop-pressure")
SIDE_BY_SIDE = (1, 2, 3, 4, 6)
ALIGNMENT = 64  # bytes


class Kernel(NamedTuple):
    """One variant, compiled. lanes : networks in a block."""

    train: Any
    lanes: int
    name: str


def compiler() -> str:
    """Return the machine's compiler."""
    found = next((path for name in COMPILERS if name and (path := shutil.which(name))), None)
    if found is None:
        raise MissingError("there is no C compiler here (gcc, clang or cc)")
    return found


def compiled(side: int, extra: tuple[str, ...], folder: Path) -> Kernel:
    """Compile the kernel with so many vectors side by side."""
    path = folder / f"limit_{side}_{len(extra)}.so"
    command = [compiler(), *FLAGS, *extra, f"-DSIDE={side}", str(SOURCE), "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise MissingError(f"{compiler()} does not compile limit.c: {(done.stderr.splitlines() or ['?'])[0]}")
    library = ctypes.CDLL(str(path))
    library.train.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.train.argtypes += [ctypes.c_long, ctypes.c_float, ctypes.c_long]
    width = library.width()
    return Kernel(
        library.train, side * width, f"{side} vectors of {width} side by side {' '.join(extra)}".rstrip()
    )


def variants() -> list[Kernel]:
    """Compile all variants; loaded libraries stay after their folder is gone."""
    with tempfile.TemporaryDirectory() as folder:
        made = [compiled(side, (), Path(folder)) for side in SIDE_BY_SIDE]
        with suppress(MissingError):  # these are GCC's own
            made += [compiled(side, SCHEDULED, Path(folder)) for side in SIDE_BY_SIDE]
    return made


def blocks(kernel: Kernel, networks: int) -> np.ndarray:
    """Return the starts in blocks (blocks, 23, lanes), aligned; a last, short block is filled with more networks."""
    whole = -(-networks // kernel.lanes) * kernel.lanes
    memory = np.empty(whole * PARAMETERS + ALIGNMENT // 4, np.float32)
    skip = -memory.ctypes.data // 4 % (ALIGNMENT // 4)
    made = memory[skip : skip + whole * PARAMETERS].reshape(-1, PARAMETERS, kernel.lanes)
    made[:] = starts(whole).reshape(-1, kernel.lanes, PARAMETERS).transpose(0, 2, 1)
    return made


def train(kernel: Kernel, block: np.ndarray) -> np.ndarray:
    """Train blocks in place."""
    shown = (INPUTS.ctypes.data, TARGETS.ctypes.data, len(INPUTS))
    kernel.train(block.ctypes.data, len(block), *shown, RATE, EPOCHS)
    return block


def parameters(block: np.ndarray) -> np.ndarray:
    """Return the networks' numbers (n, 23)."""
    return block.transpose(0, 2, 1).reshape(-1, PARAMETERS)


class Limit:
    """The quickest variant, found when it is first asked."""

    def __init__(self, networks: int) -> None:
        self.networks = networks

    @cached_property
    def kernel(self) -> Kernel:
        """The variant that is quickest here."""

        def seconds(kernel: Kernel) -> float:
            made = [blocks(kernel, self.networks) for _ in range(3)]
            return min(timed(lambda: train(kernel, block)) for block in made)  # noqa: B023

        return min(variants(), key=seconds)

    def side(self) -> Side:
        """Return it as a side of the contest."""
        return Side(
            "C, the limit",
            lambda n: blocks(self.kernel, n),
            lambda block: train(self.kernel, block),
            parameters,
            (self.networks,),
        )
