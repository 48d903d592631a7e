"""Check that fixed experiments compute equal bits on every processor.

NumPy, the C library, OpenBLAS and LLVM each choose their code by the processor's features. Here a subprocess takes
features away from all four, and its hashes are compared with the golden file, made by `python tests/support/experiments.py --write`.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

import experiments

pytestmark = pytest.mark.slow
WIDE = [name for name in __cpu_dispatch__ if name.startswith(("AVX512", "X86_V4"))]
PLAIN = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__),
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX,-FMA,-FMA4,-SSE4_2,-SSE4_1",
    "OPENBLAS_CORETYPE": "Prescott",
}
AVX2 = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(WIDE),
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL",
    "OPENBLAS_CORETYPE": "Haswell",
}
IMITATED = {  # target of LLVM: the required feature of this processor, and the features that are switched off
    "x86-64": ("SSE2", PLAIN),
    "x86-64-v2": ("SSE42", PLAIN),
    "x86-64-v3": ("AVX2", AVX2),
    "x86-64-v3,-fma": ("AVX2", AVX2),
    "x86-64-v4": ("AVX512VL", {"OPENBLAS_CORETYPE": "SkylakeX"}),
}


def hashes(**environment: str) -> dict[str, str]:
    """Return the hashes of all experiments, run in a new process with these settings."""
    script = [sys.executable, experiments.__file__]
    done = subprocess.run(script, capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def differing(found: dict[str, str]) -> list[str]:
    """Return the experiments whose hash differs from the golden file."""
    golden = json.loads(experiments.GOLDEN.read_text())
    assert found.keys() == golden.keys()
    return [name for name in golden if found[name] != golden[name]]


def test_this_processor_computes_the_golden_bits():
    assert differing(hashes()) == []


@pytest.mark.parametrize("lanes", ["8", "16", "32", "64"])
def test_the_number_of_lanes_changes_no_bit(lanes):
    assert differing(hashes(TINYNET_LANES=lanes)) == []


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the imitated processors are of x86-64"
)
@pytest.mark.parametrize("target", IMITATED)
def test_an_imitated_processor_computes_the_golden_bits(target):
    needed, settings = IMITATED[target]
    if not __cpu_features__[needed]:
        pytest.skip(f"this processor has no {needed}")
    assert differing(hashes(TINYNET_TARGET=target, **settings)) == []


def test_different_experiments_have_different_hashes():
    """Check that the hash changes with a single bit."""
    import numpy as np

    numbers = np.linspace(0.0, 1.0, 5)
    other = numbers.copy()
    other[3] = np.nextafter(other[3], 2.0)
    assert experiments.digest(numbers) != experiments.digest(other)
    assert len(set(json.loads(Path(experiments.GOLDEN).read_text()).values())) > 30
