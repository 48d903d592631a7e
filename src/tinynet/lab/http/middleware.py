"""Checks before every route, and security headers.

A request must name a known host, come from the page itself, have the token, and have a small body.
"""

import asyncio
import hmac
import ipaddress
import logging
import re
from urllib.parse import parse_qs, unquote

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinynet.lab.http.answers import error_response, shortened

MAX_BODY = 1_000_000  # bytes
MAX_BODY_SECONDS = 20.0  # in which the whole body must arrive
MAX_DISCARDED, MAX_DISCARD_SECONDS = 10_000_000, 2.0  # bytes and seconds of a refused body
TOO_LARGE = f"the request has more than {MAX_BODY:,} bytes. Send a smaller request."
TOO_SLOW = f"the request did not arrive within {MAX_BODY_SECONDS:g} seconds. Send the request again."
NO_TOKEN = (
    "the request has no valid token. Open the laboratory at the address that it printed, with ?token=…."
)
FAILED = "the laboratory failed. The reason is in the output of the command."
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
SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
# The Host header: a name, an IPv4 address or an IPv6 address in brackets, and a port.
HOST = re.compile(r"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?", re.ASCII)
MAX_PORT = 65_535
ABSOLUTE = re.compile(rb"(?i:http)://([^/]*)(/[!-~]*)?")  # a request target: the host and the path


class Guard:
    """Middleware that rejects unsafe requests.

    Hosts, origins, tokens and bodies are checked. Security headers are added to responses.

    hosts : the allowed host names, in lower case. "*" allows all IP addresses.
    token : the token that each request must have, or an empty text.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str = "") -> None:
        self._app, self._hosts, self._token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "websocket":
            await send(
                {"type": "websocket.close", "code": 1008, "reason": "the laboratory has no websockets"}
            )
        elif scope["type"] == "http":
            await self._handle(Request(_with_target(scope)), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _handle(self, request: Request, receive: Receive, send: Send) -> None:
        started = False
        cookie = self._new_cookie(request)

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *SECURITY_HEADERS, *cookie]
            await send(message)

        refused = self._refused(request)
        body = None if refused is not None else await _body(receive)
        if isinstance(body, Response):
            refused = body
        if refused is not None:
            await _discard(receive)
            refused.headers["Connection"] = "close"  # the body may be unread
            await refused(request.scope, receive, with_headers)
            return
        assert isinstance(body, bytes)
        try:
            await self._app(request.scope, replay_body(body, receive), with_headers)
        except Exception:
            logging.getLogger(__name__).exception("the laboratory failed")
            if started:
                raise
            await error_response(500, FAILED)(request.scope, receive, with_headers)

    def _refused(self, request: Request) -> Response | None:
        """Return the response to a request that is not allowed."""
        headers = request.headers
        host = headers.get("host", "")
        for named in (request.scope.get("sent_host", host), host):
            if not self._is_known(named):
                message = f"the request is for the host {shortened(named)!r}. Open the laboratory at the address that it printed."
                return error_response(403, message)
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{request.scope['scheme']}://{host}".lower():
            message = f"the request comes from {shortened(origin)!r}. Only the laboratory's own page may send requests."
            return error_response(403, message)
        if not _is_same_site(request):
            message = (
                "the request comes from another web page. Only the laboratory's own page may send requests."
            )
            return error_response(403, message)
        if "content-length" in headers and "transfer-encoding" in headers:
            return error_response(400, "the request has two lengths. Send either Content-Length or chunks.")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return error_response(400, "the Content-Length of the request is not a whole number.")
        if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            return error_response(413, TOO_LARGE)
        if self._token and not any(map(self._is_token, _tokens(request))):
            return error_response(401, NO_TOKEN, **{"WWW-Authenticate": "Bearer"})
        return None

    def _is_known(self, host: str) -> bool:
        found = HOST.fullmatch(host)
        if found is None or int(found[2] or 0) > MAX_PORT:
            return False
        name = found[1].strip("[]").lower()
        if name in self._hosts:
            return True
        # With "*", any IP address is allowed, but no name: DNS can point a name of an attacker to this
        # machine.
        try:
            return "*" in self._hosts and bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self._token.encode())

    def _new_cookie(self, request: Request) -> list[tuple[bytes, bytes]]:
        """Return the cookie for a browser that opens the address with the token."""
        if not self._token or not any(map(self._is_token, _query_tokens(request))):
            return []
        cookie = f"{cookie_name(request)}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        return [(b"set-cookie", cookie.encode())]


def _with_target(scope: Scope) -> Scope:
    """Return the scope of a request whose target may be a whole address, as a proxy sends it.

    The host of the target replaces the Host header (RFC 9112, section 3.2.2), which is kept as "sent_host" to be checked,
    too.
    """
    found = ABSOLUTE.fullmatch(scope.get("raw_path") or b"")
    if found is None:
        return scope
    host, path = found[1], found[2] or b"/"
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    target = {"raw_path": path, "path": unquote(path.decode("ascii")), "headers": [(b"host", host), *headers]}
    return {**scope, **target, "sent_host": sent[0] if sent else ""}


def cookie_name(request: Request) -> str:
    """Return the name of the cookie with the token.

    Browsers do not tell the ports of a host apart. The name does.
    """
    found = HOST.fullmatch(request.headers.get("host", ""))
    return f"tinynet-token-{(found and found[2]) or 80}"


def _query_tokens(request: Request) -> list[str]:
    query = request.scope.get("query_string", b"").decode("latin-1")
    try:
        return parse_qs(query, max_num_fields=100).get("token", [])
    except ValueError:  # more fields
        return []


def _tokens(request: Request) -> list[str]:
    """Return the tokens of a request: of its address, its Authorization header and its cookie."""
    kind, _, found = request.headers.get("authorization", "").partition(" ")
    bearer = [found.strip()] if kind.lower() == "bearer" else []
    cookie = request.cookies.get(cookie_name(request))
    return [*_query_tokens(request), *bearer, *([] if cookie is None else [cookie])]


def _is_same_site(request: Request) -> bool:
    """Return whether a request comes from the laboratory's page, or opens the page.

    Sources: Fetch Metadata Request Headers, W3C. Programs other than browsers do not send these headers.
    """
    headers = request.headers
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    opens_page = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    return opens_page and request.method == "GET" and not request.scope["path"].startswith("/api/")


async def _discard(receive: Receive) -> None:
    """Read the rest of a refused body, up to a limit.

    A client that still sends could not read the response: its connection would be reset.
    """
    discarded, more = 0, True
    try:
        async with asyncio.timeout(MAX_DISCARD_SECONDS):
            while more and discarded < MAX_DISCARDED:
                message = await receive()
                discarded += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        pass


async def _body(receive: Receive) -> bytes | Response:
    """Return the body of a request, or the response to a body that is too large or too slow."""
    found = bytearray()
    try:
        async with asyncio.timeout(MAX_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return error_response(408, TOO_SLOW)  # nobody reads it
                found += message.get("body", b"")
                if len(found) > MAX_BODY:
                    return error_response(413, TOO_LARGE)
                if not message.get("more_body", False):
                    return bytes(found)
    except TimeoutError:
        return error_response(408, TOO_SLOW)


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
