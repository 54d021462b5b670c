"""Ranks of single players. Concurrent reads are counted together."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TypeAlias
from weakref import WeakValueDictionary

from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer, batch_trace
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.sources import Source
from leaderforge.ports.telemetry import Telemetry
from leaderforge.ports.tracing import Tracer
from leaderforge.services.entries import PlayerRank
from leaderforge.services.reading import EntryMoved, Reader, Reading

_Outcomes: TypeAlias = Mapping[int, PlayerRank | EntryMoved]
"""Ranks by player id, without players who are not ranked. An error belongs to a player who moved in every attempt."""
_PLAYERS_A_SCAN = 1000
"""Maximum players whose entries one scan of the store counts together."""


class RankBatches:
    """Ranks of single players, each from one state of its ladder."""

    def __init__(self, reader: Reader, telemetry: Telemetry, tracer: Tracer | None, *, time_limit_s: float) -> None:
        self._reader = reader
        self._telemetry = telemetry
        batches = partial(Coalescer[tuple[Ladder, int], PlayerRank | LeaderForgeError | None], self._read)
        limited = partial(batches, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S, time_limit_s=time_limit_s)
        traced = partial(limited, trace=batch_trace(tracer, "rank batch"))
        # Batch the reads that need the store separately, because they take longer and must not delay the others.
        self._in_index, self._in_store = traced(), traced()
        self._time_limit_s = time_limit_s
        self._scans = WeakValueDictionary[Ladder, Coalescer[int, PlayerRank | EntryMoved | None]]()

    async def rank(self, ladder: Ladder, user_id: int) -> PlayerRank | None:
        """Return a player's entry and percentile, None if the player is not ranked. Raises `Unavailable`."""
        batches = self._in_index if ladder.indexed and ladder.at is None else self._in_store
        outcome = await batches((ladder, user_id))
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        return outcome

    async def _read(self, requests: Sequence[tuple[Ladder, int]]) -> Sequence[PlayerRank | LeaderForgeError | None]:
        self._telemetry.observe("rank_batch_size", len(requests))
        by_ladder: defaultdict[Ladder, set[int]] = defaultdict(set)
        for ladder, user_id in requests:
            by_ladder[ladder].add(user_id)
        results = await asyncio.gather(*map(self._players_or_error, *zip(*by_ladder.items(), strict=True)))
        outcomes = dict(zip(by_ladder, results, strict=True))
        return [
            outcome if isinstance(outcome := outcomes[ladder], LeaderForgeError) else outcome.get(user_id)
            for ladder, user_id in requests
        ]

    async def _players_or_error(self, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes | LeaderForgeError:
        try:
            return await self._players(ladder, user_ids)
        except LeaderForgeError as error:
            return error

    async def _players(self, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        async def read(reading: Reading) -> _Outcomes:
            if reading.ranking.source is Source.STORE and ladder.indexed and ladder.at is None:
                return await self._scanned(ladder, user_ids)
            return await self._read_players(reading, ladder, user_ids)

        return await self._reader.read(ladder, read)

    async def _scanned(self, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        """Return the ranks on a ladder that the index should serve, but cannot.

        The store reads each entry of the ladder for any number of players. Several scans at once would slow each other
        down, and also the rebuild that ends them. Players therefore wait for the present scan, and share the next.
        """
        scan = self._scans.get(ladder)
        if scan is None:
            run = partial(self._scan, ladder)
            scan = Coalescer(run, max_batch=_PLAYERS_A_SCAN, max_in_flight=1, time_limit_s=self._time_limit_s)
            self._scans[ladder] = scan
        found = await asyncio.gather(*map(scan, user_ids))
        return {user_id: outcome for user_id, outcome in zip(user_ids, found, strict=True) if outcome is not None}

    async def _scan(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[PlayerRank | EntryMoved | None]:
        # The read begins now, after all callers have begun to wait.
        outcomes = await self._reader.read_store(partial(self._read_players, ladder=ladder, user_ids=set(user_ids)))
        return [outcomes.get(user_id) for user_id in user_ids]

    async def _read_players(self, reading: Reading, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        try:
            players = await self._reader.player_ranks(reading, ladder, user_ids)
        except EntryMoved:
            return await self._each_alone(reading, ladder, user_ids)
        return {player.entry.user_id: player for player in players}

    async def _each_alone(self, reading: Reading, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        """Return the rank of each player from a state of its own.

        A player who moves all the time then costs the other players of the batch nothing. It gets an error instead of a
        read of the store, which takes longer than the index, and would find the player moved as well.
        """

        # One after the other in the store, where each call reads all entries.
        turn = asyncio.Semaphore(1 if reading.ranking.source is Source.STORE else len(user_ids))

        async def alone(user_id: int) -> Sequence[PlayerRank] | EntryMoved:
            async with turn:
                try:
                    return await self._reader.player_ranks(reading, ladder, [user_id])
                except EntryMoved as error:
                    return error

        outcomes: dict[int, PlayerRank | EntryMoved] = {}
        for user_id, found in zip(user_ids, await asyncio.gather(*map(alone, user_ids)), strict=True):
            if isinstance(found, EntryMoved):
                outcomes[user_id] = found
            elif found:
                outcomes[user_id] = found[0]
        return outcomes
