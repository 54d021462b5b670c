"""HTTP client for notices that is loaded when the first notice is sent."""

from collections.abc import Callable, Mapping

from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.ports.notices import NoticeSender


class DeferredNoticeSender:
    """`NoticeSender` that creates the real sender on first use: its import is slow, and most processes send nothing."""

    def __init__(self, make: Callable[[], NoticeSender]) -> None:
        self._make = make
        self._sender: NoticeSender | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        if self._sender is None:
            self._sender = self._make()
        return await self._sender.send(url, headers, body, group)

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender.close()
