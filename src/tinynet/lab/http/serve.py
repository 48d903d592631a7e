"""The server process.

The process prints its address, opens the browser, and ends by Ctrl-C.
"""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI

from tinynet.lab.http.app import NOT_BUILT, PAGE, close, create_app, prepare_chapters
from tinynet.lab.http.network import addresses, checked_token, free_port, is_local

if TYPE_CHECKING:
    import uvicorn


def serve(
    host: str, port: int, *, token: str | None = None, browser: bool, echo: Callable[[str], None]
) -> None:
    """Serve the laboratory until Ctrl-C.

    token : the token that requests must have. With None, there is a token if other machines can connect. An empty text is no
        token.
    echo : prints the address.
    """
    token = checked_token(host, token)
    listening = free_port(host, port)
    found = addresses(host, listening.getsockname()[1], token)
    app = create_app(host, token)
    if not is_local(host):
        prepare_chapters(app)
    echo(f"TinyNet's laboratory: {found[0]}   (Ctrl-C stops it)")
    for address in found[1:]:
        echo(f"On this machine: {address}")
    if not (PAGE / "index.html").is_file():
        echo(f"Warning: {NOT_BUILT}")
    if browser and _has_display():
        threading.Timer(0.5, webbrowser.open, [found[-1]]).start()
    try:
        make_server(app).run(sockets=[listening])
    except KeyboardInterrupt:  # the normal end
        pass
    finally:
        close(app)
        listening.close()


def make_server(app: FastAPI) -> "uvicorn.Server":
    """Return the server of an application."""
    import uvicorn

    from tinynet.lab.http.protocol import Connection

    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            log_level="warning",
            timeout_graceful_shutdown=1,
            server_header=False,
        )
    )


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
