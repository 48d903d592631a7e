"""Networks as programs in Python, C and JavaScript, and what the programs answer."""

import json
import shutil
import subprocess

import numpy as np
import pytest

import tinynet as tn
from networks import HIDDEN, OUTPUT
from tinynet.core.sheet import Sheet

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
clang = pytest.mark.skipif(shutil.which("clang") is None, reason="there is no clang")
gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")


def sheets(network, shown):
    """Return the outputs by evaluation of the sheet in plain floats. -> (pictures, outputs)"""
    sheet, last = Sheet.of(network.architecture), len(network.sizes) - 1
    values = [sheet.evaluate(sheet.input_values(network, [picture])) for picture in shown]
    return np.array([[found[f"layer{last}.a[{j}]"] for j in range(network.sizes[-1])] for found in values])


def bits(values):
    """Return the bits of numbers; all NaNs count as equal."""
    numbers = np.array(values, float)
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()


def huge(output):
    network = tn.Network.initial((1, 2), output=output, init="zeros")
    return network.with_parameters(np.array([-1000.0, 1000.0, 0.0, 0.0]))


def in_python(network, shown):
    space = {}
    exec(network.code("python"), space)
    return np.array([space["network_predict"](picture) for picture in shown.tolist()])


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
