"""Populations: microseconds per network of TinyNet, PyTorch, JAX, NumPy and C, each on one core."""

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import tinynet as tn
from harness import (
    EPOCHS,
    RECIPE,
    Implementation,
    Result,
    Scale,
    check,
    cohort,
    format_number,
    log,
    one_core,
    time_in_turns,
    timed,
)
from tinynet.experiments.cohort import Cohort

TRAINING, WITH_INITIALIZATION, LIMIT = "TinyNet, training", "TinyNet, with initialization", "C, the limit"
ONE_CORE, ALL_CORES = "tn.population, one core", "tn.population, all cores"


def trained(cohort: Cohort) -> Cohort:
    """Train in this thread, and return the cohort."""
    cohort.advance(EPOCHS)
    return cohort


def ours(quick: bool) -> list[Implementation]:
    """Return TinyNet's implementations: a training, a training with initialization, and `tn.population`."""
    sizes = (16384,) if quick else (65536,)
    many = (65536,) if quick else (1_000_000,)
    whole = Implementation(
        ONE_CORE, int, lambda n: tn.population(RECIPE, n), lambda population: population.parameters, many
    )
    return [
        Implementation(TRAINING, cohort, trained, Cohort.parameters, sizes),
        Implementation(WITH_INITIALIZATION, int, lambda n: trained(cohort(n)), Cohort.parameters, sizes),
        whole,
        whole._replace(name=ALL_CORES),
    ]


def measure(scale: Scale) -> Result:
    """Check all implementations, then time them in turns."""
    with one_core() as restricted:
        import torch

        import jax_forms
        import limit
        import pytorch_forms

        torch.set_num_threads(1)
        jax_implementations, best = jax_forms.implementations(scale.quick)
        fastest = limit.Limit(8192 if scale.quick else 65536)
        implementations = [
            *ours(scale.quick),
            *pytorch_forms.implementations(scale.quick),
            *jax_implementations,
            fastest.implementation(),
        ]
        first_calls, missing = check(implementations)
        implementations = [one for one in implementations if one.name in first_calls]
        sizes = {one.name: choose_size(one, scale) for one in implementations}
        seconds = time_in_turns(
            {one.name: job(one, *sizes[one.name]) for one in implementations}, scale.rounds
        )
    each = {name: 1e6 * seconds[name] / math.prod(sizes[name]) for name in seconds}
    result = table(each, first_calls, missing)
    result.notes += [f"{name} was left out: {reason}" for name, reason in missing.items()]
    if best.form:
        result.notes.append(f"The fastest JAX form: {best.form}.")
    if LIMIT in each:
        result.notes.append(f"The fastest C kernel: {fastest.kernel.name}.")
    if not restricted:
        result.notes.append(
            "This system cannot restrict a thread to one core. PyTorch and JAX use one thread, and "
            "tn.population uses all cores in both rows."
        )
    details = {name: {"networks_at_once": n, "times": k} for name, (n, k) in sizes.items()}
    result.numbers |= {"sizes": details, "one_core": restricted, "notes": result.notes}
    return result


def choose_size(implementation: Implementation, scale: Scale) -> tuple[int, int]:
    """Return the numbers of networks and of trainings per call."""
    log(f"choosing the size for {implementation.name}")
    found = []
    for size in implementation.sizes:
        implementation.train(implementation.prepare(size))  # compiles for this size
        state = implementation.prepare(size)
        found.append((timed(partial(implementation.train, state)), size))
    seconds, size = min(found, key=lambda each: each[0] / each[1])
    return size, max(1, round(scale.seconds / seconds))


def job(implementation: Implementation, size: int, times: int) -> Callable[[], Callable[[], object]]:
    """Return a job for `time_in_turns`.

    The job uses all cores if the name of the implementation says so.
    """

    def train(states: list[Any]) -> None:
        for state in states:
            implementation.train(state)

    def on_all_cores(states: list[Any]) -> None:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        train(states)
        os.sched_setaffinity(0, before)

    unrestricted = implementation.name == ALL_CORES and hasattr(os, "sched_setaffinity")
    run = on_all_cores if unrestricted else train
    return lambda: partial(run, [implementation.prepare(size) for _ in range(times)])


def table(each: dict[str, float], first_calls: dict[str, float], missing: dict[str, str]) -> Result:
    """Return the table of all implementations.

    Its columns are the microseconds of each implementation, and the speedup of TinyNet.
    """
    columns = ("implementation", "µs per network", "TinyNet is faster", "first call, s")
    result = Result("Populations: networks trained for 400 steps, on one core", columns)
    faster = {name: value / each[TRAINING] for name, value in each.items()}
    for name, value in each.items():
        result.rows.append(
            (name, format_number(value), f"{format_number(faster[name])} times", f"{first_calls[name]:.2f}")
        )
    result.rows += [(name, "-", "-", "-") for name in missing]
    cores = each[ONE_CORE] / each[ALL_CORES]
    result.notes.append(f"{os.cpu_count()} cores run tn.population {cores:.2f} times as fast as one.")
    result.notes.append(
        "The first call includes loading and compilation. For JAX's best form and C it includes the search."
    )
    if LIMIT in each:
        result.notes.append(
            f"TinyNet takes {each[TRAINING] / each[LIMIT]:.2f} times as long as the limit in C."
        )
    result.numbers = {
        "microseconds_per_network": each,
        "tinynet_is_times_faster": faster,
        "first_call_seconds": first_calls,
        "missing": missing,
        "all_cores_times_one": cores,
        "tinynet_times_the_limit": each[TRAINING] / each[LIMIT] if LIMIT in each else None,
    }
    return result
