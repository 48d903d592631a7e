"""Run the command line in this process, or in a new process."""

import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from types import SimpleNamespace
from unittest.mock import patch

from tinynet.cli import main

IN_A_PROCESS = [sys.executable, "-m", "tinynet"]


def tinynet(*arguments, cwd="."):
    """Run the command line in this process. Return its exit code and output."""
    code, out, err = 0, StringIO(), StringIO()
    with (
        patch.object(sys, "argv", ["tinynet", *map(str, arguments)]),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
