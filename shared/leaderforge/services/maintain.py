"""Keeping the index true to the store: reconcile, rebuild, verify."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.order import sort_key, user_id_of
from leaderforge.domain.sharding import partition_of
from leaderforge.ports import COMMIT_LIMIT_MS, Clock, RankIndex, ScoreStore, Telemetry

Progress = Callable[[int], None]
"""Told how many more standings are done."""

SETTLE_MS = COMMIT_LIMIT_MS + 2_000
"""How old a watermark is at least: by then an event is committed or never will be, whichever clock recorded it."""

_LEASE_S = 6.0
"""How long a job that died keeps others from it."""
_RENEWAL_S = 2.0
_LEASE_WAIT_S = 60.0
_RETRY_S = 0.2
_LOADS_IN_FLIGHT = 3
_RECHECKS = 10
_ON_THEIR_WAY = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A player whose standing the index does not hold as the store has it; `extra`: the store has none."""

    board: str
    period: int
    user_id: int
    extra: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison of every standing with the index found; `complete` tells whether all partitions answer."""

    checked: int
    differences: Sequence[Difference]
    complete: bool

    @property
    def clean(self) -> bool:
        """Whether the index is complete and holds just what the store does."""
        return self.complete and not self.differences


def _ignore(_: int) -> None:
    pass


class MaintainService:
    """Repairs what crashes and lost nodes leave behind. Any process may run it; a lease lets one at a time."""

    def __init__(self, store: ScoreStore, index: RankIndex, clock: Clock, telemetry: Telemetry) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._telemetry = telemetry
        self._holder = uuid4().hex

    async def reconcile(self, every_ms: int = 0) -> int:
        """Bring the index up to date and return how many standings were looked at.

        Standings with an event since the oldest watermark are applied again, which changes only what was missed, and
        incomplete partitions are rebuilt. Does nothing if another process is at it, or there is less than `every_ms`
        to look at.
        """
        marks = await self._index.watermarks()
        oldest = min((mark for mark in marks if mark is not None), default=0)
        incomplete = [p for p, mark in enumerate(marks) if mark is None]
        if not incomplete:
            self._telemetry.gauge("index_lag_seconds", max(0, self._clock() - oldest) / 1000)
            if self._settled_at() - oldest < max(every_ms, 1):
                return 0
        if not await self._index.lease("maintain", self._holder, _LEASE_S):
            return 0
        async with self._leased():
            return await (self._rebuild(incomplete, _ignore) if incomplete else self._catch_up(oldest))

    async def rebuild(self, progress: Progress = _ignore) -> int:
        """Empty the index and load it anew while submissions go on; return how many standings were loaded.

        Reads are answered from the store meanwhile. Raises `IndexUnavailable` if the index is lost again while at it.
        """
        async with self._lease():
            return await self._rebuild(range(self._index.partitions), progress)

    async def verify(self, progress: Progress = _ignore) -> Verification:
        """Compare every standing with the index. What is on its way into the index is not reported."""
        checked = 0
        found: list[Difference] = []
        complete = None not in await self._index.watermarks()
        for ladder in await self._store.ladders():
            suspects: list[int] = []
            total = 0
            async for standings in self._store.all_standings(ladder):
                suspects += await self._index.differences(ladder, standings)
                total += len(standings)
                progress(len(standings))
            checked += total
            missing = await self._missing(ladder, suspects)
            extra = await self._extra(ladder, total - len(missing)) if complete else []
            found += [Difference(ladder.board.slug, ladder.period, i, extra=False) for i in missing]
            found += [Difference(ladder.board.slug, ladder.period, i, extra=True) for i in set(extra) - set(missing)]
        return Verification(checked, found, complete)

    def _settled_at(self) -> int:
        return self._clock() - SETTLE_MS

    async def _catch_up(self, since: int) -> int:
        until = self._settled_at()
        seen = 0
        async for ladder, standings in self._store.changed_between(since, until):
            await self._index.load(ladder, standings)
            seen += len(standings)
        await self._index.advance(until)
        return seen

    async def _rebuild(self, partitions: Collection[int], progress: Progress) -> int:
        watermark = self._settled_at()
        ladders = await self._store.ladders()
        token = await self._index.begin_rebuild(ladders, partitions)
        loaded = 0
        wanted = frozenset(partitions)
        for ladder in ladders:
            loaded += await self._load(ladder, wanted, progress)
        async for names in self._store.all_names():
            await self._index.put_names({i: name for i, name in names.items() if self._is_of(i, wanted)})
        finished = await self._index.finish_rebuild(token, partitions, watermark)
        lost = wanted - set(finished)
        if lost:
            raise IndexUnavailable(f"the index was emptied while partitions {sorted(lost)} were rebuilt; start again")
        self._telemetry.count("index_rebuilds", len(wanted))
        return loaded

    async def _load(self, ladder: Ladder, partitions: frozenset[int], progress: Progress) -> int:
        """Load a ladder into these partitions, a few chunks at a time while the next is read; return how many."""
        loaded = 0
        loading: set[asyncio.Task[None]] = set()
        try:
            async for standings in self._store.all_standings(ladder):
                chosen = [s for s in standings if self._is_of(s.user_id, partitions)]
                loading.add(asyncio.create_task(self._index.load(ladder, chosen)))
                if len(loading) >= _LOADS_IN_FLIGHT:
                    done, loading = await asyncio.wait(loading, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.gather(*done)
                loaded += len(chosen)
                progress(len(chosen))
            await asyncio.gather(*loading)
        finally:
            for task in loading:
                task.cancel()
        return loaded

    def _is_of(self, user_id: int, partitions: frozenset[int]) -> bool:
        count = self._index.partitions
        return len(partitions) == count or partition_of(user_id, count) in partitions

    async def _missing(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[int]:
        """Return those of the players who still differ when looked at again a few times."""
        for _ in range(_RECHECKS):
            # So many are not on their way: they are lost.
            if not 0 < len(user_ids) <= _ON_THEIR_WAY:
                break
            await asyncio.sleep(_RETRY_S)
            user_ids = await self._index.differences(ladder, await self._store.standings(ladder, user_ids))
        return user_ids

    async def _extra(self, ladder: Ladder, matching: int) -> Sequence[int]:
        """Return the players of entries that the store knows nothing of, where `matching` entries are as it has them.

        If there are as many entries in all, there is none.
        """
        if (await self._index.counts(ladder, [])).total == matching:
            return []
        suspects: list[bytes] = []
        async for keys in self._index.keys(ladder):
            suspects += await self._unknown(ladder, keys)
        for _ in range(_RECHECKS):
            if not 0 < len(suspects) <= _ON_THEIR_WAY:
                break
            await asyncio.sleep(_RETRY_S)
            suspects = await self._unknown(ladder, [key for key in suspects if await self._is_ranked(ladder, key)])
        return [user_id_of(key) for key in suspects]

    async def _unknown(self, ladder: Ladder, keys: Sequence[bytes]) -> list[bytes]:
        standings = await self._store.standings(ladder, list({user_id_of(key) for key in keys}))
        order = ladder.board.order
        known = {sort_key(order, s.score, s.achieved_at, s.user_id) for s in standings}
        return [key for key in keys if key not in known]

    async def _is_ranked(self, ladder: Ladder, key: bytes) -> bool:
        window = await self._index.window(ladder, key, before=0, after=1)
        return any(row.key == key for row in window.after)

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_LEASE_WAIT_S):
                while not await self._index.lease("maintain", self._holder, _LEASE_S):  # noqa: ASYNC110 - a remote condition
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise IndexUnavailable("another process is maintaining the index; try again when it is done") from None
        async with self._leased():
            yield

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[None]:
        """Renew the lease, which we have, while the block runs, and then give it back."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            with suppress(IndexUnavailable):
                await self._index.lease("maintain", self._holder, 0)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_S)
            with suppress(IndexUnavailable):
                await self._index.lease("maintain", self._holder, _LEASE_S)
