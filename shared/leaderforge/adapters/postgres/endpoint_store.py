"""Endpoints and their deliveries in PostgreSQL."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.notice_store import log_page, notice_of
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.dispatching import (
    LONGEST_PAUSE_MS,
    DispatchAttempt,
    DispatchResult,
    DispatchWork,
    Queued,
    Sent,
    Waiting,
    is_full,
)
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.event_errors import EndpointNotFound, TooManyEndpoints
from leaderforge.domain.notice_log import Notice
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.presence import required_first
from leaderforge.ports.notices import DeadNotice, LoggedAttempt


class PostgresEndpointStore:
    """`EndpointStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, endpoint: Endpoint, most: int, act: AuditEntry) -> Endpoint:
        async def work(connection: Connection) -> Endpoint:
            # While this lock is held, no notice is appended and no other endpoint is created. Therefore the position of
            # the new endpoint and the number of endpoints are exact.
            await connection.execute(statement("lock_notice_log"))
            if len(await connection.fetch(statement("endpoints"))) >= most:
                raise TooManyEndpoints(f"there are {most} endpoints already, the maximum; delete one")
            await connection.execute(statement("create_endpoint"), *_new_values(endpoint))
            await write_audit(connection, act)
            return await _lock(connection, endpoint.endpoint_id)

        return await self._pool.transact(work)

    async def endpoints(self) -> Sequence[Endpoint]:
        return [_endpoint(row) for row in await self._pool.fetch(statement("endpoints"))]

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint], act: AuditEntry) -> Endpoint:
        async def work(connection: Connection) -> Endpoint:
            changed = change(await _lock(connection, endpoint_id))
            await connection.execute(statement("update_endpoint"), *_changeable(changed))
            await write_audit(connection, act)
            return changed

        return await self._pool.transact(work)

    async def delete(self, endpoint_id: str, act: AuditEntry) -> None:
        async def work(connection: Connection) -> None:
            if not await connection.fetch(statement("delete_endpoint"), endpoint_id):
                raise EndpointNotFound.of(endpoint_id)
            await write_audit(connection, act)

        await self._pool.transact(work)

    async def work(self, endpoint: Endpoint, now: int, *, due: int, fresh: int) -> DispatchWork:
        # Read the queues before the log. A notice that moves to a queue meanwhile then waits for the next round. In the
        # other order, this notice could be sent twice.
        latest = now + LONGEST_PAUSE_MS
        rows = await self._pool.fetch(statement("due_deliveries"), endpoint.endpoint_id, now, due, latest)
        queued = [Queued(notice_of(row), row["attempts"], row["redriven"]) for row in rows]
        if is_full(queued, due):
            return DispatchWork(queued, [], set(), endpoint.position)
        page = await log_page(self._pool, endpoint.position, fresh)
        admitted = [notice for notice in page.notices if endpoint.admits(notice)]
        players = joined({notice.user_id for notice in admitted})
        blocked = await self._pool.fetch(statement("blocked_players"), endpoint.endpoint_id, players) if players else []
        return DispatchWork(
            due=queued,
            fresh=admitted,
            blocked={row["user_id"] for row in blocked},
            position=page.position,
        )

    async def commit_round(self, endpoint: Endpoint, work: DispatchWork, result: DispatchResult, at: int) -> bool:
        async def commit(connection: Connection) -> bool:
            state = endpoint.failures, endpoint.retry_at, endpoint.disabled_at, endpoint.disabled_reason
            values = endpoint.endpoint_id, endpoint.round, work.position, *state
            if not await connection.fetch(statement("advance_endpoint"), *values):
                return False
            if result.waiting:
                # An erasure takes this lock too. An erasure that waits for this transaction then also deletes the rows
                # that the transaction writes.
                await connection.execute(statement("lock_notice_log"))
            accepted = joined([notice.position for notice in result.accepted])
            await connection.execute(statement("accept_deliveries"), endpoint.endpoint_id, accepted)
            waiting = await _logged(connection, endpoint, work, result.waiting)
            await run_rows(connection, "store_deliveries", [_waiting_values(endpoint, row) for row in waiting])
            attempts = [_attempt_values(endpoint, sent, sent.attempt, at) for sent in result.attempts if sent.attempt]
            await run_rows(connection, "store_delivery_attempts", attempts)
            return True

        return await self._pool.transact(commit)

    async def attempts(self, endpoint_id: str, limit: int) -> Sequence[LoggedAttempt]:
        rows = await self._pool.fetch(statement("delivery_attempts"), endpoint_id, limit)
        return [_logged_attempt(row) for row in rows]

    async def dead(self, endpoint_id: str, limit: int) -> Sequence[DeadNotice]:
        rows = await self._pool.fetch(statement("dead_deliveries"), endpoint_id, limit)
        return [
            DeadNotice(Queued(notice_of(row), row["attempts"], row["redriven"]), row["dead_at"], row["reason"] or "")
            for row in rows
        ]

    async def redrive(self, endpoint_id: str, act: AuditEntry) -> int:
        async def work(connection: Connection) -> int:
            await _lock(connection, endpoint_id)
            redriven = await connection.fetch(statement("redrive_deliveries"), endpoint_id, act.at)
            await write_audit(connection, replace(act, details={**act.details, "redriven": len(redriven)}))
            return len(redriven)

        return await self._pool.transact(work)


async def _logged(
    connection: Connection, endpoint: Endpoint, work: DispatchWork, waiting: Sequence[Waiting]
) -> Sequence[Waiting]:
    """Return the waiting notices that were neither erased nor purged since the work was read.

    Give each notice of a bundle a row of its own. The caller must hold the lock of the log.
    """
    if not waiting:
        return []
    bundled = [row.queued.notice for row in waiting if row.queued.notice.is_bundled]
    if bundled:
        page = await log_page(connection, endpoint.position, work.position - endpoint.position)
        logged = {notice.position for notice in page.notices}
        values = [_bundled_values(notice) for notice in bundled if notice.position in logged]
        await run_rows(connection, "append_bundled", values)
    positions = joined([row.queued.notice.position for row in waiting])
    present = {row["position"] for row in await connection.fetch(statement("present_notices"), positions)}
    return [row for row in waiting if row.queued.notice.position in present]


async def _lock(connection: Connection, endpoint_id: str) -> Endpoint:
    rows = await connection.fetch(statement("lock_endpoint"), endpoint_id)
    return _endpoint(required_first(rows, EndpointNotFound.of(endpoint_id)))


def _endpoint(row: Record) -> Endpoint:
    return Endpoint(
        endpoint_id=row["endpoint_id"],
        url=row["url"],
        types=tuple(map(NoticeType, _split(row["types"]))),
        boards=_split(row["boards"]),
        secret_id=row["secret_id"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        previous_secret_id=row["previous_secret_id"],
        previous_until=row["previous_until"],
        disabled_at=row["disabled_at"],
        disabled_reason=row["disabled_reason"],
        position=row["position"],
        round=row["round"],
        failures=row["failures"],
        retry_at=row["retry_at"],
    )


def _new_values(endpoint: Endpoint) -> Sequence[object]:
    """Return the parameters of create_endpoint.sql."""
    created = endpoint.created_at, endpoint.created_by
    return *_subscription(endpoint), endpoint.secret_id, *created


def _subscription(endpoint: Endpoint) -> Sequence[object]:
    """Return the first parameters of create_endpoint.sql and update_endpoint.sql: id, address, types and boards."""
    return endpoint.endpoint_id, endpoint.url, joined(endpoint.types), joined(endpoint.boards)


def _changeable(endpoint: Endpoint) -> Sequence[object]:
    """Return the parameters of update_endpoint.sql after the id."""
    return (
        *_subscription(endpoint),
        endpoint.secret_id,
        endpoint.previous_secret_id,
        endpoint.previous_until,
        endpoint.disabled_at,
        endpoint.disabled_reason,
        endpoint.failures,
        endpoint.retry_at,
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _bundled_values(notice: Notice) -> Sequence[object]:
    """Return the parameters of append_bundled.sql."""
    content = notice.user_id, notice.type, notice.board, notice.at, notice.body
    return notice.position, UUID(notice.notice_id), f"bundled:{notice.position}", *content


def _waiting_values(endpoint: Endpoint, row: Waiting) -> Sequence[object]:
    notice, attempts, is_redriven = row.queued
    state = row.next_at, row.dead_at, row.reason
    return endpoint.endpoint_id, notice.position, notice.user_id, attempts, is_redriven, *state


def _attempt_values(endpoint: Endpoint, sent: Sent, attempt: DispatchAttempt, at: int) -> Sequence[object]:
    queued = sent.queued
    result = attempt.status, attempt.error, attempt.duration_ms
    place = endpoint.endpoint_id, UUID(queued.notice.notice_id), queued.notice.type, at
    return *place, queued.attempts + 1, queued.is_redriven, *result


def _logged_attempt(row: Record) -> LoggedAttempt:
    attempt = DispatchAttempt(row["status"], row["error"], row["duration_ms"])
    return LoggedAttempt(str(row["notice_id"]), row["type"], row["at"], row["attempt"], row["redriven"], attempt)
