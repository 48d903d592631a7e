"""Compare early stopping with a PyTorch loop that keeps its best network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import tinynet as tn
import torch_twin
from tinynet.errors import TinyNetError
from tinynet.training.early_stopping import EarlyStopping

LINES = tn.pictures.lines()
VALIDATION = tn.pictures.fuzzy_lines(12, noise=0.3, seed=1)
RECIPE = tn.Recipe(learning_rate=5.0, epochs=600, noise=0.3, order="shuffled", patience=40)


def torch_best(network, recipe):
    """Train in PyTorch. -> epochs, best epoch, best parameters, validation losses"""
    steps = torch_twin.train(network, LINES, recipe)
    inputs, targets = torch.tensor(VALIDATION.inputs), torch.tensor(VALIDATION.targets)
    best, best_epoch, kept, losses = np.inf, 0, None, []
    for epoch in range(1, recipe.epochs + 1):
        parameters = steps.parameters[epoch * 4]
        model = torch_twin.module(network.with_parameters(parameters))
        with torch.no_grad():
            losses.append(torch_twin.loss_of(model, inputs, targets, recipe).item())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, parameters
        if epoch - best_epoch >= recipe.patience:
            break
    return epoch, best_epoch, kept, losses


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 5, 9])
def test_a_recording_stops_at_the_same_epoch_as_pytorch(seed):
    recipe = replace(RECIPE, seed=seed)
    network = tn.Network.initial(seed=seed)
    run = tn.train(network, LINES, recipe, validation=VALIDATION)
    epochs, best_epoch, kept, losses = torch_best(network, recipe)
    assert (run.epochs, run.best_epoch, run.stopped) == (epochs, best_epoch, None)
    assert run.epochs < recipe.epochs
    np.testing.assert_allclose(run.validation_per_epoch, losses, rtol=0, atol=1e-10)
    np.testing.assert_allclose(run.best.parameters, kept, rtol=0, atol=1e-10)
    again = tn.Recording.from_bytes(run.to_bytes())
    assert again.best == run.best
    assert again.validation == VALIDATION
    assert again.identity == run.identity != tn.train(network, LINES, tn.Recipe(epochs=2)).identity


def test_a_population_keeps_the_best_network_of_each_seed():
    trained = tn.population(RECIPE, 70, examples=LINES, validation=VALIDATION)
    runs = [trained.replay(seed) for seed in range(0, 70, 7)]
    apart = [abs(trained.parameters[7 * k] - run.best.parameters).max() for k, run in enumerate(runs)]
    # float32 deviates after hundreds of epochs at this rate. It may choose another epoch if two losses are close.
    assert np.median(apart) < 1e-3
    assert sum(distance < 0.02 for distance in apart) >= 8
    assert len({run.best_epoch for run in runs}) > 3


def test_without_patience_training_runs_all_epochs_and_keeps_the_best():
    recipe = tn.Recipe(learning_rate=5.0, epochs=300, noise=0.3)
    run = tn.train(tn.Network.initial(seed=0), LINES, recipe, validation=VALIDATION)
    assert run.epochs == 300
    assert run.best_epoch == run.validation_per_epoch.argmin() + 1


def test_nan_is_never_the_best_loss():
    stopping = EarlyStopping(tn.Recipe(patience=2), VALIDATION, 2)
    outputs = np.full((2, 12, 2), 0.5)
    outputs[1] = np.nan
    stopping.update(outputs, np.zeros((2, 23)))
    stopping.update(outputs, np.ones((2, 23)))
    assert stopping.best_epoch.tolist() == [1, 0]
    assert not stopping.finished
    stopping.update(outputs, np.ones((2, 23)))
    assert stopping.finished
    assert (stopping.parameters == 0).all()


def test_patience_needs_validation_examples():
    with pytest.raises(TinyNetError, match="patience is 3 and there are no validation examples"):
        tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(patience=3))
    with pytest.raises(TinyNetError, match="the examples have 9 inputs"):
        tn.train(tn.Network.initial(seed=0), LINES, validation=tn.pictures.lines(3))
