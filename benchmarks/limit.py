"""The training in C: limit.c, compiled in several variants, of which the fastest is used."""

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

from harness import (
    EPOCHS,
    INPUTS,
    PARAMETERS,
    RATE,
    TARGETS,
    Implementation,
    MissingError,
    initial_parameters,
    timed,
)
from tinynet.numerics.integers import ceil_div

SOURCE = Path(__file__).with_name("limit.c")
COMPILERS = (os.environ.get("CC", ""), "gcc", "clang", "cc")
# TINYNET_TARGET=x86-64-v3 compiles limit.c and TinyNet's kernels for another processor.
TARGET = os.environ.get("TINYNET_TARGET", "native").split(",")[0].replace("host", "native")
NATIVE = f"-mcpu={TARGET}" if platform.machine() in ("arm64", "aarch64") else f"-march={TARGET}"
FLAGS = ("-O3", NATIVE, "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC", "-w")
# Without these options, GCC does not reorder instructions before register allocation, and vectors wait for one another.
SCHEDULED = ("-fschedule-insns", "-fsched-pressure", "-fira-loop-pressure")
SIDE_BY_SIDE = (1, 2, 3, 4, 6)
ALIGNMENT = 64  # bytes


class Kernel(NamedTuple):
    """A compiled variant. lanes : the number of networks in a block."""

    train: Any
    lanes: int
    name: str


def compiler() -> str:
    """Return the path of a C compiler."""
    found = next((path for name in COMPILERS if name and (path := shutil.which(name))), None)
    if found is None:
        raise MissingError("there is no C compiler (gcc, clang or cc)")
    return found


def compiled(side: int, extra: tuple[str, ...], folder: Path) -> Kernel:
    """Compile the kernel with a number of vectors side by side."""
    path = folder / f"limit_{side}_{len(extra)}.so"
    command = [compiler(), *FLAGS, *extra, f"-DSIDE={side}", str(SOURCE), "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise MissingError(f"{compiler()} cannot compile limit.c: {(done.stderr.splitlines() or ['?'])[0]}")
    library = ctypes.CDLL(str(path))
    library.train.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.train.argtypes += [ctypes.c_long, ctypes.c_float, ctypes.c_long]
    width = library.width()
    return Kernel(
        library.train, side * width, f"{side} vectors of {width} side by side {' '.join(extra)}".rstrip()
    )


def variants() -> list[Kernel]:
    """Compile all variants.

    A loaded library remains usable when its file is deleted.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = [compiled(side, (), Path(folder)) for side in SIDE_BY_SIDE]
        with suppress(MissingError):  # other compilers do not have these options
            made += [compiled(side, SCHEDULED, Path(folder)) for side in SIDE_BY_SIDE]
    return made


def blocks(kernel: Kernel, networks: int) -> np.ndarray:
    """Return aligned initial parameters. -> (blocks, 23, lanes)

    The last block is filled with more networks.
    """
    whole = ceil_div(networks, kernel.lanes) * kernel.lanes
    memory = np.empty(whole * PARAMETERS + ALIGNMENT // 4, np.float32)
    skip = -memory.ctypes.data // 4 % (ALIGNMENT // 4)
    made = memory[skip : skip + whole * PARAMETERS].reshape(-1, PARAMETERS, kernel.lanes)
    made[:] = initial_parameters(whole).reshape(-1, kernel.lanes, PARAMETERS).transpose(0, 2, 1)
    return made


def train(kernel: Kernel, block: np.ndarray) -> np.ndarray:
    """Train blocks in place."""
    examples = (INPUTS.ctypes.data, TARGETS.ctypes.data, len(INPUTS))
    kernel.train(block.ctypes.data, len(block), *examples, RATE, EPOCHS)
    return block


def parameters(block: np.ndarray) -> np.ndarray:
    """Return the parameters (n, 23)."""
    return block.transpose(0, 2, 1).reshape(-1, PARAMETERS)


class Limit:
    """The fastest variant, searched at the first use."""

    def __init__(self, networks: int) -> None:
        self.networks = networks

    @cached_property
    def kernel(self) -> Kernel:
        """The fastest variant on this machine."""

        def seconds(kernel: Kernel) -> float:
            made = [blocks(kernel, self.networks) for _ in range(3)]
            return min(timed(lambda: train(kernel, block)) for block in made)  # noqa: B023

        return min(variants(), key=seconds)

    def implementation(self) -> Implementation:
        """Return this kernel as an implementation for the harness."""
        return Implementation(
            "C, the limit",
            lambda n: blocks(self.kernel, n),
            lambda block: train(self.kernel, block),
            parameters,
            (self.networks,),
        )
