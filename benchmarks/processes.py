"""Measurements in a new process: the start of TinyNet, and the memory of a population."""

import statistics
import subprocess
import sys
from functools import partial

from harness import Result, Scale, log, timed

COMMANDS = {
    "Python itself": "pass",
    "import tinynet": "import tinynet",
    "tinynet --help": "import sys; sys.argv = ['tinynet', '--help']; from tinynet.cli import main; main()",
    "first tn.train": "import tinynet as tn; tn.train(tn.Network.initial(seed=0), tn.pictures.lines())",
    "first tn.population(1000)": "import tinynet as tn; tn.population(networks=1000)",
}
PEAK = """
import resource, sys, tinynet as tn
tn.population(networks={networks})
if sys.platform == "linux":  # there, ru_maxrss includes the parent process
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
print(int(peak * 1024))
"""


def run(code: str) -> str:
    """Run code in a new Python process; return its output."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def cold_start(scale: Scale) -> Result:
    """Time whole processes.

    The time includes the start of Python and the compilation of kernels.
    """
    result = Result("The start of a new process", ("process", "ms"))
    milliseconds = {}
    for name, code in COMMANDS.items():
        log(f"cold start: {name}")
        run(code)
        milliseconds[name] = 1e3 * statistics.median(timed(partial(run, code)) for _ in range(5))
        result.rows.append((name, f"{milliseconds[name]:,.0f}"))
    result.numbers = {"milliseconds": milliseconds}
    return result


def memory(scale: Scale) -> Result:
    """Measure the peak memory of a large and a small population."""
    result = Result("Peak memory", ("population", "MB"))
    if sys.platform == "win32":
        result.notes.append("This system does not report the peak memory of a process.")
        return result
    small, large = 1_000, 100_000 if scale.quick else 1_000_000
    peak = {}
    for networks in (small, large):
        log(f"memory: {networks:,} networks")
        peak[networks] = int(run(PEAK.format(networks=networks)))
        result.rows.append((f"tn.population, {networks:,} networks", f"{peak[networks] / 1e6:,.0f}"))
    difference = peak[large] - peak[small]
    result.rows.append(("difference", f"{difference / 1e6:,.0f}"))
    result.notes.append(
        f"{difference / (large - small):,.0f} bytes per network, of which 92 are its parameters."
    )
    result.numbers = {
        "peak_bytes": {f"{networks}_networks": value for networks, value in peak.items()},
        "bytes_per_network": difference / (large - small),
    }
    return result
