"""Settlements in PostgreSQL."""

import json
from collections.abc import Collection, Mapping

from leaderforge.adapters.postgres.outbox import write_notices
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.settlement import (
    Settlement,
    SettlementOvertaken,
    SettlementProgress,
    SettlementStep,
    settlement_notice,
)


class PostgresSettlementStore:
    """`SettlementStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def settlements(self, board: Board, first: int) -> Mapping[int, Settlement]:
        rows = await self._pool.fetch(statement("settlements"), board.id, first)
        return {row["period_id"]: _settlement_from_row(row) for row in rows}

    async def unfinished(self) -> Mapping[int, Collection[int]]:
        rows = await self._pool.fetch(statement("unfinished_settlements"))
        return grouped((row["board_id"], row["period_id"]) for row in rows)

    async def begin(self, ladder: Ladder, progress: SettlementProgress) -> None:
        await self._pool.fetch(statement("begin_settlement"), ladder.board.id, ladder.period, *_texts(progress))

    async def move(self, ladder: Ladder, before: SettlementProgress, after: SettlementProgress) -> None:
        await self._pool.transact(lambda connection: move_progress(connection, ladder, before, after))

    async def finish(self, ladder: Ladder, before: SettlementProgress, at: int) -> None:
        async def work(connection: Connection) -> None:
            values = ladder.board.id, ladder.period, *_texts(before), at
            if not await connection.fetch(statement("finish_settlement"), *values):
                raise SettlementOvertaken("another process has continued this settlement")
            await write_notices(connection, [settlement_notice(ladder, at)])

        await self._pool.transact(work)


async def make_step(connection: Connection, step: SettlementStep) -> None:
    """Move the progress by this step, as the first statement of a transaction that writes a chunk of results.

    The row stays locked until the commit, which serialises two processes that settle the same period. Raises
    `SettlementOvertaken` if another process has already made the step.
    """
    await move_progress(connection, step.ladder, step.before, step.after)


async def move_progress(
    connection: Connection, ladder: Ladder, before: SettlementProgress, after: SettlementProgress
) -> None:
    """Move the progress. Raises `SettlementOvertaken` if the stored progress is not `before`."""
    values = ladder.board.id, ladder.period, *_texts(before), *_texts(after)
    if not await connection.fetch(statement("move_settlement"), *values):
        raise SettlementOvertaken("another process has continued this settlement")


def _texts(progress: SettlementProgress) -> tuple[str, str]:
    return progress.part, json.dumps(progress.position)


def _settlement_from_row(row: Record) -> Settlement:
    progress = SettlementProgress(row["part"], json.loads(row["progress"]))
    return Settlement(progress, row["settled_at"], row["revision"])
