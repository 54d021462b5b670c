"""In-memory store of endpoints and their deliveries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.dispatching import (
    LONGEST_PAUSE_MS,
    DispatchResult,
    DispatchWork,
    Queued,
    Waiting,
    is_due,
    is_full,
)
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.event_errors import EndpointNotFound, TooManyEndpoints
from leaderforge.ports.notices import DeadNotice, LoggedAttempt


class MemoryEndpointStore:
    """`EndpointStore` over the log of notices."""

    def __init__(self, notices: MemoryNoticeStore, audit: MemoryAuditLog) -> None:
        self._notices = notices
        self._audit = audit
        self._endpoints: dict[str, Endpoint] = {}
        self._waiting: dict[tuple[str, int], Waiting] = {}
        self._attempts: dict[str, list[LoggedAttempt]] = {}

    async def create(self, endpoint: Endpoint, most: int, act: AuditEntry) -> Endpoint:
        if len(self._endpoints) >= most:
            raise TooManyEndpoints(f"there are {most} endpoints already, the maximum; delete one")
        created = replace(endpoint, position=self._notices.newest)
        self._endpoints[endpoint.endpoint_id] = created
        self._audit.write(act)
        return created

    async def endpoints(self) -> Sequence[Endpoint]:
        return list(self._endpoints.values())

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint], act: AuditEntry) -> Endpoint:
        changed = change(self._required(endpoint_id))
        self._endpoints[endpoint_id] = changed
        self._audit.write(act)
        return changed

    async def delete(self, endpoint_id: str, act: AuditEntry) -> None:
        self._required(endpoint_id)
        del self._endpoints[endpoint_id]
        self._waiting = {key: row for key, row in self._waiting.items() if key[0] != endpoint_id}
        self._audit.write(act)

    async def work(self, endpoint: Endpoint, now: int, *, due: int, fresh: int) -> DispatchWork:
        queues = self._queues(endpoint)
        first_due = {key for key, rows in queues.items() if is_due(rows[0].next_at, now, LONGEST_PAUSE_MS)}
        rows = sorted((row for key in first_due for row in queues[key]), key=lambda row: row.queued.notice.position)
        queued = [row.queued for row in rows[:due]]
        page = await self._notices.after(endpoint.position, 0 if is_full(queued, due) else fresh)
        return DispatchWork(
            due=queued,
            fresh=[notice for notice in page.notices if endpoint.admits(notice)],
            blocked={user_id for user_id, is_redriven in queues if not is_redriven},
            position=page.position,
        )

    async def commit_round(self, endpoint: Endpoint, work: DispatchWork, result: DispatchResult, at: int) -> bool:
        stored = self._endpoints.get(endpoint.endpoint_id)
        if stored is None or stored.round != endpoint.round or stored.disabled_at is not None:
            return False
        self._endpoints[endpoint.endpoint_id] = replace(endpoint, position=work.position, round=endpoint.round + 1)
        for notice in result.accepted:
            self._waiting.pop((endpoint.endpoint_id, notice.position), None)
        for row in result.waiting:
            if row.queued.notice.position in self._notices.log:
                self._waiting[endpoint.endpoint_id, row.queued.notice.position] = row
        self._attempts.setdefault(endpoint.endpoint_id, []).extend(_logged(result, at))
        return True

    async def attempts(self, endpoint_id: str, limit: int) -> Sequence[LoggedAttempt]:
        return self._attempts.get(endpoint_id, [])[::-1][:limit]

    async def dead(self, endpoint_id: str, limit: int) -> Sequence[DeadNotice]:
        rows = self._rows(endpoint_id)[::-1]
        return [DeadNotice(r.queued, r.dead_at, r.reason or "") for r in rows if r.dead_at is not None][:limit]

    async def redrive(self, endpoint_id: str, act: AuditEntry) -> int:
        self._required(endpoint_id)
        dead = [row for row in self._rows(endpoint_id) if row.dead_at is not None]
        for row in dead:
            self._waiting[endpoint_id, row.queued.notice.position] = Waiting(Queued(row.queued.notice, 0, True), act.at)
        self._audit.write(replace(act, details={**act.details, "redriven": len(dead)}))
        return len(dead)

    def _queues(self, endpoint: Endpoint) -> dict[tuple[int, bool], list[Waiting]]:
        """Return the queues of an endpoint, in order. Each key is a player, and whether the notices are redriven."""
        queues: dict[tuple[int, bool], list[Waiting]] = {}
        for row in self._rows(endpoint.endpoint_id):
            if row.dead_at is None:
                queues.setdefault((row.queued.notice.user_id, row.queued.is_redriven), []).append(row)
        return queues

    def _rows(self, endpoint_id: str) -> Sequence[Waiting]:
        """Return the waiting notices of an endpoint that are still in the log, in order."""
        rows = sorted(self._waiting.items())
        return [row for (owner, position), row in rows if owner == endpoint_id and position in self._notices.log]

    def _required(self, endpoint_id: str) -> Endpoint:
        if endpoint_id not in self._endpoints:
            raise EndpointNotFound.of(endpoint_id)
        return self._endpoints[endpoint_id]


def _logged(result: DispatchResult, at: int) -> Iterator[LoggedAttempt]:
    """Yield the log entries of a round's attempts, which were made at `at` (ms)."""
    for queued, attempt in result.attempts:
        if attempt is not None:
            notice, number = queued.notice, queued.attempts + 1
            yield LoggedAttempt(notice.notice_id, notice.type, at, number, queued.is_redriven, attempt)
