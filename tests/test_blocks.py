from dataclasses import replace
from threading import Event

import numpy as np
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import correct
from tinynet.experiments import shards
from tinynet.experiments.aggregates import Tally, ladder
from tinynet.experiments.cohort import Cohort, Training
from tinynet.experiments.shards import Block, Group, Plan, compute

LINES, PROBES = tn.pictures.lines(), tn.pictures.stress()
GRID = tn.grid(learning_rate=[1.0, 5.0], epochs=[300, 100], hidden=[3, (4, 4)])


def plan(trials=GRID, networks=5000, first_seed=0, examples=LINES, probes=PROBES):
    return Plan.of(trials, networks, first_seed, examples, probes)


def group(**axes):
    (found,) = plan(tn.grid(**axes)).groups
    return found


def test_trials_that_differ_in_epochs_share_a_training():
    found = plan()
    assert [g.stops for g in found.groups] == [(100, 300)] * 4
    for trial, (which, stop) in zip(GRID, found.places, strict=True):
        assert found.groups[which].architecture == trial.architecture
        assert found.groups[which].recipe == replace(trial.recipe, epochs=300)
        assert found.groups[which].stops[stop] == trial.recipe.epochs


def test_a_schedule_knows_its_end_and_shares_nothing():
    found = plan(tn.grid(schedule=["constant", "hold_then_decay"], epochs=[100, 300]))
    assert [(g.recipe.schedule, g.stops) for g in found.groups] == [
        ("constant", (100, 300)), ("hold_then_decay", (100,)), ("hold_then_decay", (300,)),
    ]  # fmt: skip


@pytest.mark.parametrize(("first_seed", "networks"), [(0, 5000), (1000, 1), (1000, 64), (4095, 8194)])
def test_every_seed_of_every_training_is_in_one_block(first_seed, networks):
    found = plan(networks=networks, first_seed=first_seed)
    every = list(found.blocks())
    for g in found.groups:
        seeds = [seed for block in every if block.group is g for seed in range(block.first, block.last)]
        assert seeds == list(range(first_seed, first_seed + networks))
        assert all(len(block) <= g.size for block in every)
    assert len(every) == found.block_count
    assert sum(map(len, every)) == found.total


def test_the_blocks_of_a_longer_sweep_are_the_same():
    size = plan().groups[0].size
    whole = {block.key for block in plan(networks=3 * size).blocks()}
    assert {block.key for block in plan(networks=2 * size).blocks()} < whole
    assert {block.key for block in plan(networks=size, first_seed=size).blocks()} < whole


@pytest.mark.parametrize(
    "axes",
    [
        {"learning_rate": 2.0}, {"epochs": [10, 101]}, {"hidden": 4}, {"activation": "tanh"}, {"loss": "bce"},
        {"order": "shuffled"}, {"init": "he"},
    ],
)  # fmt: skip
def test_what_decides_the_numbers_decides_the_key(axes):
    usual = Block(group(epochs=[10, 100]), 0, 64)
    assert Block(group(**({"epochs": [10, 100]} | axes)), 0, 64).key != usual.key
    assert Block(group(epochs=[100, 10]), 0, 64).key == usual.key
    assert Block(usual.group, 0, 63).key != usual.key
    for other in (replace(usual.group, examples=LINES.reversed()), replace(usual.group, probes=PROBES[1:])):
        assert Block(other, 0, 64).key != usual.key


@pytest.mark.parametrize(
    "axes", [{}, {"epochs": 1}, {"epochs": 10_000_000}, {"hidden": (64, 64), "epochs": 500}]
)
def test_a_block_is_a_power_of_two_of_bounded_work(axes):
    found = group(**axes)
    assert found.size in {2**k for k in range(6, 17)}
    assert found.size == shards.SMALLEST or found.size * found.cost <= shards.SECONDS


def test_a_group_survives_its_text():
    found = group(hidden=(4, 4), optimizer="adam")
    assert Group.from_text(found.text).text == found.text


def test_sizes_do_not_depend_on_this_machine():
    assert [group(epochs=e).size for e in (100, 1000, 30_000)] == [32_768, 32_768, 2048]


def brute_force(trial, seeds, probes=PROBES):
    """The tally of one trial by training its networks alone, and looking at each epoch of the ladder."""
    first = np.zeros(len(seeds), np.int64)
    for epoch in ladder(trial.recipe.epochs)[:-1].tolist():
        crowd = population(trial, epoch, seeds)
        first[(first == 0) & crowd.all_right] = epoch
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
def test_tallies_are_what_trainings_of_their_own_count(axes):
    trials = tn.grid(epochs=[97, 200], **axes)
    (block,) = plan(trials, networks=100, first_seed=7).blocks()
    found = compute(block.group.text, block.first, block.last)
    for trial, tally in zip(trials, found, strict=True):
        assert tally == brute_force(trial, range(7, 107))


def test_a_trial_counts_the_same_whatever_else_is_in_the_sweep():
    alone = compute(group(epochs=300).text, 0, 200)
    among = compute(group(epochs=[50, 299, 300, 777]).text, 0, 200)
    assert alone[0] == among[2]


def test_blocks_cut_otherwise_add_up_to_the_same():
    text = group(learning_rate=5.0, epochs=150).text
    (whole,), (first,), (rest,) = compute(text, 0, 300), compute(text, 0, 64), compute(text, 64, 300)
    assert whole == first + rest
    assert whole.learned > 10


def test_a_training_looked_at_on_the_way_is_the_same_to_the_bit():
    trained = tn.population(tn.Recipe(epochs=500), 100).parameters
    cohort = Cohort(Training.of(tn.Architecture(), tn.Recipe(epochs=500), LINES), np.arange(100))
    for epoch in ladder(500).tolist():
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
def test_a_look_sees_who_is_right(architecture):
    draw, outputs = np.random.default_rng(0), architecture.sizes[-1]
    targets = np.eye(max(2, outputs))[[0, 1], :outputs]
    answers = ("a", "b", "c")[:outputs]
    examples = tn.pictures.Examples(draw.random((2, 4)), targets, ("one", "two"), (2, 2), answers)
    cohort = Cohort(Training.of(architecture, tn.Recipe(), examples), np.arange(5000))
    rights = correct(cohort.answers(examples.inputs), targets).all(axis=1)
    seen = np.zeros(5000, np.int64)
    cohort.epoch = 7
    shards.look(cohort, examples, seen)
    assert (seen == 7 * rights).all()
    assert rights.any() == (architecture.init != "zeros")
    cohort.epoch = 8
    shards.look(cohort, examples, seen)
    assert (seen == 7 * rights).all()


def test_a_cancelled_block_is_nothing():
    cancelled = Event()
    cancelled.set()
    assert compute(group().text, 0, 64, cancelled) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trials": []}, "there are no trials"),
        ({"trials": [*GRID, GRID[3]]}, "the trial learning_rate 1, epochs 100, hidden 4x4 stands twice"),
        (
            {"trials": tn.grid(loss=["mse", "cross_entropy"])},
            "loss cross_entropy, hidden 3 is impossible: loss is 'cross_entropy'",
        ),
        ({"networks": 0}, "networks is 0"),
        ({"first_seed": 2**32 - 5}, "pass the last seed"),
        ({"examples": PROBES}, "is impossible: the examples have no targets"),
        ({"probes": tn.pictures.lines(3)}, "the probe pictures have 9 inputs and the examples 4"),
    ],
)
def test_impossible_plans_are_refused(arguments, message):
    with pytest.raises(TinyNetError, match=message):
        plan(**arguments)
