"""Past standings and checkpoints in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing

from leaderforge.adapters.postgres.past_counts import read_moves
from leaderforge.adapters.postgres.past_ranking import PostgresPastRanking
from leaderforge.adapters.postgres.pool import SNAPSHOT, Connection, Pool, Record
from leaderforge.adapters.postgres.reads import ladder_ids, ranked_key_of
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.checkpoints import BLOCK, Checkpoint, Moves, checkpoint_of, moved
from leaderforge.domain.moments import revision_at
from leaderforge.domain.order import key_bytes
from leaderforge.ports.ranking import Ranking

_UNEVEN = 4
"""Maximum size of a block, the entries between two keys of a checkpoint, as a multiple of the configured size.

If a block is larger, the next checkpoint gets new keys from a scan of the ladder.
"""
_CHUNK = 2_000
"""Maximum keys of a checkpoint that are read at a time."""


class PostgresMoments:
    """`MomentStore` on PostgreSQL.

    The first checkpoint of a ladder costs a scan. Each further one costs time in proportion to the changes since the
    last one. `block` is the number of entries between two sort keys of a new checkpoint.
    """

    def __init__(self, pool: Pool, block: int = BLOCK) -> None:
        self._pool = pool
        self._block = block

    def ranking(self, moment: int) -> Ranking:
        return PostgresPastRanking(self._pool, revision_at(moment))

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        values = *ladder_ids(ladder), joined(user_ids), revision_at(ladder.at or 0)
        rows = await self._pool.fetch(statement("past_metadata"), *values)
        return {row["user_id"]: row["metadata"] for row in rows}

    async def copy_standings(self, board: Board, user_ids: Sequence[int]) -> None:
        await self._pool.fetch(statement("keep_past_of_board"), board.id, joined(user_ids))

    async def begin(self, board: Board, since: int) -> bool:
        enabled_at = None if board.moments is None else board.moments.enabled_at
        return bool(await self._pool.fetch(statement("begin_moments"), board.id, since, enabled_at))

    async def add_checkpoint(self, ladder: Ladder, changes: int, until: int) -> bool:
        async with self._pool.transaction(SNAPSHOT) as connection:
            rows = await connection.fetch(statement("checkpoint_before"), *ladder_ids(ladder), revision_at(until))
            last = _checkpoint(ladder, rows[0]) if rows else None
            values = 0 if last is None else last.revision, revision_at(until), changes
            following = await connection.fetch(statement("next_checkpoint"), *ladder_ids(ladder), *values)
            if not following:
                return False
            revision = following[0]["revision"]
            moves = None if last is None else await read_moves(connection, ladder, last.revision, revision)
        if last is None or moves is None:
            # Moments before `since` cannot be read, and need no checkpoint.
            since = ladder.board.moments.since if ladder.board.moments else None
            await self._store(ladder, await self._counted(ladder, max(revision, revision_at(since or 0))))
        else:
            await self._store_moved(ladder, moved(last, moves, revision))
        return True

    async def _store_moved(self, ladder: Ladder, checkpoint: Checkpoint) -> None:
        """Store a checkpoint computed from the previous one, or a new count if its keys are too far apart."""
        is_uneven = checkpoint.is_uneven(_UNEVEN * self._block)
        await self._store(ladder, await self._counted(ladder, checkpoint.revision) if is_uneven else checkpoint)

    async def correct(self, ladder: Ladder) -> int:
        return await self._pool.transact(lambda connection: _correct(connection, ladder))

    async def checkpoints(self, ladder: Ladder) -> Sequence[int]:
        rows = await self._pool.fetch(statement("checkpoints"), *ladder_ids(ladder))
        return [row["revision"] for row in rows]

    async def is_checkpoint_correct(self, ladder: Ladder, revision: int) -> bool:
        await self.correct(ladder)
        rows = await self._pool.fetch(statement("checkpoint_at"), *ladder_ids(ladder), revision)
        if not rows:
            return True
        counted, stored = await self._counted(ladder, revision, every=1), _checkpoint(ladder, rows[0])
        above = dict(zip(map(counted.key, range(len(counted))), range(len(counted)), strict=True))
        stored_above = {stored.key(i): stored.above_key(i) for i in range(len(stored))}
        return counted.total == stored.total and all(_above(counted, above, k) == n for k, n in stored_above.items())

    async def players_without_state(self, board: Board, limit: int) -> Sequence[int]:
        rows = await self._pool.fetch(statement("players_without_past_state"), board.id, limit)
        return [row["user_id"] for row in rows]

    async def repair_checkpoint(self, ladder: Ladder, revision: int) -> bool:
        if await self.is_checkpoint_correct(ladder, revision):
            return True
        await self._store(ladder, await self._counted(ladder, revision))
        return False

    async def forget_before(self, board: Board, user_ids: Sequence[int], moment: int) -> None:
        revision = revision_at(moment)
        last = await self._pool.fetch(statement("last_checkpoints"), board.id, revision)
        columns = joined([row["period_id"] for row in last]), joined([row["revision"] for row in last])
        await self._pool.fetch(statement("forget_past"), board.id, joined(user_ids), revision, *columns)

    async def forget_checkpoints(self, board: Board, moment: int) -> None:
        await self._pool.fetch(statement("forget_checkpoints"), board.id, revision_at(moment))

    async def _counted(self, ladder: Ladder, revision: int, every: int | None = None) -> Checkpoint:
        """Return a checkpoint with every `every`-th sort key of the ladder, by a scan.

        The default is the block size.
        """
        values = *ladder_ids(ladder), ladder.board.min_submissions, revision, every or self._block
        counts: list[tuple[bytes, int]] = []
        total = 0
        async with aclosing(self._pool.stream(statement("past_all"), *values, chunk=_CHUNK)) as chunks:
            async for rows in chunks:
                total = rows[0]["total"]
                counts += [(ranked_key_of(ladder.board, row), row["above"]) for row in rows]
        return checkpoint_of(revision, total, key_bytes(ladder.board), counts)

    async def _store(self, ladder: Ladder, checkpoint: Checkpoint) -> None:
        await self._pool.transact(lambda connection: _store(connection, ladder, checkpoint))


async def _store(connection: Connection, ladder: Ladder, checkpoint: Checkpoint) -> None:
    values = checkpoint.revision, checkpoint.total, checkpoint.keys, checkpoint.above
    await connection.execute(statement("store_checkpoint"), *ladder_ids(ladder), *values)


async def _correct(connection: Connection, ladder: Ladder) -> int:
    """Subtract the places of erased players from all checkpoints that count them. Return the number of places."""
    board = ladder.board
    places = await connection.fetch(statement("take_corrections"), *ladder_ids(ladder))
    revisions = await connection.fetch(statement("checkpoints"), *ladder_ids(ladder)) if places else []
    for (revision,) in revisions:
        counted = [place for place in places if _is_counted(board, place, revision)]
        if counted:
            [row] = await connection.fetch(statement("checkpoint_at"), *ladder_ids(ladder), revision)
            departures = sorted(ranked_key_of(board, place) for place in counted)
            moves = Moves(departures=departures)
            await _store(connection, ladder, moved(_checkpoint(ladder, row), moves, revision))
    return len(places)


def _is_counted(board: Board, place: Record, revision: int) -> bool:
    """Return whether a checkpoint of the revision counts the place."""
    holds = place["revision"] <= revision and (place["until"] is None or place["until"] > revision)
    return holds and not board.missing_submissions(place["submissions"])


def _checkpoint(ladder: Ladder, row: Record) -> Checkpoint:
    return Checkpoint(row["revision"], row["total"], key_bytes(ladder.board), row["keys"], row["above"])


def _above(counted: Checkpoint, positions: Mapping[bytes, int], key: bytes) -> int:
    """Return the number of entries above a key. `counted` and `positions` must have the keys of all entries."""
    return positions[key] if key in positions else counted.block_of(key) + 1
