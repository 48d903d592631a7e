"""Confirm the recipes of docs/experiments.md with new seeds and the TEST pictures of the exam.

    python benchmarks/recipes.py [--quick] [--only WORD]

Prints the rows of the table "Confirmed". The recipes were chosen before, with other seeds and VALIDATION pictures. --quick
trains 128 networks of each, which only tests the script.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

import tinynet as tn
from tinynet import rng
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.requirements import REQUIREMENTS
from tinynet.evaluation.verdicts import fraction, percent
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.experiments.population import Population

FIRST_SEED = 1_000_000  # recipes were chosen with the seeds from 100,000 on
SEED_OFFSET = 50_000_000  # of the next stage, so that it draws new pictures
NETWORKS_PER_TASK = 256


class Stage(NamedTuple):
    """A training on a world, as a part of a case."""

    recipe: tn.Recipe
    world: tn.World = tn.World(0.2)


@dataclass(frozen=True)
class Case:
    """A recipe to confirm: one or several trainings in a row.

    restarts : the sizes of the groups of which the network with the smallest Brier score on validation pictures
        is kept. Each size makes a row.
    """

    name: str
    architecture: tn.Architecture
    stages: tuple[Stage, ...]
    restarts: tuple[int, ...] = (1,)


def shape(
    hidden: int, activation: str = "sigmoid", output: str = "sigmoid", init: str = "pytorch"
) -> tn.Architecture:
    """Return an architecture with one hidden layer."""
    return tn.Architecture((4, hidden, 2), activation, output, init)


HOLD = tn.Recipe(
    learning_rate=1.0, epochs=1000, schedule="hold_then_decay", hold_fraction=0.6, final_fraction=0.02
)
DECAY = replace(HOLD, epochs=2000, final_fraction=0.005, weight_decay=1e-5)
SOFT = replace(DECAY, loss="cross_entropy", learning_rate=0.3, weight_decay=1e-4)
DOUBT_FIRST = Stage(tn.Recipe(learning_rate=1.0, epochs=1000), tn.World(0.3, doubt=0.8))
LONG = tn.Recipe(
    learning_rate=0.01,
    epochs=60_000,
    optimizer="adam",
    batch_size=10,
    schedule="hold_then_decay",
    hold_fraction=0.6,
    final_fraction=0.002,
)
SHARPER = tn.World(0.11, doubt=0.8)
CASES = (
    Case("baseline, 4 hidden", shape(4), (Stage(HOLD),)),
    Case("baseline, 6 hidden", shape(6), (Stage(HOLD),)),
    Case("weight decay, 4 hidden", shape(4), (Stage(DECAY),), (1, 2, 4)),
    Case(
        "softmax with the same 100,000 steps, 4 hidden",
        shape(4, output="softmax"),
        (Stage(replace(SOFT, epochs=1000)),),
    ),
    Case(
        "softmax, batches of 4, 4 hidden",
        shape(4, output="softmax"),
        (Stage(replace(SOFT, batch_size=4, learning_rate=1.2)),),
    ),
    Case("doubt first, 4 hidden", shape(4), (DOUBT_FIRST, Stage(replace(DECAY, epochs=1000)))),
    Case(
        "doubt first, twice as long, 4 hidden",
        shape(4),
        (DOUBT_FIRST._replace(recipe=replace(DOUBT_FIRST.recipe, epochs=2000)), Stage(DECAY)),
    ),
    Case("softmax, 6 hidden", shape(6, output="softmax"), (Stage(SOFT),)),
    Case("baseline, 3 hidden", shape(3), (Stage(HOLD),)),
    Case(
        "ReLU, 3 hidden",
        shape(3, "relu", init="normal"),
        (Stage(replace(HOLD, learning_rate=0.1, epochs=8000, final_fraction=0.005)),),
        (1, 8, 16),
    ),
    Case("sharper world, sigmoid, 3 hidden", shape(3), (Stage(LONG, SHARPER),), (1, 4)),
    Case(
        "sharper world, tanh and softmax, 3 hidden",
        shape(3, "tanh", "softmax"),
        (Stage(replace(LONG, loss="cross_entropy"), SHARPER),),
        (1, 2),
    ),
)


def train(case: Case, seeds: np.ndarray) -> np.ndarray:
    """Train networks through all stages. -> (n, P)

    Each stage starts with the parameters of the stage before.
    """
    parameters: np.ndarray | None = None
    for number, (recipe, world) in enumerate(case.stages):
        cohort = Cohort(TrainingJob.of(case.architecture, recipe, world), seeds + number * SEED_OFFSET)
        if parameters is not None:
            cohort.load_parameters(parameters)
        cohort.advance(recipe.epochs)
        parameters = cohort.parameters()
    assert parameters is not None
    return parameters


def train_population(case: Case, networks: int) -> Population:
    """Train networks on all cores."""
    seeds = np.arange(FIRST_SEED, FIRST_SEED + networks)
    tasks = [seeds[first : first + NETWORKS_PER_TASK] for first in range(0, networks, NETWORKS_PER_TASK)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        parameters = np.concatenate(list(pool.map(lambda some: train(case, some), tasks)))
    recipe, world = case.stages[-1]
    return Population(case.architecture, recipe, world.lines, seeds, parameters)


def best_of_groups(scores: np.ndarray, restarts: int) -> np.ndarray:
    """Return the index of the smallest score in each group. -> (groups,)

    NaN is the worst score.
    """
    groups = np.where(np.isfinite(scores), scores, np.inf)[: len(scores) // restarts * restarts]
    best = groups.reshape(-1, restarts).argmin(axis=1)
    return np.asarray(best + np.arange(len(best)) * restarts)


def select(result: ExamResult, indices: np.ndarray) -> ExamResult:
    """Return the exam results of some networks."""
    return ExamResult(*(getattr(result, field.name)[indices] for field in fields(result)))


def row(name: str, result: ExamResult) -> str:
    """Return a row of the table.

    The columns are passed, interval, median Brier ratio, fraction that meets each requirement, and best agreement.
    """
    verdict = fraction(result.passed, "pass")
    low, high = verdict.interval or (0.0, 1.0)
    met = " ".join(f"{100 * each:.1f}" for each in result.met.mean(axis=0))
    return (
        f"| {name} | {verdict.count:,} of {verdict.n:,} | {percent(verdict.numbers['fraction'])} | "
        f"{percent(low)}-{percent(high)} | {np.nanmedian(result.brier_ratio):.4f} | {met} | {np.nanmax(result.agreement):.3f} |"
    )


def confirm(case: Case, networks: int, exam: Exam, validation: Exam) -> Iterator[str]:
    """Yield the rows of a case."""
    population = train_population(case, networks)
    result = population.take_exam(exam)
    scores = population.take_exam(validation).brier_ratio if max(case.restarts) > 1 else result.brier_ratio
    for restarts in case.restarts:
        name = case.name if restarts == 1 else f"… best of {restarts}"
        yield row(name, select(result, best_of_groups(scores, restarts)))


def main() -> None:
    """Print the rows of the chosen cases.

    `--only` chooses the cases with a word in their name.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="128 networks of each")
    parser.add_argument("--only", default="", metavar="WORD", help="cases with this in their name")
    options = parser.parse_args()
    networks, exam = 128 if options.quick else 4096, Exam()
    validation = Exam(count=2000, stream=rng.VALIDATION)
    print(f"The requirements: {', '.join(each.label for each in REQUIREMENTS)}.\n")
    print(
        "| recipe | passed | fraction | 95 % interval | Brier ratio | each requirement, % | best agreement |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for case in CASES:
        if options.only in case.name:
            for line in confirm(case, networks, exam, validation):
                print(line, flush=True)


if __name__ == "__main__":
    main()
