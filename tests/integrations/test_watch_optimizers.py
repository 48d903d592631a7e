"""Test the optimizer, the learning rates and the gradients of a watched loop."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from watched_loops import X, Y, assert_consistent, loop, model, sgd, watched


def test_the_rates_of_a_schedule_are_recorded():
    net = model()
    optimizer = sgd(net, lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 4)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(4):
            optimizer.zero_grad()
            functional.mse_loss(net(X), Y).backward()
            optimizer.step()
            schedule.step()
    recording = watcher.recording
    assert recording.rates.tolist() == [0.0, 0.25, 0.5, 0.75]
    assert recording[0].values["rate"] == 0.0
    assert recording.recipe.learning_rate == 0.25
    assert_consistent(recording)


@pytest.mark.parametrize(
    "change",
    [
        lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.01),
        lambda net: net[0].weight.grad.add_(0.1 * net[0].weight.detach()),
    ],
)
def test_gradients_that_do_not_follow_from_the_loss_are_external(change):
    recording = watched(model(), between=change)
    assert (recording.recipe.loss, recording.recipe.optimizer) == ("mse", "sgd")
    assert recording.recipe.gradients == "external"
    assert any("other gradients than the loss has (first at step 0)" in note for note in recording.notes)
    assert_consistent(recording)
    moment = recording[0]
    name = "layer1.weight[0,0]"
    assert moment.values[f"{name}.used"] != moment.values[f"{name}.gradient"]
    assert moment.values[f"{name}.change"] == -0.5 * moment.values[f"{name}.used"]
    assert "gradient that the optimizer uses" in str(moment.explain(name))


def test_gradients_without_zero_grad_are_external():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for x, y in zip(X, Y, strict=True):  # without zero_grad
            functional.mse_loss(net(x), y).backward()
            optimizer.step()
    recording = watcher.recording
    assert recording.recipe.gradients == "external"
    assert any("first at step 1" in note for note in recording.notes)
    assert_consistent(recording)


def test_the_gradients_of_a_frozen_layer_are_external():
    net = model()
    net[0].requires_grad_(False)
    recording = watched(net)
    assert recording.recipe.gradients == "external"
    assert recording.movement_per_epoch.tolist() == [0.0] * 3
    assert_consistent(recording)


def test_an_optimizer_with_different_rates_is_external():
    net = model()
    optimizer = torch.optim.SGD(
        [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2].parameters()}], lr=0.5
    )
    recording = watched(net, optimizer)
    assert recording.recipe.optimizer == "external"
    assert (
        "TinyNet has no formula for the changes of SGD with different settings for its parameter groups (first at step 0). The "
        "changes are PyTorch's."
    ) in recording.notes
    assert_consistent(recording)


@pytest.mark.parametrize(
    ("optimizer", "name", "step"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9, dampening=0.5), "SGD with dampening=0.5", 1),
        (lambda p: torch.optim.SGD(p, lr=0.5, maximize=True), "SGD with maximize=True", 0),
        (lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9, dampening=0.5, maximize=True), "SGD with maximize=True and dampening=0.5", 0),
        (lambda p: torch.optim.Adam(p, lr=0.1, maximize=True), "Adam with maximize=True", 0),
        (lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.25), "AdamW with decoupled weight_decay=0.25", 0),
        (lambda p: torch.optim.NAdam(p, lr=0.1), "NAdam", 0),
        (lambda p: torch.optim.RMSprop(p, lr=0.1), "RMSprop", 0),
    ],
)  # fmt: skip
def test_a_note_names_the_settings_without_a_formula(optimizer, name, step):
    net = model()
    recording = watched(net, optimizer(net.parameters()))
    assert recording.notes[1] == (
        f"TinyNet has no formula for the changes of {name} (first at step {step}). The changes are PyTorch's."
    )


def test_a_note_names_amsgrad_at_the_first_step_that_it_changes():
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1, amsgrad=True)
    with tn.watch(net, optimizer) as watcher:
        for factor in (10.0, 1.0, 1.0):  # the largest square is that of the first gradient
            optimizer.zero_grad()
            (factor * functional.mse_loss(net(X), Y)).backward()
            optimizer.step()
    assert watcher.recording.notes[-1].startswith(
        "TinyNet has no formula for the changes of Adam with amsgrad=True (first at step "
    )
    assert watcher.recording.recipe.optimizer == "external"


def test_settings_that_change_no_number_keep_the_formulas():
    for optimizer in (
        lambda p: torch.optim.SGD(p, lr=0.5, dampening=0.5),  # without a momentum
        lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.0),
    ):
        net = model()
        recording = watched(net, optimizer(net.parameters()))
        assert recording.recipe.optimizer != "external"
        assert "every change follows from its formula" in recording.notes[-1]


def test_parameters_changed_between_steps_are_part_of_the_change():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(3):
            loop(net, optimizer, epochs=1)
            with torch.no_grad():
                net[0].weight.clamp_(-0.3, 0.3)
    recording = watcher.recording
    assert recording.recipe.optimizer == "external"
    assert any("changed between two steps (first at step 4)" in note for note in recording.notes)
    assert np.array_equal(recording[3].after.parameters, recording[4].network.parameters)


# --- hyperparameters that change -------------------------------------------------------------------------------


def scheduled(optimizer, schedule, *, epochs=3):
    net = model()
    optimizer = optimizer(net.parameters())
    schedule = schedule(optimizer)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(epochs):
            loop(net, optimizer, epochs=1)
            schedule.step()
    return watcher.recording


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), "momentum"),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01), "momentum"),
        (lambda p: torch.optim.Adam(p, lr=0.1), "beta1"),
    ],
)
def test_a_cycle_of_rate_and_momentum_follows_from_the_formulas(optimizer, name):
    one_cycle = lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.2, total_steps=8)  # noqa: E731
    recording = scheduled(optimizer, one_cycle, epochs=6)
    assert recording.recipe.external == ["schedule"]
    assert recording.setting_names == (name,)
    assert len(set(recording.rates)) == 6
    assert len(set(recording.settings[:, 0])) == 5
    assert recording[9].values[name] == recording.settings[9, 0] == getattr(recording[9].recipe, name)
    assert_consistent(recording)
    notes = [note for note in recording.notes if "changed from" in note]
    assert notes[0].startswith("The learning rate changed from 0.008 to ")
    assert notes[1].startswith(f"The {name} changed from 0.95 to 0.")
    assert "at step 4. It changed " in notes[1]
    assert " times, between 0.85" in notes[1]
    again = tn.Recording.from_bytes(recording.to_bytes())
    assert again[9].values == recording[9].values
    assert again.identity == recording.identity


def test_a_change_of_the_learning_rate_is_named():
    step = lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5)  # noqa: E731
    recording = scheduled(lambda p: torch.optim.Adam(p, lr=0.01), step)
    assert recording.recipe.schedule == "external"
    assert recording.notes[-1] == "The learning rate changed from 0.01 to 0.005 at step 8."
    assert recording.settings is None
    assert watched(model()).recipe.schedule == "constant"
    with pytest.raises(
        tn.TinyNetError, match="schedule is 'external': this recipe comes from a PyTorch loop"
    ):
        tn.train(recording.final, recording.examples, recording.recipe)


def test_a_workbook_has_the_hyperparameters_of_each_step(tmp_path):
    one_cycle = lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.2, total_steps=20)  # noqa: E731
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = one_cycle(optimizer)
    with tn.watch(net, optimizer) as watcher:
        for k in (0, 2, 0, 2):
            optimizer.zero_grad()
            functional.mse_loss(net(X[k : k + 2]), Y[k : k + 2]).backward()
            optimizer.step()
            schedule.step()
    recording = watcher.recording
    assert recording.steps_per_epoch == 2
    recording.export(tmp_path / "epoch.xlsx", epoch=0)
    openpyxl = pytest.importorskip("openpyxl")
    cells = [
        cell.value
        for sheet in openpyxl.load_workbook(tmp_path / "epoch.xlsx")
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert {*recording.settings[:2, 0].tolist()} <= {*cells}


# --- steps without gradients -----------------------------------------------------------------------------------


def in_order_of(order, optimizer=sgd):
    """Watch a loop that calls zero_grad (z), the forward pass (f), backward (b) and step (s) in this order."""
    net = model()
    optimizer = optimizer(net)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(4):
            for call in order:
                if call == "z":
                    optimizer.zero_grad()
                elif call == "f":
                    loss = functional.mse_loss(net(X), Y)
                elif call == "b":
                    loss.backward()
                else:
                    optimizer.step()
    return watcher.recording


@pytest.mark.parametrize("order", ["zfsb", "fbzs"])
def test_a_step_without_gradients_is_named(order):
    recording = in_order_of(order)
    assert recording.recipe.gradients == "external"
    assert (recording.gradients == 0).all()
    assert not any("clipping" in note for note in recording.notes)
    assert "All gradients were 0 in optimizer.step() (first at step 0)" in recording.notes[1]
    assert "Call zero_grad() first, then backward(), then step()." in recording.notes[1]
    assert recording.recipe.optimizer == "sgd"
    assert "zero gradients" in [finding.kind for finding in tn.diagnose(recording)]
    assert_consistent(recording)


def test_a_skipped_step_of_an_optimizer_with_a_state_is_external():
    recording = in_order_of("zfsb", lambda net: sgd(net, momentum=0.9, weight_decay=0.1))
    assert recording.recipe.optimizer == "external"
    assert "SGD changed no parameter in a step without gradients (first at step 0)" in recording.notes[2]
    assert_consistent(recording)
