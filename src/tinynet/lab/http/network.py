"""The port, the addresses and the token of the server."""

import ipaddress
import re
import secrets
import socket

from tinynet.errors import TinyNetError
from tinynet.lab.http.middleware import MAX_PORT
from tinynet.validation import check_int

ALL_ADDRESSES = ("0.0.0.0", "::")
TOKEN = re.compile(r"[A-Za-z0-9._~-]{8,128}", re.ASCII)  # needs no escape in an address or a cookie
MAX_TRIED_PORTS = 20
PORT_UNAVAILABLE = {98, 48, 10048, 13}  # errno: in use (Linux, macOS, Windows), or no permission


def free_port(host: str, port: int) -> socket.socket:
    """Return a listening socket at this port, or the next.

    The next free port is used if this port is taken.

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


def is_local(host: str) -> bool:
    """Return whether only this machine can connect to a host.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def allowed_hosts(host: str) -> frozenset[str]:
    """Return the host names that requests may use. "*" allows all IP addresses."""
    names = {"127.0.0.1", "localhost", "::1", host.lower()}
    if host in ALL_ADDRESSES:
        own = socket.gethostname().lower()
        names |= {"*", own, f"{own}.local", socket.getfqdn().lower()}
    return frozenset(names)


def checked_token(host: str, token: str | None) -> str:
    """Return the token of a server.

    token : None for the default: a random token if other machines can connect, and no token otherwise. An empty text is no
        token.

    Raises TinyNetError for a token with other characters.
    """
    if token is None:
        return "" if is_local(host) else secrets.token_urlsafe(24)
    if token and not TOKEN.fullmatch(token):
        raise TinyNetError(
            f"is {token!r}. It must be 8 to 128 letters, digits, hyphens, dots, tildes or underscores, or empty for no token.",
            parameter="token",
        )
    return token


def addresses(host: str, port: int, token: str) -> list[str]:
    """Return the addresses of the page.

    The first address is for this machine and, if possible, for other machines. A second address is only for this machine.

    >>> addresses("::1", 8765, "")
    ['http://[::1]:8765/']
    """
    hosts = [host]
    if host in ALL_ADDRESSES:
        hosts = [own_address(host), "127.0.0.1" if host == "0.0.0.0" else "::1"]
    query = f"?token={token}" if token else ""
    return [f"http://{f'[{each}]' if ':' in each else each}:{port}/{query}" for each in dict.fromkeys(hosts)]


def own_address(host: str) -> str:
    """Return the address of this machine in its network, or its name.

    host : 0.0.0.0 for an IPv4 address, :: for an IPv6 address.
    """
    family, elsewhere = (socket.AF_INET6, "2001:db8::1") if host == "::" else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))  # chooses the network, and sends nothing
            return str(probe.getsockname()[0])
        except OSError:  # no network
            return socket.gethostname()
