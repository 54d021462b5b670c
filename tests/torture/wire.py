"""HTTP/1.1 connections whose answers are read: status, source and body."""

import asyncio
import json
from time import monotonic
from typing import Any, NamedTuple

from benchmarks.wire import FAILED, Wire

PATIENCE_S = 30.0
"""How long an answer may take, in s. More than any nemesis lasts: a request given up may still be carried out."""

HUNG = -1
"""The status of a request without an answer in time."""


class Answer(NamedTuple):
    """An answer, and when its request was sent and it came (s, monotonic). A broken connection has the status 0."""

    status: int
    source: str
    body: Any
    retry_after: str
    sent: float
    came: float

    @property
    def refused_well(self) -> bool:
        """Return whether this is a 503 that says when to retry."""
        return self.status == 503 and self.retry_after.isdigit()

    @property
    def code(self) -> str:
        """Return the code of the error, empty where there is none."""
        return self.body["error"]["code"] if isinstance(self.body, dict) and "error" in self.body else ""


class ReadingWire(Wire):
    """A connection that keeps the headers and the body of the last answer."""

    def on_message_begin(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.content: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, content: bytes) -> None:
        self.content.append(content)


class Client:
    """Sends one request at a time to one API process, and connects again when it has to."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._head = (
            f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
            if key
            else ("HTTP/1.1\r\nHost: localhost\r\n")
        )
        self._wire: ReadingWire | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Return the answer to a request. It is sent once: the caller decides whether to retry."""
        content = "" if body is None else json.dumps(body)
        kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
        request = f"{method} {path} {self._head}{kind}\r\n{content}".encode()
        sent = monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                if self._wire is None or self._wire.closed:
                    self._wire = await ReadingWire.to(self._url)
                sent = monotonic()
                status = await self._wire.ask(request)
        except TimeoutError:
            self.close()
            return Answer(HUNG, "", None, "", sent, monotonic())
        except OSError:
            status = FAILED
        came = monotonic()
        if status == FAILED or self._wire is None:
            self.close()
            return Answer(FAILED, "", None, "", sent, came)
        headers, text = self._wire.headers, b"".join(self._wire.content)
        source = headers.get(b"x-leaderforge-source", b"").decode()
        parsed = json.loads(text) if text else None
        return Answer(status, source, parsed, headers.get(b"retry-after", b"").decode(), sent, came)

    def close(self) -> None:
        """End the connection."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None
