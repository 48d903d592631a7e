"""Checks before every route, and security headers.

A request must name a known host, come from the page itself, and have a small body.
"""

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000  # bytes
TOO_LARGE = f"the request has more than {MAX_BODY:,} bytes. Send a smaller request."
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",  # after an upgrade, the browser must load the new page
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Middleware that rejects unsafe requests.

    Hosts, origins and body sizes are checked. Security headers are added to responses.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.lower().encode(), v.encode()) for k, v in HEADERS.items()),
                ]
            await send(message)

        request = Request(scope)
        refused = self._refused(request)
        if refused is not None:
            await refused(scope, receive, with_headers)
            return
        body = await _body(receive) if request.method == "POST" else b""
        if body is None:
            await error_response(413, TOO_LARGE)(scope, receive, with_headers)
            return
        await self._app(scope, replay_body(body, receive), with_headers)

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self._known(urlsplit(f"//{host}").hostname or ""):
            return error_response(
                403,
                f"the request is for the host {host!r}. Open the laboratory at the address that it printed.",
            )
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return error_response(
                403, f"the request comes from {origin!r}. Only the laboratory's own page may send requests."
            )
        if int(request.headers.get("content-length", "0") or 0) > MAX_BODY:
            return error_response(413, TOO_LARGE)
        return None

    def _known(self, name: str) -> bool:
        if name in self._hosts:
            return True
        # With "*", any IP address is allowed, but no name: DNS can point a name of an attacker to this
        # machine.
        try:
            return "*" in self._hosts and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


async def _body(receive: Receive) -> bytes | None:
    """Return a request's body, or None if too large."""
    found = b""
    while True:
        message = await receive()
        found += message.get("body", b"")
        if len(found) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return found


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first returns the body again."""
    replayed = False

    async def receive_body() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body


def error_response(status: int, message: str, **headers: str) -> JSONResponse:
    """Return a JSON response with an error message."""
    return JSONResponse({"error": message}, status, headers)
