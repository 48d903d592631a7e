"""The counts of a sweep while it runs."""

import time
from collections.abc import Iterator

from tinynet.experiments.aggregates import Tally
from tinynet.experiments.plan import Plan
from tinynet.experiments.seeds import Progress
from tinynet.experiments.shards import Shard, TrainingGroup
from tinynet.experiments.store import Log, Store


class SweepState:
    """The tallies of the shards that are done.

    networks, shards : the numbers of networks and shards that are done.
    """

    def __init__(self, plan: Plan, store: Store | None, progress: Progress | None) -> None:
        self.plan, self.store, self.progress = plan, store, progress
        self.networks = self.shards = 0
        self._tallies = {group: self._empty(group) for group in plan.groups}

    def _empty(self, group: TrainingGroup) -> list[Tally]:
        probes, outputs = len(self.plan.probes), group.architecture.sizes[-1]
        return [Tally.empty(epochs, probes, outputs) for epochs in group.checkpoints]

    def load(self, log: Log) -> None:
        """Count the shards that are in the folder."""
        if self.store is None:
            return
        for shard in self.plan.shards():
            tallies = self.store.read(shard)
            if tallies is not None:
                self._count(shard, tallies)
        if self.shards:
            log(f"found {self.describe()}")
        self._report()

    def describe(self) -> str:
        """Return what is done, in words."""
        return (
            f"{self.shards:,} of {self.plan.shard_count:,} shards done "
            f"({self.networks:,} of {self.plan.total_networks:,} networks)"
        )

    def waiting(self, limit: int | None, seconds: float | None) -> Iterator[Shard]:
        """Yield the shards that are not done.

        No shard is yielded after a limit is reached.
        """
        end, started = time.monotonic() + (seconds or 0), 0
        for shard in self.plan.shards():
            if self.store is not None and self.store.contains(shard):
                continue
            if (limit is not None and started >= limit) or (seconds is not None and time.monotonic() > end):
                return
            started += len(shard)
            yield shard

    def add(self, shard: Shard, tallies: list[Tally]) -> None:
        """Store and count a shard."""
        if self.store is not None:
            self.store.write(shard, tallies)
        self._count(shard, tallies)
        self._report()

    def _count(self, shard: Shard, tallies: list[Tally]) -> None:
        before = self._tallies[shard.group]
        self._tallies[shard.group] = [a + b for a, b in zip(before, tallies, strict=True)]
        self.networks, self.shards = self.networks + len(shard), self.shards + 1

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(self.networks, self.plan.total_networks)

    def tallies(self) -> tuple[Tally, ...]:
        """Return the tally of each trial."""
        return tuple(
            self._tallies[self.plan.groups[group]][checkpoint] for group, checkpoint in self.plan.positions
        )

    def advice(self) -> str:
        """Return the end of an error message.

        The text describes the stored results and how to continue.
        """
        if not self.shards:
            return ""
        if self.store is None:
            return f" {self.describe()}, but nothing is stored. Give a folder with out=."
        return f" {self.describe()}, stored in {self.store.folder}. Run the sweep again to continue."
