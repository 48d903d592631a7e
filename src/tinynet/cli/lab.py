"""The commands about this machine: `lab` and `doctor`."""

from typing import Annotated

import typer

from tinynet.cli.options import Json, print_json


def lab(
    port: Annotated[int, typer.Option(help="The port; where it is busy, the next free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="The address to listen at; other machines can ask only if you change it.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page, where there is a display.")] = True,
) -> None:
    """The laboratory in the browser."""
    from tinynet.lab.http import app

    app.serve(host, port, browser=browser, say=typer.echo)


def doctor(as_json: Json = False) -> None:
    """What this machine has: system, Python, PyTorch and its devices, browser."""
    from tinynet.story import environment

    found = environment.describe()
    if as_json:
        print_json({"command": "doctor", **found})
        return
    width = max(map(len, found))
    typer.echo("\n".join(f"{name:<{width}}  {value}" for name, value in found.items()))
