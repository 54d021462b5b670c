"""Receiver of webhooks over HTTP, for tests: it verifies signatures, and can fail, be slow or go away."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

_STATUS_LINES = {
    204: b"HTTP/1.1 204 No Content",
    400: b"HTTP/1.1 400 Bad Request",
    500: b"HTTP/1.1 500 Internal Server Error",
    410: b"HTTP/1.1 410 Gone",
}


@dataclass
class WebhookReceiver:
    """Receiver at a port of this machine.

    `failures` is the share of requests that the receiver answers with `failure_status`. In half of these cases, it has
    accepted the event nevertheless. `slowness_s` is the maximum delay of a response in s. The receiver refuses invalid
    signatures, and signatures whose time is not the present.
    """

    secrets: list[str] = field(default_factory=list)
    failures: float = 0.0
    failure_status: int = 500
    slowness_s: float = 0.0
    port: int = 0
    requests: int = 0
    arrivals: list[tuple[str, Mapping[str, Any], Mapping[str, str]]] = field(default_factory=list)
    _random: Random = field(default_factory=lambda: Random(7))
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Return the address of the receiver."""
        return f"http://127.0.0.1:{self.port}/hooks"

    async def start(self) -> None:
        """Accept connections, at the previous port or, at the first start, at a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections, and close the open ones."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    def bodies(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the body of each event by id, in the order of the first arrivals. Fails if a repetition differs."""
        first: dict[str, Mapping[str, Any]] = {}
        for event_id, body, _ in self.arrivals:
            assert first.setdefault(event_id, body) == body
        return first

    def by_player(self) -> Mapping[int, Sequence[Mapping[str, Any]]]:
        """Return the data of each player's events, in the order of the first arrivals."""
        events: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for body in self.bodies().values():
            events[body["data"].get("user_id")].append(body["data"])
        return events

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = _headers(head)
                body = await reader.readexactly(int(headers["content-length"]))
                await asyncio.sleep(self._random.uniform(0, self.slowness_s))
                writer.write(b"%s\r\ncontent-length: 0\r\n\r\n" % _STATUS_LINES[self._answer(headers, body)])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, headers: Mapping[str, str], body: bytes) -> int:
        self.requests += 1
        has_failed = self._random.random() < self.failures
        if not has_failed or self._random.random() < 0.5:
            try:
                for secret in self.secrets:
                    Webhook(secret).verify(body, dict(headers))
            except WebhookVerificationError:
                return 400
            self.arrivals.append((headers["webhook-id"], json.loads(body), headers))
        return self.failure_status if has_failed else 204


def _headers(head: bytes) -> Mapping[str, str]:
    lines = head.decode().split("\r\n")[1:-2]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@asynccontextmanager
async def receiving(**options: Any) -> AsyncIterator[WebhookReceiver]:
    """Run a receiver with these options within the block."""
    receiver = WebhookReceiver(**options)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
