"""Maintenance of the index: reconcile, catch up, rebuild, verify."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.sharding import in_partitions
from leaderforge.domain.standings import Standing
from leaderforge.domain.timing import DECLARATION_MS, SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.comparison import LADDERS_A_SCAN, IndexComparison, Progress, Verification, ignore_progress
from leaderforge.services.correcting import IndexCorrection, Rebuilt
from leaderforge.services.leases import Lease
from leaderforge.services.mending import OnRepair, drop_players, load_standings, mend_touched
from leaderforge.services.names import NameSync
from leaderforge.services.overlapping import for_each
from leaderforge.services.trust import is_credible

_FORGETTING_MS = 600_000
"""Minimum time between two deletions of old notes of changes without an event, in ms."""
_LEASE_WAIT_S = 60.0
"""Time limit for acquiring the lease for a requested rebuild, in s."""
_PLAYERS_A_LOOKUP = 1000
_RESTS = 9
"""Pause of reconciliation, as a multiple of its working time.

Requests wait while reconciliation works. With these pauses, reconciliation works a tenth of the time.
"""
_CATCH_UP_RESTS = 1
"""Pause of a catch-up, as a multiple of its working time.

A catch-up must be fast, because the slower store answers reads meanwhile. Yet a catch-up must not block requests.
"""
_END_OF_TIME_MS = 2**53
"""Time after all events, in ms since 1970."""
_RESTING_S = 1.0
"""Time in s after which a reconciliation makes no more pauses: an index so far behind needs all changes quickly."""


class MaintainService:
    """Repair of the index after crashes and losses of nodes. Any process may run the repair, but only one at a time."""

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        index: RankIndex,
        processes: PendingProcesses,
        clock: Clock,
        telemetry: Telemetry,
        on_repair: OnRepair = lambda _: None,
        *,
        stores_all_names: bool = True,
    ) -> None:
        self._store = store
        self._users = users
        self._index = index
        self._names = NameSync(index, users, stores_all=stores_all_names)
        self._processes = processes
        self._clock = clock
        self._telemetry = telemetry
        self._on_repair = on_repair
        self._lease = Lease(index, "maintain")
        self._touches_forgotten = 0

    async def reconcile(self, every_ms: int = 0) -> int:
        """Reconcile the index with the store. Return the number of standings read.

        Apply again all standings that changed since the oldest watermark. The index ignores standings that it already
        has. If partitions are incomplete or too stale, rebuild them instead.

        Do nothing if another process holds the lease, or if reconciliation would advance the watermark by less than
        `every_ms`. Raises `Unavailable`.
        """
        watermarks = await self._credible_watermarks()
        oldest = min((watermark for watermark in watermarks if watermark is not None), default=0)
        incomplete = self._to_rebuild(watermarks)
        if not incomplete:
            self._telemetry.gauge("index_lag_seconds", max(0, self._clock() - oldest) / 1000)
            if self._settled_at() - oldest < max(every_ms, 1):
                return 0
        if not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            if incomplete:
                return await self._rebuild(incomplete, ignore_progress)
            return await self._reconcile(oldest, rests=_RESTS if every_ms else 0)

    async def build_new_index(self) -> None:
        """Build the index of a new installation, which has no players. Raises `LeaderForgeError`.

        An installation with players is left to `reconcile`, because its rebuild takes time.
        """
        watermarks = await self._index.watermarks()
        if all(watermark is None for watermark in watermarks) and not await self._users.following(None, 1):
            await self.complete()

    async def catch_up(self) -> bool:
        """Apply every change that is in the store at the start of this call. Do not advance watermarks.

        Withdraw expired declarations, because the changes of their processes are then applied too. Return False if
        another process holds the lease, or if another catch-up began or the index was lost meanwhile.

        Raises `Unavailable`, also if a node may have lost writes meanwhile.
        """
        if not await self._lease.acquire():
            return False
        async with self._lease.renewal():
            # Get the token, the disruptions and the declarations before any change is read. Values read later could
            # hide a missed change.
            token = await self._index.begin_catch_up()
            disruptions = self._index.disruptions
            expired = [p.process_id for p in await self._processes.declared() if p.age_ms >= DECLARATION_MS]
            watermarks = await self._credible_watermarks()
            incomplete = self._to_rebuild(watermarks)
            if incomplete:
                await self._rebuild(incomplete, ignore_progress)
            complete = [w for p, w in enumerate(watermarks) if w is not None and p not in incomplete]
            if complete:
                await self._apply_changes(min(complete), _END_OF_TIME_MS, rests=_CATCH_UP_RESTS)
            self._require_no_disruption(disruptions)
            await self._processes.withdraw(expired, older_than_ms=DECLARATION_MS)
            return await self._index.finish_catch_up(token, disruptions=disruptions)

    async def rebuild(self, progress: Progress = ignore_progress, *, partitions: Collection[int] | None = None) -> int:
        """Empty these partitions, by default all, and load them from the store. Return the number of loaded standings.

        Meanwhile submissions continue, and the store answers reads. Raises `IndexUnavailable` if the index is lost
        during the rebuild, and `IndexBusy` if another process holds the lease for a minute.
        """
        async with self._lease.exclusive(_LEASE_WAIT_S):
            return await self._rebuild(range(self._index.partitions) if partitions is None else partitions, progress)

    async def rebuild_in_place(
        self, progress: Progress = ignore_progress, *, partitions: Collection[int] | None = None
    ) -> Rebuilt:
        """Make these partitions, by default all, equal to the store, while the index answers reads.

        Empty and load those that are incomplete or too stale, because nobody reads them. Raises `IndexUnavailable` if a
        partition is lost meanwhile, and `IndexBusy` if another process rebuilds the incomplete partitions.
        """
        chosen = frozenset(range(self._index.partitions) if partitions is None else partitions)
        incomplete, loaded = await self._incomplete_of(chosen), 0
        if incomplete:
            async with self._lease.exclusive(_LEASE_WAIT_S):
                incomplete = await self._incomplete_of(chosen)  # another process may have rebuilt them meanwhile
                loaded = await self._rebuild(incomplete, progress) if incomplete else 0
        disruptions = self._index.disruptions
        complete = chosen - incomplete
        parts = self._store, self._index, self._names, complete, self._on_repair, progress
        result = await IndexCorrection(*parts).run() if complete else Rebuilt()
        self._require_no_disruption(disruptions)
        lost = await self._incomplete_of(chosen)
        if lost:
            raise IndexUnavailable(f"partitions {sorted(lost)} of the index were lost during the rebuild; start again")
        return replace(result, loaded=loaded)

    async def _incomplete_of(self, partitions: frozenset[int]) -> frozenset[int]:
        """Return the partitions, out of these, that are incomplete or too stale."""
        return partitions.intersection(self._to_rebuild(await self._credible_watermarks()))

    async def complete(self, progress: Progress = ignore_progress) -> int:
        """Rebuild the partitions that are incomplete or too stale. Return the number of loaded standings.

        Do nothing if another process holds the lease. Raises `Unavailable`.
        """
        if not self._to_rebuild(await self._credible_watermarks()) or not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            return await self._rebuild(self._to_rebuild(await self._credible_watermarks()), progress)

    async def is_maintained_elsewhere(self) -> bool:
        """Return whether another process reconciles or rebuilds the index now. Raises `IndexUnavailable`."""
        return await self._lease.is_taken()

    async def verify(self, progress: Progress = ignore_progress) -> Verification:
        """Compare every standing with the index. Do not report changes in flight."""
        return await IndexComparison(self._store, self._index).verify(progress)

    def _settled_at(self) -> int:
        """Return the time (ms) before which every event is committed or in doubt, or never will be committed."""
        return self._clock() - SETTLE_MS

    async def _decided_until(self, settled_at: int) -> int:
        """Return the time (ms) before which every event is committed or never will be: at most `settled_at`."""
        in_doubt = await self._store.in_doubt_since()
        return settled_at if in_doubt is None else min(settled_at, in_doubt - SETTLE_MS)

    async def _credible_watermarks(self) -> Sequence[int | None]:
        """Return the watermarks. Replace a watermark by None if it is not credible (see `trust.is_credible`)."""
        now = self._clock()
        return [watermark if is_credible(watermark, now) else None for watermark in await self._index.watermarks()]

    def _to_rebuild(self, watermarks: Sequence[int | None]) -> Collection[int]:
        """Return the partitions that are incomplete, or so stale that notes of later changes are already deleted."""
        too_old = self._settled_at() - TOUCHES_KEPT_MS
        return [p for p, watermark in enumerate(watermarks) if watermark is None or watermark < too_old]

    async def _reconcile(self, since: int, *, rests: int) -> int:
        """Apply the changes from `since` (ms) to the settled time, then raise the watermarks.

        Return the number of standings read.
        """
        until = self._settled_at()
        # Get the watermark before the changes, because a transaction in doubt may commit after the changes were read.
        watermark = await self._decided_until(until)
        disruptions = self._index.disruptions
        count = await self._apply_changes(since, until, rests=rests)
        await self._index.advance(watermark, disruptions=disruptions)
        await self._forget_touches(until - TOUCHES_KEPT_MS)
        return count

    def _require_no_disruption(self, before: int) -> None:
        """Raise `IndexUnavailable` if a node may have lost applied changes, for example because a replica took over."""
        if self._index.disruptions != before:
            raise IndexUnavailable("the rank index broke off while it was brought up to date; it is tried again")

    async def _apply_changes(self, since: int, until: int, *, rests: int) -> int:
        """Apply again the changes from `since` to `until` (ms). Return the number of standings that changed then.

        During the first `_RESTING_S` seconds, pause after each chunk for `rests` times its duration.
        """
        rests_until = monotonic() + _RESTING_S
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

        touched = await self._touched_players(since, until)
        if touched:
            # The erasing process may have died before it stored removed standings. Without removed standings, the index
            # accepts late updates.
            await self._add_erasures(self._store.erased_between(since, until))
        for user_ids in touched:
            for ladder in await mend_touched(self._index, self._store, user_ids):
                self._on_repair(ladder)
            await self._names.repair(user_ids)
            self._on_repair(None)
        await for_each(self._store.changed_between(since, until), load)
        return count

    async def _add_erasures(self, erased: AsyncGenerator[Mapping[int, int], None]) -> None:
        """Store the erasures in the index, to make it ignore late updates of these players on all ladders."""
        await for_each(erased, self._index.add_erasures)

    async def _touched_players(self, since: int, until: int) -> Sequence[Sequence[int]]:
        """Return the players who changed from `since` to `until` (ms), but not by an event, in chunks."""
        return chunks(list(await self._store.touched_between(since, until)), _PLAYERS_A_LOOKUP)

    async def _forget_touches(self, before: int) -> None:
        """Delete the notes of changes without an event that are older than `before` (ms), at most every ten minutes.

        Also delete the erasures and the removed standings of erased players in the index. These values are obsolete,
        because late updates of these players can no longer be in flight.
        """
        if before - self._touches_forgotten < _FORGETTING_MS:
            return
        await for_each(self._store.erased_between(0, before), self._index.forget_erasures)
        for user_ids in await self._touched_players(0, before):
            erased = set(user_ids) - (await self._users.get(user_ids)).keys()
            if erased:
                await mend_touched(self._index, self._store, list(erased))
                await drop_players(self._index, self._store, list(erased))
                await self._names.refresh(erased)
        await self._store.forget_touches(before)
        await self._users.forget_released(before)
        self._touches_forgotten = before

    async def _rebuild(self, partitions: Collection[int], progress: Progress) -> int:
        # Take the watermark before the load. Reconciliation then applies again the events that arrive during the load.
        watermark = await self._decided_until(self._settled_at())
        disruptions = self._index.disruptions
        ladders = await self._store.ladders()
        token = await self._index.begin_rebuild(ladders, partitions)
        loaded = 0
        rebuilding = frozenset(partitions)
        await self._keep_out_erased(rebuilding)
        for scan in chunks(ladders, LADDERS_A_SCAN):
            loaded += await self._load(scan, rebuilding, progress)
        if self._names.stores_all:
            await self._load_names(rebuilding)
        finished = await self._index.finish_rebuild(token, partitions, watermark, disruptions=disruptions)
        lost = rebuilding - set(finished)
        if lost:
            raise IndexUnavailable(f"the index was emptied while partitions {sorted(lost)} were rebuilt; start again")
        self._telemetry.count("index_rebuilds", len(rebuilding))
        for ladder in ladders:
            self._on_repair(ladder)
        return loaded

    async def _keep_out_erased(self, partitions: frozenset[int]) -> None:
        """Make these partitions ignore late updates of erased players. Remove late updates that they already applied.

        Call this after the partitions were emptied, because emptying deletes the removed standings of erased players. A
        later erasure stores its removed standings itself.
        """

        async def keep_out(erased: Mapping[int, int]) -> None:
            revisions = dict(in_partitions(erased.items(), erased, partitions, self._index.partitions))
            if revisions:
                await self._index.add_erasures(revisions)
                await mend_touched(self._index, self._store, list(revisions))

        await for_each(self._store.erased_between(0, _END_OF_TIME_MS), keep_out)

    async def _load(self, ladders: Sequence[Ladder], partitions: frozenset[int], progress: Progress) -> int:
        """Load the standings of the ladders into these partitions. Return the number of standings."""
        loaded = 0

        async def load(chunk: tuple[Ladder, Sequence[Standing]]) -> None:
            nonlocal loaded
            ladder, standings = chunk
            user_ids = (s.user_id for s in standings)
            selected = in_partitions(standings, user_ids, partitions, self._index.partitions)
            await load_standings(self._index, self._store, ladder, selected)
            loaded += len(selected)
            progress(len(selected))

        await for_each(self._store.standings_on(ladders), load)
        return loaded

    async def _load_names(self, partitions: frozenset[int]) -> None:
        """Load names into these partitions. If a late update has stored a different name there, refresh that name."""

        async def load(names: Mapping[int, str]) -> None:
            selected = in_partitions(names.items(), names, partitions, self._index.partitions)
            renamed = await self._index.add_names(dict(selected))
            await self._names.refresh(renamed)

        await for_each(self._store.all_names(), load)
