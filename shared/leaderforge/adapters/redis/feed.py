"""Change feed on a sharded pub/sub channel in the slot of the first partition."""

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
"""Time between pings, in s."""


class RedisFeed:
    """`ChangeFeed` on Redis Cluster 7 or Valkey 7.2, and later versions.

    All processes use the node of the channel's slot, which replies in order. A pong therefore proves that all changes
    announced before the ping have arrived.
    """

    def __init__(self, cluster: Cluster, keys: IndexKeys, *, silence_s: float = 1.0) -> None:
        """Create the feed. A node without a reply for `silence_s` seconds after a ping counts as lost."""
        self._cluster = cluster
        self._channel = keys.changes
        self._slot = keys.slots[0]
        # Time limit between two replies. Up to one interval passes after a reply until the next ping is sent.
        self._silence_s = _PING_S + silence_s
        self._sender = uuid4().hex[:12]

    async def announce(self, changes: Sequence[LadderChange], identities: Sequence[int | str] = ()) -> None:
        await self._cluster.commands([("SPUBLISH", self._channel, _encode(self._sender, changes, identities))])

    async def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        # By this empty announcement, the client learns the current node of the channel's slot.
        await self.announce(())
        # Use a connection outside the pool, because a subscribed connection cannot run commands.
        connection = await self._cluster.connect(self._slot)
        pinging: asyncio.Task[None] | None = None
        try:
            await connection.send_command("SSUBSCRIBE", self._channel)
            await self._reply(connection)
            yield Heard(until=clock())
            pinging = asyncio.create_task(_ping(connection, clock))
            while True:
                heard = self._parse(await self._reply(connection))
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

    def _parse(self, reply: Any) -> Heard | None:
        """Return the content of a message of another process, None for a message of this process.

        Raises `IndexUnavailable` for another reply: the server ends the subscription when the slot moves.
        """
        match reply:
            case [b"pong", at]:
                return Heard(until=int(at))
            case [b"smessage", _, text]:
                sender, changes, identities = _decode(text)
                is_own = sender == self._sender
                return None if is_own or not (changes or identities) else Heard(changes, identities=identities)
        raise IndexUnavailable("the change feed has moved to another node")


async def _ping(connection: AbstractConnection, clock: Clock) -> None:
    while True:
        await connection.send_command("PING", clock())
        await asyncio.sleep(_PING_S)


def _encode(sender: str, changes: Sequence[LadderChange], identities: Sequence[int | str]) -> str:
    # Omit an empty list of player ids, because earlier versions cannot read a message with such a list.
    packed = [[c.best.hex(), c.grown, c.board_id, c.period] for c in changes]
    return json.dumps([sender, packed, list(identities)] if identities else [sender, packed], separators=(",", ":"))


def _decode(text: bytes) -> tuple[str, list[LadderChange], list[int | str]]:
    """Return sender, changes and ids of changed players. An unknown format counts as a change of all ladders."""
    try:
        sender, changes, *identities = json.loads(text)
        return (
            sender,
            [LadderChange(bytes.fromhex(best), grown, board, period) for best, grown, board, period in changes],
            identities[0] if identities else [],
        )
    except (ValueError, TypeError):
        return "", [LadderChange()], []
