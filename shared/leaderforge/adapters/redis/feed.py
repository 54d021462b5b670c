"""The change feed: a sharded channel beside the index's first partition."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from uuid import uuid4

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.clock import Clock

_PING_S = 0.25


class RedisFeed:
    """`ChangeFeed` on Redis Cluster or Valkey, from versions 7 and 7.2 on.

    Everybody talks to the one node that has the channel's slot. It answers in order: the answer to a ping follows
    everything that was announced before the ping.
    """

    def __init__(self, cluster: Cluster, keys: IndexKeys, *, silence_s: float = 1.0) -> None:
        """Take a node for lost that says nothing for `silence_s` seconds."""
        self._cluster = cluster
        self._channel = keys.changes
        self._slot = keys.slots[0]
        self._silence_s = _PING_S + silence_s
        self._own = uuid4().hex[:12]

    async def announce(self, changes: Sequence[LadderChange]) -> None:
        await self._cluster.commands([("SPUBLISH", self._channel, _written(self._own, changes))])

    async def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        # Announcing nothing finds out where the channel is now.
        await self.announce(())
        connection = await self._cluster.connect(self._slot)
        pinging: asyncio.Task[None] | None = None
        try:
            await connection.send_command("SSUBSCRIBE", self._channel)
            await self._reply(connection)
            yield Heard(until=clock())
            pinging = asyncio.create_task(_ping(connection, clock))
            while True:
                heard = self._understood(await self._reply(connection))
                if heard is not None:
                    yield heard
        except (RedisError, OSError, TimeoutError) as error:
            raise IndexUnavailable(f"the change feed broke off: {type(error).__name__}") from error
        finally:
            if pinging is not None:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)
            await connection.disconnect(nowait=True)

    async def _reply(self, connection: AbstractConnection) -> Any:
        async with asyncio.timeout(self._silence_s):
            return await connection.read_response()

    def _understood(self, reply: Any) -> Heard | None:
        """Return what a message says, None for our own. Raises `IndexUnavailable` for one that ends it all."""
        match reply:
            case [b"pong", at]:
                return Heard(until=int(at))
            case [b"smessage", _, text]:
                by, changes = _read(text)
                return None if by == self._own or not changes else Heard(changes)
        raise IndexUnavailable("the change feed has moved to another node")


async def _ping(connection: AbstractConnection, clock: Clock) -> None:
    while True:
        await connection.send_command("PING", clock())
        await asyncio.sleep(_PING_S)


def _written(by: str, changes: Sequence[LadderChange]) -> str:
    return json.dumps([by, [[c.best.hex(), c.grown, c.board_id, c.period] for c in changes]], separators=(",", ":"))


def _read(text: bytes) -> tuple[str, list[LadderChange]]:
    """Return who announced what. From words of another version, one learns that something changed."""
    try:
        by, changes = json.loads(text)
        return by, [LadderChange(bytes.fromhex(best), grown, board, period) for best, grown, board, period in changes]
    except (ValueError, TypeError):
        return "", [LadderChange()]
