"""Test that unsupported models, options and loops are refused."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune, weight_norm

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.training.watched import WatchedRecording
from watched_loops import X, loop, model, sgd


def test_wrong_arguments_are_refused():
    net = model()
    optimizer = sgd(net)
    with pytest.raises(TinyNetError, match="model is of type int"):
        tn.watch(4, optimizer)
    with pytest.raises(
        TinyNetError, match="optimizer is of type Sequential. It must be an optimizer of torch.optim"
    ):
        tn.watch(net, net)
    with pytest.raises(TinyNetError, match="none of the model's parameters"):
        tn.watch(net, sgd(model()))
    with pytest.raises(TinyNetError, match="steps_per_epoch is 0"):
        tn.watch(net, optimizer, steps_per_epoch=0)
    with pytest.raises(TinyNetError, match="shape is \\(3, 3\\) and the model takes 4"):
        tn.watch(net, optimizer, shape=(3, 3))
    with pytest.raises(TinyNetError, match="target_names has 1 name and the model has 2 outputs"):
        tn.watch(net, optimizer, target_names=("yes",))
    with pytest.raises(TinyNetError, match="9 inputs and the model takes 4"):
        tn.watch(net, optimizer, examples=tn.pictures.lines(3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2)), "layer '0' has no bias"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)), "layer '1' is a BatchNorm1d"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2).half()), "layer '1' is torch.float16"),
        (
            lambda: nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).to("meta"),
            "layer '0' is on the device meta",
        ),
    ],
)
def test_an_unsupported_layer_is_named(make, message):
    net = make()
    with pytest.raises(TinyNetError, match=message):
        tn.watch(net, sgd(net))


COMPUTED = {
    "pruned weight": lambda layer: prune.l1_unstructured(layer, "weight", amount=2),
    "pruned bias": lambda layer: prune.l1_unstructured(layer, "bias", amount=1),
    "earlier weight_norm": lambda layer: weight_norm(layer),
    "weight_norm": lambda layer: parametrizations.weight_norm(layer),
    "orthogonal": lambda layer: parametrizations.orthogonal(layer),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_a_computed_weight_is_refused_without_other_warnings(name):
    net = model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # weight_norm itself is deprecated
        COMPUTED[name](net[0])
    part = "bias" if "bias" in name else "weight"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            TinyNetError, match=f"the {part} of layer '0' is computed from other parameters in each pass"
        ):
            tn.watch(net, torch.optim.SGD(net.parameters(), 0.5))
        assert np.allclose(tn.Network.from_torch(net)(X), net(X).detach(), atol=1e-6)


def test_a_layer_that_is_pruned_for_good_is_recorded():
    net = model()
    prune.l1_unstructured(net[0], "weight", amount=2)
    prune.remove(net[0], "weight")
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        loop(net, optimizer)
    assert watcher.recording.recipe.external == []


def test_pruning_inside_the_loop_ends_the_recording():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        loop(net, optimizer)
        prune.l1_unstructured(net[0], "weight", amount=2)
        with pytest.warns(
            UserWarning, match="recorded up to step 12: the weight of layer '0' is computed"
        ) as found:
            loop(net, optimizer)
    assert len(found) == 1
    assert len(watcher.recording) == 12


def test_shared_parameters_are_refused():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    with pytest.raises(TinyNetError, match="layer '1' shares its parameters"):
        tn.watch(net, sgd(net))


def test_a_compiled_model_is_refused():
    net = model()
    net.compile(backend="eager")
    with pytest.raises(TinyNetError, match="the model is compiled, so its layers have no hooks"):
        tn.watch(net, sgd(net))


def test_parameters_changed_between_pass_and_step_are_refused():
    net = model()
    optimizer, other = sgd(net), sgd(net[2])
    with (
        pytest.raises(TinyNetError, match="its parameters changed between the pass and the step"),
        tn.watch(net, optimizer),
    ):
        loop(net, optimizer, between=lambda net: other.step())


def test_a_forward_method_with_unsupported_operations_is_refused():
    net = model()
    optimizer = sgd(net)
    net[2].register_forward_hook(lambda module, inputs, output: output * 2)
    with (
        pytest.raises(TinyNetError, match="the outputs of layer '2' do not follow from its parameters"),
        tn.watch(net, optimizer) as watcher,
    ):
        loop(net, optimizer)
    with pytest.raises(TinyNetError, match="nothing was recorded"):
        watcher.recording  # noqa: B018


def test_a_step_without_a_backward_pass_is_refused():
    net = model()
    optimizer = sgd(net)
    part = lambda x: net[1](net[0](x))  # noqa: E731
    with pytest.raises(TinyNetError, match="no backward pass through the model"), tn.watch(net, optimizer):
        loop(net, optimizer, lambda out, y: functional.mse_loss(part(X[:1]), torch.zeros(1, 3)))


def test_the_recording_is_available_after_the_block():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        with pytest.raises(TinyNetError, match="available when the `with` block ends"):
            watcher.recording  # noqa: B018
        loop(net, optimizer)
    assert type(watcher.recording) is WatchedRecording
    assert watcher.recording is watcher.recording


def test_a_loop_without_steps_has_no_recording():
    net = model()
    watcher = tn.watch(net, sgd(net))
    watcher.__enter__()
    with pytest.raises(TinyNetError, match="nothing was recorded: no optimizer.step"):
        watcher.__exit__(None, None, None)
    with pytest.raises(TinyNetError, match="nothing was recorded: no optimizer.step"):
        watcher.recording  # noqa: B018
