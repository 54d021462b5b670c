"""Dispatch of notices to the endpoints."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from random import random
from time import monotonic
from typing import NamedTuple

import structlog

from leaderforge.domain.dispatching import (
    LONGEST_ENDPOINT_PAUSE_MS,
    MAX_LANES,
    DispatchAttempt,
    DispatchPlan,
    DispatchResult,
    Queued,
    RetryRules,
    Sent,
    is_due,
    pause_ms,
    plan,
    result_of,
)
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.errors import Unavailable
from leaderforge.ports.clock import Clock
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.notices import EndpointStore, NoticeSender, NoticeSigner, NoticeStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.cadence import Cadence
from leaderforge.services.leases import Lease
from leaderforge.services.notice_relay import NoticeRelay

_FRESH_A_ROUND = 200
_DUE_A_ROUND = 200
_RELAY_STEPS = 20
_RELAY_EVERY_S = 1.0
"""Pause of the relay during a dispatch, in s."""
_LEAST_S = 1.0
"""Minimum time for the requests of a dispatch, in s. Without it, a slow relay could prevent all requests."""
_GONE = "it answered 410 (gone)"
_PURGE_EVERY_S = 600.0
_REPORT_EVERY_S = 10.0


class _Turn(NamedTuple):
    """Turn of an endpoint. No request starts after the deadline (`monotonic`), so that others get their turn."""

    slots: asyncio.Semaphore
    deadline: float


class EndpointDispatch:
    """Dispatch to one endpoint at a time, in rounds. A round sends the next notices and then commits the results.

    A process that is killed before the commit leaves its notices to the next process, which sends them again under the
    same ids. If two processes work at the same time, only the first commit of a round counts, and the other process's
    notices are sent again. Each process sends the notices of a player in order, from the last commit on. Therefore a
    receiver that ignores repeated ids gets the notices of a player in order.
    """

    def __init__(
        self,
        endpoints: EndpointStore,
        sender: NoticeSender,
        signer: NoticeSigner,
        clock: Clock,
        telemetry: Telemetry,
        *,
        rules: RetryRules,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._endpoints = endpoints
        self._sender = sender
        self._signer = signer
        self._clock = clock
        self._telemetry = telemetry
        self._rules = rules
        self._jitter = jitter

    async def run(self, deadline: float) -> int:
        """Dispatch to all endpoints until nothing is due or the deadline (`monotonic`) has passed.

        Start no request after the deadline. Return the number of accepted notices.
        """
        deadline = max(deadline, monotonic() + _LEAST_S)
        active = [endpoint for endpoint in await self._endpoints.endpoints() if endpoint.disabled_at is None]
        return sum(await asyncio.gather(*(self._dispatch_logged(endpoint, deadline) for endpoint in active)))

    async def _dispatch_logged(self, endpoint: Endpoint, deadline: float) -> int:
        """Dispatch to one endpoint. Log an error instead of raising it, to continue with the other endpoints."""
        try:
            return await self._dispatch(endpoint, deadline)
        except Exception as error:
            self._telemetry.count("event_failures")
            structlog.get_logger("leaderforge.events").warning(
                "dispatch_failed", endpoint=endpoint.endpoint_id, error=str(error)
            )
            return 0

    async def _dispatch(self, endpoint: Endpoint, deadline: float) -> int:
        """Dispatch rounds until nothing is due or the deadline has passed. Return the number of accepted notices."""
        count = 0
        while is_due(endpoint.retry_at, now := self._clock(), LONGEST_ENDPOINT_PAUSE_MS):
            is_suspect = endpoint.failures > 0
            work = await self._endpoints.work(endpoint, now, due=_DUE_A_ROUND, fresh=_FRESH_A_ROUND)
            if is_suspect:
                work = work.with_fewer(MAX_LANES)
            if not work.due and work.position == endpoint.position:
                break
            result = await self._send_round(endpoint, plan(work, is_suspect=is_suspect), deadline)
            changed = self._after(endpoint, result)
            if not await self._endpoints.commit_round(changed, work, result, now):
                break
            self._count(result)
            count += len(result.accepted)
            endpoint = replace(changed, round=endpoint.round + 1, position=work.position)
            if endpoint.disabled_at is not None or monotonic() >= deadline:
                break
        return count

    async def _send_round(self, endpoint: Endpoint, planned: DispatchPlan, deadline: float) -> DispatchResult:
        turn = _Turn(asyncio.Semaphore(MAX_LANES), deadline)
        sent = await asyncio.gather(*(self._send_lane(endpoint, lane, turn) for lane in planned.lanes))
        jitter = [self._jitter() for _ in sent]
        return result_of(planned, sent, self._clock(), rules=self._rules, jitter=jitter)

    async def _send_lane(self, endpoint: Endpoint, lane: Sequence[Queued], turn: _Turn) -> Sequence[Sent]:
        """Send notices in order up to the first failure. Return all notices, each with its attempt if it was sent."""
        sent: list[Sent] = []
        async with turn.slots:
            for queued in lane:
                if monotonic() >= turn.deadline:
                    break
                attempt = await self._send(endpoint, queued)
                sent.append(Sent(queued, attempt))
                if not attempt.has_succeeded:
                    break
        return [*sent, *(Sent(queued, None) for queued in lane[len(sent) :])]

    async def _send(self, endpoint: Endpoint, queued: Queued) -> DispatchAttempt:
        notice, now = queued.notice, self._clock()
        headers = self._signer.headers(notice.notice_id, now, notice.body, endpoint.secret_ids(now))
        if queued.is_redriven:
            headers = {**headers, "leaderforge-redriven": "true"}
        return await self._sender.send(endpoint.url, headers, notice.body.encode(), str(notice.user_id))

    def _after(self, endpoint: Endpoint, result: DispatchResult) -> Endpoint:
        """Return the endpoint with its state after a round."""
        now = self._clock()
        if result.is_gone:
            endpoint = replace(endpoint, disabled_at=now, disabled_reason=_GONE)
        if not result.attempts:
            return endpoint
        if not result.has_only_failed:
            return replace(endpoint, failures=0, retry_at=0)
        failures = endpoint.failures + 1
        pause = pause_ms(failures, self._jitter(), self._rules.first_pause_ms, LONGEST_ENDPOINT_PAUSE_MS)
        return replace(endpoint, failures=failures, retry_at=now + pause)

    def _count(self, result: DispatchResult) -> None:
        self._telemetry.count("events_sent", len(result.accepted))
        self._telemetry.count("event_attempts_failed", len(result.attempts) - len(result.accepted))
        dead = sum(row.dead_at is not None for row in result.waiting)
        self._telemetry.count("events_given_up", dead)


class DispatchService:
    """Relay of notices to the log, and their dispatch to endpoints, by one process at a time.

    The loss of the lease does no harm: see `NoticeRelay` and `EndpointDispatch`. Without a `dispatch`, notices only go
    to the log. The log keeps the newest `kept_rows` notices, for at most `kept_ms`.
    """

    def __init__(
        self,
        relay: NoticeRelay,
        dispatch: EndpointDispatch | None,
        notices: NoticeStore,
        leases: LeaseStore,
        clock: Clock,
        telemetry: Telemetry,
        *,
        kept_ms: int,
        kept_rows: int,
    ) -> None:
        self._relay = relay
        self._dispatch = dispatch
        self._notices = notices
        self._clock = clock
        self._telemetry = telemetry
        self._kept_ms = kept_ms
        self._kept_rows = kept_rows
        self._lease = Lease(leases, "events")
        self._purge_cadence = Cadence(_PURGE_EVERY_S)
        self._report_cadence = Cadence(_REPORT_EVERY_S)

    async def run(self, budget_s: float) -> int:
        """Relay and dispatch until nothing is due, for about `budget_s`. Return the number of notices that moved.

        Do nothing if another process holds the lease. Raises `Unavailable`.
        """
        await self._report_if_due()
        if not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            return await self._move(monotonic() + budget_s)

    async def _move(self, deadline: float) -> int:
        """Relay, then dispatch until the deadline. Return the number of notices that moved."""
        moved = await self._relay_all()
        if self._dispatch is not None:
            async with self._relaying():
                moved += await self._dispatch.run(deadline)
        await self._purge_if_due()
        return moved

    async def _relay_all(self) -> int:
        moved = await self._relay.run(_RELAY_STEPS)
        self._telemetry.count("events_logged", moved)
        return moved

    @asynccontextmanager
    async def _relaying(self) -> AsyncIterator[None]:
        """Relay notices again and again during the block, because a slow endpoint must not delay the log."""
        relaying = asyncio.create_task(self._relay_repeatedly())
        try:
            yield
        finally:
            relaying.cancel()
            await asyncio.wait([relaying])

    async def _relay_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(_RELAY_EVERY_S)
            with suppress(Unavailable):
                await self._relay_all()

    async def _report_if_due(self) -> None:
        """Set the gauges of waiting notices. Call this in every process, with or without the lease."""
        if not self._report_cadence.begin():
            return
        backlog = await self._notices.backlog()
        age_ms = 0 if backlog.oldest is None else max(0, self._clock() - backlog.oldest)
        self._telemetry.gauge("events_pending", backlog.pending)
        self._telemetry.gauge("events_oldest_seconds", age_ms / 1000)
        self._telemetry.gauge("events_dead", backlog.dead)

    async def _purge_if_due(self) -> None:
        now = self._clock()
        if self._purge_cadence.is_due() and not await self._notices.purge(now - self._kept_ms, self._kept_rows, now):
            self._purge_cadence.pause()
