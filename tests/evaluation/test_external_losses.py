"""Test the diagnosis and the scores of PyTorch trainings whose loss has no formula here."""

import warnings

import pytest
import torch
from torch import nn

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import classification, regression
from tinynet.evaluation.baseline import baseline
from watched_loops import model, watched

pytestmark = pytest.mark.torch


def data(rows=16):
    torch.manual_seed(0)
    x = torch.randn(rows, 3)
    return x, x[:, 0] + 0.5 * x[:, 1]


X, Y = data()
CLASSES = (Y > 0).long()
FEW = torch.tensor([1, 1, 1] + [0] * 13)


def recorded(
    loss, y, *, ending=None, hidden=nn.Tanh, outputs=1, x=X, rate=0.05, epochs=60, optimizer=torch.optim.Adam
):
    net = model(ending, hidden, (3, 8, outputs))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a target size")  # PyTorch's warning of the broadcast
        warnings.filterwarnings("ignore", "tinynet.watch stopped")
        return watched(net, optimizer(net.parameters(), rate), loss, x, y, epochs=epochs, batch=len(x))


def kinds(recording):
    return [finding.kind for finding in tn.diagnose(recording)]


def sentence(recording, kind):
    return next(finding.sentence for finding in tn.diagnose(recording) if finding.kind == kind)


@pytest.mark.parametrize("loss", [nn.HuberLoss(), nn.L1Loss(), nn.MSELoss(reduction="sum")])
def test_a_learned_regression_with_an_external_loss_is_recognized(loss):
    recording = recorded(loss, Y[:, None])
    assert recording.recipe.loss == "external"
    assert "learned" in kinds(recording)
    assert "The network learned: the mean squared error is 0.0" in sentence(recording, "learned")
    assert "plateau" not in kinds(recording)


def test_a_broadcast_of_rows_and_columns_is_a_plateau():
    recording = recorded(nn.MSELoss(), Y, epochs=200)
    found = next(finding for finding in tn.diagnose(recording) if finding.kind == "plateau")
    assert "its mean squared error is 0.9" in found.sentence
    assert "one answer" in kinds(recording)
    assert found.evidence["mean_squared_error"] == pytest.approx(
        found.evidence["constant_mean_squared_error"], rel=0.05
    )


def test_an_untrained_regression_is_still_falling():
    recording = recorded(nn.HuberLoss(), Y[:, None], rate=0.003, epochs=20)
    assert "still falling" in kinds(recording)
    assert "learned" not in kinds(recording)


def test_weighted_classes_are_judged_by_the_error_rate():
    recording = recorded(nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0])), CLASSES, outputs=2)
    assert recording.recipe.loss == "external"
    assert baseline(recording).name == "error rate"
    assert sentence(recording, "learned").startswith("The network learned: the error rate is 0.0000.")
    single = recorded(nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)), CLASSES[:, None].float())
    assert baseline(single).error == 0.0  # a logit above 0 is the class


def test_a_saturated_network_with_an_external_loss_is_found():
    net = model(nn.Sigmoid, nn.Tanh, (3, 8, 1))
    with torch.no_grad():
        net[0].weight.mul_(1000)
        net[2].bias.sub_(50)
    recording = watched(net, None, nn.HuberLoss(), X, Y[:, None].abs() + 1, epochs=10, batch=16)
    assert "saturation" in kinds(recording)
    assert "the mean squared error is still high" in sentence(recording, "saturation")


def test_dead_relus_are_found_with_an_external_loss():
    net = model(None, nn.ReLU, (3, 8, 1))
    with torch.no_grad():
        net[0].bias.sub_(100)
    recording = watched(net, None, nn.L1Loss(), X, Y[:, None], batch=16)
    assert "8 of 8 relu nodes" in sentence(recording, "dead relu")


def test_a_loss_of_a_single_class_has_no_gradients():
    recording = recorded(nn.CrossEntropyLoss(), CLASSES[:, None].float())
    assert (
        sentence(recording, "zero gradients")
        == "All gradients were 0 in every step, so the training changed nothing."
    )
    recording = recorded(nn.HuberLoss(), Y[:, None])
    assert "zero gradients" not in kinds(recording)


def test_gradients_that_become_0_are_found():
    net = model(None, nn.ReLU, (3, 8, 1))
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    with tn.watch(net, optimizer) as watcher:
        for k in range(12):
            if k == 6:
                with torch.no_grad():
                    net[0].bias.sub_(1000)  # all hidden nodes die
                    net[2].bias.requires_grad_(False)
            optimizer.zero_grad()
            nn.functional.huber_loss(net(X), Y[:, None] + 3).backward()
            optimizer.step()
    assert "All gradients are 0 since step 6" in sentence(watcher.recording, "zero gradients")


def test_the_advice_for_a_divergence_depends_on_the_size_of_the_inputs():
    settings = {"hidden": nn.Identity, "optimizer": torch.optim.SGD, "epochs": 30}
    huge = recorded(nn.MSELoss(), Y[:, None], x=X * 1.8e6, rate=0.01, **settings)
    assert "The inputs go up to " in sentence(huge, "divergence")
    assert "Scale the inputs first" in sentence(huge, "divergence")
    targets = recorded(nn.MSELoss(), Y[:, None] * 1e4, rate=0.5, **settings)
    assert "Scale the targets first" in sentence(targets, "divergence")
    fast = recorded(nn.MSELoss(), Y[:, None], rate=50.0, **settings)
    assert sentence(fast, "divergence").endswith("Use a smaller learning rate.")


WEIGHTED = nn.NLLLoss(weight=torch.tensor([1.0, 2.0]))
NLL = {
    "weighted": lambda out, y: WEIGHTED(torch.log_softmax(out, 1), y),
    "sum": lambda out, y: nn.functional.nll_loss(torch.log_softmax(out, 1), y, reduction="sum"),
    "without logarithms": nn.NLLLoss(),
}


@pytest.mark.parametrize("loss", NLL)
def test_a_loss_of_classes_that_hardly_falls_is_a_plateau(loss):
    recording = recorded(NLL[loss], CLASSES, outputs=2, rate=1e-7, epochs=20)
    assert recording.recipe.loss == "external"
    losses, error = recording.loss_per_epoch, baseline(recording).error
    assert error >= 0.25
    assert sentence(recording, "plateau") == (
        f"The training loss hardly falls: it went from {losses[10]:.4f} to {losses[-1]:.4f} in the last half of the epochs, and "
        f"the error rate is {error:.4f}."
    )
    found = next(finding for finding in tn.diagnose(recording) if finding.kind == "plateau")
    assert found.evidence == {"before": losses[10], "now": losses[-1]}


@pytest.mark.parametrize("loss", ["weighted", "sum"])
def test_a_loss_of_classes_that_falls_or_has_fallen_is_no_plateau(loss):
    falling = recorded(NLL[loss], CLASSES, outputs=2, rate=0.01, epochs=10)
    assert kinds(falling) == ["watched", "watched", {"weighted": "still falling", "sum": "learned"}[loss]]
    learned = recorded(NLL[loss], CLASSES, outputs=2, rate=0.05, epochs=200)
    assert "learned" in kinds(learned)
    assert "plateau" not in kinds(learned)


def test_a_target_that_is_one_number_has_the_checks_without_a_formula():
    """The target is no tensor, so the loop has no targets."""

    def distance(out, _):
        return (out - 2.0).abs().mean()

    flat = recorded(distance, Y[:, None], rate=1e-7, epochs=20)
    losses = flat.loss_per_epoch
    assert sentence(flat, "plateau") == (
        f"The training loss hardly falls: it went from {losses[10]:.4f} to {losses[-1]:.4f} in the last half of the epochs."
    )
    assert "still falling" in kinds(recorded(distance, Y[:, None], rate=0.01, epochs=20))
    fallen = recorded(distance, Y[:, None], rate=0.05, epochs=400)
    assert fallen.loss_per_epoch[-1] < 0.1 * fallen.loss_per_epoch[0]
    assert "plateau" not in kinds(fallen)
    net = model(nn.Sigmoid, nn.ReLU, (3, 8, 1))
    with torch.no_grad():
        net[0].bias.sub_(100)
        net[2].bias.sub_(50)
    dead = watched(net, None, distance, X, Y[:, None], epochs=10, batch=16)
    assert "8 of 8 relu nodes" in sentence(dead, "dead relu")
    tanh = model(nn.Sigmoid, nn.Tanh, (3, 8, 1))
    with torch.no_grad():
        tanh[0].weight.mul_(1000)
    assert "saturation" in kinds(watched(tanh, None, distance, X, Y[:, None], epochs=10, batch=16))


@pytest.mark.parametrize(
    ("loss", "ending", "bias", "answer"),
    [
        (nn.BCELoss(), nn.Sigmoid, -0.25, "not class 1"),
        (nn.BCEWithLogitsLoss(), None, 0.25, "class 1"),
        (nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)), None, 0.25, "class 1"),  # above 0, and below 0.5
        (nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)), None, -0.25, "not class 1"),
    ],
)
def test_the_same_answer_of_one_output_is_named_by_its_class(loss, ending, bias, answer):
    net = model(ending, nn.Tanh, (3, 8, 1))
    with torch.no_grad():
        net[2].weight.zero_()
        net[2].bias.fill_(bias)
    optimizer = torch.optim.SGD(net.parameters(), 1e-7)
    recording = watched(net, optimizer, loss, X, FEW[:, None].float(), batch=16)
    assert recording.examples.target_names == ("class 1",)
    count = {"class 1": 3, "not class 1": 13}[answer]
    assert sentence(recording, "one answer") == (
        f"The network gives the same answer to all 16 rows: {answer}. {100 * count / 16:.1f} % of the rows are classified "
        "correctly."
    )


def test_numbers_and_unknown_targets_have_no_class():
    assert recorded(nn.MSELoss(), 3 * Y[:, None], epochs=2).examples.target_names == ("output 0",)
    assert recorded(lambda out, y: out.sum() ** 2, Y[:, None], epochs=2).examples.target_names == (
        "output 0",
    )


def test_unknown_targets_are_no_reason_to_fail():
    recording = recorded(lambda out, y: out.pow(2).sum(), Y[:, None], epochs=12)
    assert recording.examples.targets is None or recording.recipe.loss == "external"
    assert "watched" in kinds(recording)


# --- numbers or classes ----------------------------------------------------------------------------------------

UNIT = (0.1 * Y + 0.5).clamp(0.01, 0.99)[:, None]
SIGNS = (2.0 * CLASSES - 1.0)[:, None]


@pytest.mark.parametrize(
    ("y", "loss", "ending"),
    [(UNIT, nn.MSELoss(), None), (10 * Y[:, None], nn.HuberLoss(), None), (SIGNS, nn.MSELoss(), nn.Tanh)],
    ids=["from 0 to 1", "any range", "-1 and 1"],
)
def test_a_watched_regression_has_the_scores_of_numbers(y, loss, ending):
    recording = recorded(loss, y, ending=ending, epochs=200)
    assert recording.examples.regression
    scores = tn.score(recording.final, recording.examples)
    outputs, targets = recording.final(recording.examples), recording.examples.targets
    assert scores.mae[0] == pytest.approx(abs(outputs - targets).mean())
    assert scores.r2[0] > 0.8
    with pytest.raises(TinyNetError, match=r"the targets are numbers. They must be classes"):
        classification.score(recording.final, recording.examples)
    assert tn.Recording.from_bytes(recording.to_bytes()).examples.regression


@pytest.mark.parametrize(
    ("y", "loss", "ending", "outputs"),
    [
        (CLASSES, nn.CrossEntropyLoss(), None, 2),
        (CLASSES, nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0])), None, 2),
        (CLASSES[:, None].float(), nn.MSELoss(), nn.Sigmoid, 1),
        (UNIT, nn.BCELoss(), nn.Sigmoid, 1),
        (torch.hstack([UNIT, 1 - UNIT]), nn.MSELoss(), nn.Sigmoid, 2),
    ],
    ids=["classes", "weighted classes", "0 and 1", "probabilities", "shares"],
)
def test_watched_classes_have_the_scores_of_a_classifier(y, loss, ending, outputs):
    recording = recorded(loss, y, ending=ending, outputs=outputs)
    assert not recording.examples.regression
    assert len(tn.score(recording.final, recording.examples)) == 16
    with pytest.raises(TinyNetError, match=r"the targets are classes. They must be numbers"):
        regression.score_regression(recording.final, recording.examples)


def test_unscaled_numbers_have_the_scores_of_numbers():
    examples = tn.Examples(
        [[0.0], [1.0], [2.0]], [[10.0], [12.0], [14.0]], "abc", None, ("y",), unbounded=True
    )
    network = tn.train(tn.Network.initial((1, 3, 1), output="identity"), examples).final
    assert tn.score(network, examples).r2[0] > 0.99
    assert examples.unscaled([[11.0]]).tolist() == [[11.0]]


def test_no_sentence_calls_a_row_a_picture():
    recording = recorded(nn.HuberLoss(), Y[:, None], epochs=12)
    texts = [repr(recording.examples), *map(str, tn.diagnose(recording)), *recording.notes]
    texts += [str(recording[0].explain(name)) for name in ("layer1.weight[0,0]", "loss")]
    assert recording.examples.noun() == "row"
    assert not any("picture" in text or "pixel" in text for text in texts)
