"""Outbox and log of notices in PostgreSQL."""

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.notice_bundles import (
    BUNDLE,
    BundleDraft,
    LoggedBundle,
    OutboxBundle,
    bundle_items,
    without_mere_changes,
)
from leaderforge.domain.notice_log import Notice, NoticeDraft, OutboxRow
from leaderforge.ports.derived_notices import NoticedPlace, NoticedTier, Overtakings
from leaderforge.ports.notices import NO_TIERS, LogBounds, LogPage, NoticeBacklog

_PURGED_AT_ONCE = 5_000
"""Maximum notices that one statement deletes. The limit keeps transactions short."""
_ATTEMPTS_KEPT = 10_000
"""Maximum number of requests that the delivery log keeps, over all endpoints."""
_BEHIND = "it was so far behind that notices for it were purged"


class _Overlapping(Exception):
    """Error that rolls a relay back, because another process has taken some of the same notices."""


class _Remaining:
    """Players of taken bundles, except players who were erased since the bundles were read."""

    def __init__(self, taken: Sequence[Record]) -> None:
        # An erased item is null. Do not parse texts without null: parsing would cost more than the relay of the row.
        self._players = {
            row["seq"]: {item.user_id for item in bundle_items(row["data"]) if item is not None}
            for row in taken
            if row["type"] == BUNDLE and "null" in row["data"]
        }

    def has(self, seq: int, user_id: int) -> bool:
        """Return whether the taken row with this number still reports a change of the player."""
        # Only bundles have players here. A single notice that was erased has no row, and thus cannot be taken.
        return seq not in self._players or user_id in self._players[seq]


class PostgresNoticeStore:
    """`NoticeStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def outbox(self, limit: int) -> Sequence[OutboxRow | OutboxBundle]:
        rows = await self._pool.fetch(statement("outbox"), limit)
        return [_outbox_row(row) for row in rows]

    async def append(
        self,
        drafts: Mapping[int, Sequence[NoticeDraft | BundleDraft]],
        without_outbox: Sequence[NoticeDraft] = (),
        tiers: Mapping[int, Sequence[NoticedTier]] = NO_TIERS,
        overtakings: Overtakings | None = None,
    ) -> int:
        async def work(connection: Connection) -> int:
            await connection.execute(statement("lock_notice_log"))
            taken = await connection.fetch(statement("take_notices"), joined(drafts)) if drafts else []
            texts = {row["seq"]: row["data"] for row in taken}
            remaining = _Remaining(taken)
            if overtakings is not None and len(texts) < len(drafts):
                raise _Overlapping
            appended = [
                _log_row(draft, texts[seq])
                for seq in sorted(texts)
                for draft in drafts[seq]
                if isinstance(draft, BundleDraft) or remaining.has(seq, draft.user_id)
            ]
            appended += [("append_notices", draft) for draft in without_outbox]
            # Append notices and bundles as they alternate, because the positions must have the order of the outbox.
            for name, rows in groupby(appended, key=lambda statement_row: statement_row[0]):
                await run_rows(connection, name, [row for _, row in rows])
            await run_rows(connection, "store_noticed_tiers", _latest(tiers, texts, remaining))
            if overtakings is not None:
                passed = await _store_overtakings(connection, overtakings, remaining)
                await run_rows(connection, "append_notices", passed)
                appended += [("append_notices", draft) for draft in passed]
            return len(appended)

        try:
            return await self._pool.transact(work)
        except _Overlapping:
            return 0

    async def after(self, position: int, limit: int) -> LogPage:
        return await log_page(self._pool, position, limit)

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
        return sum(row["size"] - (row["ladders"] is not None) for row in purged)


async def _store_overtakings(
    connection: Connection, overtakings: Overtakings, remaining: _Remaining
) -> Sequence[NoticeDraft]:
    """Store the new places, and return the notices. Leave out players who were erased meanwhile."""
    drafts, places, recipients = overtakings
    rows = await connection.fetch(statement("present_players"), joined(recipients)) if recipients else []
    present = {row["user_id"] for row in rows}

    def is_present(place: NoticedPlace) -> bool:
        return place.user_id in present if place.user_id in recipients else remaining.has(place.seq, place.user_id)

    await run_rows(connection, "store_noticed_places", [place for place in places if is_present(place)])
    by_present = [drafts[key] for key in sorted(drafts) if remaining.has(*key)]
    return [draft for of_friend in by_present for draft in of_friend if draft.user_id in present]


async def log_page(source: "Pool | Connection", position: int, limit: int) -> LogPage:
    """Return the page of `NoticeStore.after`."""
    rows = await source.fetch(statement("notices_after"), position, limit)
    notices = [notice for row in rows for notice in _notices_of_row(row, position)]
    if len(notices) > limit:
        notices = notices[:limit]
        return LogPage(notices, notices[-1].position)
    return LogPage(notices, rows[-1]["position"] if rows else position)


def _notices_of_row(row: Record, after: int) -> Sequence[Notice]:
    """Return the notices in a row of the log that have positions above `after`. A bundle has several notices."""
    if row["ladders"] is None:
        return [notice_of(row)]
    place = row["position"], row["notice_id"], row["at"]
    return list(LoggedBundle(*place, json.loads(row["ladders"]), bundle_items(row["body"])).notices(after))


def _log_row(draft: NoticeDraft | BundleDraft, text: str) -> tuple[str, Sequence[object]]:
    """Return the statement that appends a draft, and its values. `text` is the outbox's data without erased notices."""
    if isinstance(draft, BundleDraft):
        # Leave out items that are mere changes. The notices about ranks are already derived from these changes.
        body = without_mere_changes(text) if draft.has_mere_changes else text
        return "append_bundles", (draft.origin, draft.at, draft.size, draft.ladders, body)
    return "append_notices", draft


def _latest(
    tiers: Mapping[int, Sequence[NoticedTier]], numbers: Collection[int], remaining: _Remaining
) -> Sequence[NoticedTier]:
    """Return the last tier of each remaining player on each ladder, among the tiers with these outbox numbers."""
    latest = {tier[:3]: tier for seq in sorted(numbers) for tier in tiers.get(seq, ())}
    return [tier for tier in latest.values() if remaining.has(tier.seq, tier.user_id)]


def notice_of(row: Record) -> Notice:
    """Return the notice in a row with all columns of the log except the origin."""
    return Notice(
        row["position"], str(row["notice_id"]), row["user_id"], row["type"], row["board"], row["at"], row["body"]
    )


def _outbox_row(row: Record) -> OutboxRow | OutboxBundle:
    if row["type"] == BUNDLE:
        return OutboxBundle(row["seq"], row["at"], bundle_items(row["data"]))
    return OutboxRow(
        row["seq"], row["user_id"], row["board_id"], row["period_id"], row["type"], row["at"], json.loads(row["data"])
    )
