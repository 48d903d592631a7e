"""The command line.

A command parses options, calls one function, and prints the result.

A command must not compute anything itself.

options.py       options that several commands share
mistakes.py      errors that name the option
inputs.py        arguments and options as data
output.py        text and JSON documents
terminal.py      chapters, tables and progress bars
discover.py      `discover`
inspect.py       `nudge`, `explain` and `stress`
train.py         `train`
train_report.py  the scores of a training
predict.py       `predict`
population.py    `population`
sweep.py         `sweep`
sweep_report.py  the tables of a sweep
runbook.py       `runbook`
export.py        `export`
worksheet.py     `worksheet`
lab.py           `lab` and `doctor`
"""

import os
import signal
import sys
import threading
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from tinynet.cli.discover import discover
from tinynet.cli.export import export
from tinynet.cli.inspect import explain, nudge, stress
from tinynet.cli.lab import doctor, lab
from tinynet.cli.mistakes import Command, Group, naming_options
from tinynet.cli.options import INTERRUPTED, TERMINATED, USER_MISTAKE
from tinynet.cli.output import printable
from tinynet.cli.population import population
from tinynet.cli.predict import predict
from tinynet.cli.runbook import runbook
from tinynet.cli.sweep import sweep
from tinynet.cli.train import train
from tinynet.cli.worksheet import worksheet

SECONDS_TO_END = 1.5  # after SIGTERM
LIST = " problems:\n"  # the end of the first line of an error that lists the problems of a table

app = typer.Typer(
    name="tinynet",
    cls=Group,
    help="A laboratory for small neural networks. Inspect every number, replay every step, test every claim.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from tinynet.version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _before_the_command(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    pass


for command in (
    discover,
    nudge,
    train,
    explain,
    stress,
    predict,
    population,
    sweep,
    runbook,
    export,
    worksheet,
    lab,
    doctor,
):
    app.command(cls=Command)(naming_options(command))


def main() -> None:
    """Run the command line.

    A user's mistake prints one line on standard error and ends with exit code 2.
    """
    from tinynet.errors import TinyNetError
    from tinynet.plugins import MissingPackageError

    try:
        _prepare()
        app()
    except (TinyNetError, MissingPackageError) as error:
        _exit(str(error), USER_MISTAKE)
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # such as a full disk behind standard output
        _exit(f"{error.strerror or error}. Check the paths and the space on the disk.", USER_MISTAKE)
    except MemoryError:
        _exit("there is not enough memory. Use fewer examples, networks or steps.", USER_MISTAKE)
    except KeyboardInterrupt:
        _exit("interrupted", INTERRUPTED)
    except RuntimeError as error:
        # Python 3.11 wraps an exception that is raised while a class is made, as in an import.
        if isinstance(error.__cause__, KeyboardInterrupt):
            _exit("interrupted", INTERRUPTED)
        if isinstance(error.__cause__, SystemExit):
            raise error.__cause__ from None
        raise
    except SystemExit as ended:
        # Typer turns Ctrl-C into a silent exit.
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            _exit("interrupted", INTERRUPTED)
        raise


def _prepare() -> None:
    """Make Ctrl-C and SIGTERM raise exceptions, and make every text printable."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, TextIOWrapper):  # a file name may be no text in the encoding of the terminal
        sys.stdout.reconfigure(errors="backslashreplace")


def _terminate(number: int, frame: object) -> NoReturn:
    """End the command, also if the exception is lost, as in a function that Python calls when it frees an object."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(TERMINATED))
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_END)
    _exit("terminated", TERMINATED)


def _exit(line: str, code: int) -> NoReturn:
    """Print one line on standard error and end with an exit code. A list of problems has a line for each."""
    first, separator, listed = line.partition(LIST)
    lines = [first + separator.rstrip("\n"), *(listed.split("\n") if listed else [])]
    print("tinynet: " + "\n".join(map(printable, lines)), file=sys.stderr)
    sys.exit(code)
