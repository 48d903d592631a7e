"""Read the models that exporters write, in the forms of each exporter."""

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

import tinynet as tn
from onnx_models import check_outputs
from tinynet.errors import TinyNetError

KERAS = sorted((Path(__file__).parents[1] / "golden" / "keras").glob("*.onnx"))


class Functional(nn.Module):
    """Call the activations as functions, and flatten by `view`."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 3, bias=False), nn.Linear(3, 2)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return torch.log_softmax(self.second(torch.relu(self.first(x))), dim=1)


class Reshaping(nn.Module):
    """Change the shape and the precision in every way that changes no number."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x):
        x = torch.flatten(x.contiguous().float().double().to(torch.float32), 1).reshape(-1, 4)
        x = torch.tanh(self.first(x.unsqueeze(1).squeeze(1).view(x.shape[0], 2, 2).flatten(1)))
        return torch.sigmoid(self.second(x))


def chain(*modules, dtype=torch.float32):
    torch.manual_seed(0)
    return nn.Sequential(*modules).to(dtype).eval()


def two_layers(activation, *end, bias=True, dtype=torch.float32):
    return chain(nn.Linear(4, 3, bias=bias), activation, nn.Linear(3, 2, bias=bias), *end, dtype=dtype)


ROW, IMAGE = (4,), (1, 2, 2)
TORCH_FORMS = {  # name: model, shape of one example, activations
    "sigmoid": (lambda: two_layers(nn.Sigmoid(), nn.Sigmoid()), ROW, ("sigmoid", "sigmoid")),
    "tanh": (lambda: two_layers(nn.Tanh(), nn.Tanh()), ROW, ("tanh", "tanh")),
    "relu, softmax": (lambda: two_layers(nn.ReLU(), nn.Softmax(dim=1)), ROW, ("relu", "softmax")),
    "softplus": (lambda: two_layers(nn.Softplus(), nn.Softplus()), ROW, ("softplus", "softplus")),
    "unflatten": (lambda: chain(nn.Unflatten(1, (2, 2)), nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), ROW, ("relu", "identity")),
    "steep softplus": (lambda: two_layers(nn.Softplus(beta=2)), ROW, ("softplus", "identity")),
    "log_softmax": (lambda: two_layers(nn.Tanh(), nn.LogSoftmax(dim=-1)), ROW, ("tanh", "softmax")),
    "no bias": (lambda: two_layers(nn.ReLU(), bias=False), ROW, ("relu", "identity")),
    "one layer": (lambda: chain(nn.Linear(4, 2)), ROW, ("identity",)),
    "no activations": (lambda: chain(nn.Linear(4, 3), nn.Linear(3, 2)), ROW, ("identity", "identity")),
    "flatten": (lambda: chain(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), IMAGE, ("relu", "identity")),
    "view, functions": (lambda: chain(Functional()), IMAGE, ("relu", "softmax")),
    "reshaping, casts": (lambda: chain(Reshaping()), IMAGE, ("tanh", "sigmoid")),
    "identity, dropout": (lambda: two_layers(nn.Sequential(nn.Identity(), nn.Dropout(0.5), nn.Tanh()), nn.Identity()), ROW, ("tanh", "identity")),
    "double": (lambda: two_layers(nn.Sigmoid(), nn.Softmax(dim=1), dtype=torch.float64), ROW, ("sigmoid", "softmax")),
    "half": (lambda: two_layers(nn.ReLU(), dtype=torch.float16), ROW, ("relu", "identity")),
}  # fmt: skip
ONNX_ALONE = {  # forms that `from_torch` refuses
    "unflatten": "layer '0' is an Unflatten",
    "steep softplus": "layer '1' is a Softplus with settings of its own",
}
TORCH_EXPORTERS = {  # name: arguments of torch.onnx.export
    **{
        f"old, opset {opset}": {"dynamo": False, "opset_version": opset, "dynamic_axes": {"x": {0: "n"}}}
        for opset in (9, 12, 13, 20)
    },
    "old, fixed batch": {"dynamo": False, "opset_version": 17},
    "old, constants as nodes": {"dynamo": False, "opset_version": 14, "keep_initializers_as_inputs": True, "do_constant_folding": False},
    "new": {"dynamo": True, "dynamic_shapes": ({0: torch.export.Dim.DYNAMIC},)},
}  # fmt: skip


def exported(model, shape, arguments):
    """Return a model of PyTorch as the bytes of an ONNX model."""
    dtype, file = next(model.parameters()).dtype, io.BytesIO()
    examples = (torch.zeros((3, *shape), dtype=dtype),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporters' own code
        if arguments["dynamo"]:
            return torch.onnx.export(
                model, examples, verbose=False, **arguments
            ).model_proto.SerializeToString()
        torch.onnx.export(model, examples, file, input_names=["x"], **arguments)
    return file.getvalue()


@pytest.mark.parametrize(
    "exporter",
    [pytest.param(name, marks=pytest.mark.slow if name == "new" else ()) for name in TORCH_EXPORTERS],
)
@pytest.mark.parametrize("form", TORCH_FORMS)
def test_the_models_of_both_exporters_of_pytorch_are_read(exporter, form):
    if form == "unflatten" and TORCH_EXPORTERS[exporter].get("opset_version", 13) < 13:
        pytest.skip("the exporter writes this layer from version 13 on")
    check_torch_form(form, TORCH_EXPORTERS[exporter])


@pytest.mark.slow
@pytest.mark.parametrize("form", ["softplus", "view, functions"])
def test_a_model_of_the_new_exporter_with_fixed_sizes_is_read(form):
    check_torch_form(form, {"dynamo": True})
    check_torch_form(form, {"dynamo": True, "optimize": False})


def check_torch_form(form, arguments):
    """Check the outputs of the network, and that `from_torch` reads the same network if it reads the form."""
    made, shape, activations = TORCH_FORMS[form]
    torch_model = made()
    model = exported(torch_model, shape, arguments)
    network = tn.Network.from_onnx(model)
    assert network.architecture.activations == activations
    check_outputs(
        network,
        model,
        logarithms="LogSoftmax" in {node.op_type for node in onnx.load_from_string(model).graph.node},
    )
    if form in ONNX_ALONE:
        with pytest.raises(TinyNetError, match=ONNX_ALONE[form]):
            tn.Network.from_torch(torch_model)
        return
    direct = tn.Network.from_torch(torch_model)
    assert network.architecture == direct.architecture
    assert network.parameters.tolist() == direct.parameters.tolist()


class Scaled(nn.Module):
    """Scale the inputs, the weighted sums and the activations."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.register_buffer("mean", torch.randn(4))
        self.register_buffer("variance", torch.rand(4) + 1)
        self.first, self.second, self.logarithm = (
            nn.Linear(4, 3),
            nn.Linear(3, 2),
            nn.Parameter(torch.randn(3)),
        )

    def forward(self, x):
        x = (x - self.mean) / torch.sqrt(self.variance + 1e-5)
        x = 3 * torch.tanh(-self.first(x) * self.logarithm.exp()) + 0.25
        return 1 - torch.sigmoid(self.second(1 - x / 2))


def normalized():
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
    model(3 * torch.randn(50, 4) + 1)
    return model.eval()


@pytest.mark.parametrize(
    "exporter",
    [pytest.param(name, marks=pytest.mark.slow if name == "new" else ()) for name in TORCH_EXPORTERS],
)
@pytest.mark.parametrize("made", [Scaled, normalized])
def test_factors_and_offsets_become_a_part_of_the_layers(exporter, made):
    model = exported(made(), ROW, TORCH_EXPORTERS[exporter])
    network = tn.Network.from_onnx(model)
    assert network.sizes == (4, 3, 2)
    check_outputs(network, model)


def test_weights_that_the_new_exporter_writes_into_another_file_are_read_by_path(tmp_path, monkeypatch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 2))
    exported(model, (40,), {"dynamo": True, "f": tmp_path / "net.onnx"})
    assert (tmp_path / "net.onnx.data").is_file()
    monkeypatch.chdir("/")
    network = tn.Network.load(tmp_path / "net.onnx")
    assert network.parameters.tolist() == tn.Network.from_torch(model).parameters.tolist()
    data = (tmp_path / "net.onnx").read_bytes()
    with pytest.raises(
        TinyNetError,
        match="the model has the numbers of '0.weight' in another file. Use Network.load with the path",
    ):
        tn.Network.from_onnx(data)  # fmt: skip
    (tmp_path / "net.onnx.data").rename(tmp_path / "lost")
    with pytest.raises(
        TinyNetError, match="in another file, 'net.onnx.data'. It must be in the folder of the model"
    ):
        tn.Network.load(tmp_path / "net.onnx")
    (tmp_path / "net.onnx.data").write_bytes(b"short")
    with pytest.raises(TinyNetError, match="damaged"):
        tn.Network.load(tmp_path / "net.onnx")


RNG = np.random.default_rng(0)
X = RNG.normal(2, 3, (80, 4))
TWO, THREE = (X[:, 0] > X[:, 1]).astype(int), np.digitize(X[:, 2], [1, 3])
SKLEARN_FORMS = {  # name: estimator, targets, activation, activation of the outputs
    "two classes": (MLPClassifier, TWO, "relu", "softmax"),
    "three classes": (MLPClassifier, THREE, "logistic", "softmax"),
    "classes with names": (MLPClassifier, np.array(["a", "b", "c"])[THREE], "identity", "softmax"),
    "two labels": (MLPClassifier, np.stack([TWO, 1 - TWO], 1), "relu", "sigmoid"),
    "regression": (MLPRegressor, X[:, 0], "relu", "identity"),
    "regression, two targets": (MLPRegressor, X[:, :2], "tanh", "identity"),
}
SCALERS = {
    "": (),
    "standard": (StandardScaler(),),
    "min-max": (MinMaxScaler((-1, 1)),),
    "robust": (RobustScaler(),),
    "maximum": (MaxAbsScaler(),),
    "two": (MinMaxScaler(), StandardScaler(with_mean=False)),
}


def converted(form, scaler="", dtype="float32", zipmap=False, **arguments):
    from skl2onnx import to_onnx

    kind, targets, activation, _ = SKLEARN_FORMS[form]
    estimator = kind(hidden_layer_sizes=(3,), activation=activation, max_iter=5, random_state=0)
    pipeline = make_pipeline(*SCALERS[scaler], estimator) if scaler else estimator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipeline.fit(X, targets)
    options = {id(pipeline): {"zipmap": zipmap}} if kind is MLPClassifier else None
    return to_onnx(pipeline, X[:1].astype(dtype), options=options, **arguments).SerializeToString()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", SKLEARN_FORMS)
def test_the_models_of_scikit_learns_converter_are_read(form, dtype):
    model = converted(form, dtype=dtype)
    _, _, activation, output = SKLEARN_FORMS[form]
    network = tn.Network.from_onnx(model)
    assert network.architecture.activations == (activation.replace("logistic", "sigmoid"), output)
    check_outputs(network, model)


@pytest.mark.parametrize("form", ["two classes", "three classes", "classes with names"])
def test_a_dictionary_of_each_row_is_read_as_its_numbers(form):
    model = converted(form, zipmap=True)
    assert "ZipMap" in {node.op_type for node in onnx.load_from_string(model).graph.node}
    check_outputs(tn.Network.from_onnx(model), model)


def test_one_output_for_each_class_is_refused():
    with pytest.raises(
        TinyNetError, match=r"has 2 outputs \('i0', 'i1'\). TinyNet reads models with one output"
    ):
        tn.Network.from_onnx(converted("two classes", zipmap="columns"))


def test_two_classes_of_scikit_learn_become_a_softmax_with_the_same_weights():
    network = tn.Network.from_onnx(converted("two classes"))
    estimator = MLPClassifier(hidden_layer_sizes=(3,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, TWO)
    weight, bias = (part.astype(np.float32) for part in (estimator.coefs_[1], estimator.intercepts_[1]))
    last = network.layers[-1]
    assert last.weight.tolist() == [[0, 0, 0], weight.ravel().tolist()]
    assert last.bias.tolist() == [0, *bias.tolist()]


@pytest.mark.parametrize("opset", [9, 12, 13, 18])
def test_the_models_of_scikit_learns_converter_are_read_in_each_opset(opset):
    model = converted("three classes", target_opset={"": opset, "ai.onnx.ml": 1})
    check_outputs(tn.Network.from_onnx(model), model)


@pytest.mark.parametrize("form", ["two classes", "regression"])
@pytest.mark.parametrize("scaler", SCALERS)
def test_a_scaler_of_scikit_learn_becomes_a_part_of_the_first_layer(scaler, form):
    model = converted(form, scaler)
    check_outputs(tn.Network.from_onnx(model), model)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (MinMaxScaler(clip=True), r"\(Clip\) cannot be read. TinyNet reads dense layers"),
        (Normalizer(), r"\(ai.onnx.ml.Normalizer\) cannot be read"),
        (SimpleImputer(), r"\(ai.onnx.ml.Imputer\) cannot be read"),
        (PCA(3), "has hidden layers with no activation and with Relu. All hidden layers must have the same"),
    ],
)
def test_a_step_that_is_not_a_part_of_a_network_is_refused(step, message):
    from skl2onnx import to_onnx

    estimator = make_pipeline(step, MLPRegressor(hidden_layer_sizes=(3,), max_iter=5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, X[:, 0])
    with pytest.raises(TinyNetError, match=message):
        tn.Network.from_onnx(to_onnx(estimator, X[:1].astype(np.float32)).SerializeToString())


def test_a_model_of_whole_numbers_is_read():
    from skl2onnx import to_onnx

    estimator = MLPClassifier(hidden_layer_sizes=(3,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, TWO)
    whole = X.round().astype(np.int64)
    network = tn.Network.from_onnx(to_onnx(estimator, whole[:1]).SerializeToString())
    np.testing.assert_allclose(network(whole.astype(float)), estimator.predict_proba(whole), atol=1e-6)


LINEAR_FORMS = {  # name: estimator, targets, output; None for a refusal
    "two classes": (LogisticRegression(), TWO, "softmax"),
    "two classes without intercepts": (LogisticRegression(fit_intercept=False), TWO, "softmax"),
    "three classes": (LogisticRegression(), THREE, "softmax"),
    "classes with names": (LogisticRegression(), np.array(["a", "b", "c"])[THREE], "softmax"),
    "regression": (LinearRegression(), X @ [1, 2, 0, -1], "identity"),
    "regression, two targets": (LinearRegression(), X[:, :2] @ [[1, 2], [3, 4]] + X[:, 2:] ** 2, "identity"),
    "ridge": (Ridge(), X[:, 0], "identity"),
    "ridge, two classes": (RidgeClassifier(), TWO, "identity"),
    "support vectors, two classes": (LinearSVC(random_state=0), TWO, "identity"),
    "support vectors, three classes": (LinearSVC(random_state=0), THREE, "identity"),
    "logistic regression by gradient descent": (
        SGDClassifier(loss="log_loss", random_state=0),
        TWO,
        "softmax",
    ),
}
SCORES = {"ridge, two classes", "support vectors, two classes", "support vectors, three classes"}


def linear(form, dtype, scaler=""):
    from skl2onnx import to_onnx

    estimator, targets, _ = LINEAR_FORMS[form]
    pipeline = (make_pipeline(*SCALERS[scaler], estimator) if scaler else estimator).fit(X, targets)
    has_probabilities = hasattr(pipeline, "classes_") and form not in SCORES
    options = {id(pipeline): {"zipmap": False}} if has_probabilities else None
    return to_onnx(pipeline, X[:1].astype(dtype), options=options).SerializeToString()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", LINEAR_FORMS)
def test_a_linear_model_of_scikit_learn_is_a_network_without_hidden_layers(form, dtype):
    if dtype == "float64" and form in SCORES:
        pytest.skip("the converter writes these models in float32 alone")
    model = linear(form, dtype)
    network = tn.Network.from_onnx(model)
    assert len(network.layers) == 1
    assert network.architecture.output == LINEAR_FORMS[form][2]
    check_outputs(network, model)


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("form", ["two classes", "three classes", "regression"])
def test_a_scaler_before_a_linear_model_becomes_a_part_of_it(form, scaler):
    model = linear(form, "float32", scaler)
    check_outputs(tn.Network.from_onnx(model), model)


def test_a_linear_model_of_whole_numbers_and_with_a_dictionary_is_read():
    from skl2onnx import to_onnx

    whole = X.round().astype(np.int64)
    estimator = LogisticRegression().fit(whole, THREE)
    network = tn.Network.from_onnx(to_onnx(estimator, whole[:1]).SerializeToString())
    np.testing.assert_allclose(network(whole.astype(float)), estimator.predict_proba(whole), atol=1e-6)


def test_the_weights_of_a_linear_model_are_those_of_scikit_learn():
    estimator = LogisticRegression().fit(X, TWO)
    layer = tn.Network.from_onnx(linear("two classes", "float64")).layers[0]
    assert layer.weight.tolist() == [[0, 0, 0, 0], estimator.coef_[0].tolist()]
    assert layer.bias.tolist() == [0, estimator.intercept_[0]]


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (SGDClassifier(loss="log_loss", random_state=0), r"\(Exp\) cannot be read"),
        (OneVsRestClassifier(LogisticRegression()), r"\(Slice\) cannot be read"),
        (PoissonRegressor(), r"\(Exp\) cannot be read"),
    ],
)
def test_a_linear_model_of_another_form_is_refused(estimator, reason):
    from skl2onnx import to_onnx

    model = to_onnx(estimator.fit(X, THREE), X[:1].astype(np.float32)).SerializeToString()
    with pytest.raises(TinyNetError, match=reason) as error:
        tn.Network.from_onnx(model)
    assert "damaged" not in str(error.value)


KERAS_ACTIVATIONS = {
    "relu_softmax": ("relu", "softmax"),
    "tanh_sigmoid": ("tanh", "sigmoid"),
    "no_bias": ("sigmoid", "identity"),
    "flatten_log_softmax": ("softplus", "softmax"),
    "rescaling": ("relu", "identity"),
    "batch_normalization": ("relu", "identity"),
}


@pytest.mark.parametrize("path", KERAS, ids=lambda path: path.stem)
def test_the_models_of_keras_are_read(path):
    """The files are of Keras with TensorFlow and with PyTorch, and of tf2onnx in three opsets."""
    network = tn.Network.load(path)
    (form,) = (form for form in KERAS_ACTIVATIONS if path.stem.endswith(form))
    assert network.architecture.activations == KERAS_ACTIVATIONS[form]
    check_outputs(network, path.read_bytes(), logarithms=form == "flatten_log_softmax")


def test_the_table_of_keras_has_every_form_of_every_exporter():
    exporters = {"keras_tensorflow", "keras_torch", "tf2onnx_9", "tf2onnx_13", "tf2onnx_18"}
    assert {path.stem for path in KERAS} == {
        f"{name}_{form}" for name in exporters for form in KERAS_ACTIVATIONS
    }
