"""State of derived notices in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.notice_log import NoticeDraft

_FORGOTTEN_AT_ONCE = 5_000
"""Maximum noticed places that one statement deletes. The limit keeps transactions short."""


class PostgresDerivedNotices:
    """`DerivedNoticeStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def closed_until(self) -> Mapping[int, int]:
        rows = await self._pool.fetch(statement("noticed_boards"))
        return {row["board_id"]: row["closed_until"] for row in rows}

    async def append_closed(self, board_id: int, until: int, drafts: Sequence[NoticeDraft]) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(statement("lock_notice_log"))
            await connection.execute(statement("store_noticed_board"), board_id, until)
            await run_rows(connection, "append_notices", drafts)

        await self._pool.transact(work)

    async def forget_closed(self, board_ids: Collection[int]) -> None:
        await self._pool.fetch(statement("forget_noticed_boards"), joined(board_ids))

    async def top(self, board_id: int, period: int) -> Sequence[int] | None:
        rows = await self._pool.fetch(statement("noticed_top"), board_id, period)
        return [int(text) for text in rows[0]["user_ids"].split(",") if text] if rows else None

    async def append_top(
        self, board_id: int, period: int, user_ids: Sequence[int], before: Sequence[int], drafts: Sequence[NoticeDraft]
    ) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(statement("lock_notice_log"))
            values = board_id, period, joined(before), joined(user_ids)
            if await connection.fetch(statement("store_noticed_top"), *values):
                await run_rows(connection, "append_notices", drafts)

        await self._pool.transact(work)

    async def tiers(
        self, user_ids: Collection[int], periods: Collection[int]
    ) -> Mapping[tuple[int, int, int], str | None]:
        rows = await self._pool.fetch(statement("noticed_tiers"), joined(user_ids), joined(periods))
        return {(row["user_id"], row["board_id"], row["period_id"]): row["tier"] for row in rows}

    async def places(self, board_id: int, period: int, user_ids: Collection[int]) -> Mapping[int, bytes | None]:
        rows = await self._pool.fetch(statement("noticed_places"), board_id, period, joined(user_ids))
        return {row["user_id"]: row["place"] for row in rows}

    async def forget_places(self, ladders: Collection[tuple[int, int]]) -> int:
        remaining = joined([f"{board_id}:{period}" for board_id, period in ladders])
        return len(await self._pool.fetch(statement("forget_noticed_places"), remaining, _FORGOTTEN_AT_ONCE))
