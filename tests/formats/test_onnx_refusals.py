"""ONNX models that are refused, and why."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import tinynet as tn
from onnx_models import ARRAYS, FIRST, LAST, W, changed, parameters, read
from tinynet.errors import TinyNetError

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
