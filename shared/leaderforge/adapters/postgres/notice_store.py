"""Outbox and log of notices in PostgreSQL."""

import json
from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.notice_log import Notice, NoticeDraft, OutboxRow
from leaderforge.ports.derived_notices import NoticedTier
from leaderforge.ports.notices import NO_TIERS, LogBounds, NoticeBacklog

_PURGED_AT_ONCE = 5_000
"""Maximum notices that one statement deletes. It keeps transactions short."""
_ATTEMPTS_KEPT = 10_000
"""Number of requests in the delivery log, over all endpoints."""
_BEHIND = "it was so far behind that notices for it were purged"


class PostgresNoticeStore:
    """`NoticeStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def outbox(self, limit: int) -> Sequence[OutboxRow]:
        rows = await self._pool.fetch(statement("outbox"), limit)
        return [_outbox_row(row) for row in rows]

    async def append(
        self,
        drafts: Mapping[int, Sequence[NoticeDraft]],
        without_outbox: Sequence[NoticeDraft] = (),
        tiers: Mapping[int, Sequence[NoticedTier]] = NO_TIERS,
    ) -> int:
        async def work(connection: Connection) -> int:
            await connection.execute(statement("lock_notice_log"))
            taken = await connection.fetch(statement("take_notices"), joined(drafts)) if drafts else []
            numbers = {row["seq"] for row in taken}
            appended = [draft for seq in sorted(numbers) for draft in drafts[seq]] + list(without_outbox)
            await run_rows(connection, "append_notices", appended)
            await run_rows(connection, "store_noticed_tiers", _latest(tiers, numbers))
            return len(appended)

        return await self._pool.transact(work)

    async def after(self, position: int, limit: int) -> Sequence[Notice]:
        return [notice_of(row) for row in await self._pool.fetch(statement("notices_after"), position, limit)]

    async def bounds(self) -> LogBounds:
        [row] = await self._pool.fetch(statement("notice_bounds"))
        return LogBounds(row["before_oldest"] or 0, row["newest"] or 0)

    async def backlog(self) -> NoticeBacklog:
        [outbox] = await self._pool.fetch(statement("outbox_backlog"))
        [log] = await self._pool.fetch(statement("notice_backlog"))
        times = [row["oldest"] for row in (outbox, log) if row["oldest"] is not None]
        return NoticeBacklog(outbox["pending"] + log["pending"], min(times, default=None), log["dead"])

    async def purge(self, before: int, most: int, now: int) -> int:
        [row] = await self._pool.fetch(statement("notices_to_purge"), before, most)
        await self._pool.fetch(statement("disable_behind"), row["position"], now, _BEHIND)
        purged = await self._pool.fetch(statement("purge_notices"), row["position"], _PURGED_AT_ONCE)
        await self._pool.fetch(statement("purge_delivery_attempts"), _ATTEMPTS_KEPT)
        return len(purged)


def _latest(tiers: Mapping[int, Sequence[NoticedTier]], numbers: Collection[int]) -> Sequence[NoticedTier]:
    """Return the last tier of each player on each ladder, of these outbox numbers."""
    latest = {tier[:3]: tier for seq in sorted(numbers) for tier in tiers.get(seq, ())}
    return list(latest.values())


def notice_of(row: Record) -> Notice:
    """Return the notice in a row with all columns of the log but the origin."""
    return Notice(
        row["position"], str(row["notice_id"]), row["user_id"], row["type"], row["board"], row["at"], row["body"]
    )


def _outbox_row(row: Record) -> OutboxRow:
    return OutboxRow(
        row["seq"], row["user_id"], row["board_id"], row["period_id"], row["type"], row["at"], json.loads(row["data"])
    )
