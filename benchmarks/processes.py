"""What needs a fresh process: the first seconds of TinyNet, and how much memory a population takes."""

import statistics
import subprocess
import sys
from functools import partial

from contest import Result, Scale, say, timed

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
if sys.platform == "linux":  # its ru_maxrss counts the process that started this one
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
print(int(peak * 1024))
"""


def run(code: str) -> str:
    """Run a program in a fresh Python; return what it prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def cold_start(scale: Scale) -> Result:
    """Time whole processes, the interpreter's own start included; every one compiles what it needs anew."""
    result = Result("The first seconds, in a fresh process", ("what", "ms"))
    milliseconds = {}
    for name, code in COMMANDS.items():
        say(f"cold start: {name}")
        run(code)
        milliseconds[name] = 1e3 * statistics.median(timed(partial(run, code)) for _ in range(5))
        result.rows.append((name, f"{milliseconds[name]:,.0f}"))
    result.numbers = {"milliseconds": milliseconds}
    return result


def memory(scale: Scale) -> Result:
    """Return the peak memory of a large population beyond that of a small one."""
    result = Result("Memory at its peak", ("what", "MB"))
    if sys.platform == "win32":
        result.notes.append("This system does not tell a process's peak memory.")
        return result
    small, large = 1_000, 100_000 if scale.quick else 1_000_000
    peak = {}
    for networks in (small, large):
        say(f"memory: {networks:,} networks")
        peak[networks] = int(run(PEAK.format(networks=networks)))
        result.rows.append((f"tn.population, {networks:,} networks", f"{peak[networks] / 1e6:,.0f}"))
    more = peak[large] - peak[small]
    result.rows.append(("the large one's own", f"{more / 1e6:,.0f}"))
    result.notes.append(f"{more / (large - small):,.0f} bytes a network, of which 92 are its parameters.")
    result.numbers = {
        "peak_bytes": {f"{networks}_networks": value for networks, value in peak.items()},
        "bytes_a_network": more / (large - small),
    }
    return result
