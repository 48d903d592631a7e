from dataclasses import replace
from threading import Event

import numpy as np
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import correct
from tinynet.experiments import shards
from tinynet.experiments.aggregates import Tally, logarithmic_checkpoints
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.experiments.plan import Plan
from tinynet.experiments.shards import Shard, TrainingGroup, compute, mark_first_correct

LINES, PROBES = tn.pictures.lines(), tn.pictures.stress()
GRID = tn.grid(learning_rate=[1.0, 5.0], epochs=[300, 100], hidden=[3, (4, 4)])


def plan(trials=GRID, networks=5000, first_seed=0, examples=LINES, probes=PROBES):
    return Plan.of(trials, networks, first_seed, examples, probes)


def group(**axes):
    (found,) = plan(tn.grid(**axes)).groups
    return found


def test_trials_that_differ_in_epochs_share_a_training():
    found = plan()
    assert [g.checkpoints for g in found.groups] == [(100, 300)] * 4
    for trial, (which, checkpoint) in zip(GRID, found.positions, strict=True):
        assert found.groups[which].architecture == trial.architecture
        assert found.groups[which].recipe == replace(trial.recipe, epochs=300)
        assert found.groups[which].checkpoints[checkpoint] == trial.recipe.epochs


def test_trials_with_a_schedule_share_no_training():
    found = plan(tn.grid(schedule=["constant", "hold_then_decay"], epochs=[100, 300]))
    assert [(g.recipe.schedule, g.checkpoints) for g in found.groups] == [
        ("constant", (100, 300)), ("hold_then_decay", (100,)), ("hold_then_decay", (300,)),
    ]  # fmt: skip


@pytest.mark.parametrize(("first_seed", "networks"), [(0, 5000), (1000, 1), (1000, 64), (4095, 8194)])
def test_every_seed_of_every_training_is_in_one_shard(first_seed, networks):
    found = plan(networks=networks, first_seed=first_seed)
    every = list(found.shards())
    for g in found.groups:
        seeds = [seed for shard in every if shard.group is g for seed in range(shard.first, shard.last)]
        assert seeds == list(range(first_seed, first_seed + networks))
        assert all(len(shard) <= g.shard_size for shard in every)
    assert len(every) == found.shard_count
    assert sum(map(len, every)) == found.total_networks


def test_a_longer_sweep_contains_the_shards_of_a_shorter_sweep():
    size = plan().groups[0].shard_size
    whole = {shard.key for shard in plan(networks=3 * size).shards()}
    assert {shard.key for shard in plan(networks=2 * size).shards()} < whole
    assert {shard.key for shard in plan(networks=size, first_seed=size).shards()} < whole


@pytest.mark.parametrize(
    "axes",
    [
        {"learning_rate": 2.0}, {"epochs": [10, 101]}, {"hidden": 4}, {"activation": "tanh"}, {"loss": "bce"},
        {"order": "shuffled"}, {"init": "he"},
    ],
)  # fmt: skip
def test_the_key_of_a_shard_depends_on_everything_that_affects_its_counts(axes):
    usual = Shard(group(epochs=[10, 100]), 0, 64)
    assert Shard(group(**({"epochs": [10, 100]} | axes)), 0, 64).key != usual.key
    assert Shard(group(epochs=[100, 10]), 0, 64).key == usual.key
    assert Shard(usual.group, 0, 63).key != usual.key
    for other in (replace(usual.group, examples=LINES.reversed()), replace(usual.group, probes=PROBES[1:])):
        assert Shard(other, 0, 64).key != usual.key


@pytest.mark.parametrize(
    "axes", [{}, {"epochs": 1}, {"epochs": 10_000_000}, {"hidden": (64, 64), "epochs": 500}]
)
def test_a_shard_is_a_power_of_two_of_bounded_work(axes):
    found = group(**axes)
    assert found.shard_size in {2**k for k in range(6, 17)}
    assert (
        found.shard_size == shards.MIN_NETWORKS or found.shard_size * found.cost <= shards.SECONDS_PER_SHARD
    )


def test_a_group_can_be_read_from_its_description():
    found = group(hidden=(4, 4), optimizer="adam")
    assert TrainingGroup.from_description(found.description).description == found.description


def test_shard_sizes_do_not_depend_on_the_machine():
    assert [group(epochs=e).shard_size for e in (100, 1000, 30_000)] == [32_768, 32_768, 2048]


def brute_force(trial, seeds, probes=PROBES):
    """Return the tally of one trial; train separately up to each checkpoint."""
    first = np.zeros(len(seeds), np.int64)
    for epoch in logarithmic_checkpoints(trial.recipe.epochs)[:-1].tolist():
        trained = population(trial, epoch, seeds)
        first[(first == 0) & trained.all_right] = epoch
    return Tally.of(population(trial, trial.recipe.epochs, seeds), first, probes)


def population(trial, epochs, seeds):
    recipe = replace(trial.recipe, epochs=epochs)
    return tn.population(recipe, len(seeds), first_seed=seeds[0], architecture=trial.architecture)


@pytest.mark.parametrize(
    "axes",
    [
        {"learning_rate": 5.0},
        {"learning_rate": 2.0, "order": "shuffled", "hidden": (4, 4), "activation": "tanh"},
        {"learning_rate": 5.0, "noise": 0.1, "augment": True},
        {"optimizer": "adam", "learning_rate": 0.05, "output": "softmax", "loss": "cross_entropy"},
        {"learning_rate": 3.0, "activation": "identity", "output": "identity"},
    ],
)
def test_tallies_equal_those_of_separate_trainings(axes):
    trials = tn.grid(epochs=[97, 200], **axes)
    (shard,) = plan(trials, networks=100, first_seed=7).shards()
    found = compute(shard.group.description, shard.first, shard.last)
    for trial, tally in zip(trials, found, strict=True):
        assert tally == brute_force(trial, range(7, 107))


def test_other_trials_in_the_sweep_do_not_change_a_tally():
    alone = compute(group(epochs=300).description, 0, 200)
    among = compute(group(epochs=[50, 299, 300, 777]).description, 0, 200)
    assert alone[0] == among[2]


def test_the_sum_of_the_tallies_does_not_depend_on_the_shard_size():
    description = group(learning_rate=5.0, epochs=150).description
    (whole,), (first,), (rest,) = (
        compute(description, 0, 300),
        compute(description, 0, 64),
        compute(description, 64, 300),
    )
    assert whole == first + rest
    assert whole.learned > 10


def test_checkpoints_do_not_change_a_training():
    trained = tn.population(tn.Recipe(epochs=500), 100).parameters
    cohort = Cohort(TrainingJob.of(tn.Architecture(), tn.Recipe(epochs=500), LINES), np.arange(100))
    for epoch in logarithmic_checkpoints(500).tolist():
        cohort.advance(epoch)
    assert (cohort.parameters() == trained).all()


@pytest.mark.parametrize(
    "architecture",
    [
        tn.Architecture(),
        tn.Architecture((4, 5, 4, 3), hidden="tanh", output="softmax"),
        tn.Architecture((4, 3, 1)),
        tn.Architecture((4, 3), output="identity"),
        tn.Architecture((4, 3, 2), init="zeros"),
    ],
)
def test_the_first_correct_epoch_is_marked_once(architecture):
    draw, outputs = np.random.default_rng(0), architecture.sizes[-1]
    targets = np.eye(max(2, outputs))[[0, 1], :outputs]
    answers = ("a", "b", "c")[:outputs]
    examples = tn.pictures.Examples(draw.random((2, 4)), targets, ("one", "two"), (2, 2), answers)
    cohort = Cohort(TrainingJob.of(architecture, tn.Recipe(), examples), np.arange(5000))
    all_correct = correct(cohort.outputs(examples.inputs), targets).all(axis=1)
    first_correct = np.zeros(5000, np.int64)
    cohort.epoch = 7
    mark_first_correct(cohort, examples, first_correct)
    assert (first_correct == 7 * all_correct).all()
    assert all_correct.any() == (architecture.init != "zeros")
    cohort.epoch = 8
    mark_first_correct(cohort, examples, first_correct)
    assert (first_correct == 7 * all_correct).all()


def test_a_cancelled_shard_has_no_tallies():
    cancelled = Event()
    cancelled.set()
    assert compute(group().description, 0, 64, cancelled) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trials": []}, "trials is empty"),
        ({"trials": [*GRID, GRID[3]]}, "the trial learning_rate 1, epochs 100, hidden 4x4 occurs twice"),
        (
            {"trials": tn.grid(loss=["mse", "cross_entropy"])},
            "loss cross_entropy, hidden 3 is invalid: loss is 'cross_entropy' and",
        ),
        ({"networks": 0}, "networks is 0"),
        ({"first_seed": 2**32 - 5}, "The last seed would be"),
        ({"examples": PROBES}, "is invalid: the examples have no targets"),
        ({"probes": tn.pictures.lines(3)}, "the probes have 9 inputs and the examples 4"),
    ],
)
def test_invalid_plans_are_refused(arguments, message):
    with pytest.raises(TinyNetError, match=message):
        plan(**arguments)
