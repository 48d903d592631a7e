"""The population: microseconds a network, TinyNet beside PyTorch, JAX, NumPy and the limit, on one core each."""

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import tinynet as tn
from contest import EPOCHS, RECIPE, Result, Scale, Side, check, cohort, in_turns, one_core, plain, say, timed
from tinynet.experiments.cohort import Cohort

ALONE, WITH_STARTS, LIMIT = "TinyNet, the training alone", "TinyNet, starts included", "C, the limit"
ONE_CORE, ALL_CORES = "tn.population, one core", "tn.population, all cores"


def advanced(cohort: Cohort) -> Cohort:
    """Train in this thread."""
    cohort.advance(EPOCHS)
    return cohort


def ours(quick: bool) -> list[Side]:
    """Return TinyNet's sides: a training, with the starts, and the function a user calls."""
    sizes = (16384,) if quick else (65536,)
    many = (65536,) if quick else (1_000_000,)
    whole = Side(ONE_CORE, int, lambda n: tn.population(RECIPE, n), lambda crowd: crowd.parameters, many)
    return [
        Side(ALONE, cohort, advanced, Cohort.parameters, sizes),
        Side(WITH_STARTS, int, lambda n: advanced(cohort(n)), Cohort.parameters, sizes),
        whole,
        whole._replace(name=ALL_CORES),
    ]


def measure(scale: Scale) -> Result:
    """Check all sides, then time them in turns."""
    with one_core() as alone:
        import torch

        import jax_forms
        import limit
        import rivals

        torch.set_num_threads(1)
        jax_sides, best = jax_forms.sides(scale.quick)
        fastest = limit.Limit(8192 if scale.quick else 65536)
        sides = [*ours(scale.quick), *rivals.sides(scale.quick), *jax_sides, fastest.side()]
        first_calls, missing = check(sides)
        sides = [side for side in sides if side.name in first_calls]
        sized = {side.name: sizing(side, scale) for side in sides}
        seconds = in_turns({side.name: job(side, *sized[side.name]) for side in sides}, scale.rounds)
    each = {name: 1e6 * seconds[name] / math.prod(sized[name]) for name in seconds}
    result = table(each, first_calls, missing)
    result.notes += [f"{name}: left out, as {reason}" for name, reason in missing.items()]
    if best.form:
        result.notes.append(f"JAX's best form: {best.form}.")
    if LIMIT in each:
        result.notes.append(f"C's: {fastest.kernel.name}.")
    if not alone:
        result.notes.append(
            "This system cannot keep a thread on one core: PyTorch and JAX are asked for one thread, and "
            "tn.population takes all cores in both rows."
        )
    details = {name: {"networks_at_once": n, "times": k} for name, (n, k) in sized.items()}
    result.numbers |= {"sizes": details, "one_core_held": alone, "notes": result.notes}
    return result


def sizing(side: Side, scale: Scale) -> tuple[int, int]:
    """Return how many networks are trained at once, and how often in one timed call."""
    say(f"sizing {side.name}")
    found = []
    for size in side.sizes:
        side.train(side.fresh(size))  # compiles for this size
        fresh = side.fresh(size)
        found.append((timed(partial(side.train, fresh)), size))
    seconds, size = min(found, key=lambda each: each[0] / each[1])
    return size, max(1, round(scale.seconds / seconds))


def job(side: Side, size: int, times: int) -> Callable[[], Callable[[], object]]:
    """Return the job that `in_turns` times; all cores where the side's name says so."""

    def train(everything: list[Any]) -> None:
        for fresh in everything:
            side.train(fresh)

    def on_all(everything: list[Any]) -> None:
        held = os.sched_getaffinity(0)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        train(everything)
        os.sched_setaffinity(0, held)

    free = side.name == ALL_CORES and hasattr(os, "sched_setaffinity")
    return lambda: partial(on_all if free else train, [side.fresh(size) for _ in range(times)])


def table(each: dict[str, float], first_calls: dict[str, float], missing: dict[str, str]) -> Result:
    """Return the table: each side's microseconds, and how often TinyNet is faster."""
    columns = ("side", "µs a network", "TinyNet is faster", "first call, s")
    result = Result("A population: networks trained for 400 steps, on one core", columns)
    faster = {name: value / each[ALONE] for name, value in each.items()}
    for name, value in each.items():
        result.rows.append((name, plain(value), f"{plain(faster[name])} times", f"{first_calls[name]:.2f}"))
    result.rows += [(name, "-", "-", "-") for name in missing]
    cores = each[ONE_CORE] / each[ALL_CORES]
    result.notes.append(f"{os.cpu_count()} cores run tn.population {cores:.2f} times as fast as one.")
    result.notes.append("A first call compiles, and loads; JAX's best form and C's are searched in theirs.")
    if LIMIT in each:
        result.notes.append(f"TinyNet takes {each[ALONE] / each[LIMIT]:.2f} times as long as the limit in C.")
    result.numbers = {
        "microseconds_a_network": each,
        "tinynet_is_times_faster": faster,
        "first_call_seconds": first_calls,
        "missing": missing,
        "all_cores_times_one": cores,
        "tinynet_times_the_limit": each[ALONE] / each[LIMIT] if LIMIT in each else None,
    }
    return result
