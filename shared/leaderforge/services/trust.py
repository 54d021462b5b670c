"""Rule that decides whether this process treats the index as current ("believes" it).

An answer from the index is exact only if the index has every change that was acknowledged before the request. A process
may answer from the index while it knows all of these conditions to be true:

1. This process has no pending index updates.
2. No other process has declared pending index updates (see `declaring`).
3. Every partition is complete. Its watermark is neither later than this process's clock allows (see `is_credible`),
   nor earlier than at the previous check.
4. A catch-up has finished that began after this process's last reason to doubt the index. Reasons are the start of the
   process, a broken connection, a timeout, a slot that another node took over, a watermark that is too late or has
   fallen (see 3), and an expired declaration.

In all other cases the store answers. Knowledge of conditions 1 to 3 is valid for `BELIEF_MS` after the start of a
check. The check is repeated while there are reads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, TypeVar

from leaderforge.domain.errors import IndexUnavailable, LeaderForgeError, StoreUnavailable, Unavailable
from leaderforge.domain.survey import Survey
from leaderforge.domain.timing import BELIEF_MS, BELIEF_RENEWAL_MS, COMMIT_LIMIT_MS, DECLARATION_MS, OUTAGE_GAP_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.index_maintenance import CatchUps
from leaderforge.ports.pending import PendingProcess, PendingProcesses
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.declaring import Declaration

T = TypeVar("T")

_BELIEF_S = BELIEF_MS / 1000
_RENEWAL_S = BELIEF_RENEWAL_MS / 1000
_OUTAGE_GAP_S = OUTAGE_GAP_MS / 1000
_IDLE_S = 1.0
"""Time in s from the last read until the background checks stop."""
_REFUSAL_S = 0.05
"""Time in s after a failed check, during which reads are refused without another check."""
_PATIENCE_S = 0.25
"""Maximum wait of a read for a catch-up, in s. After this time, the store answers the read."""


def is_credible(watermark: int | None, now: int) -> bool:
    """Return whether a partition may be complete up to this watermark (ms). `now` is the current time (ms).

    Processes set watermarks at least `SETTLE_MS` behind their clocks, and clocks differ by at most
    `CLOCK_DIFFERENCE_MS`. A watermark less than `COMMIT_LIMIT_MS` before `now` therefore shows that a clock was set
    back. The partition may then lack events from before the watermark.
    """
    return watermark is not None and watermark <= now - COMMIT_LIMIT_MS


def with_credible_watermarks(survey: Survey, now: int) -> Survey:
    """Return the survey, with partitions marked incomplete if their watermark is not credible."""
    shards = [s if is_credible(s.watermark, now) else replace(s, watermark=None) for s in survey.shards]
    return replace(survey, shards=shards)


class IndexTrust:
    """Decision of this process whether it treats the index as current.

    A belief is an uninterrupted time in which this process treats the index as current. Each belief has a number. A
    check during a belief renews the belief. A check after the end of a belief, or after a doubt, begins a new belief.
    `enter` checks if no belief is valid or half of its time has passed. With `renews`, a task also checks while there
    are reads.
    """

    def __init__(
        self,
        index: RankIndex,
        processes: PendingProcesses,
        declaration: Declaration,
        clock: Clock,
        telemetry: Telemetry,
        *,
        renews: bool = True,
    ) -> None:
        self._renews = renews
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
        self._checked_at = 0.0
        self._confirmed_at = 0
        self._disruptions = 0
        self._watermarks: Sequence[int | None] = ()
        self._before_doubt: CatchUps | None = None
        self._confirming: asyncio.Task[IndexUnavailable | None] | None = None
        self._catching_up: asyncio.Task[bool] | None = None
        self._renewing: asyncio.Task[None] | None = None

    def repair_with(self, deliver: Callable[[], Awaitable[None]], catch_up: Callable[[], Awaitable[bool]]) -> None:
        """Set the functions that deliver this process's pending updates and that run a catch-up."""
        self._deliver = deliver
        self._catch_up = catch_up

    async def enter(self) -> int:
        """Begin a read of the index. Return the belief, for `leave`. Raises `IndexUnavailable` without a belief.

        The caller must call `leave` or `abandon` at the end of the read.
        """
        # Check already in the second half of the belief's time: a belief that is renewed late could end during the
        # read.
        if not self._is_valid() or monotonic() > self._valid_until - _BELIEF_S / 2:
            await self._require_confirmed()
        self._note_read()
        self._readers += 1
        return self._generation

    def leave(self, belief: int) -> None:
        """End a read. Raises `IndexUnavailable` unless the belief held during the whole read."""
        self._readers -= 1
        if not self.holds(belief):
            raise IndexUnavailable("the rank index was not up to date all the time")

    def abandon(self) -> None:
        """End a read without an answer."""
        self._readers -= 1

    async def close(self) -> None:
        """Stop the renewal of the belief, and wait until its tasks have released their connections."""
        loop = asyncio.get_running_loop()
        started = (self._renewing, self._confirming, self._catching_up)
        tasks = [task for task in started if task is not None and task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def current(self) -> int | None:
        """Return the belief, for `holds`, or None if this process does not treat the index as current now."""
        if not self._is_valid():
            return None
        self._note_read()
        return self._generation

    async def renewed(self) -> int | None:
        """Check all conditions. Return the belief, for `holds`, or None if a condition is not met."""
        try:
            await self._require_confirmed()
        except IndexUnavailable:
            return None
        return self.current()

    def as_of(self) -> int:
        """Return a time (ms). An index that is treated as current has every change acknowledged before this time.

        During a store outage, the result is the time of the last check that read the declarations of other processes.
        """
        return self._confirmed_at if self._store_is_down else self._clock()

    def holds(self, belief: int | None) -> bool:
        """Return whether the index has been treated as current without a gap since `belief` was returned."""
        return belief == self._generation and self._is_valid()

    async def is_believed(self) -> bool:
        """Return whether the index may be read now. Check all conditions if necessary."""
        return self.current() is not None or await self.renewed() is not None

    def _note_read(self) -> None:
        """Renew the belief in the background until `_IDLE_S` after the last read."""
        self._used_at = monotonic()
        if self._renews and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.get_running_loop().create_task(self._renew())

    def _is_valid(self) -> bool:
        return monotonic() < self._valid_until and self._index.disruptions == self._disruptions and not self._doubted

    async def _require_confirmed(self) -> None:
        """Check all conditions, unless a check failed just now. Raises `IndexUnavailable` if a condition is not met."""
        if monotonic() < self._refused_until:
            raise IndexUnavailable("the rank index is not up to date")
        # Shield the check, because the cancellation of one reader must not end the check for the others.
        refusal = await asyncio.shield(self._confirm())
        if refusal is not None:
            raise refusal

    def _confirm(self) -> "asyncio.Task[IndexUnavailable | None]":
        """Return a task that checks all conditions. Concurrent callers share the task."""
        self._confirming = _running(self._confirming, self._check)
        return self._confirming

    async def _renew(self) -> None:
        """Check all conditions repeatedly while there are reads."""
        while self._readers or monotonic() < self._used_at + _IDLE_S or self._store_is_down:
            await asyncio.sleep(_RENEWAL_S)
            await asyncio.shield(self._confirm())

    async def _check(self) -> IndexUnavailable | None:
        """Check all conditions. Return the reason not to treat the index as current, None if all are met."""
        # The belief begins here, not at the end of the checks. A process that declares directly after the read below
        # acknowledges its change `BELIEF_MS` later. By then, this belief must have ended.
        began_at = monotonic()
        try:
            await self._require_all()
        except LeaderForgeError as failure:
            self._valid_until = 0.0
            self._refused_until = monotonic() + _REFUSAL_S
            return failure if isinstance(failure, IndexUnavailable) else IndexUnavailable(failure.message)
        if began_at >= self._valid_until:
            # The last belief ended some time ago. Since then, a process may have acknowledged an update before its
            # delivery. Reads that began during the last belief must therefore fail: change the number of the belief.
            self._generation += 1
        self._valid_until = began_at + _BELIEF_S
        return None

    async def _require_all(self) -> None:
        """Check all conditions of the module. Raises `Unavailable` if a condition is not met or cannot be checked."""
        now = monotonic()
        # Tolerate late checks of a busy machine during an outage of the store. After a longer gap, the belief from
        # before the outage has ended.
        is_outage = self._store_is_down and now < self._checked_at + _OUTAGE_GAP_S
        was_believed = self._is_valid() or is_outage
        self._checked_at = now
        await self._deliver()
        declared, watermarks = await asyncio.gather(self._declared(was_believed), self._index.watermarks())
        # Read the number of disruptions after the calls above, which detect connections that broke while the process
        # was idle or frozen.
        disruptions = self._index.disruptions
        self._note_doubts(disruptions, declared, watermarks)
        if self._doubted:
            await self._resolve_doubt(disruptions)
        elif any(watermark is None for watermark in watermarks):
            raise IndexUnavailable("a partition of the rank index awaits its rebuild")

    async def _declared(self, was_believed: bool) -> Sequence[PendingProcess]:
        """Return the declarations of other processes, none during an outage of the store.

        An index that was current at the start of the outage still has all changes acknowledged before the outage: see
        `as_of`. Raises `StoreUnavailable` if this process did not treat the index as current at that time.
        """
        began_at = self._clock()
        try:
            declared = await self._processes.declared()
        except StoreUnavailable:
            if not was_believed:
                self._store_is_down = False
                raise
            self._store_is_down = True
            return []
        self._store_is_down = False
        self._confirmed_at = began_at
        return [process for process in declared if process.process_id != self._declaration.process_id]

    def _note_doubts(
        self, disruptions: int, declared: Sequence[PendingProcess], watermarks: Sequence[int | None]
    ) -> None:
        """Record every reason for a catch-up. Raises `IndexUnavailable` while another process has pending updates."""
        now = self._clock()
        impossible = any(watermark is not None and not is_credible(watermark, now) for watermark in watermarks)
        # A lower watermark may come from an older copy of the partition, such as a replica that lacks writes.
        fallen = any(
            watermark is not None and previous is not None and watermark < previous
            for watermark, previous in zip(watermarks, self._watermarks, strict=False)
        )
        expired = any(process.age_ms >= DECLARATION_MS for process in declared)
        if impossible or fallen or expired or disruptions != self._disruptions:
            self._doubt(disruptions)
        self._watermarks = watermarks
        if any(process.age_ms < DECLARATION_MS for process in declared):
            raise IndexUnavailable("another process brings the rank index up to date")

    def _doubt(self, disruptions: int) -> None:
        """Require a catch-up. After a new disruption, a catch-up that began before the disruption does not count."""
        if not self._doubted or disruptions != self._disruptions:
            self._telemetry.count("index_doubts")
            self._before_doubt = None
        self._doubted = True
        self._disruptions = disruptions

    async def _resolve_doubt(self, disruptions: int) -> None:
        """End the doubt if a catch-up that began after the doubt has finished. Raises `IndexUnavailable` otherwise."""
        # Remember the catch-ups that began before the doubt, because none of them can end the doubt.
        catch_ups = await self._index.catch_ups()
        if self._before_doubt is None:
            self._before_doubt = catch_ups
        if catch_ups.finished is None or catch_ups.finished in self._before_doubt:
            await self._wait_for_catch_up()
            catch_ups = await self._index.catch_ups()
        if catch_ups.finished is None or catch_ups.finished in self._before_doubt:
            raise IndexUnavailable("the rank index is being caught up")
        if self._index.disruptions != disruptions:
            raise IndexUnavailable("the rank index broke off while it was caught up")
        self._doubted = False
        self._before_doubt = None
        self._generation += 1

    async def _wait_for_catch_up(self) -> None:
        """Start a catch-up unless one is running here, and wait up to `_PATIENCE_S` for it."""
        self._catching_up = _running(self._catching_up, self._try_catch_up)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.shield(self._catching_up)
        except TimeoutError:
            raise IndexUnavailable("the rank index is being caught up") from None

    async def _try_catch_up(self) -> bool:
        try:
            return await self._catch_up()
        except Unavailable:
            return False


def _running(task: asyncio.Task[T] | None, start: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
    """Return the task if it is running on this event loop, else start a new task."""
    loop = asyncio.get_running_loop()
    if task is None or task.done() or task.get_loop() is not loop:
        return loop.create_task(start())
    return task


async def _nothing() -> None:
    pass


async def _never() -> bool:
    return False
