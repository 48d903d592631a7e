"""The command line.

A command parses options, calls one function, and prints the result.

A command must not compute anything itself.

options.py       options that several commands share
mistakes.py      errors that name the option
inputs.py        arguments and options as data
output.py        JSON documents
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

import sys
from typing import Annotated, NoReturn

import typer

from tinynet.cli.discover import discover
from tinynet.cli.export import export
from tinynet.cli.inspect import explain, nudge, stress
from tinynet.cli.lab import doctor, lab
from tinynet.cli.mistakes import Command, Group, naming_options
from tinynet.cli.options import INTERRUPTED, USER_MISTAKE
from tinynet.cli.population import population
from tinynet.cli.predict import predict
from tinynet.cli.runbook import runbook
from tinynet.cli.sweep import sweep
from tinynet.cli.train import train
from tinynet.cli.worksheet import worksheet

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
        app()
    except (TinyNetError, MissingPackageError) as error:
        print(f"tinynet: {error}", file=sys.stderr)
        sys.exit(USER_MISTAKE)
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        _exit_interrupted()
    except SystemExit as ended:
        # Typer turns Ctrl-C into a silent exit.
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            _exit_interrupted()
        raise


def _exit_interrupted() -> NoReturn:
    print("tinynet: interrupted", file=sys.stderr)
    sys.exit(INTERRUPTED)
