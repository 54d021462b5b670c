"""Hiding, removing and setting standings, in PostgreSQL.

A change locks the player, then the player's standings. The lock on the player prevents new standings. The locks on
standings wait for submissions in flight. Each submission therefore counts entirely before or after the change.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias
from uuid import UUID

from leaderforge.adapters.postgres.acts import Acts, lock_player
from leaderforge.adapters.postgres.errors import Rejected
from leaderforge.adapters.postgres.outbox import write_notices
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.placing import standings_of_player
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.standing_rows import period_bounds, standing_of_row, subranked
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.adapters.postgres.voiding import LAST_MARK, SubmissionVoid, is_stored, replace_events
from leaderforge.adapters.postgres.writing import count_event, insert_events, upsert_standings
from leaderforge.domain.audit import AuditEntry, concerning_feeds
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import NotRanked, SubmissionNotFound
from leaderforge.domain.notices import moderation_notices
from leaderforge.domain.players import BEFORE_ALL
from leaderforge.domain.standings import (
    HIDDEN_ENTRY,
    HIDDEN_PLAYER,
    LadderStanding,
    Standing,
    out_of_range,
    removed_standing,
)
from leaderforge.domain.submissions import Submission
from leaderforge.ports.clock import Clock

ModerationStep: TypeAlias = Callable[[Connection, Sequence[Record], int], Awaitable[None]]
"""Function that changes a player's locked standings. Its last argument is the time (us since 1970)."""

_BEFORE_ALL_TIMES = -(2**63)
"""Number below every time."""


class PostgresModeration:
    """`Moderation` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, periods: Periods, *, clock: Clock = microseconds) -> None:
        self._pool = pool
        self._periods = periods
        self._acts = Acts(pool, clock)

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        async def set_flag(connection: Connection, rows: Sequence[Record], now: int) -> None:
            _require_ranked(board, user_id, _periods_on(board, rows))
            bits = HIDDEN_ENTRY, HIDDEN_ENTRY * hidden
            await connection.execute(statement("mark_entry"), user_id, board.id, *bits, now)

        return await self._change(user_id, act, set_flag)

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        async def set_flag(connection: Connection, _: Sequence[Record], now: int) -> None:
            await connection.execute(statement("mark_user"), user_id, hidden)
            if hidden:
                await connection.fetch(statement("end_sessions"), user_id)
            bits = HIDDEN_PLAYER, HIDDEN_PLAYER * hidden
            await connection.execute(statement("mark_player"), user_id, *bits, now)

        return await self._change(user_id, act, set_flag)

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        async def remove(connection: Connection, rows: Sequence[Record], now: int) -> None:
            periods = _open_periods(board, rows, act.at)
            _require_ranked(board, user_id, periods)
            await _remove(connection, board, user_id, periods, now)
            await connection.execute(statement("void_events"), user_id, board.id, LAST_MARK)

        return await self._change(user_id, act, remove)

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        board = ladder.board

        async def remove(connection: Connection, rows: Sequence[Record], now: int) -> None:
            periods = [period for period in _periods_on(board, rows) if period == ladder.period]
            _require_ranked(board, user_id, periods)
            await _remove(connection, board, user_id, periods, now)
            bounds = period_bounds(ladder)
            await connection.execute(statement("void_events_in"), user_id, board.id, ladder.period, *bounds)

        return await self._change(user_id, act, remove)

    async def set_submission_removed(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        removed: bool,
        act: AuditEntry,
        targets: Sequence[Board] = (),
    ) -> Sequence[LadderStanding]:
        followed: list[str] = []

        async def set_void(connection: Connection, rows: Sequence[Record], now: int) -> None:
            followed.clear()
            change = SubmissionVoid(connection, board, user_id, at=act.at, now=now)
            if not await change.set(submission_id, removed, rows):
                return
            for target in targets:
                with suppress(SubmissionNotFound):
                    change = SubmissionVoid(connection, target, user_id, at=act.at, now=now)
                    if await change.follow(board, submission_id, removed, rows):
                        followed.append(target.slug)

        return await self._change(user_id, act, set_void, followed)

    async def replace_submission(
        self, submission: Submission, act: AuditEntry, *, in_past: bool
    ) -> Sequence[LadderStanding]:
        board, event = submission.board, submission.event
        at = _BEFORE_ALL_TIMES if in_past else act.at

        async def put(connection: Connection, rows: Sequence[Record], now: int) -> None:
            uncounted = await SubmissionVoid(connection, board, event.user_id, at=at, now=now).delete(submission, rows)
            await insert_events(connection, {submission.event_key: submission}, now)
            if uncounted:
                await upsert_standings(connection, [submission._replace(ladders=uncounted)], now)

        try:
            async with self._pool.limit(self._acts.timeout_s):
                await self._periods.open(submission.ladders)
                return await self._change(event.user_id, act, put)
        except Rejected as error:
            if not error.is_out_of_range:
                raise
            raise out_of_range(board, event.user_id) from None

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        board, user_id = submission.board, submission.event.user_id

        async def put(connection: Connection, rows: Sequence[Record], now: int) -> None:
            if not await is_stored(connection, submission):
                await _remove(connection, board, user_id, _open_periods(board, rows, act.at), now)
                await replace_events(connection, board, user_id, act.at)
                await count_event(connection, submission, now)

        # One time limit for storing the periods and for the commit, as in `PostgresScoreStore.record`.
        async with self._pool.limit(self._acts.timeout_s):
            await self._periods.open(submission.ladders)
            return await self._change(user_id, act, put)

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        ids = ladder.board.id, ladder.period
        rows = await self._pool.fetch(
            statement("hidden_standings"), *ids, BEFORE_ALL if after is None else after, limit
        )
        return [standing_of_row(ladder.board, row) for row in rows]

    async def _change(
        self, user_id: int, act: AuditEntry, change: ModerationStep, followed: Sequence[str] = ()
    ) -> Sequence[LadderStanding]:
        """Lock the player and the standings, make the change, and return the changed standings.

        The change adds the fed boards that it concerns to `followed`. The audit entry then lists these boards.
        """

        async def work(connection: Connection, now: int) -> Sequence[LadderStanding]:
            await lock_player(connection, user_id)
            await change(connection, await connection.fetch(statement("lock_standings"), user_id), now)
            changed = await standings_of_player(connection, user_id, now)
            await write_notices(connection, moderation_notices(user_id, act, changed))
            return changed

        return await self._acts.do(user_id, work, lambda _: concerning_feeds(act, followed))


def _periods_on(board: Board, rows: Sequence[Record]) -> list[int]:
    """Return the periods of the board in which the player has a standing that is not removed."""
    return [row["period_id"] for row in rows if row["board_id"] == board.id and row["submissions"] > 0]


def _open_periods(board: Board, rows: Sequence[Record], now: int) -> list[int]:
    """Return the open periods of the board in which the player has a standing. `now` is in ms."""
    return [period for period in _periods_on(board, rows) if not Ladder(board, period).is_over(now)]


def _require_ranked(board: Board, user_id: int, periods: Sequence[int]) -> None:
    if not periods:
        raise NotRanked.on(board.slug, user_id)


async def _remove(connection: Connection, board: Board, user_id: int, periods: Sequence[int], now: int) -> None:
    empty = removed_standing(board, user_id, now)
    values = empty.score, subranked(board, empty.subscore), empty.achieved_at, empty.run_id, now
    await connection.execute(statement("remove_standings"), user_id, board.id, joined(periods), *values)
