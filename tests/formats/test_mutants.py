"""Damaged and hostile files, read in another process: a clean error or valid contents, and never a crash."""

import pytest

import mutants

COUNT = 100
RESULTS = ("shard of a sweep", "rung of the ladder")  # results that are believed only by their hash


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        tuple(name for name in mutants.READERS if not name.endswith(".pt")),
        pytest.param(("network, .pt",), marks=pytest.mark.torch),
    ],
)
def test_mutants_are_refused_or_valid(names):
    found, faults = mutants.count(COUNT, names)
    assert faults == []
    for name, outcomes in found.items():
        assert outcomes["refused"] + outcomes["same"] + outcomes["other"] == COUNT
        assert outcomes["refused"] > COUNT / 2
        assert outcomes["other"] == 0 or name not in RESULTS


def test_a_crash_is_noticed(monkeypatch, tmp_path):
    """Count a reader that ends its process at two of five mutants."""
    script = tmp_path / "crashing.py"
    script.write_text(
        f"import os, sys; sys.path.insert(0, {mutants.FOLDER!r})\n"
        "import mutants\n"
        "mutants.outcome = lambda name, number: os.abort() if number in (1, 3) else ('raw', 'why') if number else ('same', '')\n"
        "mutants.work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])\n"
    )
    monkeypatch.setattr(mutants, "__file__", str(script))
    found, faults = mutants.count(5, ("sheet",))
    assert found["sheet"] == {"same": 1, "raw": 2, "crash": 2}
    assert faults == [
        "sheet 1: crash with code -6",
        "sheet 2: why",
        "sheet 3: crash with code -6",
        "sheet 4: why",
    ]
