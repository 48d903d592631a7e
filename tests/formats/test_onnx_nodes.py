"""Read ONNX models node by node: the forms of layers."""

import itertools

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper

import tinynet as tn
from onnx_models import (
    ARRAYS,
    FIRST,
    LAST,
    B,
    V,
    W,
    check_outputs,
    model_outputs,
    onnx_model,
    parameters,
    read,
)
from tinynet.errors import TinyNetError


def check(nodes, arrays=ARRAYS, **settings):
    """Check a form of the network tanh(w x + b), v a + c, and return the network."""
    model = onnx_model(nodes, arrays, **settings)
    network = tn.Network.from_onnx(model)
    check_outputs(network, model)
    return network


@pytest.mark.parametrize("bias", ["b z", "z b"])
@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_matmul_and_add_are_a_layer(bias, shape):
    nodes = [("MatMul", "x wt", "z", {}), ("Add", bias, "s", {}), ("Tanh", "s", "a", {}), *LAST]
    network = check(nodes, {**ARRAYS, "b": B.reshape(shape)})
    assert network.layers[0].weight.tolist() == W.tolist()
    assert network.layers[0].bias.tolist() == B.tolist()


def test_one_bias_for_all_nodes_is_read():
    nodes = [("MatMul", "x wt", "z", {}), ("Add", "z b", "s", {}), ("Tanh", "s", "a", {}), *LAST]
    for one in (np.float32(0.5), np.array([0.5], np.float32), np.array([[0.5]], np.float32)):
        assert check(nodes, {**ARRAYS, "b": one}).layers[0].bias.tolist() == [0.5] * 3


@pytest.mark.parametrize("opset", [9, 11, 13, 17])
@pytest.mark.parametrize(
    "settings",
    [
        {"transB": 1},
        {"transB": 1, "alpha": 0.5},
        {"transB": 1, "beta": 2.0},
        {"transB": 1, "beta": 0.0},
        {"transB": 1, "alpha": -1.5, "beta": 0.25},
        {"transB": 0},
    ],
)
def test_every_gemm_is_a_layer(settings, opset):
    weight = "w" if settings["transB"] else "wt"
    network = check([("Gemm", f"x {weight} b", "z", settings), *FIRST[1:], *LAST], opset=opset)
    alpha, beta = settings.get("alpha", 1), settings.get("beta", 1)
    np.testing.assert_allclose(network.layers[0].weight, alpha * W.astype(float), rtol=1e-15)
    np.testing.assert_allclose(network.layers[0].bias, beta * B.astype(float), rtol=1e-15)


@pytest.mark.parametrize(
    "nodes",
    [
        [("Transpose", "x", "t", {"perm": [1, 0]}), ("Gemm", "t w b", "z", {"transA": 1, "transB": 1})],
        [("Transpose", "x", "t", {}), ("MatMul", "w t", "u", {}), ("Add", "u column", "s", {}), ("Transpose", "s", "z", {})],
        [("Gemm", "w x column", "u", {"transB": 1}), ("Transpose", "u", "z", {})],
    ],
)  # fmt: skip
def test_a_layer_of_transposed_examples_is_read(nodes):
    network = check([*nodes, *FIRST[1:], *LAST], {**ARRAYS, "column": B[:, None]})
    assert network.layers[0].weight.tolist() == W.tolist()


def test_transposed_examples_have_a_softmax_over_their_outputs():
    nodes = [
        ("Gemm", "w x", "u", {"transB": 1}),
        ("Softmax", "u", "s", {"axis": 0}),
        ("Transpose", "s", "y", {}),
    ]
    assert check(nodes).architecture.output == "softmax"


@pytest.mark.parametrize("opset", [9, 12, 13, 21])
@pytest.mark.parametrize("attributes", [{"axis": 1}, {"axis": -1}, {}])
@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
def test_a_softmax_is_read_in_each_opset(operator, attributes, opset):
    nodes = [*FIRST, ("Gemm", "a v c", "s", {"transB": 1}), (operator, "s", "y", attributes)]
    model = onnx_model(nodes, ARRAYS, opset=opset)
    network = tn.Network.from_onnx(model)
    assert network.architecture.output == "softmax"
    check_outputs(network, model, logarithms=operator == "LogSoftmax")


def test_a_softmax_over_several_axes_is_read_before_opset_13_alone():
    shape = {**ARRAYS, "shape": np.array([-1, 1, 2])}
    nodes = [*FIRST, ("Gemm", "a v c", "s", {"transB": 1}), ("Reshape", "s shape", "r", {}), ("Softmax", "r", "y", {"axis": 1})]  # fmt: skip
    assert check(nodes, shape, opset=12).architecture.output == "softmax"
    with pytest.raises(
        TinyNetError, match=r"node of 'y' \(Softmax\) is over axis 1. It must be over the outputs"
    ):
        read(nodes, shape, opset=13)


@pytest.mark.parametrize(
    "nodes",
    [
        [("Mul", "x k", "i", {})],
        [("Mul", "k x", "i", {}), ("Add", "i m", "j", {}), ("Identity", "j", "i", {})],
        [("Sub", "x m", "i", {})],
        [("Sub", "m x", "i", {})],
        [("Sub", "x m", "j", {}), ("Div", "j k", "i", {})],
        [("Mul", "x half", "j", {}), ("Sub", "j half", "i", {})],
    ],
)
def test_scaled_inputs_become_a_part_of_the_first_layer(nodes):
    renamed = [(operator, taken, given.replace("i", "i2") if n < len(nodes) - 1 else given, {}) for n, (operator, taken, given, _) in enumerate(nodes)]  # fmt: skip
    renamed = [(operator, taken.replace("i", "i2"), given, {}) for operator, taken, given, _ in renamed]
    arrays = {**ARRAYS, "k": parameters(4) + 2, "m": parameters(1, 4), "half": np.float32(0.5)}
    check([*renamed, ("Gemm", "i w b", "z", {"transB": 1}), *FIRST[1:], *LAST], arrays)


def test_scaled_sums_become_a_part_of_their_layer():
    nodes = [
        ("MatMul", "x wt", "p", {}),
        ("Mul", "p k", "q", {}),
        ("Add", "q b", "r", {}),
        ("Div", "r two", "z", {}),
    ]
    check([*nodes, *FIRST[1:], *LAST], {**ARRAYS, "k": parameters(3), "two": np.float32(2)})


def test_scaled_activations_become_a_part_of_the_next_layer():
    nodes = [*FIRST, ("Mul", "a k", "p", {}), ("Add", "p b", "q", {}), ("Gemm", "q v c", "y", {"transB": 1})]
    check(nodes, {**ARRAYS, "k": parameters(3)})


def test_batch_normalization_becomes_a_part_of_its_layer():
    nodes = [
        FIRST[0],
        ("BatchNormalization", "z k b m s", "n", {"epsilon": 0.01}),
        ("Tanh", "n", "a", {}),
        *LAST,
    ]
    check(nodes, {**ARRAYS, "k": parameters(3), "m": parameters(3, seed=1), "s": parameters(3) ** 2})


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_weights_of_every_precision_are_read_exactly(dtype):
    arrays = {name: array.astype(dtype) for name, array in ARRAYS.items()}
    network = read([*FIRST, *LAST], arrays, dtype=dtype)
    expected = np.concatenate([arrays[name].astype(float).ravel() for name in "wbvc"])
    assert network.parameters.tolist() == expected.tolist()
    model = onnx_model([*FIRST, *LAST], arrays, dtype=dtype)
    check_outputs(network, model)


def test_a_cast_between_precisions_changes_nothing():
    nodes = [("Cast", "x", "h", {"to": TensorProto.FLOAT16}), ("Cast", "h", "i", {"to": TensorProto.FLOAT}), ("Gemm", "i w b", "z", {"transB": 1}), *FIRST[1:], *LAST]  # fmt: skip
    assert read(nodes).parameters.tolist() == read([*FIRST, *LAST]).parameters.tolist()


def constant(name, array):
    return ("Constant", "", name, {"value": numpy_helper.from_array(np.asarray(array))})


@pytest.mark.parametrize("opset", [9, 13, 17])
def test_constants_can_be_nodes_and_be_computed(opset):
    nodes = [
        constant("half", W.T.astype(np.float16)),
        ("Cast", "half", "single", {"to": TensorProto.FLOAT}),
        ("Transpose", "single", "w2", {"perm": [1, 0]}),
        constant("flat", B[None]),
        ("Flatten", "flat", "flatter", {"axis": 0}),
        constant("shape", np.array([-1])),
        ("Reshape", "flatter shape", "b2", {}),
        ("Gemm", "x w2 b2", "z", {"transB": 1}),
        *FIRST[1:],
        ("Identity", "v", "v2", {}),
        *([("Unsqueeze", "c", "c1", {"axes": [0]}), ("Squeeze", "c1", "c2", {"axes": [0]})] if opset < 13 else [constant("axes", np.array([0])), ("Unsqueeze", "c axes", "c1", {}), ("Squeeze", "c1 axes", "c2", {})]),
        ("Gemm", "a v2 c2", "y", {"transB": 1}),
    ]  # fmt: skip
    network = check(nodes, opset=opset)
    assert network.layers[0].weight.tolist() == W.astype(np.float16).tolist()


@pytest.mark.parametrize("opset", [9, 13, 17])
@pytest.mark.parametrize("size", ["n", None, 5])
def test_examples_can_be_flattened_with_a_computed_shape(size, opset):
    axes = np.array([0])
    unsqueeze = ("Unsqueeze", "count", "first", {"axes": [0]}) if opset < 13 else ("Unsqueeze", "count axes", "first", {})  # fmt: skip
    nodes = [
        ("Shape", "x", "sizes", {}),
        ("Gather", "sizes zero", "count", {"axis": 0}),
        unsqueeze,
        ("Concat", "first rest", "shape", {"axis": 0}),
        ("Reshape", "x shape", "i", {}),
        ("Gemm", "i w b", "z", {"transB": 1}),
        *FIRST[1:],
        *LAST,
    ]
    arrays = {**ARRAYS, "zero": np.array(0), "rest": np.array([-1]), "axes": axes}
    assert check(nodes, arrays, shape=(size, 2, 2), opset=opset).sizes == (4, 3, 2)


def test_sizes_can_be_computed_with_whole_numbers():
    nodes = [
        ("Shape", "x", "sizes", {}),
        ("Gather", "sizes one", "two", {"axis": 0}),
        ("Mul", "two two", "four", {}),
        ("Div", "four two", "half", {}),
        ("Mul", "half half", "count", {}),
        ("Concat", "minus count", "shape", {"axis": 0}),
        ("Reshape", "x shape", "i", {}),
        ("Gemm", "i w b", "z", {"transB": 1}),
        *FIRST[1:],
        *LAST,
    ]
    arrays = {**ARRAYS, "one": np.array([1]), "minus": np.array([-1])}
    assert check(nodes, arrays, shape=("n", 2, 2)).sizes == (4, 3, 2)


@pytest.mark.parametrize("value", [{"value_float": 0.5}, {"value_floats": [0.5, -0.5, 0.25]}])
def test_a_constant_can_be_numbers_without_a_tensor(value):
    nodes = [("Constant", "", "k", value), FIRST[0], ("Add", "z k", "s", {}), ("Tanh", "s", "a", {}), *LAST]
    check(nodes)


@pytest.mark.parametrize("shape", [("n", "features"), ("n", None), None])
def test_the_first_weight_gives_the_number_of_inputs_if_the_model_does_not(shape):
    nodes = [
        ("Flatten", "x", "i", {}),
        ("Sub", "i m", "j", {}),
        ("Gemm", "j w b", "z", {"transB": 1}),
        *FIRST[1:],
        *LAST,
    ]
    arrays = {**ARRAYS, "m": parameters(4)}
    network = read(nodes, arrays, shape=shape)
    known = read(nodes, arrays)
    assert network == known


def test_the_joined_operators_of_onnxruntime_are_read(tmp_path):
    nodes = [
        ("Gemm", "x w b", "z", {"transB": 1}),
        ("Relu", "z", "a", {}),
        ("Transpose", "v", "t", {}),
        ("Gemm", "a t c", "y", {}),
    ]
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    model = onnx_model(nodes, ARRAYS)
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    optimized = (tmp_path / "optimized.onnx").read_bytes()
    assert "FusedGemm" in {node.op_type for node in onnx.load_from_string(optimized).graph.node}
    network = tn.Network.from_onnx(optimized)
    assert network.parameters.tolist() == read(nodes).parameters.tolist()
    fused = [("com.microsoft:FusedMatMul", "x w", "z", {"transB": 1, "alpha": 0.5}), *FIRST[1:], *LAST]
    check(fused, domains=["com.microsoft"])


@pytest.mark.parametrize("opset", [9, 12, 17])
def test_dropout_of_a_trained_model_changes_nothing(opset):
    nodes = [
        *FIRST,
        ("Dropout", "a", "d mask", {"ratio": 0.5} if opset < 12 else {}),
        ("Gemm", "d v c", "y", {"transB": 1}),
    ]
    check(nodes, opset=opset)


def test_one_input_and_one_output_that_are_one_dimension_are_read():
    nodes = [("MatMul", "x vector", "y", {})]
    network = check(nodes, {"vector": parameters(4)})
    assert network.sizes == (4, 1)


def test_a_model_of_another_program_has_its_name_as_origin(tmp_path):
    (tmp_path / "other.onnx").write_bytes(onnx_model([*FIRST, *LAST], ARRAYS))
    assert tn.Network.load(tmp_path / "other.onnx").origin == str(tmp_path / "other.onnx")


@pytest.mark.parametrize("activation", ["Identity", "Sigmoid"])
def test_layers_side_by_side_are_one_layer(activation):
    ends = [("Gemm", "a v c", "s", {"transB": 1}), ("Gemm", "a u", "t", {"transB": 1})]
    ends += [(activation, "s", "p", {}), (activation, "t", "q", {}), ("Concat", "p q", "y", {"axis": -1})]
    assert check([*FIRST, *ends], {**ARRAYS, "u": parameters(1, 3)}).sizes == (4, 3, 3)


def test_nodes_in_any_order_are_sorted():
    nodes = [*FIRST, ("Identity", "a", "i", {}), ("Gemm", "i v c", "y", {"transB": 1})]
    network = check(nodes)
    for order in itertools.permutations(nodes):
        assert read(list(order)) == network


@pytest.mark.parametrize(
    ("nodes", "cycle"),
    [
        ([("Tanh", "a", "a", {}), *LAST], "node of 'a' (Tanh) takes its own output"),
        ([("Add", "x a", "z", {}), ("Tanh", "z", "a", {}), *LAST], "node of 'a' (Tanh) takes its own output through node of 'z' (Add)"),
        ([("Add", "x b", "z", {}), ("Tanh", "z", "a", {}), ("Identity", "a", "b", {}), *LAST], "node of 'a' (Tanh) takes its own output through node of 'b' (Identity) and 1 more node"),
    ],
)  # fmt: skip
def test_a_cycle_is_refused(nodes, cycle):
    with pytest.raises(TinyNetError) as error:
        read(nodes, {name: array for name, array in ARRAYS.items() if name != "b"})
    assert (
        str(error.value)
        == f"the model has a cycle: {cycle}. A model must have no cycle. Export the model again."
    )


def test_a_cycle_that_no_output_needs_changes_nothing():
    assert read([*FIRST, ("Tanh", "q", "q", {}), *LAST]) == read([*FIRST, *LAST])


@pytest.mark.parametrize("threshold", [15.0, 20.0])
@pytest.mark.parametrize("beta", [0.3, 1.0, 2.0])
def test_a_softplus_with_a_steepness_is_read(beta, threshold):
    nodes = softplus_with_steepness()
    arrays = {**ARRAYS, "beta": np.float32(beta), "limit": np.float32(threshold)}
    network = check([*nodes, *LAST], arrays)
    assert network.architecture.activations == ("softplus", "identity")
    np.testing.assert_allclose(network.layers[0].weight, np.float64(np.float32(beta)) * W, rtol=1e-15)
    np.testing.assert_allclose(network.layers[1].weight, V / np.float64(np.float32(beta)), rtol=1e-15)


def softplus_with_steepness(**changed):
    """Return softplus(beta z) / beta as PyTorch's new exporter writes it, with some inputs changed."""
    taken = {"Mul": "z beta", "Div": "p beta", "Greater": "m limit", "Where": "g z d"} | changed
    return [
        FIRST[0],
        ("Mul", taken["Mul"], "m", {}),
        ("Softplus", "m", "p", {}),
        ("Div", taken["Div"], "d", {}),
        ("Greater", taken["Greater"], "g", {}),
        ("Where", taken["Where"], "a", {}),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"Div": "p half"},
        {"Where": "g m d"},
        {"Where": "g z p"},
        {"Greater": "z limit"},
        {"Greater": "m half"},
    ],
)
def test_another_choice_than_that_of_a_softplus_is_refused(changed):
    arrays = {**ARRAYS, "beta": np.float32(2), "limit": np.float32(20), "half": np.float32(0.5)}
    with pytest.raises(TinyNetError, match=r"node of 'a' \(Where\) chooses between numbers"):
        read([*softplus_with_steepness(**changed), *LAST], arrays)


BIG = parameters(6, 5)
END = 2**63 - 1  # PyTorch's exporter writes the end of an axis so
AFTER_WEIGHT = [("Gemm", "x weight b", "z", {"transB": 1}), FIRST[1], *LAST]


@pytest.mark.parametrize(
    ("limits", "part"),
    [
        ({"starts": [1, 1], "ends": [4, END]}, BIG[1:4, 1:5]),
        ({"starts": [1, -3], "ends": [5, END], "axes": [-1, 0]}, BIG[3:, 1:5]),
        ({"starts": [5, 3], "ends": [-END, -END], "axes": [0, 1], "steps": [-2, -1]}, BIG[5::-2, 3::-1]),
        ({"starts": [0, 0], "ends": [END, 4], "": [], "steps": [2, 1]}, BIG[::2, :4]),
    ],
)
def test_a_part_of_a_constant_is_a_constant(limits, part):
    arrays = {**ARRAYS, "big": BIG} | {name: np.array(limit) for name, limit in limits.items() if name}
    model = onnx.load_from_string(onnx_model([("Slice", "big", "weight", {}), *AFTER_WEIGHT], arrays))
    model.graph.node[0].input.extend(limits)
    network = tn.Network.from_onnx(model.SerializeToString())
    check_outputs(network, model.SerializeToString())
    assert network.layers[0].weight.tolist() == part.tolist()


def test_a_part_of_a_constant_is_read_before_opset_10():
    nodes = [("Slice", "big", "weight", {"starts": [1, 3], "ends": [5, 6], "axes": [1, 0]}), *AFTER_WEIGHT]
    network = check(nodes, {**ARRAYS, "big": BIG}, opset=9)
    assert network.layers[0].weight.tolist() == BIG[3:6, 1:5].tolist()


@pytest.mark.parametrize(("dividend", "fmod"), [(-5, 0), (-10, 1)])
def test_a_remainder_is_a_constant(dividend, fmod):
    """-5 mod 9 is 4, and the remainder of -10 / 9 in C is -1, which Reshape takes for 4."""
    nodes = [
        ("Mod", "dividend nine", "four", {"fmod": fmod}),
        ("Concat", "three four", "shape", {"axis": 0}),
        ("Reshape", "flat shape", "weight", {}),
        *AFTER_WEIGHT,
    ]
    wholes = {"dividend": np.array([dividend]), "nine": np.array([9]), "three": np.array([3])}
    network = check(nodes, {**ARRAYS, "flat": W.ravel(), **wholes})
    assert network.layers[0].weight.tolist() == W.tolist()


def test_the_outputs_of_a_model_are_those_of_onnxruntime_to_the_last_row():
    """Show that `check_outputs` finds a difference."""
    model = onnx_model([*FIRST, *LAST], ARRAYS)
    network = tn.Network.from_onnx(model)
    other = network.with_parameters(network.parameters + 1e-4)
    with pytest.raises(AssertionError):
        check_outputs(other, model)
    assert model_outputs(model, np.zeros((2, 4)))[1] == "float32"
