import pytest

import tinynet as tn
from tinynet.experiments import estimate
from tinynet.experiments.plan import plan_sweep


def test_an_estimate_has_the_numbers_of_the_sweep(tmp_path):
    grid = tn.grid(learning_rate=[0.1, 1.0], epochs=[100, 1000], hidden=[3, 4])
    found = estimate.estimate(plan_sweep(grid, 100), tmp_path, workers=3)
    assert (found.trials, found.trainings, found.networks, found.shards) == (8, 4, 400, 4)
    assert (found.shards_done, found.workers) == (0, 3)
    assert found.seconds == found.core_seconds / 3 > 0
    assert not list(tmp_path.iterdir())


def test_finished_shards_take_no_time(tmp_path):
    grid = tn.grid(learning_rate=[0.1, 1.0])
    tn.sweep(grid[:1], 100, out=tmp_path)
    half = estimate.estimate(plan_sweep(grid, 100), tmp_path)
    assert (half.shards_done, half.networks_done) == (1, 100)
    assert "1 of them are done (100 networks)" in str(half)
    tn.sweep(grid, 100, out=tmp_path)
    assert estimate.estimate(plan_sweep(grid, 100), tmp_path).core_seconds == 0


def test_trainings_that_differ_in_rate_are_timed_once(monkeypatch):
    timed = []
    monkeypatch.setattr(estimate, "_time", lambda group: timed.append(group) or (1.0, 0.5))
    grid = tn.grid(learning_rate=[0.1, 1.0, 5.0], hidden=[3, 4])
    assert estimate.estimate(plan_sweep(grid, 100)).core_seconds == pytest.approx(2 * 1.0 + 600 * 0.5)
    assert len(timed) == 2


def test_only_a_sample_of_many_trainings_is_timed(monkeypatch):
    timed = []
    monkeypatch.setattr(estimate, "_time", lambda group: timed.append(group) or (0.0, group.cost))
    plan = plan_sweep(tn.grid(hidden=list(range(1, 101))), 100)
    found = estimate.estimate(plan)
    assert len(timed) <= estimate.MAX_TIMED
    assert found.core_seconds == pytest.approx(100 * sum(group.cost for group in plan.groups))
