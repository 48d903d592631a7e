"""Make ONNX models node by node, and compute the outputs of any ONNX model."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tinynet import Network

TOLERANCE = {"float16": 2e-2, "float32": 2e-6, "float64": 1e-12}  # digits of a model's own numbers


def parameters(*shape, dtype=np.float32, seed=0):
    """Return parameters between -1 and 1, different for each shape."""
    generator = np.random.default_rng([seed, *shape])
    return generator.uniform(-1, 1, shape).astype(dtype)


def onnx_model(
    nodes,
    arrays,
    *,
    shape=("n", 4),
    opset=17,
    dtype=np.float32,
    inputs=("x",),
    outputs=("y",),
    domains=(),
):
    """Return a model as bytes.

    nodes : (operator, names of the inputs, names of the outputs, attributes); an operator of another domain is
        "domain:operator".
    arrays : constants by name.
    """
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    made = []
    for operator, taken, given, attributes in nodes:
        domain, _, name = operator.rpartition(":")
        made.append(helper.make_node(name, taken.split(), given.split(), domain=domain, **attributes))
    graph = helper.make_graph(
        made,
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8).SerializeToString()


def model_outputs(model, rows):
    """Return the numbers that a model computes for rows, as onnxruntime gives them.

    The reference evaluator computes the operators that onnxruntime does not have in a precision.
    """
    loaded = onnx.load_from_string(model)
    constants = {tensor.name for tensor in loaded.graph.initializer}
    (given,) = (value for value in loaded.graph.input if value.name not in constants)
    kind = given.type.tensor_type
    sizes = [size.dim_value for size in kind.shape.dim[1:]] or [-1]
    taken = rows.reshape(len(rows), *sizes).astype(helper.tensor_dtype_to_np_dtype(kind.elem_type))
    names = [value.name for value in loaded.graph.output if is_numbers(value)]
    try:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        (found,) = session.run(names, {given.name: taken})
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        (found,) = ReferenceEvaluator(loaded).run(names, {given.name: taken})
    if isinstance(found, list):  # of a dictionary of each row
        found = [list(row.values()) for row in found]
    return np.asarray(found, float).reshape(len(rows), -1), taken.dtype.name


def is_numbers(value):
    return value.type.WhichOneof("value") != "tensor_type" or value.type.tensor_type.elem_type in (
        TensorProto.FLOAT,
        TensorProto.DOUBLE,
        TensorProto.FLOAT16,
    )


def check_outputs(network, model, *, logarithms=False, count=50):
    """Check that a network gives the outputs of a model, within the digits of the model."""
    fixed = onnx.load_from_string(model).graph.input[0].type.tensor_type.shape.dim[0].dim_value
    rows = np.random.default_rng(1).uniform(-2, 2, (fixed or count, network.sizes[0]))
    expected, dtype = model_outputs(model, rows)
    expected = np.exp(expected) if logarithms else expected
    shown = rows.astype(dtype).astype(float)
    np.testing.assert_allclose(network(shown), expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


# a network of two layers, tanh(w x + b) and v a + c, as nodes and arrays
W, V, B, C = parameters(3, 4), parameters(2, 3), parameters(3), parameters(2)
ARRAYS = {"w": W, "v": V, "b": B, "c": C, "wt": W.T, "vt": V.T}
FIRST = [("Gemm", "x w b", "z", {"transB": 1}), ("Tanh", "z", "a", {})]
LAST = [("Gemm", "a v c", "y", {"transB": 1})]


def read(nodes, arrays=ARRAYS, **settings):
    """Return the network of a model."""
    return Network.from_onnx(onnx_model(nodes, arrays, **settings))


def changed(change):
    """Return the model of two layers after a change, as bytes."""
    model = onnx.load_from_string(onnx_model([*FIRST, *LAST], ARRAYS))
    change(model)
    return model.SerializeToString()
