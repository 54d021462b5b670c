"""Keeping the index true to the store: reconcile, rebuild, verify."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.order import sort_key, user_id_of
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.standings import Standing
from leaderforge.domain.timing import COMMIT_LIMIT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.comparing import lasting, still_different
from leaderforge.services.declaring import DECLARATION_MS
from leaderforge.services.leases import Lease
from leaderforge.services.mending import drop_players, load_standings, mend_touched
from leaderforge.services.names import NameSync
from leaderforge.services.overlapping import for_each
from leaderforge.services.trust import is_credible

Progress = Callable[[int], None]
"""Told how many more standings are done."""

OnRepair = Callable[[Ladder | None], None]
"""Told of a ladder of which the index has been brought up to date, or, with None, that names have."""

SETTLE_MS = COMMIT_LIMIT_MS + 2_000
"""How old a watermark is at least: by then an event is committed or never will be, whichever clock recorded it."""

TOUCHES_KEPT_MS = 86_400_000
"""How long it is known who was touched otherwise than by an event: an index that lags further behind is rebuilt."""

_FORGETTING_MS = 600_000
_LEASE_WAIT_S = 60.0
_RETRY_S = 0.2
_PLAYERS_A_LOOK_UP = 1000
_RESTS = 9
"""How many times as long as reconciliation works it rests, beside requests: what it does at once, these wait for."""
_CATCH_UP_RESTS = 1
"""While the index is caught up, requests are answered by the store: it is done soon, yet not at their expense alone."""
_FOREVER_MS = 2**53
_RESTED_S = 1.0
"""After that it rests no more: whoever is behind has no time to."""
_LADDERS_A_SCAN = 100
"""Of thousands of ladders most are short."""


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


@dataclass(slots=True)
class _Seen:
    """What the store has of a ladder: whom the index may not hold just so, and how many there are, and are listed."""

    suspects: list[int] = field(default_factory=list)
    standings: int = 0
    listed: int = 0


def _ignore(_: object) -> None:
    pass


class MaintainService:
    """Repairs what crashes and lost nodes leave behind. Any process may run it; a lease lets one at a time."""

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        index: RankIndex,
        processes: PendingProcesses,
        clock: Clock,
        telemetry: Telemetry,
        on_repair: OnRepair = _ignore,
    ) -> None:
        self._store = store
        self._users = users
        self._index = index
        self._names = NameSync(index, users)
        self._processes = processes
        self._clock = clock
        self._telemetry = telemetry
        self._on_repair = on_repair
        self._lease = Lease(index, "maintain")
        self._touches_forgotten = 0

    async def reconcile(self, every_ms: int = 0) -> int:
        """Bring the index up to date and return how many standings were looked at.

        Standings with an event since the oldest watermark are applied again, which changes only what was missed, and
        partitions that are incomplete or too far behind are rebuilt. Does nothing if another process is at it, or
        there is less than `every_ms` to look at.
        """
        watermarks = await self._credible_watermarks()
        oldest = min((mark for mark in watermarks if mark is not None), default=0)
        incomplete = self._to_rebuild(watermarks)
        if not incomplete:
            self._telemetry.gauge("index_lag_seconds", max(0, self._clock() - oldest) / 1000)
            if self._settled_at() - oldest < max(every_ms, 1):
                return 0
        if not await self._lease.taken():
            return 0
        async with self._lease.held():
            if incomplete:
                return await self._rebuild(incomplete, _ignore)
            return await self._reconcile(oldest, rests=_RESTS if every_ms else 0)

    async def catch_up(self) -> bool:
        """Bring the index up to everything that the store has by now. Return False if another process is at it.

        `reconcile` stays behind the present, because it moves watermarks; this does not, and takes over the pending
        updates of processes whose declarations have expired. Raises `Unavailable`, also if a node may have lost
        writes meanwhile.
        """
        if not await self._lease.taken():
            return False
        async with self._lease.held():
            token = await self._index.begin_catch_up()
            disruptions = self._index.disruptions
            expired = [p.process_id for p in await self._processes.declared() if p.age_ms >= DECLARATION_MS]
            watermarks = await self._credible_watermarks()
            incomplete = self._to_rebuild(watermarks)
            if incomplete:
                await self._rebuild(incomplete, _ignore)
            complete = [mark for p, mark in enumerate(watermarks) if mark is not None and p not in incomplete]
            if complete:
                await self._apply_changes(min(complete), _FOREVER_MS, rests=_CATCH_UP_RESTS)
            self._require_no_disruption(disruptions)
            await self._processes.withdraw(expired, older_than_ms=DECLARATION_MS)
            return await self._index.finish_catch_up(token)

    async def rebuild(self, progress: Progress = _ignore) -> int:
        """Empty the index and load it anew while submissions go on; return how many standings were loaded.

        Reads are answered from the store meanwhile. Raises `IndexUnavailable` if the index is lost again while at it.
        """
        async with self._leased():
            return await self._rebuild(range(self._index.partitions), progress)

    async def verify(self, progress: Progress = _ignore) -> Verification:
        """Compare every standing with the index. What is on its way into the index is not reported."""
        checked = 0
        found: list[Difference] = []
        complete = None not in await self._index.watermarks()
        for ladders in chunks(await self._store.ladders(), _LADDERS_A_SCAN):
            for ladder, seen in (await self._compare(ladders, progress)).items():
                found += await self._differences(ladder, seen, complete)
                checked += seen.standings
        return Verification(checked, found, complete)

    async def _compare(self, ladders: Sequence[Ladder], progress: Progress) -> Mapping[Ladder, _Seen]:
        """Compare all standings on these ladders with the index."""
        seen = {ladder: _Seen() for ladder in ladders}

        async def compare(found: tuple[Ladder, Sequence[Standing]]) -> None:
            ladder, standings = found
            one = seen[ladder]
            one.suspects += await self._index.differences(ladder, standings)
            one.listed += sum(not standing.hidden for standing in standings)
            one.standings += len(standings)
            progress(len(standings))

        await for_each(self._store.standings_on(ladders), compare)
        return seen

    async def _differences(self, ladder: Ladder, seen: _Seen, complete: bool) -> Sequence[Difference]:
        missing = await still_different(self._store, self._index, ladder, seen.suspects)
        extra = await self._extra(ladder, seen.listed - len(missing)) if complete else []
        slug, period = ladder.board.slug, ladder.period
        return [
            *(Difference(slug, period, user_id, extra=False) for user_id in missing),
            *(Difference(slug, period, user_id, extra=True) for user_id in set(extra) - set(missing)),
        ]

    def _settled_at(self) -> int:
        return self._clock() - SETTLE_MS

    async def _credible_watermarks(self) -> Sequence[int | None]:
        """Return the watermarks, None for one that a clock set which has been put back since."""
        now = self._clock()
        return [mark if is_credible(mark, now) else None for mark in await self._index.watermarks()]

    def _to_rebuild(self, watermarks: Sequence[int | None]) -> Collection[int]:
        """Return the partitions that are incomplete, or lag further behind than touches are kept."""
        too_old = self._settled_at() - TOUCHES_KEPT_MS
        return [p for p, mark in enumerate(watermarks) if mark is None or mark < too_old]

    async def _reconcile(self, since: int, *, rests: int) -> int:
        """Apply what changed since then, up to the time by which everything is settled, and raise the watermark."""
        until = self._settled_at()
        disruptions = self._index.disruptions
        count = await self._apply_changes(since, until, rests=rests)
        self._require_no_disruption(disruptions)
        await self._index.advance(until)
        await self._forget_touches(until - TOUCHES_KEPT_MS)
        return count

    def _require_no_disruption(self, before: int) -> None:
        """Raise `IndexUnavailable` if a node may have lost what was applied: a replica took over, for example."""
        if self._index.disruptions != before:
            raise IndexUnavailable("the rank index broke off while it was brought up to date; it is tried again")

    async def _apply_changes(self, since: int, until: int, *, rests: int) -> int:
        """Apply again what changed from `since` to `until`; return how many standings that were.

        After each piece, rest so many times as long as it took.
        """
        rests_until = monotonic() + _RESTED_S
        count = 0

        async def load(changed: tuple[Ladder, Sequence[Standing]]) -> None:
            nonlocal count
            began = monotonic()
            ladder, standings = changed
            await load_standings(self._index, self._store, ladder, standings)
            self._on_repair(ladder)
            count += len(standings)
            ended = monotonic()
            await asyncio.sleep(max(0.0, min(rests * (ended - began), rests_until - ended)))

        for user_ids in await self._touched(since, until):
            for ladder in await mend_touched(self._index, self._store, user_ids):
                self._on_repair(ladder)
            await self._names.refresh(user_ids)
            self._on_repair(None)
        await for_each(self._store.changed_between(since, until), load)
        return count

    async def _touched(self, since: int, until: int) -> Sequence[Sequence[int]]:
        """Return the players touched meanwhile, as many at once as are looked up together."""
        touched = list(await self._store.touched_between(since, until))
        return chunks(touched, _PLAYERS_A_LOOK_UP)

    async def _forget_touches(self, before: int) -> None:
        """Forget touches that no index has still to catch up with, now and then.

        The removed standings that erased players left in the index are no longer needed then: nothing of these
        players can still be on its way.
        """
        if before - self._touches_forgotten < _FORGETTING_MS:
            return
        for user_ids in await self._touched(0, before):
            erased = set(user_ids) - (await self._users.get(user_ids)).keys()
            if erased:
                await drop_players(self._index, self._store, list(erased))
                await self._names.refresh(erased)
        await self._store.forget_touches(before)
        self._touches_forgotten = before

    async def _rebuild(self, partitions: Collection[int], progress: Progress) -> int:
        watermark = self._settled_at()
        disruptions = self._index.disruptions
        ladders = await self._store.ladders()
        token = await self._index.begin_rebuild(ladders, partitions)
        loaded = 0
        wanted = frozenset(partitions)
        for some in chunks(ladders, _LADDERS_A_SCAN):
            loaded += await self._load(some, wanted, progress)
        await for_each(
            self._store.all_names(),
            lambda names: self._index.add_names({i: name for i, name in names.items() if self._is_of(i, wanted)}),
        )
        self._require_no_disruption(disruptions)
        finished = await self._index.finish_rebuild(token, partitions, watermark)
        lost = wanted - set(finished)
        if lost:
            raise IndexUnavailable(f"the index was emptied while partitions {sorted(lost)} were rebuilt; start again")
        self._telemetry.count("index_rebuilds", len(wanted))
        for ladder in ladders:
            self._on_repair(ladder)
        return loaded

    async def _load(self, ladders: Sequence[Ladder], partitions: frozenset[int], progress: Progress) -> int:
        """Load ladders into these partitions; return how many standings that were."""
        loaded = 0

        async def load(found: tuple[Ladder, Sequence[Standing]]) -> None:
            nonlocal loaded
            ladder, standings = found
            chosen = [s for s in standings if self._is_of(s.user_id, partitions)]
            await load_standings(self._index, self._store, ladder, chosen)
            loaded += len(chosen)
            progress(len(chosen))

        await for_each(self._store.standings_on(ladders), load)
        return loaded

    def _is_of(self, user_id: int, partitions: frozenset[int]) -> bool:
        count = self._index.partitions
        return len(partitions) == count or partition_of(user_id, count) in partitions

    async def _extra(self, ladder: Ladder, matching: int) -> Sequence[int]:
        """Return the players of entries that the store knows nothing of, where `matching` entries are as it has them.

        If there are as many entries in all, there is none.
        """
        if (await self._index.counts(ladder, [])).total == matching:
            return []
        suspects: list[bytes] = []
        async for keys in self._index.keys(ladder):
            suspects += await self._unknown(ladder, keys)

        async def look_again(keys: Sequence[bytes]) -> Sequence[bytes]:
            return await self._unknown(ladder, [key for key in keys if await self._is_ranked(ladder, key)])

        return [user_id_of(key) for key in await lasting(suspects, look_again)]

    async def _unknown(self, ladder: Ladder, keys: Sequence[bytes]) -> list[bytes]:
        standings = await self._store.standings(ladder, list({user_id_of(key) for key in keys}))
        known = {sort_key(ladder.board, s) for s in standings if not s.hidden}
        return [key for key in keys if key not in known]

    async def _is_ranked(self, ladder: Ladder, key: bytes) -> bool:
        window = await self._index.window(ladder, key, before=0, after=1)
        return any(row.key == key for row in window.after)

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[None]:
        """Wait for the lease and hold it while the block runs."""
        try:
            async with asyncio.timeout(_LEASE_WAIT_S):
                while not await self._lease.taken():  # noqa: ASYNC110 - a remote condition
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise IndexUnavailable("another process is maintaining the index; try again when it is done") from None
        async with self._lease.held():
            yield
