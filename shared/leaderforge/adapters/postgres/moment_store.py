"""Past standings and checkpoints in PostgreSQL."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from leaderforge.adapters.postgres.checkpoint_corrections import CheckpointDraft, correct, place_ids, subtracted
from leaderforge.adapters.postgres.checkpoint_series import CheckpointSeries, all_series_at
from leaderforge.adapters.postgres.past_ranking import PostgresPastRanking
from leaderforge.adapters.postgres.pool import SNAPSHOT, Connection, Pool, Record
from leaderforge.adapters.postgres.reads import ladder_ids
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.checkpoints import BLOCK, MAX_KEYS, UNEVEN, Checkpoint, moved
from leaderforge.domain.errors import StoreUnavailable, Unavailable
from leaderforge.domain.moments import revision_at
from leaderforge.ports.ranking import Ranking

ComputedT = TypeVar("ComputedT")

_NEW_STATES = 100_000
"""Minimum number of new states after which the next checkpoint gets new keys by a scan."""
_LADDERS = 10_000
"""Maximum number of ladders and attributes with a `_Growth` in memory. With more, all counts start again from 0."""

_ATTEMPTS = 3
"""Maximum attempts to compute a checkpoint, if players are erased during each of them."""


@dataclass(slots=True)
class _Growth:
    """Number of states that the last scan for a checkpoint read, and of new states since.

    If the last scan has failed, the next scan waits for as many new states as usual, even if the checkpoint is uneven.
    """

    scanned: int = 0
    new: int = 0
    has_failed: bool = False


class PostgresMoments:
    """`MomentStore` on PostgreSQL.

    The first checkpoint of a ladder costs a scan. Each further checkpoint costs time in proportion to the changes since
    the last checkpoint. `block` is the minimum number of states between two sort keys of a new checkpoint. If far more
    entries (`uneven` times) lie between two keys or above the first key, or after `new_states` new states, a scan
    selects new keys.
    """

    def __init__(self, pool: Pool, block: int = BLOCK, uneven: int = UNEVEN, *, new_states: int = _NEW_STATES) -> None:
        self._pool = pool
        self._block = block
        self._uneven = uneven
        self._new_states = new_states
        self._growth: dict[Sequence[int], _Growth] = {}

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
        moments = ladder.board.moments
        first = revision_at(moments.since or 0) if moments else 0
        async with self._pool.transaction(SNAPSHOT) as connection:
            last = await CheckpointSeries(ladder).before(connection, revision_at(until))
            since = 0 if last is None else last.revision
            values = *ladder_ids(ladder), since, revision_at(until), changes
            following = await connection.fetch(statement("next_checkpoint"), *values)
        # Moments before the board's first moment cannot be read, and need no checkpoint.
        if not following or first > revision_at(until):
            return False
        revision = max(following[0]["revision"], first)
        drafts = [await self._next(series, revision) for series in all_series_at(ladder, revision)]
        await self._pool.transact(partial(correct, ladder=ladder, drafts=drafts))
        return True

    async def _next(self, series: CheckpointSeries, revision: int) -> CheckpointDraft:
        """Return the checkpoint of a revision, from the last checkpoint and later moves or, if uneven, from a scan."""
        derived = await self._undisturbed(series, partial(self._derive, series, revision))
        if derived is None:
            return await self._scan(series, revision)
        draft, states = derived
        return await self._scan_or(draft) if self._is_uneven(series, draft.checkpoint, states) else draft

    async def _derive(
        self, series: CheckpointSeries, revision: int, pending: Sequence[Record]
    ) -> tuple[CheckpointDraft, int] | None:
        """Return the checkpoint of a revision from the last checkpoint and later moves, None without a last checkpoint.

        Also return the number of states since the last checkpoint.
        """
        async with self._pool.transaction(SNAPSHOT) as connection:
            last = await series.before(connection, revision)
            if last is None:
                return None
            moves = await series.moves(connection, last.revision, revision)
            states = await series.states(connection, last.revision, revision)
        checkpoint = moved(subtracted(series, last, pending), moves, revision)
        return CheckpointDraft(series, checkpoint, place_ids(pending)), states

    async def _scan_or(self, draft: CheckpointDraft) -> CheckpointDraft:
        """Return a checkpoint with new keys, or the draft if the scan fails."""
        try:
            return await self._scan(draft.series, draft.checkpoint.revision)
        except Unavailable:
            # The scan of a very large ladder may exceed the time limit. Keep the keys: reads only get slower.
            self._growth.setdefault(draft.series.ids, _Growth()).has_failed = True
            return draft

    def _is_uneven(self, series: CheckpointSeries, checkpoint: Checkpoint, states: int) -> bool:
        """Return whether a checkpoint has too many entries in a block, or many states since its keys were chosen.

        `states` is the number of states since the last checkpoint. The method adds these numbers up, but only since the
        start of this process.
        """
        growth = self._growth.setdefault(series.ids, _Growth())
        growth.new += states
        if growth.new > max(self._new_states, growth.scanned // 4):
            growth.new = 0
            return True
        return not growth.has_failed and checkpoint.is_uneven(
            self._uneven * max(self._block, checkpoint.total // MAX_KEYS)
        )

    async def _scan(self, series: CheckpointSeries, revision: int) -> CheckpointDraft:
        """Return a checkpoint with new keys. Raises `StoreUnavailable` if players are erased during each scan."""

        async def scan(pending: Sequence[Record]) -> CheckpointDraft:
            counted = await series.counted(self._pool, revision, self._block)
            self._note_scan(series, counted.states)
            return CheckpointDraft(series, counted.checkpoint, place_ids(pending))

        return await self._undisturbed(series, scan)

    async def _undisturbed(
        self, series: CheckpointSeries, compute: Callable[[Sequence[Record]], Awaitable[ComputedT]]
    ) -> ComputedT:
        """Return the result of `compute` from an attempt during which no player was erased.

        The argument of `compute` has the places of the players who were erased before. Raises `StoreUnavailable` if
        players are erased during each attempt.
        """
        for _ in range(_ATTEMPTS):
            pending = await self._corrections(series)
            await self._await_erasures(pending)
            computed = await compute(pending)
            # If the places changed meanwhile, it is unknown which erased players the result counts. On Citus, this also
            # concerns reads in one transaction, because each node has a snapshot of its own.
            if place_ids(pending) == place_ids(await self._corrections(series)):
                return computed
        raise StoreUnavailable("players were erased during each attempt to add a checkpoint; it is repeated later")

    async def _corrections(self, series: CheckpointSeries) -> Sequence[Record]:
        async with self._pool.connection() as connection:
            return await series.corrections(connection)

    async def _await_erasures(self, places: Sequence[Record]) -> None:
        """Wait until the erasures with these places are committed on all nodes.

        Citus commits an erasure on the coordinator, which has the places, and then on the node of the player. Until
        then, this node still counts the player, and the player is locked there.
        """
        for user_id in sorted({place["user_id"] for place in places}):
            await self._pool.fetch(statement("lock_user"), user_id)

    def _note_scan(self, series: CheckpointSeries, states: int) -> None:
        if len(self._growth) > _LADDERS:
            self._growth.clear()
        self._growth[series.ids] = _Growth(scanned=states)

    async def ladders_to_correct(self, boards: Collection[Board]) -> Sequence[Ladder]:
        by_id = {board.id: board for board in boards}
        rows = await self._pool.fetch(statement("ladders_to_correct"))
        return [Ladder(by_id[row["board_id"]], row["period_id"]) for row in rows if row["board_id"] in by_id]

    async def correct(self, ladder: Ladder) -> int:
        return await self._pool.transact(partial(correct, ladder=ladder))

    async def checkpoints(self, ladder: Ladder) -> Sequence[int]:
        async with self._pool.transaction(SNAPSHOT) as connection:
            return await CheckpointSeries(ladder).revisions(connection)

    async def is_checkpoint_correct(self, ladder: Ladder, revision: int) -> bool:
        return not [series async for series in self._differing(ladder, revision)]

    async def _differing(self, ladder: Ladder, revision: int) -> AsyncGenerator[CheckpointSeries, None]:
        """Yield the series whose checkpoint of a revision differs from a new count of all entries."""
        for series in all_series_at(ladder, revision):
            async with self._pool.transaction(SNAPSHOT) as connection:
                stored, pending = await series.at(connection, revision), await series.corrections(connection)
            if stored is not None:
                counted = (await series.counted(self._pool, revision)).checkpoint
                if not _equals(subtracted(series, stored, pending), counted):
                    yield series

    async def players_without_state(self, board: Board, limit: int) -> Sequence[int]:
        rows = await self._pool.fetch(statement("players_without_past_state"), board.id, limit)
        return [row["user_id"] for row in rows]

    async def repair_checkpoint(self, ladder: Ladder, revision: int) -> bool:
        await self.correct(ladder)
        drafts = [await self._scan(series, revision) async for series in self._differing(ladder, revision)]
        if drafts:
            await self._pool.transact(partial(correct, ladder=ladder, drafts=drafts))
        return not drafts

    async def forget_before(self, board: Board, user_ids: Sequence[int], moment: int) -> None:
        revision = revision_at(moment)
        last = await self._pool.fetch(statement("last_checkpoints"), board.id, revision)
        columns = joined([row["period_id"] for row in last]), joined([row["revision"] for row in last])
        await self._pool.fetch(statement("forget_past"), board.id, joined(user_ids), revision, *columns)

    async def has_states(self, board: Board) -> bool:
        return bool(await self._pool.fetch(statement("has_past"), board.id))

    async def forget_all(self, board: Board, user_ids: Sequence[int]) -> bool:
        async def forget(connection: Connection) -> bool:
            # The lock delays a change that enables moments. The copy of the standings therefore follows the deletion.
            locked = await connection.fetch(statement("lock_board"), board.slug)
            if any(row["moment_days"] is not None for row in locked):
                return False
            for name in ("forget_moment_checkpoints", "forget_segment_checkpoints"):
                await connection.execute(statement(name), board.id)
            await connection.execute(statement("purge_past_standings"), board.id, joined(user_ids))
            return True

        return await self._pool.transact(forget)

    async def forget_checkpoints(self, board: Board, moment: int) -> None:
        await self._pool.fetch(statement("forget_checkpoints"), board.id, revision_at(moment))
        await self._pool.fetch(statement("forget_checkpoints_of_attributes"), board.id, revision_at(moment))


def _equals(stored: Checkpoint, counted: Checkpoint) -> bool:
    """Return whether the stored numbers are right. `counted` must have the keys of all entries."""
    above = {counted.key(i): i for i in range(len(counted))}
    numbers = ((stored.key(i), stored.above_key(i)) for i in range(len(stored)))
    return counted.total == stored.total and all(_above(counted, above, key) == n for key, n in numbers)


def _above(counted: Checkpoint, positions: Mapping[bytes, int], key: bytes) -> int:
    """Return the number of entries above a key. `counted` and `positions` must have the keys of all entries."""
    return positions[key] if key in positions else counted.block_of(key) + 1
