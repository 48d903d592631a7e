"""HTTP/1.1 connections with time limits, and with JSON errors."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tinynet.lab.http.answers import JSON, encoded
from tinynet.lab.http.middleware import SECURITY_HEADERS

HEAD_SECONDS = 20.0  # in which the headers of a request must arrive
WRITE_SECONDS = 60.0  # in which a client must read a part of the response


class Connection(H11Protocol):
    """A connection of uvicorn that ends if the client is slow."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time limit for the first request."""
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        super().connection_lost(exc)
        for timer in (self._head_timer, self._write_timer):
            if timer is not None:
                timer.cancel()

    def handle_events(self) -> None:
        """Handle new bytes, and start or stop the time limit for headers."""
        super().handle_events()
        self._watch_head()

    def _watch_head(self) -> None:
        if self.conn.their_state is h11.IDLE:
            idle = self.timeout_keep_alive_task is not None  # uvicorn ends idle connections
            if self._head_timer is None and not idle and not self.transport.is_closing():
                self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)
        elif self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            message = f"the headers of the request did not arrive within {HEAD_SECONDS:g} seconds. Send the request again."
            self._refuse(408, message)

    def send_400_response(self, msg: str) -> None:
        """Send the response to bytes that are not HTTP."""
        self._refuse(400, "the request is not valid HTTP/1.1. Send a valid request.")

    def _refuse(self, status: int, message: str) -> None:
        """Send an error and close the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            content = encoded({"error": message})
            length = str(len(content)).encode()
            headers = [
                (b"content-type", JSON.encode()),
                (b"content-length", length),
                (b"connection", b"close"),
            ]
            reason = HTTPStatus(status).phrase.encode()
            response = h11.Response(status_code=status, headers=[*headers, *SECURITY_HEADERS], reason=reason)
            for event in (response, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def pause_writing(self) -> None:
        """Start the time limit for a client that does not read."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the time limit."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
