"""exp, log, tanh, sigmoid and cos(pi x): the same bits in every language."""

import json
import math
import random
import struct
from pathlib import Path

import pytest

from tinynet import arrays, elementary

GOLDEN = Path(__file__).parent / "golden" / "elementary.json"
FUNCTIONS = ("exp", "log", "tanh", "sigmoid", "cos_pi")
LN2 = 0.6931471805599453
ENDS = [
    0.0, 5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, 1e-300, 1e-17, 5e-10, 1e-9, 2e-9, 0.25, 0.5,
    1 - 2**-53, 1.0, 1 + 2**-52, 2**0.5, 19.0, 22.0, 30.0, 36.7, 37.5, 708.3964185322641, 709.782712893384,
    709.7827128933841, 744.4400719213812, 745.1332191019411, 745.1332191019412, 750.0, 1e300, 1.7976931348623157e308, math.inf,
]  # fmt: skip


def bits(x):
    """Return a float64 as 16 hexadecimal digits; every NaN as the same one."""
    return struct.pack(">d", x).hex() if x == x else "7ff8000000000000"


def number(text):
    (found,) = struct.unpack(">d", bytes.fromhex(text))
    return found


def everywhere():
    """Numbers over the whole range, the ends, and the borders where exp and log change their power of two."""
    chance = random.Random(0)
    found = [math.nan, *ENDS]
    found += [number(f"{chance.getrandbits(64):016x}") for _ in range(100)]
    found += [chance.uniform(-10, 10) for _ in range(150)] + [chance.uniform(-760, 760) for _ in range(60)]
    found += [chance.uniform(0.5, 2) for _ in range(60)] + [
        1 + chance.uniform(-1, 1) * 2**-k for k in range(10, 50, 4)
    ]
    for border in [k * LN2 / 2 for k in (1, 2, 3, 4, 17, 1000, 2044, 2047)] + [
        2.0**k for k in (-1074, -1022, -1, 1, 1023)
    ]:
        found += [math.nextafter(border, 0), border, math.nextafter(border, math.inf)]
    return found + [-x for x in found]


def in_the_half_turn():
    """Numbers from 0 to 1, which is all that `cos_pi` takes."""
    chance = random.Random(1)
    quarters = [math.nextafter(k / 4, to) for k in range(5) for to in (0, k / 4, 1)]
    return [*quarters, 5e-324, 1e-300, 1e-9, 2**-27, math.nan, *(chance.random() for _ in range(300))]


def golden():
    """What every language is held to as well: inputs and results of each function, as bits."""
    return {
        name: [
            [bits(x), bits(getattr(elementary, name)(x))]
            for x in (in_the_half_turn() if name == "cos_pi" else everywhere())
        ]
        for name in FUNCTIONS
    }


def test_golden_file_holds():
    """Made by `python tests/test_elementary.py`."""
    assert golden() == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_golden_bits_are_those_of_the_compiled_code(name):
    given, expected = zip(*json.loads(GOLDEN.read_text())[name], strict=True)
    found = getattr(arrays, name)([number(x) for x in given])
    assert [bits(y) for y in found] == list(expected)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), separators=(",", ":")) + "\n")
