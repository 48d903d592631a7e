"""The command line: parse, call one function, print."""

import sys
from typing import NoReturn

import typer

from tinynet.cli.crowd import population
from tinynet.cli.export import export
from tinynet.cli.house import doctor, lab
from tinynet.cli.journey import discover
from tinynet.cli.options import INTERRUPTED, USER_MISTAKE
from tinynet.cli.predict import predict
from tinynet.cli.runbook import runbook
from tinynet.cli.single import explain, nudge, stress
from tinynet.cli.sweep import sweep
from tinynet.cli.training import train
from tinynet.cli.worksheet import worksheet

app = typer.Typer(
    name="tinynet",
    help="A laboratory for small neural networks: see every number, replay every nudge, test every claim.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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
    app.command()(command)


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit code 2."""
    from tinynet.errors import TinyNetError

    try:
        app()
    except (TinyNetError, ImportError) as error:
        print(f"tinynet: {error}", file=sys.stderr)
        sys.exit(USER_MISTAKE)
    except BrokenPipeError:  # the reader of our output, such as `head`, has closed it
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):  # typer says nothing
            _interrupted()
        raise


def _interrupted() -> NoReturn:
    print("tinynet: interrupted", file=sys.stderr)
    sys.exit(INTERRUPTED)
