"""One request and its response under uvicorn, at a fraction of the cost of uvicorn's own class."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

_CONTROLS = bytes([*range(9), *range(10, 32), 127])
"""Bytes that no header may contain: control characters except the tab."""
_LINE_END = 2
"""Number of control characters at the end of each line: CR and LF."""
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_NO_BODY = frozenset({204, 304})


class Cycle(RequestResponseCycle):
    """uvicorn's cycle with a cheaper head of the response: one check of all headers instead of two for each.

    The application must send names of headers in lower case, as ASGI requires.
    """

    def __init__(self, protocol: HttpToolsProtocol, *, keep_alive: bool) -> None:
        # Do not call `super().__init__`, whose eleven arguments cost more than the assignments.
        self.scope = protocol.scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.access_logger = protocol.access_logger
        self.access_log = protocol.access_log
        self.default_headers = protocol.server_state.default_headers
        self.message_event = asyncio.Event()
        self.on_response = protocol.on_response_complete
        self.disconnected = False
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()
        self.more_body = True
        self.response_started = False
        self.response_complete = False
        self.chunked_encoding: bool | None = None
        self.expected_content_length = 0
        self._unsent_head = b""

    async def send(self, message: Any) -> None:
        """Send a part of the response. Raises `RuntimeError` if it cannot be sent.

        The head of a response with a known length is sent with the first part of its body, in one write.
        """
        if self._unsent_head:
            await self._send_with_head(message)
        elif self.response_started or self.disconnected or self.flow.write_paused or self.access_log:
            await super().send(message)
        elif message["type"] == "http.response.start":
            self.response_started, self.waiting_for_100_continue = True, False
            head = self._head(message)
            # Keep a head with a known length, and send it with the body: each write is a system call and wakes up the
            # client. Send other heads at once, because their bodies may come much later.
            if self.chunked_encoding is False:
                self._unsent_head = head
            else:
                self.transport.write(head)
        else:
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")

    async def _send_with_head(self, message: Any) -> None:
        head, self._unsent_head = self._unsent_head, b""
        if not self._completes(message):
            if not self.disconnected:
                self.transport.write(head)
            await super().send(message)
            return
        self.transport.writelines((head, message["body"]))
        self.expected_content_length, self.response_complete = 0, True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _completes(self, message: Any) -> bool:
        """Return whether the message is a complete body that can be sent now."""
        return (
            message["type"] == "http.response.body"
            and not message.get("more_body", False)
            and len(message.get("body", b"")) == self.expected_content_length > 0
            and not (self.disconnected or self.flow.write_paused or self.scope["method"] == "HEAD")
        )

    def _head(self, message: Mapping[str, Any]) -> bytes:
        headers = [*self.default_headers, *message.get("headers", ())]
        lines = b"".join([b"%s: %s\r\n" % header for header in headers])
        if len(lines.translate(None, _CONTROLS)) != len(lines) - _LINE_END * len(headers):
            raise RuntimeError("Invalid HTTP header value.")
        status = message["status"]
        framing = self._framing([header for header in headers if header[0] in _FRAMING], status)
        return b"%s%s%s\r\n" % (STATUS_LINE[status], lines, framing)

    def _framing(self, headers: Iterable[tuple[bytes, bytes]], status: int) -> bytes:
        """Record the framing of the body, and whether the connection stays open. Return the header lines to add."""
        is_closing = False
        for name, value in headers:
            if name == b"content-length" and self.chunked_encoding is None:
                self.expected_content_length, self.chunked_encoding = int(value), False
            elif name == b"transfer-encoding" and value.lower() == b"chunked":
                self.expected_content_length, self.chunked_encoding = 0, True
            elif name == b"connection" and b"close" in [token.strip() for token in value.lower().split(b",")]:
                self.keep_alive, is_closing = False, True
        missing = b"" if self.keep_alive or is_closing else b"connection: close\r\n"
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _NO_BODY:
            self.chunked_encoding = True
            missing += b"transfer-encoding: chunked\r\n"
        return missing
