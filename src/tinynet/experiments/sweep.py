"""Sweeps: one question put to many recipes, over many seeds each."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.probes import default_probes
from tinynet.errors import TinyNetError
from tinynet.evaluation.verdicts import Verdict, counted
from tinynet.experiments.aggregates import Tally, leanings
from tinynet.experiments.executors import on_cluster, on_threads
from tinynet.experiments.shards import Block, Group, Plan
from tinynet.experiments.store import Say, Store, write_tables
from tinynet.experiments.trials import Trial, as_trials
from tinynet.recipe import Recipe

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What was counted of many networks of each trial.

    plan : trials, seeds, examples and probe pictures.
    tallies : one for each trial, of the networks that are done.
    interrupted : whether Ctrl-C ended it early.

    >>> import tinynet as tn
    >>> found = tn.sweep(tn.grid(learning_rate=[0.1, 0.2]), networks=1000)
    >>> print(found.verdict(0))
    0 of 1,000 networks get all 4 pictures right (95 % interval 0 % to 0.4 %).
    """

    plan: Plan
    tallies: tuple[Tally, ...]
    interrupted: bool = False

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials, in the order they were given."""
        return self.plan.trials

    @property
    def complete(self) -> bool:
        """Whether all networks are done."""
        return all(tally.networks == len(self.plan.seeds) for tally in self.tallies)

    @property
    def done(self) -> str:
        """How many of all networks are done, in words; those of several epochs of one training count once."""
        found = dict(zip((group for group, _ in self.plan.places), self.tallies, strict=True))
        return f"{sum(tally.networks for tally in found.values()):,} of {self.plan.total:,} networks are done"

    def verdict(self, trial: int | Trial) -> Verdict:
        """Return how many networks of a trial learned, with the 95 % interval; `trial` or its number."""
        tally = self.tallies[self._number(trial)]
        what = f"networks get all {len(self.plan.examples)} pictures right"
        if not tally.networks:
            return Verdict(f"No network of the trial {self.trials[self._number(trial)]} is done.", None, 0)
        return counted(tally.learned, tally.networks, what)

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict for each trial, ready for JSON or a table: its axes, counts, quantiles, and every probe."""
        says = leanings(self.plan.examples.target_names)
        found = []
        for number, (trial, tally) in enumerate(zip(self.trials, self.tallies, strict=True)):
            probes = {name: tally.probe(k, says) for k, name in enumerate(self.plan.probes.names)}
            found.append({"trial": number, **trial.axes, **tally.summary(), "probes": probes})
        return found

    def to_parquet(self, folder: str | Path) -> None:
        """Write trials.parquet, probes.parquet and sweep.json into a folder, which is made."""
        path = Path(folder)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TinyNetError(f"cannot make the folder {path}: {error.strerror}; choose another") from error
        write_tables(path, self.plan, self.tallies)

    def _number(self, trial: int | Trial) -> int:
        if isinstance(trial, Trial):
            if trial not in self.trials:
                raise TinyNetError(f"the trial {trial} is not in this sweep")
            return self.trials.index(trial)
        if not -len(self.trials) <= trial < len(self.trials):
            raise TinyNetError(f"trial {trial} was asked and there are {len(self.trials)}")
        return trial


def sweep(
    trials: Sequence[Trial | Recipe] | Trial | Recipe,
    networks: int = 1024,
    *,
    first_seed: int = 0,
    examples: Examples | None = None,
    probes: Examples | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    limit: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
    say: Say = lambda line: None,
) -> Sweep:
    """Train each trial's networks, one for each seed from `first_seed` on, and count what they learned.

    Trials are as `grid` makes them, or recipes, for the network with one hidden layer of 3. Examples are the lines
    unless given, and probes, the pictures whose answers are counted, the stress test and the fuzzy line. `out` is a
    folder that keeps every block of seeds as it is done: a sweep that was ended at any moment goes on from there, and
    any other takes from it what fits. `workers` threads compute, one a core unless
    given, or the workers of the dask cluster whose scheduler has the address `scheduler`. No new block is begun
    after `limit` networks or so many `seconds`. `progress(done, total)` counts networks, `say(line)` tells what was
    found and what happens. Ctrl-C ends it early and keeps what is done.

    Raises TinyNetError for trials that are impossible, and where the folder or the cluster fails; what was done
    until then is kept in the folder.

    >>> import tinynet as tn
    >>> found = tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[100, 1000]), networks=200)
    >>> [row["epochs"] for row in found.rows() if row["learned_share"] > 0.9]
    [1000, 1000]
    """
    plan = plan_of(trials, networks, first_seed=first_seed, examples=examples, probes=probes)
    _check_amounts(workers=workers, limit=limit, seconds=seconds)
    with ExitStack() as stack:
        store = None if out is None else stack.enter_context(Store(out, say))
        run = _Run(plan, store, progress)
        run.find(say)
        interrupted = False
        waiting = run.waiting(limit, seconds)
        counts = on_threads(waiting, workers) if scheduler is None else on_cluster(waiting, scheduler)
        try:
            for block, tallies in counts:
                run.take(block, tallies)
        except KeyboardInterrupt:
            interrupted = True
        except TinyNetError as error:
            if store is not None:
                with suppress(TinyNetError):  # the disk may be what failed
                    store.write_tables(plan, run.tallies())
            raise TinyNetError(f"{error.message}{run.kept()}", parameter=error.parameter) from error
        finally:
            counts.close()
        if store is not None:
            store.write_tables(plan, run.tallies())
    return Sweep(plan, run.tallies(), interrupted)


def plan_of(
    trials: Sequence[Trial | Recipe] | Trial | Recipe,
    networks: int = 1024,
    *,
    first_seed: int = 0,
    examples: Examples | None = None,
    probes: Examples | None = None,
) -> Plan:
    """Return the plan of a sweep; arguments and errors as of `sweep`."""
    examples = pictures.lines() if examples is None else examples
    if probes is None:
        probes = default_probes() if examples.shape == (2, 2) else examples
    return Plan.of(as_trials(trials, examples), networks, first_seed, examples, probes)


class _Run:
    """What is counted so far, and where it is kept."""

    def __init__(self, plan: Plan, store: Store | None, progress: Progress | None) -> None:
        self.plan, self.store, self.progress = plan, store, progress
        self.networks = self.blocks = 0
        self.counts: dict[Group, list[Tally]] = {g: self._nothing(g) for g in plan.groups}

    def _nothing(self, group: Group) -> list[Tally]:
        pictures, outputs = len(self.plan.probes), group.architecture.sizes[-1]
        return [Tally.empty(stop, pictures, outputs) for stop in group.stops]

    def find(self, say: Say) -> None:
        """Count the blocks that are in the folder already, and say how many."""
        if self.store is None:
            return
        for block in self.plan.blocks():
            tallies = self.store.read(block)
            if tallies is not None:
                self._count(block, tallies)
        if self.blocks:
            say(f"found {self.done()}")
        self._report()

    def done(self) -> str:
        """Say how much is done."""
        return (
            f"{self.blocks:,} of {self.plan.block_count:,} blocks done "
            f"({self.networks:,} of {self.plan.total:,} networks)"
        )

    def waiting(self, limit: int | None, seconds: float | None) -> Iterator[Block]:
        """Give the blocks that are not done, until the limits."""
        end, begun = time.monotonic() + (seconds or 0), 0
        for block in self.plan.blocks():
            if self.store is not None and self.store.holds(block):
                continue
            if (limit is not None and begun >= limit) or (seconds is not None and time.monotonic() > end):
                return
            begun += len(block)
            yield block

    def take(self, block: Block, tallies: list[Tally]) -> None:
        """Keep a block and count it."""
        if self.store is not None:
            self.store.write(block, tallies)
        self._count(block, tallies)
        self._report()

    def _count(self, block: Block, tallies: list[Tally]) -> None:
        before = self.counts[block.group]
        self.counts[block.group] = [a + b for a, b in zip(before, tallies, strict=True)]  # all stops or none
        self.networks, self.blocks = self.networks + len(block), self.blocks + 1

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(self.networks, self.plan.total)

    def tallies(self) -> tuple[Tally, ...]:
        """Return what is counted of each trial."""
        return tuple(self.counts[self.plan.groups[group]][stop] for group, stop in self.plan.places)

    def kept(self) -> str:
        """Say what an error leaves, as the end of its message."""
        if not self.blocks:
            return ""
        if self.store is None:
            return f"; {self.done()}, and nothing is kept: give a folder with out, and it will be"
        return f"; {self.done()}, kept in {self.store.folder}: run the same again and it goes on from there"


def _check_amounts(**amounts: float | None) -> None:
    for name, value in amounts.items():
        if value is not None and not value > 0:
            raise TinyNetError(f"is {value}; it must be above 0", parameter=name)
