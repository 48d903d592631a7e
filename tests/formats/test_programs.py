"""Programs in C, Python and JavaScript, compiled or run, give the bits of the network."""

import json
import platform
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given

import tinynet as tn
from networks import HIDDEN, OUTPUT, networks, pictures
from tinynet.core.forward import activate
from tinynet.core.sheet import Sheet
from tinynet.errors import TinyNetError
from tinynet.formats.programs.loops import statements
from tinynet.numerics import elementary

STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")
FUSING = ("-std=gnu11", "-O3", "-march=native")  # GCC fuses products and sums by default
MANY = [
    tn.Network.initial(sizes, seed=seed, hidden=hidden, output=output)
    for seed, hidden in enumerate(HIDDEN)
    for output in OUTPUT
    for sizes in ((4, 3, 2), (1, 1, 1), (5, 1, 7, 3, 4))
]
DIGITS = tn.Network.initial((64, 16, 10), seed=1, hidden="tanh", output="softmax")
TRAINED = tn.train(
    tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=5.0, epochs=300)
).final


def sheets(network, shown):
    """Return the outputs by evaluation of the sheet in plain floats. -> (pictures, outputs)"""
    sheet, last = Sheet.of(network.architecture), len(network.sizes) - 1
    values = [sheet.evaluate(sheet.input_values(network, [picture])) for picture in shown]
    return np.array([[found[f"layer{last}.a[{j}]"] for j in range(network.sizes[-1])] for found in values])


# --- Python ----------------------------------------------------------------------------------------------------


def in_python(network, shown):
    space = {}
    exec(network.code("python"), space)
    return np.array([space["network_predict"](picture) for picture in shown.tolist()])


@given(network=networks())
def test_python_has_the_bits_of_the_network_and_the_sheet(network):
    shown = pictures(network, 5)
    assert bits(in_python(network, shown)) == bits(network(shown)) == bits(sheets(network, shown))


def test_python_imports_only_math_and_has_short_lines():
    code = DIGITS.code("python")
    assert re.findall(r"^.*import.*$", code, re.M) == ["import math"]
    assert max(map(len, code.splitlines())) <= 110
    assert "import" not in tn.Network.initial(hidden="relu", output="identity").code("python")


# --- C ---------------------------------------------------------------------------------------------------------


def in_c(folder, made, dtype, flags=STRICT, compiler="gcc"):
    """Compile all networks into one program; yield the outputs of each for its pictures."""
    kind, main, asked = ("float" if dtype == "float32" else "double"), [], []
    includes = ["#include <stdio.h>", "#include <stdlib.h>"]
    for k, (network, shown) in enumerate(made):
        (folder / f"net{k}.h").write_text(network.code("c", name=f"net{k}", dtype=dtype))
        includes += [f'#include "net{k}.h"'] * 2  # the guard holds
        ends = f"{kind} x[{network.sizes[0]}], y[{network.sizes[-1]}];"
        main.append(
            f"    for (int n = 0; n < {len(shown)}; n++) {{ {ends} for (int i = 0; i < {network.sizes[0]}; i++) x[i] = read(); "
            f"net{k}_predict(x, y); fwrite(y, sizeof y, 1, stdout); }}"
        )
        asked.append(shown.astype(dtype).tobytes())
    reader = (
        f"static {kind} read(void) {{ {kind} x; if (fread(&x, sizeof x, 1, stdin) != 1) exit(1); return x; }}"
    )
    (folder / "main.c").write_text(
        "\n".join([*includes, reader, "int main(void) {", *main, "    return 0;", "}", ""])
    )
    subprocess.run([compiler, *flags, folder / "main.c", "-o", folder / "main"], check=True)
    done = subprocess.run([folder / "main"], input=b"".join(asked), capture_output=True, check=True)
    answers, at = np.frombuffer(done.stdout, dtype), 0
    for network, shown in made:
        count = len(shown) * network.sizes[-1]
        yield answers[at : at + count].reshape(-1, network.sizes[-1])
        at += count


clang = pytest.mark.skipif(shutil.which("clang") is None, reason="there is no clang")
gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")


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


def huge(output):
    network = tn.Network.initial((1, 2), output=output, init="zeros")
    return network.with_parameters(np.array([-1000.0, 1000.0, 0.0, 0.0]))


# --- JavaScript ------------------------------------------------------------------------------------------------


def in_javascript(folder, made):
    """Run all networks in one program; yield the outputs of each for its pictures."""
    lines, shapes = [], []
    for k, (network, shown) in enumerate(made):
        (folder / f"net{k}.mjs").write_text(network.code("javascript", name=f"net{k}"))
        lines.append(f'import {{ net{k}_predict }} from "./net{k}.mjs";')
        answers = f"{json.dumps(shown.tolist())}.flatMap((row) => net{k}_predict(row))"
        lines.append(f"process.stdout.write(new Uint8Array(Float64Array.from({answers}).buffer));")
        shapes.append((len(shown), network.sizes[-1]))
    (folder / "main.mjs").write_text("\n".join(lines))
    done = subprocess.run(["node", folder / "main.mjs"], capture_output=True, check=True)
    ends = np.cumsum([rows * outputs for rows, outputs in shapes])[:-1]
    parts = np.split(np.frombuffer(done.stdout), ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@node
def test_javascript_has_the_bits_of_the_network(tmp_path):
    made = [(network, pictures(network, 20)) for network in (*MANY, TRAINED, DIGITS)]
    for (network, shown), found in zip(made, in_javascript(tmp_path, made), strict=True):
        assert bits(found) == bits(network(shown))


@node
def test_javascript_and_python_saturate(tmp_path):
    made = [(huge(output), np.ones((1, 1))) for output in ("sigmoid", "softmax", "tanh", "relu")]
    expected = [[0.0, 1.0], [0.0, 1.0], [-1.0, 1.0], [0.0, 1000.0]]
    assert [found[0].tolist() for found in in_javascript(tmp_path, made)] == expected
    assert [in_python(network, shown)[0].tolist() for network, shown in made] == expected


# --- the functions themselves, to the bit, at ordinary numbers and at the ends --------------------------------------


ENDS = [
    0.0,
    5e-324,
    2.2250738585072014e-308,
    1e-300,
    5e-10,
    1e-9,
    30.0,
    60.0,
    708.4,
    709.78,
    745.2,
    750.0,
    1e308,
    np.inf,
]
POINTS = np.concatenate(
    [np.array([*ENDS, np.nan]), -np.array(ENDS), np.random.default_rng(0).normal(size=400) * np.logspace(-9, 3, 400)]
)  # fmt: skip
HOLDING = {
    "sigmoid": tn.Network.initial((1, 1)),
    "tanh": tn.Network.initial((1, 1), output="tanh"),
    "exp": tn.Network.initial((1, 1), output="softmax"),
}
function = pytest.mark.parametrize("name", HOLDING)


def bits(values):
    """Return the bits of numbers; all NaNs count as equal."""
    numbers = np.array(values, float)
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()


def wanted(name):
    return bits([getattr(elementary, name)(x) for x in POINTS.tolist()])


@function
def test_the_functions_of_python(name):
    space = {}
    exec(HOLDING[name].code("python"), space)
    assert bits([space[name](x) for x in POINTS.tolist()]) == wanted(name)


@gcc
@function
@pytest.mark.parametrize("flags", [STRICT, FUSING], ids=" ".join)
def test_the_functions_of_c(tmp_path, name, flags):
    (tmp_path / "main.c").write_text(
        HOLDING[name].code("c") + "#include <stdio.h>\nint main(void) { double x, y; (void)network_predict; "
        f"while (fread(&x, sizeof x, 1, stdin)) {{ y = network_{name}(x); fwrite(&y, sizeof y, 1, stdout); }} }}\n"
    )
    subprocess.run(["gcc", *flags, tmp_path / "main.c", "-o", tmp_path / "main"], check=True)
    done = subprocess.run([tmp_path / "main"], input=POINTS.tobytes(), capture_output=True, check=True)
    assert bits(np.frombuffer(done.stdout)) == wanted(name)


@node
@function
def test_the_functions_of_javascript(tmp_path, name):
    (tmp_path / "main.mjs").write_text(
        f'import {{ readFileSync }} from "node:fs";\n{HOLDING[name].code("javascript")}'
        f"const read = new Uint8Array(readFileSync(0));\n"
        f"process.stdout.write(new Uint8Array(new Float64Array(read.buffer).map({name}).buffer));\n"
    )
    command = ["node", tmp_path / "main.mjs"]
    done = subprocess.run(command, input=POINTS.tobytes(), capture_output=True, check=True)
    assert bits(np.frombuffer(done.stdout)) == wanted(name)


@pytest.mark.slow
@gcc
@node
def test_infinities_nan_and_signed_zeros_are_equal(tmp_path):
    odd, made = [0.0, -0.0, 1.0, 0.3, 5e-324, 1e308, -1e308, np.inf, -np.inf, np.nan], []
    generator = np.random.default_rng(1)
    for network in MANY:
        zeros = generator.random(len(network.parameters)) < 0.3
        network = network.with_parameters(np.where(zeros, -0.0, network.parameters * 1000))
        made.append((network, generator.choice(odd, (50, network.sizes[0]))))
    in_other = zip(in_c(tmp_path, made, "float64"), in_javascript(tmp_path, made), strict=True)
    for (network, shown), (c, javascript) in zip(made, in_other, strict=True):
        answers = bits(network(shown))
        assert answers == bits(in_python(network, shown)) == bits(c) == bits(javascript)


# --- all -------------------------------------------------------------------------------------------------------


def test_the_first_comment_describes_the_program():
    head = TRAINED.code("c", name="lines").split("\n\n")[0]
    assert "A 4-3-2 network with 23 parameters, generated by TinyNet" in head
    assert "Origin: seed 0, after 1,200 steps." in head
    assert "Layers: 4 inputs, 3 sigmoid, 2 sigmoid." in head
    assert (
        "Every machine computes the same bits: sums in float, functions in double and rounded once." in head
    )
    assert "Every machine computes the same bits, those of TinyNet." in TRAINED.code("c", dtype="float64")
    assert "float inputs[4] = {...}, outputs[2]; lines_predict(inputs, outputs);" in head


@gcc
@node
@pytest.mark.parametrize("origin", ["*/ #error", "a\nb\r\u2028c \u202e", '"""\\', "??/", "{{ 1 / 0 }}"])
def test_an_origin_cannot_leave_its_comment(tmp_path, origin):
    network = TRAINED.with_parameters(TRAINED.parameters, origin=origin)
    shown = pictures(network, 2)
    assert in_python(network, shown).tolist() == sheets(network, shown).tolist()
    next(iter(in_c(tmp_path, [(network, shown)], "float64")))
    in_javascript(tmp_path, [(network, shown)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TRAINED.code("rust"), "language is 'rust'. It must be one of 'c', 'python', 'javascript'"),
        (lambda: TRAINED.code("c", name="2nets"), "name is '2nets'. It must start with a letter"),
        (lambda: TRAINED.code("c", name="a-b"), "name is 'a-b'"),
        (lambda: TRAINED.code("c", name="größe"), "only letters, digits and underscores"),
        (lambda: TRAINED.code("c", name=""), "name is ''"),
        (lambda: TRAINED.code("c", dtype="half"), "dtype is 'half'. It must be one of 'float32', 'float64'"),
        (lambda: TRAINED.code("python", dtype="float32"), "dtype is 'float32'. It must be 'float64' for python"),
        (lambda: huge("relu").with_parameter("layer1.bias[0]", 1e300).code("c"), r"layer1.bias\[0\] is 1e\+300. It is too large for float32"),
    ],
)  # fmt: skip
def test_invalid_requests_are_refused(call, message):
    with pytest.raises(TinyNetError, match=message):
        call()


@given(network=networks())
def test_loops_are_the_formulas_of_the_sheet(network):
    sheet = Sheet.of(network.architecture)
    unrolled = {}
    for array, formula, size in statements(sheet):
        cells = [array] if size == 0 else [f"{array}[{j}]" for j in range(size)]
        unrolled |= {cell: spelled(formula, j) for j, cell in enumerate(cells)}
    assert unrolled == {cell.name: cell.formula for cell in sheet.cells.values() if cell.formula is not None}


def spelled(formula, j, i=None):
    if isinstance(formula, str):
        return re.sub(r"\bi\b(?=[,\]])", str(i), re.sub(r"(?<=\[)j\b", str(j), formula))
    if not isinstance(formula, tuple):
        return formula
    parts = []
    for part in formula[1:]:
        if isinstance(part, tuple) and part[0] == "each":
            parts += [spelled(part[2], j, k) for k in range(part[1])]
        else:
            parts.append(spelled(part, j, i))
    return (formula[0], *parts)
