"""Import of the graph of friends that a game has kept itself."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from leaderforge.domain.friend_errors import TooManyFriends
from leaderforge.domain.grouping import grouped
from leaderforge.domain.players import ExternalId
from leaderforge.services.friends import FriendService
from leaderforge.services.player_ids import PlayerIds
from leaderforge.services.players import PlayerService

_AT_ONCE = 4
"""Maximum lists that are changed at the same time. A part of the connections stays free for requests."""

PairMember: TypeAlias = int | ExternalId
"""Player id or external id of a player in a pair."""


class FriendPair(NamedTuple):
    """Pair of players: `player` follows `friend`."""

    player: PairMember
    friend: PairMember


@dataclass(slots=True)
class FriendTally:
    """Numbers of pairs. `full` counts players whose lists would have become too long: none of their pairs was added."""

    pairs: int = 0
    added: int = 0
    unknown: int = 0
    blocked: int = 0
    full: int = 0


class FriendImports:
    """Import of pairs.

    An import only adds pairs. Therefore it is idempotent, and can be run again after an interruption.
    """

    def __init__(self, friends: FriendService, users: PlayerService, player_ids: PlayerIds) -> None:
        self._friends = friends
        self._users = users
        self._player_ids = player_ids

    async def add(self, pairs: Sequence[FriendPair], tally: FriendTally, *, dry_run: bool = False) -> None:
        """Add pairs to the lists and to the tally. With `dry_run`, only count all pairs, and pairs of unknown players.

        All pairs of a player in one call are added by one change. Raises `StoreUnavailable`.
        """
        user_ids = await self._existing({identity for pair in pairs for identity in pair})
        lists = grouped((user_ids[a], user_ids[b]) for a, b in pairs if a in user_ids and b in user_ids)
        tally.pairs += len(pairs)
        tally.unknown += len(pairs) - sum(map(len, lists.values()))
        if dry_run:
            return
        slots = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._add_to(user_id, ids, tally, slots) for user_id, ids in lists.items()))

    async def _add_to(
        self, user_id: int, friend_ids: Sequence[int], tally: FriendTally, slots: asyncio.Semaphore
    ) -> None:
        async with slots:
            try:
                change = await self._friends.add(user_id, friend_ids)
            except TooManyFriends:
                tally.full += 1
                return
        tally.added += change.added
        tally.unknown += len(change.missing)
        tally.blocked += len(change.blocked)

    async def _existing(self, identities: Collection[PairMember]) -> Mapping[PairMember, int]:
        """Return the ids of the players that exist."""
        external_ids = [identity for identity in identities if isinstance(identity, ExternalId)]
        user_ids = [identity for identity in identities if not isinstance(identity, ExternalId)]
        user_id_of: dict[PairMember, int] = {}
        if external_ids:
            user_id_of.update((await self._player_ids.find_many(external_ids)).items())
        if user_ids:
            user_id_of.update((user_id, user_id) for user_id in await self._users.find_many(user_ids))
        return user_id_of
