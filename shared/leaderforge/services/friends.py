"""Friends of players: lists, and blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.friend_errors import MAX_FRIENDS
from leaderforge.domain.friends import FriendChange, FriendMode, distinct_others
from leaderforge.domain.players import Player
from leaderforge.ports.clock import Clock
from leaderforge.ports.friends import FriendStore
from leaderforge.ports.players import PlayerStore


class Friend(NamedTuple):
    """Player who is followed since a time (ms). `is_mutual` is true if this player follows back."""

    player: Player
    since: int
    is_mutual: bool


class BlockedPlayer(NamedTuple):
    """Player who was blocked at a time (ms)."""

    player: Player
    since: int


@dataclass(frozen=True, slots=True)
class FriendPage:
    """Part of the players whom a player follows, by id. `total` is the number of all followed players.

    `next` is the id after which the next page starts, None on the last page.
    """

    friends: Sequence[Friend]
    total: int
    next: int | None


class FriendService:
    """Lists of followed players, and blocks. `mode` says which followed players count as friends in ranks."""

    def __init__(self, store: FriendStore, users: PlayerStore, clock: Clock, mode: FriendMode) -> None:
        self._store = store
        self._users = users
        self._clock = clock
        self._mode = mode

    async def page(self, user_id: int, limit: int, after: int | None = None) -> FriendPage:
        """Return followed players with ids above `after`. Raises `PlayerNotFound`."""
        followed = await self._store.followed(user_id, limit + 1, after)
        page = followed[:limit]
        players = await self._users.get([user_id, *(friend.user_id for friend in page)])
        if user_id not in players:
            raise PlayerNotFound.of(user_id)
        # Leave out players who were erased after the first query: they have no profile any more.
        friends = [Friend(players[f.user_id], f.since, f.is_mutual) for f in page if f.user_id in players]
        total = len(followed) if after is None and len(followed) <= limit else await self._store.count(user_id)
        return FriendPage(friends, total, page[-1].user_id if len(followed) > limit else None)

    async def replace(self, user_id: int, friend_ids: Sequence[int]) -> FriendChange:
        """Let a player follow exactly these players, but never itself. Raises the errors of `FriendStore.replace`."""
        return await self._store.replace(user_id, distinct_others(user_id, friend_ids), self._clock())

    async def add(self, user_id: int, friend_ids: Sequence[int]) -> FriendChange:
        """Let a player follow these players too, but never itself. Raises the errors of `FriendStore.add`."""
        return await self._store.add(user_id, distinct_others(user_id, friend_ids), self._clock())

    async def remove(self, user_id: int, friend_id: int) -> FriendChange:
        """Let a player no longer follow another. Raises `PlayerNotFound`."""
        return await self._store.remove(user_id, friend_id)

    async def friend_ids(self, user_id: int) -> Sequence[int]:
        """Return the ids of a player's friends as `mode` defines friends, none for an unknown player."""
        followed = await self._store.followed(user_id, MAX_FRIENDS)
        return [f.user_id for f in followed if f.is_mutual or self._mode is FriendMode.ONE_WAY]

    async def blocked(self, user_id: int) -> Sequence[BlockedPlayer]:
        """Return the players whom a player has blocked, by id. Raises `PlayerNotFound`."""
        blocked = await self._store.blocked(user_id)
        players = await self._users.get([user_id, *(block.user_id for block in blocked)])
        if user_id not in players:
            raise PlayerNotFound.of(user_id)
        return [BlockedPlayer(players[b.user_id], b.since) for b in blocked if b.user_id in players]

    async def block(self, user_id: int, other_id: int) -> None:
        """Let a player block another. Raises the errors of `FriendStore.block`."""
        await self._store.block(user_id, other_id, self._clock())

    async def unblock(self, user_id: int, other_id: int) -> None:
        """Let a player no longer block another. Raises `PlayerNotFound`."""
        await self._store.unblock(user_id, other_id)
