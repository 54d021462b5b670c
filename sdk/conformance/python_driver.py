"""Driver of the Python SDK for the conformance suite: commands on stdin, results on stdout, one JSON object a line.

    python sdk/conformance/python_driver.py async|sync

README.md documents the commands.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from typing import Any

from leaderforge_client import ApiError, AsyncClient, Client, LeaderForgeError, Options, TelemetryEvent

SHORT_S = 0.002
"""Real duration of every wait of the SDK, in s. The SDK's telemetry reports the requested duration instead."""


class Driver:
    """Client under test, and the items of its open iterator."""

    def __init__(self, is_sync: bool) -> None:
        self._is_sync = is_sync
        self._client: Any = None
        self._events: list[TelemetryEvent] = []
        self._items: AsyncIterator[Any] | Iterator[Any] | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Perform the commands, each in a task of its own, until the end of stdin."""
        loop = asyncio.get_running_loop()
        lines = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            command = json.loads(line)
            self._tasks[command["id"]] = asyncio.create_task(self._answer(command))
        await self.close()

    async def _answer(self, command: dict[str, Any]) -> None:
        try:
            result = await getattr(self, command["op"])(**command.get("args", {}))
            answer: dict[str, Any] = {"result": _plain(result)}
        except ApiError as error:
            facts = {"code": error.code, "status": error.status, "message": error.message}
            answer = {"error": {"kind": type(error).__name__, **facts}}
        except LeaderForgeError as error:
            answer = {"error": {"kind": type(error).__name__, "message": str(error)}}
        except asyncio.CancelledError:
            answer = {"error": {"kind": "Cancelled"}}
        print(json.dumps({"id": command["id"], **answer}), flush=True)  # noqa: T201 - the protocol

    async def open(
        self,
        url: str,
        key: str | None = None,
        token: str | None = None,
        queue: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        """Replace the client by a new one."""
        await self.close()
        self._events = []
        kind = Client if self._is_sync else AsyncClient
        limits = Options(on_event=self._events.append, sleep=lambda _: time.sleep(SHORT_S), **(options or {}))
        self._client = kind(url, key=key, token=token, queue=queue, options=limits)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            client, self._client, self._items = self._client, None, None
            await self._result(client.close)

    async def call(self, name: str, args: list[Any] | None = None, options: dict[str, Any] | None = None) -> Any:
        """Call a method of the client."""
        return await self._result(getattr(self._client, name), *(args or []), **(options or {}))

    async def iterate(self, name: str, args: list[Any], options: dict[str, Any] | None = None) -> None:
        """Open an iterator of the client."""
        self._items = getattr(self._client, name)(*args, **(options or {}))

    async def next(self) -> Any:
        """Return the next item of the iterator, None at its end."""
        if isinstance(self._items, AsyncIterator):
            return await anext(self._items, None)
        return await asyncio.to_thread(next, self._items, None)  # type: ignore[call-overload]

    async def stop(self) -> None:
        """Close the iterator, and thereby its connection."""
        items, self._items = self._items, None
        if isinstance(items, AsyncIterator):
            await items.aclose()  # type: ignore[attr-defined]
        elif items is not None:
            await asyncio.to_thread(items.close)  # type: ignore[attr-defined]

    async def all(self, name: str, args: list[Any], options: dict[str, Any] | None = None) -> Any:
        """Return all items of an iterator of the client."""
        items = getattr(self._client, name)(*args, **(options or {}))
        return (
            [item async for item in items] if isinstance(items, AsyncIterator) else await asyncio.to_thread(list, items)
        )

    async def cancel(self, id: int) -> None:  # noqa: A002 - the protocol's name
        """Cancel a command that runs."""
        if self._is_sync:
            self._client.cancel()
            with suppress(asyncio.CancelledError):
                await self._tasks[id]
            self._client.resume()
        else:
            self._tasks[id].cancel()

    async def queue(self, name: str, args: list[Any] | None = None) -> Any:
        """Call a method of the queue."""
        return getattr(self._client.queue, name)(*(args or []))

    async def player(self) -> int | None:
        """Return the player that is signed in."""
        player: int | None = self._client.user_id
        return player

    async def telemetry(self) -> Any:
        """Return all events of this client."""
        return [{"kind": event.kind, **event.facts} for event in self._events]

    async def _result(self, function: Any, *args: Any, **options: Any) -> Any:
        if self._is_sync:
            return await asyncio.to_thread(function, *args, **options)
        return await function(*args, **options)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


if __name__ == "__main__":
    asyncio.run(Driver(sys.argv[1] == "sync").serve())
