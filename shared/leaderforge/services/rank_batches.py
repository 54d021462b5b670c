"""Ranks of single players. Concurrent reads are counted together."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TypeAlias

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
        self._scans: dict[Ladder, asyncio.Lock] = {}

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
            is_scan = reading.ranking.source is Source.STORE and ladder.indexed and ladder.at is None
            async with self._turn(ladder) if is_scan else nullcontext():
                return await self._read_players(reading, ladder, user_ids)

        return await self._reader.read(ladder, read)

    async def _read_players(self, reading: Reading, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        try:
            players = await self._reader.player_ranks(reading, ladder, user_ids)
        except EntryMoved:
            return await self._each_alone(reading, ladder, user_ids)
        return {player.entry.user_id: player for player in players}

    @asynccontextmanager
    async def _turn(self, ladder: Ladder) -> AsyncIterator[None]:
        """Let the batches of a ladder that the index should serve take turns in the store.

        The store reads each entry once per batch, whatever the size of the batch. Several scans at once would slow each
        other down, and also the rebuild that ends them.
        """
        lock = self._scans.setdefault(ladder, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._scans.pop(ladder, None)

    async def _each_alone(self, reading: Reading, ladder: Ladder, user_ids: Collection[int]) -> _Outcomes:
        """Return the rank of each player from a state of its own.

        A player who moves all the time then costs the other players of the batch nothing. It gets an error instead of a
        read of the store, which takes longer than the index, and would find the player moved as well.
        """

        async def alone(user_id: int) -> Sequence[PlayerRank] | EntryMoved:
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
