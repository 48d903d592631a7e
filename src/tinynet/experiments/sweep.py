"""Sweeps: many trials, each trained for many seeds."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.verdicts import Verdict, decimals, fraction_of
from tinynet.experiments.aggregates import QUANTILES, Tally, prediction_labels
from tinynet.experiments.executors import Results, check_address, run_on_cluster, run_on_threads
from tinynet.experiments.plan import Plan, plan_sweep
from tinynet.experiments.population import all_right_phrase
from tinynet.experiments.result_tables import write_tables
from tinynet.experiments.seeds import Progress
from tinynet.experiments.shards import Shard
from tinynet.experiments.store import Log, Store
from tinynet.experiments.sweep_state import SweepState
from tinynet.experiments.trials import Trial
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.validation import check_int, check_number, check_path


@dataclass(frozen=True, eq=False)
class Sweep:
    """The counts of a sweep.

    plan : the trials, seeds, examples and probes.
    tallies : the counts of each trial, over the networks that are done.
    interrupted : whether Ctrl-C ended the sweep early.

    >>> import tinynet as tn
    >>> sweep = tn.sweep(tn.grid(learning_rate=[0.1, 0.2]), networks=1000)
    >>> print(sweep.verdict(0))
    0 of 1,000 networks get all 4 pictures right (95 % interval 0 % to 0.4 %).
    """

    plan: Plan
    tallies: tuple[Tally, ...]
    interrupted: bool = False

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials, in the given order."""
        return self.plan.trials

    @property
    def complete(self) -> bool:
        """Whether all networks are done."""
        return all(tally.networks == len(self.plan.seeds) for tally in self.tallies)

    @property
    def done(self) -> str:
        """The number of networks that are done, in words.

        Trials that share a training count once.
        """
        by_group = dict(zip((group for group, _ in self.plan.positions), self.tallies, strict=True))
        networks = sum(tally.networks for tally in by_group.values())
        return f"{networks:,} of {self.plan.total_networks:,} networks are done"

    def verdict(self, trial: int | Trial) -> Verdict:
        """Return the verdict on how many networks learned, or on R² if numbers are predicted.

        trial : a trial of the sweep, or its number.
        """
        number = self._number(trial)
        tally = self.tallies[number]
        if not tally.networks:
            return Verdict(f"No network of the trial {self.trials[number]} is done.", None, 0)
        if self.plan.examples.regression:
            return self._r2_verdict(number, tally)
        phrase = f"networks {all_right_phrase(self.plan.examples)}"
        return fraction_of(tally.learned, tally.networks, phrase)

    def _r2_verdict(self, number: int, tally: Tally) -> Verdict:
        summary = self.plan.summary(number, tally)
        name, words = ("r2", "R²") if summary["r2_q50"] is not None else ("loss", "training loss")
        low, median, high = (summary[f"{name}_q{percent}"] for percent in QUANTILES)
        if median is None:
            return Verdict("No network has a finite loss.", None, tally.networks)
        sentence = f"The median {words} is {decimals(median)}. 80 % of the networks have {decimals(low)} to {decimals(high)}."
        return Verdict(sentence, None, tally.networks, None, {f"{name}_q50": median})

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict with all results for each trial.

        The dicts are ready for JSON and for `pandas.DataFrame`.
        """
        labels = prediction_labels(self.plan.examples.target_names)
        rows = []
        for number, (trial, tally) in enumerate(zip(self.trials, self.tallies, strict=True)):
            names = () if self.plan.examples.regression else self.plan.probes.names
            probes = {name: tally.probe(k, labels) for k, name in enumerate(names)}
            rows.append({"trial": number, **trial.axes, **self.plan.summary(number, tally), "probes": probes})
        return rows

    def to_parquet(self, folder: str | Path) -> None:
        """Write trials.parquet, probes.parquet and sweep.json into a folder.

        The folder is made if it does not exist.
        """
        path = check_path("folder", folder)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TinyNetError(
                f"cannot make the folder {path}: {error.strerror}. Choose another folder."
            ) from error
        write_tables(path, self.plan, self.tallies)

    def _number(self, trial: int | Trial) -> int:
        if isinstance(trial, Trial):
            if trial not in self.trials:
                raise TinyNetError(f"the trial {trial} is not in this sweep.")
            return self.trials.index(trial)
        count = len(self.trials)
        return check_int("trial", trial, -count, count - 1)


# This function has many parameters because each is an option of the command line. They are keyword-only.
@check_arguments(apart_from=("trials", "networks", "first_seed", "workers", "limit", "seconds"))
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
    log: Log = lambda line: None,
) -> Sweep:
    """Train the networks of every trial, and count the results.

    trials : trials, such as `grid` returns, or recipes for a network with one hidden layer of 3.
    networks : the number of seeds for each trial, from `first_seed` on.
    examples : the four lines by default.
    probes : inputs whose predictions are counted. The default is the stress test and the fuzzy line.
    out : a folder that stores every shard when it is done. A later sweep reuses the shards that fit.
    workers : the number of threads; one for each core by default.
    scheduler : the address of a dask scheduler, whose workers compute instead of threads.
    limit, seconds : no shard is started after this number of networks, or after this time.
    progress : called as `progress(done, total)` with numbers of networks.
    log : called with a line of text for each event, such as a damaged file.

    Ctrl-C ends the sweep early. The results so far are returned, and stored in `out`.

    Raises TinyNetError for invalid trials, and if the folder or the cluster fails. Finished shards stay in the
    folder.

    >>> import tinynet as tn
    >>> sweep = tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[100, 1000]), networks=200)
    >>> [row["epochs"] for row in sweep.rows() if row["learned_fraction"] > 0.9]
    [1000, 1000]
    """
    plan = plan_sweep(trials, networks, first_seed=first_seed, examples=examples, probes=probes)
    check_execution(workers, scheduler, limit, seconds)
    with ExitStack() as stack:
        store = None if out is None else stack.enter_context(Store(out, log))
        state = SweepState(plan, store, progress)
        state.load(log)
        interrupted = _run(state, _execute(state.waiting(limit, seconds), workers, scheduler))
        if store is not None:
            store.write_tables(plan, state.tallies())
    return Sweep(plan, state.tallies(), interrupted)


def _execute(shards: Iterator[Shard], workers: int | None, scheduler: str | None) -> Results:
    return run_on_threads(shards, workers) if scheduler is None else run_on_cluster(shards, scheduler)


def _run(state: SweepState, results: Results) -> bool:
    """Count all results.

    Returns whether Ctrl-C ended the sweep.
    """
    with closing(results):
        try:
            for shard, tallies in results:
                state.add(shard, tallies)
        except KeyboardInterrupt:
            return True
        except TinyNetError as error:
            if state.store is not None:
                with suppress(TinyNetError):  # the disk may be the cause of the first error
                    state.store.write_tables(state.plan, state.tallies())
            raise TinyNetError(f"{error.message}{state.advice()}") from error
    return False


def check_execution(
    workers: int | None, scheduler: str | None, limit: int | None, seconds: float | None
) -> None:
    """Raise a TinyNetError for a limit that is not above 0, and for a scheduler without an address."""
    for name, value in (("workers", workers), ("limit", limit)):
        if value is not None:
            check_int(name, value, 1)
    if seconds is not None:
        check_number("seconds", seconds, 0, math.inf, inclusive="right")
    if scheduler is not None:
        check_address(scheduler)
