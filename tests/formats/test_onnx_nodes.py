"""Read ONNX models node by node: forms of layers, and models that are refused."""

import itertools
import os
import socket
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import tinynet as tn
from onnx_models import check_outputs, model_outputs, onnx_model, parameters
from tinynet.errors import TinyNetError

W, V, B, C = parameters(3, 4), parameters(2, 3), parameters(3), parameters(2)
ARRAYS = {"w": W, "v": V, "b": B, "c": C, "wt": W.T, "vt": V.T}
FIRST = [("Gemm", "x w b", "z", {"transB": 1}), ("Tanh", "z", "a", {})]
LAST = [("Gemm", "a v c", "y", {"transB": 1})]


def read(nodes, arrays=ARRAYS, **settings):
    return tn.Network.from_onnx(onnx_model(nodes, arrays, **settings))


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


REFUSED = [
    ([("Conv", "x w", "y", {})], r"node of 'y' \(Conv\) cannot be read. TinyNet reads dense layers \(Gemm, or MatMul and Add\) with Sigmoid, Tanh, Relu, Softplus or nothing after them, and also Softmax or LogSoftmax at the end. Export only the dense layers of the model"),
    ([FIRST[0], ("Elu", "z", "y", {})], r"\(Elu\) cannot be read"),
    ([("Tanh", "x", "y", {})], r"\(Tanh\) comes before the first dense layer"),
    ([*FIRST, ("Relu", "a", "y", {})], r"\(Relu\) comes after Tanh of the same layer. A layer must have one activation"),
    ([*FIRST, ("Mul", "a k", "m", {}), ("Relu", "m", "y", {})], r"\(Relu\) comes after Tanh"),
    ([FIRST[0], ("Softmax", "z", "y", {"axis": 0})], r"\(Softmax\) is over axis 0. It must be over the outputs"),
    ([("Identity", "x", "y", {})], "output 'y' does not follow from the input through a dense layer"),
    ([("Identity", "w", "y", {})], "output 'y' does not follow from the input through a dense layer"),
    ([*FIRST, ("Mul", "a k", "y", {})], "output 'y' is scaled after Tanh. .* Export the model without this scaling"),
    ([*FIRST, ("Gemm", "a v", "s", {"transB": 1}), ("Relu", "s", "r", {}), ("Gemm", "r u", "y", {})], "has hidden layers with Relu and with Tanh. All hidden layers must have the same activation. Export a model with one activation"),
    ([FIRST[0], ("Softmax", "z", "a", {}), *LAST], "has Softmax after a hidden layer. It must be at the end"),
    ([FIRST[0], ("LogSoftmax", "z", "a", {}), *LAST], "has LogSoftmax after a hidden layer"),
    ([*FIRST, ("Add", "a z", "s", {}), ("Gemm", "s v", "y", {"transB": 1})], r"\(Add\) joins several paths, as a skip connection does"),
    ([FIRST[0], ("Tanh", "z", "a", {}), ("Sigmoid", "z", "s", {}), ("Concat", "a s", "y", {"axis": 1})], r"\(Concat\) joins several paths"),
    ([("MatMul", "x q", "y", {})], r"\(MatMul\) has numbers of type int8. They must be floating-point numbers. .* Export the model before it is quantized"),
    ([("DequantizeLinear", "q k zero", "d", {}), ("MatMul", "x d", "y", {})], r"\(DequantizeLinear\) is a part of a quantized model. .* before it is quantized"),
    ([("DynamicQuantizeLinear", "x", "d s p", {}), ("MatMulInteger", "d q", "y", {})], r"\(DynamicQuantizeLinear\) is a part of a quantized model"),
    ([("Dropout", "x half true", "d", {}), ("Gemm", "d w", "y", {"transB": 1})], r"\(Dropout\) is in training mode. .* after model.eval\(\)"),
    ([("Gemm", "x w", "z", {"transB": 1}), ("Dropout", "z", "d mask", {}), ("Cast", "mask", "y", {"to": 1})], "takes 'mask', which TinyNet does not compute"),
    ([("Cast", "x", "i", {"to": TensorProto.INT64}), ("Cast", "i", "f", {"to": 1}), ("Gemm", "f w", "y", {"transB": 1})], r"\(Cast\) rounds the numbers of the examples to another type"),
    ([("Transpose", "x", "t", {}), ("Gemm", "t square", "y", {})], r"\(Gemm\) takes a transposed array, in which each example is a column"),
    ([("Gemm", "x w", "z", {"transB": 1}), ("Transpose", "z", "y", {})], "output 'y' is a transposed array"),
    ([("Reshape", "x column", "r", {}), ("Gemm", "r one", "y", {})], r"\(Gemm\) takes an array whose first axis is not the examples"),
    ([("Shape", "x", "s", {}), ("Cast", "s", "f", {"to": 1}), ("Gemm", "x w", "z", {"transB": 1}), ("Div", "z f", "y", {})], r"\(Cast\) converts whole numbers to another type"),
    ([("Shape", "x", "s", {}), ("Exp", "s", "f", {}), ("Gemm", "x w", "z", {"transB": 1}), ("Div", "z f", "y", {})], r"\(Exp\) converts whole numbers to another type"),
    ([("Shape", "x", "s", {}), ("Add", "half s", "f", {}), ("Gemm", "x w", "z", {"transB": 1}), ("Div", "z f", "y", {})], r"\(Add\) converts whole numbers to another type"),
    ([("Gemm", "x w", "z", {"transB": 1}), ("Div", "k z", "y", {})], r"\(Div\) divides by the numbers of the examples"),
    ([("Gemm", "x w", "z", {"transB": 1}), ("Div", "z none", "y", {})], r"\(Div\) has a constant that is infinite or not a number"),
    ([("Gemm", "x w wide", "y", {"transB": 1})], r"has a constant of shape \(5, 3\) for an array of shape \(examples, 3\)"),
    ([FIRST[0], ("Greater", "z half", "g", {}), ("Where", "g z k", "y", {})], r"\(Where\) chooses between numbers"),
    ([FIRST[0], ("BatchNormalization", "z k k k k", "n m s", {}), ("Tanh", "n", "y", {})], r"\(BatchNormalization\) is in training mode"),
    ([("Reshape", "x cube", "r", {}), ("BatchNormalization", "r c c c c", "n", {}), ("Flatten", "n", "f", {}), ("Gemm", "f w", "y", {"transB": 1})], r"\(BatchNormalization\) takes an array that is not \(examples, numbers\)"),
    ([("Clip", "x half", "s", {}), ("Gemm", "s w", "y", {"transB": 1})], r"\(Clip\) cannot be read"),
    ([*[("Gemm", f"{'x' if n == 0 else f'h{n}'} square", f"h{n + 1}", {}) for n in range(12)], ("Identity", "h12", "y", {})], "makes more than 12 layers"),
    ([("Identity", "x", "i0", {}), *[("Identity", f"i{n}", f"i{n + 1}", {}) for n in range(1100)], ("Gemm", "i1100 w", "y", {"transB": 1})], "has 1,102 nodes. TinyNet reads models with at most 1,000 nodes"),
]  # fmt: skip
REFUSED_ARRAYS = {
    **ARRAYS,
    "k": parameters(3),
    "u": parameters(2, 2),
    "q": np.ones((4, 3), np.int8),
    "zero": np.int8(0),
    "half": np.float32(0.5),
    "true": np.array(True),
    "square": parameters(4, 4),
    "cube": np.array([-1, 2, 2]),
    "column": np.array([-1, 1]),
    "one": parameters(1, 1),
    "none": np.zeros(3, np.float32),
    "wide": parameters(5, 3),
}


@pytest.mark.parametrize(("nodes", "message"), REFUSED)
def test_a_model_that_is_not_a_network_is_refused(nodes, message):
    with pytest.raises(TinyNetError, match=message) as error:
        read(nodes, REFUSED_ARRAYS)
    assert "damaged" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inputs": ("x", "mask")}, r"has 2 inputs \('x', 'mask'\). TinyNet reads models with one input of shape \(examples, inputs\)"),
        ({"inputs": ()}, "has 0 inputs. TinyNet reads models with one input"),
        ({"outputs": ("y", "a")}, r"has 2 outputs \('y', 'a'\). TinyNet reads models with one output"),
        ({"shape": (4,)}, r"input 'x' has the shape \(4\). It must be \(examples, inputs\). .* Export the model with a batch of examples"),
        ({"shape": ()}, r"input 'x' has the shape \(\). It must be \(examples, inputs\)"),
        ({"shape": ("n", "height", 2)}, r"input 'x' has the shape \(\?, \?, 2\). Only the number of examples can vary"),
        ({"opset": 6}, "has version 6 of ONNX's operators. It must have version 7 or later. Export the model again"),
        ({"opset": 999}, "version 999 of its operators. The installed package onnx reads versions up to .* Upgrade onnx"),
    ],
)  # fmt: skip
def test_a_model_of_another_form_is_refused(settings, message):
    with pytest.raises(TinyNetError, match=message) as error:
        read([*FIRST, *LAST], **settings)
    assert "damaged" not in str(error.value)


def changed(change):
    model = onnx.load_from_string(onnx_model([*FIRST, *LAST], ARRAYS))
    change(model)
    return model.SerializeToString()


def test_functions_and_sparse_weights_are_refused():
    function = helper.make_function(
        "f", "g", ["x"], ["y"], [helper.make_node("Tanh", ["x"], ["y"])], [helper.make_opsetid("", 17)]
    )
    with pytest.raises(TinyNetError, match="has functions. TinyNet reads models without functions"):
        tn.Network.from_onnx(changed(lambda model: model.functions.append(function)))
    with pytest.raises(TinyNetError, match="has sparse weights. TinyNet reads models without sparse weights"):
        tn.Network.from_onnx(changed(lambda model: model.graph.sparse_initializer.add()))


def test_a_huge_weight_is_refused_before_it_is_read():
    big = numpy_helper.from_array(np.zeros((1500, 1500), np.int8), "w")
    with pytest.raises(
        TinyNetError, match="has 2,250,000 numbers, and a network has at most 1,000,000 parameters"
    ):
        tn.Network.from_onnx(changed(lambda model: model.graph.initializer[0].CopyFrom(big)))


def external(location):
    def change(model):
        tensor = model.graph.initializer[0]
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        tensor.external_data.add(key="location", value=location)

    return changed(change)


def test_weights_in_another_file_are_read_from_the_folder_of_the_model_alone(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, folder):
        (place / "numbers").write_bytes(W.tobytes())
    (folder / "net.onnx").write_bytes(external("numbers"))
    assert tn.Network.load("model/net.onnx").layers[0].weight.tolist() == W.tolist()
    with pytest.raises(
        TinyNetError, match="the model has the numbers of 'w' in another file. Use Network.load"
    ):
        tn.Network.from_onnx(external("numbers"))
    (folder / "link").symlink_to(tmp_path / "numbers")
    for location in (
        "../numbers",
        str(tmp_path / "numbers"),
        "link",
        "missing",
        "",
        "\0",
        "/dev/zero",
        "x" * 5000,
    ):
        (folder / "net.onnx").write_bytes(external(location))
        with pytest.raises(TinyNetError, match="net.onnx has the numbers of 'w' in another file") as error:
            tn.Network.load(folder / "net.onnx")
        assert "damaged" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda model: model.graph.node[0].input.__setitem__(1, "lost"), r"node of 'z' \(Gemm\) takes 'lost', which no node and no constant gives"),
        (lambda model: model.graph.node[1].output.__setitem__(0, "x"), r"node of 'x' \(Tanh\) gives 'x', which is an input or a constant"),
        (lambda model: model.graph.node[1].output.__setitem__(0, "w"), r"node of 'w' \(Tanh\) gives 'w', which is an input or a constant"),
        (lambda model: model.graph.node[1].output.__setitem__(0, "z"), "two nodes give 'z'"),
        (lambda model: model.graph.initializer[0].dims.__setitem__(0, 2), r"has a tensor 'w' that cannot be read"),
        (lambda model: model.graph.initializer[0].dims.__setitem__(0, -3), r"has a tensor 'w' of shape \(-3, 4\)"),
        (lambda model: model.graph.initializer[0].CopyFrom(numpy_helper.from_array(W[:, :3], "w")), r"takes rows of shape \(examples, 4\) and its weight has shape \(3, 3\)"),
        (lambda model: model.graph.node[0].attribute[0].CopyFrom(helper.make_attribute("transB", "yes")), "has an attribute transB that is not a whole number"),
        (lambda model: model.graph.node[0].attribute.append(helper.make_attribute("transC", 1)), "Unrecognized attribute: transC"),
        (lambda model: model.graph.ClearField("node"), "it has no nodes"),
        (lambda model: model.ClearField("opset_import"), "it has no version of ONNX's operators"),
        (lambda model: model.metadata_props.add(key="tinynet", value="[" * 100_000), "its description cannot be read"),
        (lambda model: model.metadata_props.add(key="tinynet", value="{"), "its description cannot be read"),
        (lambda model: model.metadata_props.add(key="tinynet", value='{"architecture": {"sizes": [4, 3, 2], "hidden": "relu", "output": "identity"}, "origin": ""}'), "its layers do not match its description"),
    ],
)  # fmt: skip
def test_a_model_that_contradicts_itself_is_damaged(change, reason):
    with pytest.raises(
        TinyNetError, match=f"the model is damaged or not an ONNX model .*{reason}.*. Use another copy"
    ):
        tn.Network.from_onnx(changed(change))


def test_the_outputs_of_a_model_are_those_of_onnxruntime_to_the_last_row():
    """Show that `check_outputs` finds a difference."""
    model = onnx_model([*FIRST, *LAST], ARRAYS)
    network = tn.Network.from_onnx(model)
    other = network.with_parameters(network.parameters + 1e-4)
    with pytest.raises(AssertionError):
        check_outputs(other, model)
    assert model_outputs(model, np.zeros((2, 4)))[1] == "float32"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("offset", "-1", "which cannot be read"),
        ("offset", "x", "which cannot be read"),
        ("offset", "9" * 30, "which cannot be read"),
        ("offset", "4", "is damaged .*has a tensor 'w' that cannot be read"),
        ("offset", "1000000", "is damaged .*has a tensor 'w' that cannot be read"),
    ],
)
def test_a_wrong_place_in_another_file_is_refused(tmp_path, key, value, message):
    model = onnx.load_from_string(external("numbers"))
    model.graph.initializer[0].external_data.add(key=key, value=value)
    (tmp_path / "numbers").write_bytes(W.tobytes())
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(TinyNetError, match=message):
        tn.Network.load(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("kind", "found"), [("pipe", "a named pipe"), ("folder", "a folder"), ("socket", "a socket")]
)
def test_numbers_in_another_file_are_read_from_files_alone(tmp_path, kind, found):
    place = tmp_path / "numbers"
    if kind == "socket":
        monitor = socket.socket(socket.AF_UNIX)
        monitor.bind(str(place))
        monitor.close()
    else:
        (place.mkdir if kind == "folder" else partial(os.mkfifo, place))()
    (tmp_path / "net.onnx").write_bytes(external("numbers"))
    with pytest.raises(TinyNetError) as error:
        tn.Network.load(tmp_path / "net.onnx")
    assert str(error.value) == (
        f"{tmp_path}/net.onnx has the numbers of 'w' in another file: cannot read {place}: the path is {found}. Give the "
        "path of a file."
    )


def test_only_the_numbers_of_a_weight_are_read_from_a_huge_file(tmp_path):
    with (tmp_path / "numbers").open("wb") as file:
        file.write(W.tobytes())
        file.truncate(2**40)
    (tmp_path / "net.onnx").write_bytes(external("numbers"))
    assert tn.Network.load(tmp_path / "net.onnx").layers[0].weight.tolist() == W.tolist()


def test_too_many_numbers_in_other_files_are_refused_before_they_are_read(tmp_path):
    model = onnx.load_from_string(external("numbers"))
    for _ in range(200):
        model.graph.initializer.append(model.graph.initializer[0])
        model.graph.initializer[-1].dims[:] = [1000, 1000]
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(
        TinyNetError, match="has 200,000,012 numbers in other files. TinyNet reads at most 2,000,000"
    ):
        tn.Network.load(tmp_path / "net.onnx")


def test_a_weight_begins_at_its_place_in_another_file(tmp_path):
    model = onnx.load_from_string(external("numbers"))
    model.graph.initializer[0].external_data.add(key="offset", value="8")
    (tmp_path / "numbers").write_bytes(b"12345678" + W.tobytes() + b"more")
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    assert tn.Network.load(tmp_path / "net.onnx").layers[0].weight.tolist() == W.tolist()
