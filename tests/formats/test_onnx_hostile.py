"""Read changed and hostile ONNX models: each is refused with a TinyNetError, or is read as a network."""

import json
import time
import tracemalloc

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnx_mutants
import tinynet as tn
from onnx_models import model_outputs, onnx_model, parameters
from tinynet.errors import TinyNetError

W = parameters(3, 4)
ONNXRUNTIME_ERRORS = tuple(
    getattr(onnxruntime.capi.onnxruntime_pybind11_state, name)
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "RuntimeException")
)
GEMM = ("Gemm", "x w", "y", {"transB": 1})


def test_changed_models_raise_only_tinynet_errors():
    outcomes = [onnx_mutants.outcome(mutant) for mutant in onnx_mutants.mutants(300)]
    assert set(outcomes) == {"read", "refused", "damaged"}


@pytest.mark.slow
def test_more_changed_models_raise_only_tinynet_errors():
    assert len({onnx_mutants.outcome(mutant) for mutant in onnx_mutants.mutants(5000, seed=1)}) == 3


def outputs_of(model, rows):
    """Return the outputs of onnxruntime, or None for a model that onnxruntime does not run."""
    try:
        return model_outputs(model, rows)
    except (*ONNXRUNTIME_ERRORS, ValueError, KeyError):
        return None


def test_a_changed_model_that_is_read_gives_the_outputs_of_onnxruntime():
    compared = 0
    for model in onnx_mutants.mutants(400, seed=2):
        if b"table/" in model or onnx_mutants.outcome(model) != "read":
            continue  # the network of a table does not take the cells of the table
        network = tn.Network.from_onnx(model)
        rows = np.random.default_rng(1).uniform(-2, 2, (5, network.sizes[0]))
        found = outputs_of(model, rows)
        if found is None or not np.isfinite(found[0]).all():
            continue
        outputs, dtype = found
        outputs = np.exp(outputs) if b"LogSoftmax" in model else outputs
        np.testing.assert_allclose(network(rows.astype(dtype).astype(float)), outputs, rtol=1e-4, atol=1e-4)
        compared += 1
    assert compared > 40


def changed(change):
    model = onnx.load_from_string(onnx_model([GEMM], {"w": W}))
    change(model)
    return model.SerializeToString()


def chain(operator, count, last="w"):
    """Return a long chain of nodes of constants in front of a layer."""
    nodes = [(operator, f"c{n} c{n}" if operator in ("Concat", "Mul", "Add") else f"c{n}", f"c{n + 1}", {"axis": 0} if operator == "Concat" else {}) for n in range(count)]  # fmt: skip
    return onnx_model(
        [*nodes, ("Gemm", f"x w c{count}", "y", {"transB": 1})], {"w": W, "c0": np.full(3, 2, np.float32)}
    )


def outer_products():
    nodes = [("Mul", "row column", "big", {}), ("MatMul", "x big", "y", {})]
    return onnx_model(
        nodes, {"row": np.ones((1, 10**6), np.float32), "column": np.ones((10**6, 1), np.float32)}
    )


def copies():
    """Return a model with many copies of a large constant."""
    nodes = [("Transpose", f"t{n}", f"t{n + 1}", {}) for n in range(900)]
    nodes += [("Flatten", f"t{n}", f"f{n}", {"axis": 0}) for n in range(0, 900, 2)]
    nodes += [
        ("Concat", " ".join(f"f{n}" for n in range(0, 80, 2)), "all", {"axis": 0}),
        ("MatMul", "x all", "y", {}),
    ]
    return onnx_model(nodes, {"t0": np.ones((1000, 1000), np.float32)})


def subgraphs(depth):
    graph = helper.make_graph([], "inner", [], [])
    for _ in range(depth):
        graph = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=graph)], "g", [], [])
    return helper.make_model(graph).SerializeToString()


def with_dims(*dims):
    def change(model):
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)

    return changed(change)


def with_description(text):
    return changed(lambda model: model.metadata_props.add(key="tinynet", value=text))


HOSTILE = {
    "chain of 100,000": lambda: onnx_model([*(("Identity", f"i{n}" if n else "x", f"i{n + 1}", {}) for n in range(100_000)), ("Gemm", "i100000 w", "y", {"transB": 1})], {"w": W}),
    "chain of 100,000 constants": lambda: chain("Identity", 100_000),
    "doubled 60 times": lambda: chain("Concat", 60),
    "squared 900 times": lambda: chain("Mul", 900),
    "outer product": outer_products,
    "many copies": copies,
    "circle": lambda: onnx_model([("Add", "b x", "a", {}), ("Tanh", "a", "b", {}), ("Gemm", "b w", "y", {})], {"w": W}),
    "circle of itself": lambda: onnx_model([("Tanh", "y", "y", {})], {}),
    "circle of constants": lambda: onnx_model([("Identity", "d", "c", {}), ("Identity", "c", "d", {}), ("Gemm", "x d", "y", {})], {}),
    "30 graphs in graphs": lambda: subgraphs(30),
    "5,000 graphs in graphs": lambda: b"\x3a\x80\x80\x01" * 5000,
    "huge size": lambda: with_dims(2**62, 2),
    "huge product": lambda: with_dims(2**40, 2**40),
    "1,000 huge sizes": lambda: with_dims(*[2**62] * 1000),
    "input with 100,000 axes": lambda: onnx_model([GEMM], {"w": W}, shape=[2**40] * 100_000),
    "weight with 100,000 axes": lambda: with_dims(*[2**40] * 100_000),
    "transposition of 100,000 axes": lambda: onnx_model([("Transpose", "x", "t", {"perm": list(range(100_000))}), ("Gemm", "t w", "y", {"transB": 1})], {"w": W}),
    "reshape to 100,000 axes": lambda: onnx_model([("Reshape", "x s", "t", {}), ("Gemm", "t w", "y", {"transB": 1})], {"w": W, "s": np.ones(100_000, np.int64)}),
    "gather of 10**12": lambda: onnx_model([("Gather", "b i", "c", {}), ("Gemm", "x w c", "y", {"transB": 1})], {"w": W, "b": np.ones((1, 10**6), np.float32), "i": np.zeros(10**6, np.int64)}),
    "size of -1": lambda: with_dims(-1, 4),
    "no sizes": lambda: with_dims(),
    "size of 0": lambda: with_dims(0, 4),
    "1,000 sizes": lambda: with_dims(*[1] * 1000, 3, 4),
    "long name": lambda: onnx_model([("Conv" * 100_000, "x w", "y" * 100_000, {}), ("Tanh", "y" * 100_000, "y", {})], {"w": W}),
    "name with control characters": lambda: onnx_model([("Co\0nv\1\n", "x w", "y", {})], {"w": W}),
    "20,000 inputs": lambda: onnx_model([GEMM], {"w": W}, inputs=[f"x{n}" for n in range(20_000)]),
    "strings": lambda: onnx_model([GEMM], {"w": np.array([["a", "b"]] * 4, object)}),
    "infinity": lambda: onnx_model([GEMM], {"w": np.full((3, 4), np.inf, np.float32)}),
    "not a number": lambda: onnx_model([GEMM], {"w": np.full((3, 4), np.nan, np.float32)}),
    "4-bit weights": lambda: changed(lambda model: model.graph.initializer[0].CopyFrom(helper.make_tensor("w", TensorProto.INT4, (3, 4), [1] * 12))),
    "8-bit floats": lambda: changed(lambda model: model.graph.initializer[0].CopyFrom(helper.make_tensor("w", TensorProto.FLOAT8E4M3FN, (3, 4), [1] * 12))),
    "complex weights": lambda: onnx_model([GEMM], {"w": W.astype(np.complex64)}),
    "functions that call themselves": lambda: changed(lambda model: model.functions.append(helper.make_function("f", "g", ["x"], ["y"], [helper.make_node("g", ["x"], ["y"], domain="f")], []))),
    "wide layer": lambda: onnx_model([("MatMul", "x w", "y", {})], {"w": np.ones((4, 5000), np.float32)}),
    "no inputs of a node": lambda: onnx_model([("Gemm", "", "y", {})], {}),
    "one input of a product": lambda: onnx_model([("MatMul", "x", "y", {})], {}),
    "reshape of 2**62": lambda: onnx_model([("Reshape", "x s", "i", {}), ("Gemm", "i w", "y", {"transB": 1})], {"w": W, "s": np.array([2**62, -1])}),
    "axis of 2**62": lambda: onnx_model([("Gemm", "x w", "z", {"transB": 1}), ("Softmax", "z", "y", {"axis": 2**62})], {"w": W}),
    "index of 2**62": lambda: onnx_model([("Gather", "b s", "c", {}), ("Gemm", "x w c", "y", {"transB": 1})], {"w": W, "b": W, "s": np.array(2**62)}),
    "axes": lambda: onnx_model([("Unsqueeze", "b s", "c", {}), ("Gemm", "x w c", "y", {"transB": 1})], {"w": W, "b": W, "s": np.zeros(10**6, np.int64)}),
    "cast to an unknown type": lambda: onnx_model([("Cast", "w", "c", {"to": 999}), ("Gemm", "x c", "y", {})], {"w": W}),
    "cast to strings": lambda: onnx_model([("Cast", "w", "c", {"to": TensorProto.STRING}), ("Gemm", "x c", "y", {"transB": 1})], {"w": W}),
    "overflow": lambda: onnx_model([("Gemm", "x w", "z", {"transB": 1, "alpha": 3e38}), ("Mul", "z h", "y", {})], {"w": W, "h": np.float64(1e308)}),
    **{f"description {text[:24]!r}": lambda text=text: with_description(text) for text in [
        "null", "1", "[]", "{}", '"x"', "[" * 100_000, '{"architecture": []}', '{"architecture": [], "origin": 1}', '{"architecture": {"sizes": 1e400}, "origin": ""}',
        json.dumps({"architecture": {"sizes": [4, 3], "hidden": []}, "origin": ""}), json.dumps({"architecture": {"sizes": ["4", None]}, "origin": ""}),
        json.dumps({"architecture": {"sizes": {"4": 3}}, "origin": ""}), json.dumps({"architecture": {"x": 1}, "origin": ""}), json.dumps({"architecture": {"sizes": [10**30, 3]}, "origin": ""}),
        '{"architecture": {"sizes": [' + "9" * 5000 + ', 3]}, "origin": ""}', "NaN", "\ud7ff",
    ]},
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if "of 100,000" in name else ()) for name in HOSTILE]
)
def test_a_hostile_model_is_refused_in_little_time_and_memory(name):
    data = HOSTILE[name]()
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(TinyNetError) as error:
        tn.Network.from_onnx(data)
    duration, (_, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert duration < 20
    assert peak < 500 * 2**20
    assert len(str(error.value)) < 2000
    assert str(error.value).isprintable()


@pytest.mark.parametrize("data", ["net.onnx", None, 3, [1], b"".join])
def test_other_values_than_bytes_are_refused(data):
    with pytest.raises(TinyNetError, match="data is .*. It must be bytes"):
        tn.Network.from_onnx(data)


def test_tensors_that_no_node_on_the_way_uses_change_nothing():
    expected = tn.Network.from_onnx(onnx_model([GEMM], {"w": W}))
    unused = numpy_helper.from_array(np.array(["a"], object), "unused")
    other = helper.make_node("Unknown", ["x"], ["other"])

    def change(model):
        model.graph.initializer.append(unused)
        model.graph.node.append(other)

    assert tn.Network.from_onnx(changed(change)) == expected
