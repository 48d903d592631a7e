"""Before any route: known hosts, the page's own origin, small bodies; and the headers that keep a page safe."""

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000  # bytes
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",  # the page of an upgraded package is not yesterday's
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuse other hosts, foreign origins and large bodies before anything reads them; add the safety headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
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
            await refusal(413, f"the request is larger than {MAX_BODY:,} bytes")(scope, receive, with_headers)
            return
        await self._app(scope, _again(body, receive), with_headers)

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self._known(urlsplit(f"//{host}").hostname or ""):
            return refusal(
                403, f"this laboratory does not answer to the host {host!r}; open it at its own address"
            )
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return refusal(403, f"the page at {origin!r} may not ask this laboratory")
        if int(request.headers.get("content-length", "0") or 0) > MAX_BODY:
            return refusal(413, f"the request is larger than {MAX_BODY:,} bytes")
        return None

    def _known(self, name: str) -> bool:
        if name in self._hosts:
            return True
        try:
            return "*" in self._hosts and bool(ipaddress.ip_address(name))  # a number cannot be rebound to us
        except ValueError:
            return False


async def _body(receive: Receive) -> bytes | None:
    found = b""
    while True:
        message = await receive()
        found += message.get("body", b"")
        if len(found) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return found


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def first_the_body() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return first_the_body


def refusal(status: int, message: str, **headers: str) -> JSONResponse:
    """Return an answer that says in a sentence what is wrong."""
    return JSONResponse({"error": message}, status, headers)
