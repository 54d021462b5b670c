"""Listeners of live boards over TCP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.api_client import PLAIN_HTTP
from tests.waiting import PATIENCE_S

Event = dict[str, Any]


class Listener:
    """Client of one stream. It stores the received events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[tuple[str, Event]] = []
        self.ended = False
        self._news = asyncio.Condition()

    @property
    def newest(self) -> Event:
        return self.events[-1][1] if self.events else {"entries": [], "total": None, "source": None}

    async def read(self) -> None:
        tag = ""
        async for line in self.response.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                tag = value
            elif field == "data":
                async with self._news:
                    self.events.append((tag, json.loads(value)))
                    self._news.notify_all()
        async with self._news:
            self.ended = True
            self._news.notify_all()

    async def until(self, condition: Callable[["Listener"], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: condition(self))

    async def until_score(self, score: int) -> None:
        """Return once the leader has this score."""
        await self.until(lambda one: [entry["score"] for entry in one.newest["entries"][:1]] == [score])


@asynccontextmanager
async def listening(url: str, path: str = "/api/boards/default/stream", **headers: str) -> AsyncIterator[Listener]:
    """Listen within the block. Underscores in the names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, verify=PLAIN_HTTP) as client,
        client.stream("GET", path, headers=named) as response,
    ):
        assert response.status_code == 200
        listener = Listener(response)
        reading = asyncio.create_task(listener.read())
        try:
            yield listener
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
