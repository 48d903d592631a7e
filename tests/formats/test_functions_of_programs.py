"""The functions in the programs, to the bit, at ordinary numbers and at the ends."""

import subprocess

import numpy as np
import pytest

import tinynet as tn
from programs import FUSING, STRICT, bits, gcc, node
from tinynet.numerics import elementary

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
