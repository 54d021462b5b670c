"""Removal, restoration and deletion of single submissions, in the transaction of a moderation action."""

from collections.abc import Iterator, Sequence, Set
from uuid import UUID

from leaderforge.adapters.postgres.event_rows import event_of_row
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.standing_rows import period_bounds, replacing_row, standing_of_row
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import Conflict, SubmissionNotFound
from leaderforge.domain.presence import required_first
from leaderforge.domain.standings import Event, counted_events, fold, removed_standing, require_in_range
from leaderforge.domain.submissions import Submission, conflict

LAST_MARK = -(2**62)
"""Upper bound of the marks in `void_in`: see `_mark` and `replace_events`. All periods have larger numbers."""
_FIRST_REPLACED = LAST_MARK - 2**53
"""Lower bound of the marks of replaced events. The marks of fed events are smaller."""
_FIRST_MARK = -(2**63 - 1)


async def replace_events(connection: Connection, board: Board, user_id: int, at: int) -> None:
    """Void all events of a player on the board, because a set score replaces them since `at` (ms).

    They still count for the player's team in periods that were over at this time, and in challenges that no longer
    counted submissions then. Each event therefore has a mark of the time in `void_in`.
    """
    marks = LAST_MARK - at, _FIRST_REPLACED, LAST_MARK
    await connection.execute(statement("replace_events"), user_id, board.id, *marks)


def replaced_since(at: int) -> tuple[int, int]:
    """Return the bounds of the marks of events that were replaced at or after a time (ms)."""
    return _FIRST_REPLACED, LAST_MARK - at


async def is_stored(connection: Connection, submission: Submission) -> bool:
    """Return whether the submission is stored, void or not. Raises `SubmissionConflict` if the stored event differs."""
    rows = await connection.fetch(statement("stored_event"), *submission.event_key)
    if rows and (error := conflict(submission, event_of_row(rows[0]))):
        raise error
    return bool(rows)


class SubmissionVoid:
    """Removal, restoration or deletion of one event of a player, with its effect on the standings in all open periods.

    `at` (ms) is the time of the action. `now` (us) is the lower bound of new revisions. The caller must have locked the
    player and all of the player's standings.
    """

    def __init__(self, connection: Connection, board: Board, user_id: int, *, at: int, now: int) -> None:
        self._connection = connection
        self._board = board
        self._user_id = user_id
        self._at = at
        self._now = now

    async def set(self, submission_id: UUID, void: bool, rows: Sequence[Record]) -> bool:
        """Void the event, or let it count again if `void` is False. Return whether the event's state changed.

        `rows` are the locked standings. Raises `SubmissionNotFound`, or `ScoreOutOfRange` if a sum leaves the range.
        """
        stored = await self._stored(submission_id)
        is_changed = bool(stored["void"] is not void)
        if is_changed:
            await self._refold(submission_id, stored, void, rows)
        key = self._user_id, self._board.id, submission_id
        await self._connection.execute(statement("set_void"), *key, void, LAST_MARK)
        return is_changed

    async def follow(self, origin: Board, submission_id: UUID, void: bool, rows: Sequence[Record]) -> bool:
        """Void a fed event with the event of its id on `origin`, or restore it. Return whether its state changes.

        The fed event counts again once all events are restored with which it was voided. A moderator's decision about
        the fed event itself stays. The errors are those of `set`.
        """
        stored = await self._stored(submission_id)
        key, mark = (self._user_id, self._board.id, submission_id), _mark(origin)
        marks = {number for number in _numbers_in(stored) if number <= LAST_MARK}
        is_changed = not stored["void"] if void else marks == {mark}
        if is_changed:
            await self._refold(submission_id, stored, void, rows)
        if void and (is_changed or marks):
            await self._connection.execute(statement("void_with_origin"), *key, mark)
        elif not void and mark in marks:
            await self._connection.execute(statement("restore_with_origin"), *key, mark, not is_changed)
        return is_changed

    async def _refold(self, submission_id: UUID, stored: Record, void: bool, rows: Sequence[Record]) -> None:
        """Compute the standings in open periods again, without the event, or with it if `void` is False."""
        event = event_of_row(stored)
        for ladder, submissions in self._ladders_of(stored, rows):
            counting = await self._latest(ladder, submissions)
            remaining = [e for e in counting if e.submission_id != submission_id]
            if not void:
                await self._replace(ladder, [*remaining, event])
            elif len(remaining) < len(counting):
                await self._replace(ladder, remaining)

    async def delete(self, replacement: Submission, rows: Sequence[Record]) -> Sequence[Ladder]:
        """Delete the event with the replacement's id. Return the ladders on which the replacement still has to count.

        `rows` are the locked standings. A standing that counts the event is computed again from the other events. If
        the replacement counts on the same ladder, the standing includes the replacement at once, because the sum of
        the other events alone may be beyond the range. Raises `SubmissionNotFound`, `ScoreOutOfRange`, and `Conflict`
        if a moderator has removed the event, or if it is not known which events a standing counts.
        """
        submission_id = replacement.event.submission_id
        stored = await self._stored(submission_id)
        if stored["void"] or stored["void_in"]:
            raise Conflict("a moderator has removed the submission with this id", submission_id=submission_id)
        uncounted = {ladder.period: ladder for ladder in replacement.ladders}
        for ladder, submissions in self._ladders_of(stored, rows, late=frozenset(uncounted)):
            counting = await self._counted(ladder, submissions)
            remaining = [event for event in counting if event.submission_id != submission_id]
            # An empty standing may lack the player's segments and hidden flag, which `upsert_standings` adds.
            if remaining and ladder.period in uncounted:
                del uncounted[ladder.period]
                remaining.append(replacement.event)
            await self._replace(ladder, remaining)
        await self._connection.execute(statement("delete_event"), self._user_id, self._board.id, submission_id)
        return list(uncounted.values())

    async def _stored(self, submission_id: UUID) -> Record:
        """Return the row of the event. Raises `SubmissionNotFound`."""
        rows = await self._connection.fetch(statement("stored_event"), self._user_id, self._board.id, submission_id)
        return required_first(rows, SubmissionNotFound.of(self._board.slug, self._user_id, submission_id))

    def _ladders_of(
        self, stored: Record, rows: Sequence[Record], *, late: Set[int] = frozenset()
    ) -> Iterator[tuple[Ladder, int]]:
        """Yield the ladders that count the event, each with the number of submissions in the player's standing.

        The ladders are those of open periods, and of the periods `late`, which still count late submissions.
        """
        ladders = {ladder.period: ladder for ladder in self._board.ladders_at(stored["achieved_at"])}
        void_in = _numbers_in(stored)
        for row in rows:
            ladder = ladders.get(row["period_id"]) if row["board_id"] == self._board.id else None
            if ladder and ladder.period not in void_in and (ladder.period in late or not ladder.is_over(self._at)):
                yield ladder, row["submissions"]

    async def _latest(self, ladder: Ladder, submissions: int) -> Sequence[Event]:
        """Return the latest `submissions` counting events of a player on a ladder, as many as the standing counts."""
        events = await self._counting(ladder)
        # Leave out events that the standing does not count: version 0.2 did not mark events that were removed from one
        # period. The standing consists of the latest events.
        return events[max(0, len(events) - submissions) :]

    async def _counted(self, ladder: Ladder, submissions: int) -> Sequence[Event]:
        """Return the events that the player's standing on a ladder counts. Raises `Conflict` if they are not known."""
        events = await self._counting(ladder)
        if len(events) == submissions:
            return events
        [row] = await self._connection.fetch(statement("standings"), self._board.id, ladder.period, str(self._user_id))
        return counted_events(self._board, standing_of_row(self._board, row), events)

    async def _counting(self, ladder: Ladder) -> Sequence[Event]:
        """Return the player's counting events on a ladder, in the order of recording."""
        ids, bounds = (self._user_id, self._board.id, ladder.period), period_bounds(ladder)
        replaced = replaced_since(bounds[1])
        rows = await self._connection.fetch(statement("counting_events"), *ids, *bounds, *replaced)
        return list(map(event_of_row, rows))

    async def _replace(self, ladder: Ladder, events: Sequence[Event]) -> None:
        standing = fold(self._board, events) if events else removed_standing(self._board, self._user_id, self._now)
        require_in_range(self._board, standing)
        await run_rows(self._connection, "replace_standings", [replacing_row(ladder, standing, self._now)])


def _mark(origin: Board) -> int:
    """Return the mark in `void_in` of a fed event that was voided with the event of its id on the board `origin`."""
    return _FIRST_MARK + origin.id


def _numbers_in(stored: Record) -> Set[int]:
    """Return the numbers of the periods in which the event is void, and its marks."""
    return set(map(int, filter(None, (stored["void_in"] or "").split(","))))
