"""The server process: a free port, the browser, and the end by Ctrl-C."""

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable

from tinynet.errors import TinyNetError
from tinynet.lab.http.app import NOT_BUILT, PAGE, create_app
from tinynet.validation import check_int

MAX_TRIED_PORTS = 20
MAX_PORT = 65_535
PORT_UNAVAILABLE = {98, 48, 10048, 13}  # errno: in use (Linux, macOS, Windows), or no permission


def free_port(host: str, port: int) -> socket.socket:
    """Return a listening socket at this port, or at the next free port.

    port : 0 to 65,535; 0 is any free port.

    Raises TinyNetError if the host is not an address of this machine, or no port is free.
    """
    if not host:  # a socket would take it for all addresses
        raise TinyNetError(
            "is empty. It must be an address of this machine. Try 127.0.0.1.", parameter="host"
        )
    check_int("port", port, 0, MAX_PORT)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + MAX_TRIED_PORTS, MAX_PORT + 1) if port else 1):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen(128)
        except OSError as error:
            found.close()
            if error.errno not in PORT_UNAVAILABLE:
                raise TinyNetError(
                    f"is {host}. The server cannot listen there: {error.strerror}. Try 127.0.0.1.",
                    parameter="host",
                ) from error
            continue
        return found
    last = port + MAX_TRIED_PORTS - 1
    raise TinyNetError(
        f"is {port}. The ports {port} to {last} are in use. Choose another port.", parameter="port"
    )


def serve(host: str, port: int, *, browser: bool, echo: Callable[[str], None]) -> None:
    """Serve the laboratory until Ctrl-C.

    echo : prints the address.
    """
    import uvicorn

    listening = free_port(host, port)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
    app = create_app(host)
    echo(f"TinyNet's laboratory: {address}   (Ctrl-C stops it)")
    if not (PAGE / "index.html").is_file():
        echo(f"Warning: {NOT_BUILT}")
    if browser and _has_display():
        threading.Timer(0.5, webbrowser.open, [address]).start()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # the normal end
        pass
    finally:
        app.state.workers.close()
        listening.close()


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
