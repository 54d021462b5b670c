"""Cache of the results of challenges."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from leaderforge.domain.boards import Board
from leaderforge.domain.challenges import Challenge
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Standing
from leaderforge.domain.tournaments import TournamentState
from leaderforge.ports.challenges import ChallengeStore
from leaderforge.ports.players import PlayerStore

CHALLENGE_TTL_MS = 1000
"""Time in ms for which a result is cached, because the pages of all players and readers poll the result."""


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """Players of a challenge in the order of joining, the hidden players among them, and all standings in any order.

    `players` has no erased players.
    """

    user_ids: Sequence[int]
    hidden: Set[int]
    standings: Sequence[Standing]
    players: Mapping[int, Player]


_SlotKey: TypeAlias = tuple[Board, Challenge, TournamentState]


class _Slot(NamedTuple):
    """Load of a result, and the time (ms) at which the load began. Once the load is done, its result is cached."""

    load: asyncio.Task[ChallengeResult]
    began: int


class ChallengeResults:
    """Results of challenges, cached by this process. Concurrent callers share one load.

    A result is cached for `ttl_ms` after the start of its load. A change of the board, a new player and the settlement
    are visible at once, because a result is cached under the board, the challenge with its number of players, and the
    state of the challenge.
    """

    def __init__(self, challenges: ChallengeStore, users: PlayerStore, *, ttl_ms: int, capacity: int = 256) -> None:
        self._challenges = challenges
        self._users = users
        self._ttl_ms = ttl_ms
        self._capacity = capacity
        self._slots: dict[_SlotKey, _Slot] = {}

    async def get(self, board: Board, challenge: Challenge, now: int) -> ChallengeResult:
        """Return the result at `now` (ms), at most `ttl_ms` old."""
        key = board, challenge, challenge.state(now)
        slot = self._slots.get(key)
        if slot is None or not slot.began <= now < slot.began + self._ttl_ms:
            slot = self._start(key, now)
        # Shield the load, because the cancellation of one caller must not end the load of the others.
        return await asyncio.shield(slot.load)

    async def load(self, board: Board, challenge: Challenge) -> ChallengeResult:
        """Return the current result from the store."""
        user_ids = [player.user_id for player in await self._challenges.players(challenge.invitation)]
        hidden = await self._challenges.hidden(board, user_ids)
        standings = await self._challenges.standings(board, challenge, user_ids)
        return ChallengeResult(user_ids, hidden, standings, await self._users.get(user_ids))

    def _start(self, key: _SlotKey, now: int) -> _Slot:
        self._slots.pop(key, None)
        if len(self._slots) >= self._capacity:
            # The oldest load comes first, because each load is added at the end.
            del self._slots[next(iter(self._slots))]
        slot = self._slots[key] = _Slot(asyncio.create_task(self.load(key[0], key[1])), now)
        slot.load.add_done_callback(lambda load: self._drop_failed(key, load))
        return slot

    def _drop_failed(self, key: _SlotKey, load: asyncio.Task[ChallengeResult]) -> None:
        slot = self._slots.get(key)
        if (load.cancelled() or load.exception() is not None) and slot is not None and slot.load is load:
            del self._slots[key]
