"""Several threads give the bits of one thread, also while the kernels are compiled, and a fork never hangs."""

import os
import stat
import subprocess
import sys
import threading

import pytest

import in_threads
from tinynet import files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("threads", "32 results on 8 threads equal those of one thread\n"),
        pytest.param(
            "fork",
            "6 forks during a compilation ended\n",
            marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="only some systems can fork"),
        ),
    ],
)
def test_a_new_process_computes_on_threads(what, line):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", in_threads.__file__, what]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, line), ended.stderr


def test_files_that_are_written_on_threads_have_the_usual_permissions(tmp_path):
    """A file is written with the permissions of the process, which no other thread changes."""
    (tmp_path / "usual").write_bytes(b"")
    usual = stat.S_IMODE((tmp_path / "usual").stat().st_mode)
    barrier = threading.Barrier(8)

    def write(number):
        barrier.wait()
        for k in range(20):
            files.write(tmp_path / f"{number}-{k}", b"x")

    workers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (tmp_path / "afterwards").write_bytes(b"")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {usual}
    assert len(list(tmp_path.iterdir())) == 8 * 20 + 2
