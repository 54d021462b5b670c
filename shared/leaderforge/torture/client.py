"""HTTP/1.1 connections that parse responses: status, source and body."""

import asyncio
import json
from datetime import datetime
from time import monotonic, time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from leaderforge.torture.wire import FAILED, Wire

PATIENCE_S = 30.0
"""Time limit of a response, in s. It is longer than any nemesis: an abandoned request could take effect later."""

_EVENT_S = 5.0
"""Time limit of the first event of a stream, in s. While neither index nor database answers, no event arrives."""

OK = 200
UNAVAILABLE = 503
_THROTTLED = 429
_MAX_THROTTLE_S = 5
_FAILURES_OF_PROXIES = frozenset({502, 504})
"""Statuses of a proxy that gets no answer from a process of the product."""

HUNG = -1
"""Status of a request without a response in time."""


class Reply(NamedTuple):
    """Response, and the times of its request and its arrival (s, monotonic). The status of a broken connection is 0."""

    status: int
    source: str
    body: Any
    retry_after: str
    sent: float
    came: float

    @property
    def refused_well(self) -> bool:
        """Return whether the response is a 503 with `Retry-After`."""
        return self.status == 503 and self.retry_after.isdigit()

    @property
    def as_of(self) -> float | None:
        """Return the `as_of` of the response as a monotonic time in s, None without one.

        It is wrong if the process has another clock than the checker.
        """
        if self.status != OK or not isinstance(self.body, dict) or "as_of" not in self.body:
            return None
        return datetime.fromisoformat(self.body["as_of"]).timestamp() - time() + monotonic()

    @property
    def code(self) -> str:
        """Return the error code of the response, an empty text without an error."""
        return self.body["error"]["code"] if isinstance(self.body, dict) and "error" in self.body else ""


class ReadingWire(Wire):
    """Connection that stores the headers and the body of the last response. `Wire` skips both."""

    def on_message_begin(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.content: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, content: bytes) -> None:
        self.content.append(content)


class Client:
    """Client of one API process. It sends one request at a time, and reconnects if necessary."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        authorization = f"Authorization: Bearer {key}\r\n" if key else ""
        self._url, self._prefix = url, parts.path.rstrip("/")
        self._head = f"HTTP/1.1\r\nHost: {parts.netloc}\r\n{authorization}"
        self._wire: ReadingWire | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Return the response to a request. Retry only a throttled request. The caller decides about other retries."""
        while True:
            reply = await self._ask(method, path, body)
            if reply.status != _THROTTLED or not reply.retry_after.isdigit():
                return reply
            await asyncio.sleep(min(int(reply.retry_after), _MAX_THROTTLE_S))

    async def _ask(self, method: str, path: str, body: Any) -> Reply:
        content = "" if body is None else json.dumps(body)
        kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
        request = f"{method} {self._prefix}{path} {self._head}{kind}\r\n{content}".encode()
        sent = monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                if self._wire is None or self._wire.closed:
                    self._wire = await ReadingWire.to(self._url)
                sent = monotonic()
                status = await self._wire.ask(request)
        except TimeoutError:
            self.close()
            return Reply(HUNG, "", None, "", sent, monotonic())
        except OSError:
            status = FAILED
        came = monotonic()
        if status in {FAILED, *_FAILURES_OF_PROXIES} or self._wire is None:
            self.close()
            return Reply(FAILED, "", None, "", sent, came)
        headers, text = self._wire.headers, b"".join(self._wire.content)
        source = headers.get(b"x-leaderforge-source", b"").decode()
        parsed = _parsed(headers.get(b"content-type", b""), text)
        return Reply(status, source, parsed, headers.get(b"retry-after", b"").decode(), sent, came)

    async def first_event(self, path: str) -> Reply:
        """Return the data of the first event of a stream. Without an event in time, the status is `FAILED`."""
        sent = monotonic()
        try:
            async with asyncio.timeout(_EVENT_S):
                status, data = await self._receive_event(path)
        except (OSError, TimeoutError, IndexError, ValueError):
            return Reply(FAILED, "", None, "", sent, monotonic())
        retry_after = "1" if status == UNAVAILABLE else ""
        return Reply(status, data.get("source", ""), data, retry_after, sent, monotonic())

    async def _receive_event(self, path: str) -> tuple[int, Any]:
        """Return the status of a stream and the data of its first event, over a connection of its own."""
        parts = urlsplit(self._url)
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=is_secure or None)
        try:
            writer.write(f"GET {self._prefix}{path} {self._head}\r\n".encode())
            return await _read_event(reader)
        finally:
            writer.close()

    def close(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None


def _parsed(content_type: bytes, text: bytes) -> Any:
    """Return the value of a JSON body, the list of an NDJSON body, and None for other bodies, such as a proxy's."""
    if content_type.startswith(b"application/x-ndjson"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text) if text and content_type.startswith(b"application/json") else None


async def _read_event(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """Return the status and the data of the first event, or of an error."""
    status = int((await reader.readline()).split()[1])
    while line := await reader.readline():
        if line.startswith(b"data: "):
            return status, json.loads(line.removeprefix(b"data: "))
        if line.startswith(b'{"error"'):
            return status, json.loads(line)
    raise ConnectionError
