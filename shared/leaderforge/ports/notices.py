"""Notices on their way to other systems: the outbox, the log, the endpoints and their deliveries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.dispatching import DispatchAttempt, DispatchResult, DispatchWork, Queued
from leaderforge.domain.endpoints import Endpoint
from leaderforge.domain.notice_bundles import BundleDraft, OutboxBundle
from leaderforge.domain.notice_log import Notice, NoticeDraft, OutboxRow
from leaderforge.ports.derived_notices import NoticedTier, Overtakings

NO_TIERS: Mapping[int, Sequence[NoticedTier]] = {}


class LogBounds(NamedTuple):
    """Ends of the log: the position before the oldest notice, and the position of the newest notice."""

    before_oldest: int
    newest: int


class NoticeBacklog(NamedTuple):
    """Number of waiting notices, time (ms) of the oldest of them (None for no notice), and number of dead letters."""

    pending: int
    oldest: int | None
    dead: int


class LoggedAttempt(NamedTuple):
    """Request to an endpoint in the delivery log, sent at `at` (ms). `number` is 1 for a notice's first attempt."""

    notice_id: str
    type: str
    at: int
    number: int
    is_redriven: bool
    attempt: DispatchAttempt


class DeadNotice(NamedTuple):
    """Dead letter of an endpoint: a notice that was given up at `dead_at` (ms), with the last failure."""

    queued: Queued
    dead_at: int
    reason: str


class LogPage(NamedTuple):
    """Notices of the log, in order, and the position up to which the notices are complete."""

    notices: Sequence[Notice]
    position: int


class NoticeStore(Protocol):
    """Outbox and log of notices. Raises `StoreUnavailable`."""

    async def outbox(self, limit: int) -> Sequence[OutboxRow | OutboxBundle]:
        """Return the first notices and bundles of the outbox, in order."""
        ...

    async def append(
        self,
        drafts: Mapping[int, Sequence[NoticeDraft | BundleDraft]],
        without_outbox: Sequence[NoticeDraft] = (),
        tiers: Mapping[int, Sequence[NoticedTier]] = NO_TIERS,
        overtakings: Overtakings | None = None,
    ) -> int:
        """Move notices from the outbox to the log in one transaction. Return the number of appended notices.

        `drafts` has the notices by the sequence number of their outbox row. This row is deleted. If another process has
        already moved a row, the notices and `tiers` of the row are skipped. `without_outbox` have no row in the outbox.

        `overtakings` are computed from all rows together. Therefore, with `overtakings`, nothing moves if another
        process has already moved a row. Notices to players who were erased meanwhile are skipped.
        """
        ...

    async def after(self, position: int, limit: int) -> LogPage:
        """Return up to `limit` notices after a position of the log.

        Not every position has a notice. The page covers at least `limit` positions, unless the log ends before.
        """
        ...

    async def bounds(self) -> LogBounds:
        """Return the ends of the log."""
        ...

    async def backlog(self) -> NoticeBacklog:
        """Return the backlog of the outbox and of all endpoints."""
        ...

    async def purge(self, before: int, most: int, now: int) -> int:
        """Delete some notices that are older than `before` (ms), or not among the newest `most`.

        Return the number of deleted notices, 0 if none of these is left.

        Disable endpoints that have not accepted the deleted notices, except dead letters.
        """
        ...


class EndpointStore(Protocol):
    """Store of the endpoints and of their deliveries. Each change writes its audit entry in the same transaction."""

    async def create(self, endpoint: Endpoint, most: int, act: AuditEntry) -> Endpoint:
        """Create an endpoint that receives notices from now on. Raises `TooManyEndpoints` above `most`."""
        ...

    async def endpoints(self) -> Sequence[Endpoint]:
        """Return all endpoints in order of creation."""
        ...

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint], act: AuditEntry) -> Endpoint:
        """Lock an endpoint, change it and return it. Raises `EndpointNotFound`."""
        ...

    async def delete(self, endpoint_id: str, act: AuditEntry) -> None:
        """Delete an endpoint with its deliveries. Raises `EndpointNotFound`."""
        ...

    async def work(self, endpoint: Endpoint, now: int, *, due: int, fresh: int) -> DispatchWork:
        """Return the next work of an endpoint at `now` (ms): up to `due` queued and `fresh` new notices.

        Return no new notices with `due` queued ones, so that the queues of a slow endpoint do not grow. Redriven
        notices do not count here, because they must not delay others.
        """
        ...

    async def commit_round(self, endpoint: Endpoint, work: DispatchWork, result: DispatchResult, at: int) -> bool:
        """Commit the results of a round, and the changed state of the endpoint.

        Return False, without any change, if another process has committed a round since the endpoint was read, or if
        the endpoint was disabled or deleted. Drop waiting notices that were erased or purged since the call of `work`.
        """
        ...

    async def attempts(self, endpoint_id: str, limit: int) -> Sequence[LoggedAttempt]:
        """Return the latest requests to an endpoint, the newest first."""
        ...

    async def dead(self, endpoint_id: str, limit: int) -> Sequence[DeadNotice]:
        """Return the dead letters of an endpoint, the newest first."""
        ...

    async def redrive(self, endpoint_id: str, act: AuditEntry) -> int:
        """Queue all dead letters of an endpoint again, as redriven. Return their number. Raises `EndpointNotFound`."""
        ...


class NoticeSender(Protocol):
    """Client of endpoints."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        """Send one notice to an HTTP address or the ARN of a queue or bus. Raises no error.

        Follow no redirect, and connect to admitted addresses only. A queue keeps the order of the notices of a `group`.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class NoticeSigner(Protocol):
    """Signatures of Standard Webhooks, and the secrets for them."""

    def secret(self, secret_id: str) -> str:
        """Return the text of the secret with this id."""
        ...

    def headers(self, notice_id: str, at: int, body: str, secret_ids: Collection[str]) -> Mapping[str, str]:
        """Return the headers with the id, the time (ms) of the attempt and one signature for each secret."""
        ...
