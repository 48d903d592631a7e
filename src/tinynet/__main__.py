"""Run the command line: the command `tinynet`, and `python -m tinynet`.

This module imports nothing but the standard library before `start` handles Ctrl-C, because the imports of the commands take
about a second.
"""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

LINES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def start() -> None:
    """Run the command line.

    Ctrl-C prints one line and ends with exit code 130; SIGTERM ends with exit code 143.
    """
    for number in LINES:
        signal.signal(number, _exit_at_once)
    try:
        from tinynet.cli import main

        main()
    except KeyboardInterrupt:
        _exit_at_once(signal.SIGINT, None)
    except SystemExit as ended:
        if ended.code == 128 + signal.SIGTERM:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
            # without Python's shutdown, which may take longer than the timer of `_terminate`
            os._exit(ended.code)
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command is done


def _exit_at_once(number: int, frame: FrameType | None) -> None:
    """End the process without the steps of Python's shutdown, which print tracebacks of interrupted imports."""
    os.write(2, f"tinynet: {LINES[signal.Signals(number)]}\n".encode())
    os._exit(128 + number)


if __name__ == "__main__":
    start()
