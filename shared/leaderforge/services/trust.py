"""The rule by which this process believes the index.

An answer from the index is exact only if the index has everything that was acknowledged before the answer was asked
for. A process may answer from the index while it knows that

1. it holds no pending updates itself;
2. no other process has declared pending updates (see `declaring`);
3. every partition is complete, up to a watermark that is neither later than its clock allows nor earlier than the
   one it saw before;
4. the index was caught up since this process last had a reason to doubt it: its own start, a connection that broke,
   a timeout, a slot that another node took over, a watermark that cannot be, a declaration that expired.

In all other cases the store answers. Knowledge of 1 to 3 lasts for `BELIEF_S` and is renewed while there are reads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import monotonic

from leaderforge.domain.errors import IndexUnavailable, StoreUnavailable, Unavailable
from leaderforge.domain.survey import Survey
from leaderforge.domain.timing import COMMIT_LIMIT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.index_maintenance import CatchUps
from leaderforge.ports.pending import PendingProcess, PendingProcesses
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.declaring import BELIEF_S, DECLARATION_MS, Declaration

_RENEWAL_S = 0.2
_IDLE_S = 1.0
"""Time after the last read (s) until belief is no longer renewed."""
_REFUSAL_S = 0.05
"""How long a refusal is repeated (s) before its reasons are looked at again."""
_PATIENCE_S = 0.25
"""How long a read waits for a catch-up (s) before the store answers it."""


def is_credible(watermark: int | None, now: int) -> bool:
    """Return whether a partition may be complete up to this time.

    A watermark lies at least `SETTLE_MS` behind the clock of the process that set it, of which all but
    `COMMIT_LIMIT_MS` allow for clocks that differ. A later one was set by a clock that has been put back since:
    events may have been recorded before it that the index never saw.
    """
    return watermark is not None and watermark <= now - COMMIT_LIMIT_MS


def with_credible_watermarks(survey: Survey, now: int) -> Survey:
    """Return the survey with partitions shown as incomplete whose watermark is not credible."""
    shards = [s if is_credible(s.watermark, now) else replace(s, watermark=None) for s in survey.shards]
    return replace(survey, shards=shards)


class IndexTrust:
    """Whether this process believes the index, kept up to date while there are reads."""

    def __init__(
        self,
        index: RankIndex,
        processes: PendingProcesses,
        declaration: Declaration,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._index = index
        self._processes = processes
        self._declaration = declaration
        self._clock = clock
        self._telemetry = telemetry
        self._deliver: Callable[[], Awaitable[None]] = _nothing
        self._catch_up: Callable[[], Awaitable[bool]] = _never
        self._generation = 0
        self._valid_until = 0.0
        self._refused_until = 0.0
        self._used_at = 0.0
        self._readers = 0
        self._doubted = True
        self._store_is_down = False
        self._disruptions = 0
        self._watermarks: Sequence[int | None] = ()
        self._before_doubt: CatchUps | None = None
        self._confirming: asyncio.Task[IndexUnavailable | None] | None = None
        self._catching_up: asyncio.Task[bool] | None = None
        self._keeper: asyncio.Task[None] | None = None

    def repair_with(self, deliver: Callable[[], Awaitable[None]], catch_up: Callable[[], Awaitable[bool]]) -> None:
        """Set how pending updates are delivered, and how the index is caught up with the store."""
        self._deliver = deliver
        self._catch_up = catch_up

    async def enter(self) -> int:
        """Begin to read the index; return what `leave` takes. Raises `IndexUnavailable` where it is not believed."""
        if not self._is_valid():
            await self._require_confirmed()
        self._use()
        self._readers += 1
        return self._generation

    def leave(self, belief: int) -> None:
        """End a read. Raises `IndexUnavailable` unless the index was believed all the time."""
        self._readers -= 1
        if not self.holds(belief):
            raise IndexUnavailable("the rank index was not up to date all the time")

    def abandon(self) -> None:
        """End a read that has no answer."""
        self._readers -= 1

    def close(self) -> None:
        """Renew the belief no longer."""
        for task in (self._keeper, self._confirming, self._catching_up):
            if task is not None:
                task.cancel()

    def current(self) -> int | None:
        """Return the belief, for `holds`, or None where there is none at the moment."""
        if not self._is_valid():
            return None
        self._use()
        return self._generation

    async def renewed(self) -> int | None:
        """Look at all conditions, and return the belief, for `holds`, or None where there is none."""
        try:
            await self._require_confirmed()
        except IndexUnavailable:
            return None
        return self.current()

    def holds(self, belief: int | None) -> bool:
        """Return whether the index has been believed since `belief` was returned."""
        return belief == self._generation and self._is_valid()

    async def is_believed(self) -> bool:
        """Return whether the index may be read now."""
        return self.current() is not None or await self.renewed() is not None

    def _use(self) -> None:
        """Have the belief renewed for a while."""
        self._used_at = monotonic()
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def _is_valid(self) -> bool:
        return monotonic() < self._valid_until and self._index.disruptions == self._disruptions and not self._doubted

    async def _require_confirmed(self) -> None:
        """Return once the index is believed. Raises `IndexUnavailable` if it is not."""
        if monotonic() < self._refused_until:
            raise IndexUnavailable("the rank index is not up to date")
        refusal = await asyncio.shield(self._confirm())
        if refusal is not None:
            raise refusal

    def _confirm(self) -> "asyncio.Task[IndexUnavailable | None]":
        """Look at all conditions; concurrent callers share one look."""
        loop = asyncio.get_running_loop()
        task = self._confirming
        if task is None or task.done() or task.get_loop() is not loop:
            task = self._confirming = loop.create_task(self._looked_at())
        return task

    async def _keep(self) -> None:
        """Renew the belief while there are reads."""
        while self._readers or monotonic() < self._used_at + _IDLE_S:
            await asyncio.sleep(_RENEWAL_S)
            await asyncio.shield(self._confirm())

    async def _looked_at(self) -> IndexUnavailable | None:
        """Look at all conditions, and return why the index is not believed, None if it is."""
        began_at = monotonic()
        try:
            await self._require_all()
        except Unavailable as failure:
            self._valid_until = 0.0
            self._refused_until = monotonic() + _REFUSAL_S
            return failure if isinstance(failure, IndexUnavailable) else IndexUnavailable(failure.message)
        if began_at >= self._valid_until:
            self._generation += 1  # meanwhile anything may have been pending, acknowledged and delivered
        self._valid_until = began_at + BELIEF_S
        return None

    async def _require_all(self) -> None:
        was_believed = self._is_valid()
        disruptions = self._index.disruptions
        await self._deliver()
        declared, watermarks = await asyncio.gather(self._declared(was_believed), self._index.watermarks())
        self._note_doubts(disruptions, declared, watermarks)
        if self._doubted:
            await self._resolve_doubt(disruptions)
        elif any(watermark is None for watermark in watermarks):
            raise IndexUnavailable("a partition of the rank index awaits its rebuild")

    async def _declared(self, was_believed: bool) -> Sequence[PendingProcess]:
        """Return the declarations of other processes.

        While the store does not answer, nothing new is acknowledged: what was believed when it stopped stays true.
        Raises `StoreUnavailable` where nothing was.
        """
        try:
            declared = await self._processes.declared()
        except StoreUnavailable:
            if not self._store_is_down and not was_believed:
                raise
            self._store_is_down = True
            return []
        self._store_is_down = False
        return [process for process in declared if process.process_id != self._declaration.process_id]

    def _note_doubts(
        self, disruptions: int, declared: Sequence[PendingProcess], watermarks: Sequence[int | None]
    ) -> None:
        """Note every reason to have the index caught up. Raises `IndexUnavailable` while another process is behind."""
        now = self._clock()
        impossible = any(mark is not None and not is_credible(mark, now) for mark in watermarks)
        fallen = any(
            mark is not None and last is not None and mark < last
            for mark, last in zip(watermarks, self._watermarks, strict=False)
        )
        expired = any(process.age_ms >= DECLARATION_MS for process in declared)
        if impossible or fallen or expired or disruptions != self._disruptions:
            self._doubt(disruptions)
        self._watermarks = watermarks
        if any(process.age_ms < DECLARATION_MS for process in declared):
            raise IndexUnavailable("another process brings the rank index up to date")

    def _doubt(self, disruptions: int) -> None:
        if not self._doubted or disruptions != self._disruptions:
            self._telemetry.count("index_doubts")
            self._before_doubt = None
        self._doubted = True
        self._disruptions = disruptions

    async def _resolve_doubt(self, disruptions: int) -> None:
        """Return once a catch-up that began after the doubt has finished. Raises `IndexUnavailable` until then."""
        catch_ups = await self._index.catch_ups()
        if self._before_doubt is None:
            self._before_doubt = catch_ups
        if catch_ups.finished is None or catch_ups.finished in self._before_doubt:
            await self._catch_up_soon()
            catch_ups = await self._index.catch_ups()
        if catch_ups.finished is None or catch_ups.finished in self._before_doubt:
            raise IndexUnavailable("the rank index is being caught up")
        if self._index.disruptions != disruptions:
            raise IndexUnavailable("the rank index broke off while it was caught up")
        self._doubted = False
        self._before_doubt = None
        self._generation += 1

    async def _catch_up_soon(self) -> None:
        """Have the index caught up, and wait for it a moment."""
        loop = asyncio.get_running_loop()
        task = self._catching_up
        if task is None or task.done() or task.get_loop() is not loop:
            task = self._catching_up = loop.create_task(self._caught_up())
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.shield(task)
        except TimeoutError:
            raise IndexUnavailable("the rank index is being caught up") from None

    async def _caught_up(self) -> bool:
        try:
            return await self._catch_up()
        except Unavailable:
            return False


async def _nothing() -> None:
    pass


async def _never() -> bool:
    return False
