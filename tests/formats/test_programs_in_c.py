"""Programs in C, compiled with several options, give the bits of the network."""

import platform
import re
import subprocess

import numpy as np
import pytest

import tinynet as tn
from networks import pictures
from programs import DIGITS, FUSING, MANY, STRICT, TRAINED, bits, clang, gcc, huge, in_c
from tinynet.core.forward import activate
from tinynet.numerics import elementary


@pytest.mark.slow
@gcc
@pytest.mark.parametrize("flags", [STRICT, FUSING, ("-std=gnu11", "-O2")], ids=" ".join)
def test_c_in_double_has_the_bits_of_the_network(tmp_path, flags):
    made = [(network, pictures(network, 20)) for network in (*MANY, TRAINED, DIGITS)]
    for (network, shown), found in zip(made, in_c(tmp_path, made, "float64", flags), strict=True):
        assert bits(found) == bits(network(shown))


@clang
@pytest.mark.parametrize(
    "options", ["-std=c99", "-fassociative-math -fno-signed-zeros -fno-trapping-math", "-freciprocal-math"]
)
def test_options_of_clang_change_no_bit_of_c_in_double(tmp_path, options):
    made = [(network, pictures(network, 20)) for network in (*MANY, TRAINED, DIGITS)]
    flags = ("-O3", "-march=native", "-Wall", "-Wextra", "-Werror", *options.split())
    for (network, shown), found in zip(made, in_c(tmp_path, made, "float64", flags, "clang"), strict=True):
        assert bits(found) == bits(network(shown))


def singly(network, shown):
    """Return the outputs of C in float: float sums from the first input to the last, functions rounded once."""
    a = shown.astype(np.float32)
    for layer in network.layers:
        weight, bias = layer.weight.astype(np.float32), layer.bias.astype(np.float32)
        z = np.zeros((len(a), len(bias)), np.float32)
        for i in range(a.shape[1]):
            z += weight[:, i] * a[:, i : i + 1]
        z += bias
        several = {"softmax": softmax, "softplus": softplus}.get(layer.activation)  # operations, each rounded
        a = activate(layer.activation, z).astype(np.float32) if several is None else several(z)
    return a


def softplus(z):
    e = one_by_one(elementary.exp, -np.abs(z))
    return np.maximum(z, np.float32(0)) + one_by_one(elementary.log, np.float32(1) + e)


def one_by_one(function, x):
    """A function of doubles for an array of floats, rounded once."""
    found = [function(value) for value in x.ravel().tolist()]
    return np.array(found).astype(np.float32).reshape(x.shape)


def softmax(z):
    e = one_by_one(elementary.exp, z - z.max(axis=1, keepdims=True))
    total = np.zeros(len(e), np.float32)
    for column in e.T:
        total += column
    return e / total[:, None]


@pytest.mark.slow
@gcc
@pytest.mark.parametrize("flags", [STRICT, FUSING], ids=" ".join)
def test_c_in_float_has_fixed_bits_within_a_millionth(tmp_path, flags):
    made = [(network, pictures(network, 200).astype(np.float32)) for network in (*MANY, TRAINED, DIGITS)]
    for (network, shown), found in zip(made, in_c(tmp_path, made, "float32", flags), strict=True):
        assert np.array_equal(found, singly(network, shown))
        np.testing.assert_allclose(found, network(shown), rtol=0, atol=1e-6)


@gcc
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_compiler_fuses_no_product_and_sum(tmp_path, dtype):
    code = TRAINED.code("c", dtype=dtype)
    if platform.machine() not in ("x86_64", "AMD64", "aarch64", "arm64"):
        pytest.skip("this processor names its operations otherwise")
    assert "fmadd" not in assembly(tmp_path, code)
    assert "fmadd" in assembly(tmp_path, re.sub("#pragma.*", "", code))  # otherwise the test could not fail


@gcc
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are options of x86-64")
@pytest.mark.parametrize("processor", ["haswell", "skylake-avx512"])
@pytest.mark.parametrize(
    ("sizes", "hidden", "output"), [((33, 9, 1, 3), "relu", "tanh"), ((1, 3, 9), "tanh", "sigmoid")]
)
def test_vector_code_fuses_no_product_and_sum(tmp_path, processor, sizes, hidden, output):
    code = tn.Network.initial(sizes, seed=1, hidden=hidden, output=output).code("c", dtype="float64")
    assert re.findall(r"\bvfn?m\w+", assembly(tmp_path, code, f"-march={processor}")) == []


def assembly(folder, code, *options):
    (folder / "main.c").write_text(f"{code}\nvoid ask(const void *x, void *y) {{ network_predict(x, y); }}\n")
    machine = options or (["-mfma"] if platform.machine() in ("x86_64", "AMD64") else [])
    command = ["gcc", "-O3", "-std=gnu11", *machine, "-S", folder / "main.c", "-o", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@gcc
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-Ofast"], "-ffast-math changes the bits of the outputs. Compile this file without it."),
        (["-funsafe-math-optimizations"], "-funsafe-math-optimizations and its parts change the bits"),
        (["-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"], "and its parts change the bits"),
        (["-freciprocal-math"], "-funsafe-math-optimizations and its parts change the bits"),
    ],
)
def test_options_that_change_bits_are_refused(tmp_path, options, message):
    (tmp_path / "network.h").write_text(TRAINED.code("c"))
    command = ["gcc", *options, "-fsyntax-only", "-xc", tmp_path / "network.h"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stderr


@gcc
def test_c_saturates(tmp_path):
    made = [(huge(output), np.ones((1, 1))) for output in ("sigmoid", "softmax", "tanh", "relu")]
    for dtype in ("float32", "float64"):
        found = [answers[0].tolist() for answers in in_c(tmp_path, made, dtype)]
        assert found == [[0.0, 1.0], [0.0, 1.0], [-1.0, 1.0], [0.0, 1000.0]]


@gcc
def test_a_large_network_compiles_quickly_and_stays_readable(tmp_path):
    network = tn.Network.initial((784, 32, 10), seed=0, hidden="relu", output="softmax")
    code, shown = network.code("c"), pictures(network, 3).astype(np.float32)
    body = code.rpartition("};\n\n")[2].partition("\n}\n")[0]  # the function, below its numbers
    assert 20 < len(body.splitlines()) < 50
    assert max(map(len, code.splitlines())) <= 120
    (found,) = in_c(tmp_path, [(network, shown)], "float32")
    np.testing.assert_allclose(found, network(shown), rtol=0, atol=1e-6)


def test_c_contains_only_used_functions():
    assert "#include" not in DIGITS.code("c")
    for output, functions in (
        ("identity", set()),
        ("relu", {"larger"}),
        ("tanh", {"power2", "nearest", "growth", "quotient", "tanh"}),
        ("softmax", {"larger", "power2", "nearest", "times_power2", "growth", "exp"}),
    ):
        code = tn.Network.initial((4, 2), output=output).code("c")
        assert set(re.findall(r"network_(\w+)\(", code)) == {"predict", *functions}
