"""The commands about this machine: `lab` and `doctor`."""

from typing import Annotated

import typer

from tinynet.cli.options import Json
from tinynet.cli.output import print_json, say


def lab(
    port: Annotated[int, typer.Option(help="Port. If it is in use, the next free port is used.")] = 8765,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. The default accepts requests of this machine only. 0.0.0.0 also accepts requests "
            "of other machines."
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            help="Token that requests must have. Without the option, the token is random if other machines can connect; for "
            'this machine only, there is no token. --token "" turns it off.'
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option(help="Open the page in the browser, if there is a display.")
    ] = True,
) -> None:
    """Open the laboratory in the browser."""
    from tinynet.lab.http.serve import serve

    serve(host, port, token=token, browser=browser, echo=say)


def doctor(as_json: Json = False) -> None:
    """Describe this machine. Print the system, Python, PyTorch and its devices, the browser and the packages."""
    from tinynet.story import environment

    found = environment.describe()
    if as_json:
        print_json({"command": "doctor", **found})
        return
    width = max(map(len, found))
    say("\n".join(f"{name:<{width}}  {value}" for name, value in found.items()))
