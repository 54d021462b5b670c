"""Events of the in-memory score store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import MemoryBoards
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import Conflict, ScoreOutOfRange, SubmissionNotFound
from leaderforge.domain.history import Kept
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import EventKey, Submission, conflict
from leaderforge.ports.clock import Clock


class MemoryEvents(MemoryBoards):
    """Events of all boards. The methods of this class do not change standings."""

    def __init__(self, users: MemoryPlayerStore, audit: MemoryAuditLog, clock: Clock) -> None:
        super().__init__(users, audit, clock)
        self._recorded_at: dict[EventKey, int] = {}

    async def events_of(self, board: Board, user_id: int) -> Sequence[Event]:
        """Return the player's events on a board, without void events."""
        self._require_available()
        keys = [key for key in self._events if key[:2] == (user_id, board.id)]
        return [self._events[key].event for key in keys if key not in self._void]

    def recorded_between(self, since: int, until: int | None) -> Sequence[tuple[Submission, int]]:
        """Return the events that were recorded between two times (ms), with the times of their recording."""
        self._require_available()
        return [
            (submission, recorded_at)
            for key, submission in self._events.items()
            if since <= (recorded_at := self._recorded_at[key]) and (until is None or recorded_at < until)
        ]

    def was_recorded(self, key: EventKey, revision: int) -> bool:
        """Return whether the stored event of this key was recorded by a revision (us)."""
        return key in self._recorded_at and self._recorded_at[key] * 1000 <= revision

    def counting_event(self, user_id: int, board: Board, submission_id: UUID) -> Submission | None:
        """Return a stored submission to the board, None if it is missing or void."""
        key = user_id, board.id, submission_id
        return None if key in self._void else self._events.get(key)

    def void(self, board: Board, user_id: int) -> None:
        """Void all present events of the player on the board."""
        keys = {key for key in self._events if key[:2] == (user_id, board.id)}
        self._void |= keys
        self._void_with = {key: origins for key, origins in self._void_with.items() if key not in keys}
        self._replaced_at = {key: at for key, at in self._replaced_at.items() if key not in keys}

    def replace(self, board: Board, user_id: int, at: int) -> None:
        """Void all present events of the player on the board, because a set score replaces them since `at` (ms)."""
        keys = {key for key in self._events if key[:2] == (user_id, board.id)}
        for key in keys:
            if key not in self._void or key in self._void_with:
                self._replaced_at.setdefault(key, at)
        self._void |= keys

    def void_in(self, ladder: Ladder, user_id: int) -> None:
        """Void all present events of the player in one period of the board."""
        period = ladder.board.calendar.numbered(ladder.period)
        self._void_in |= {
            (key, ladder.period)
            for key, submission in self._events.items()
            if key[:2] == (user_id, ladder.board.id) and period.holds(submission.event.achieved_at)
        }

    def set_void(self, board: Board, user_id: int, submission_id: UUID, void: bool) -> Sequence[Ladder]:
        """Void an event, or let it count again. Return the ladders that change. Raises `SubmissionNotFound`."""
        key = user_id, board.id, submission_id
        submission = self._events.get(key)
        if submission is None:
            raise SubmissionNotFound.of(board.slug, user_id, submission_id)
        self._void_with.pop(key, None)
        self._replaced_at.pop(key, None)
        if (key in self._void) is void:
            return []
        (self._void.add if void else self._void.discard)(key)
        ladders = board.ladders_at(submission.event.achieved_at)
        return [ladder for ladder in ladders if (key, ladder.period) not in self._void_in]

    def set_void_with(
        self, origin: Board, board: Board, user_id: int, submission_id: UUID, void: bool
    ) -> Sequence[Ladder]:
        """Void a fed event with the event of its id on `origin`, or restore it. Return the changed ladders.

        The fed event counts again once all events are restored with which it was voided. A moderator's decision about
        the fed event itself stays.
        """
        key = user_id, board.id, submission_id
        is_replaced = key in self._replaced_at
        before = self._void_with.get(key, frozenset())
        after = before | {origin.id} if void else before - {origin.id}
        if after == before or (void and not before and key in self._void and not is_replaced):
            return []
        is_changed = not is_replaced and (not before if void else not after)
        ladders = self.set_void(board, user_id, submission_id, void) if is_changed else []
        self._void_with.pop(key, None)
        if after:
            self._void_with[key] = after
        return ladders

    def is_void(self, board: Board, user_id: int, submission_id: UUID) -> bool:
        """Return whether the event is void in all periods."""
        return (user_id, board.id, submission_id) in self._void

    @contextmanager
    def voids_kept_on_error(self) -> Iterator[None]:
        """Undo all changes of void events if the block raises `ScoreOutOfRange`."""
        before = set(self._void), dict(self._void_with), dict(self._replaced_at)
        try:
            yield
        except ScoreOutOfRange:
            self._void, self._void_with, self._replaced_at = before
            raise

    def has(self, submission: Submission) -> bool:
        """Return whether the submission is stored, void or not. Raises `SubmissionConflict` if it has other content."""
        stored = self._events.get(submission.event_key)
        if stored is not None and (error := conflict(submission, stored.event)):
            raise error
        return stored is not None

    def has_event(self, board: Board, user_id: int, submission_id: UUID) -> bool:
        """Return whether the board has an event of the player with this id, void or not."""
        return (user_id, board.id, submission_id) in self._events

    def is_removed(self, key: EventKey, *, before: int | None = None) -> bool:
        """Return whether a moderator has removed the event, from all periods or from one.

        An event that was replaced by a set score counts as removed, unless it was replaced at the time `before` (ms) or
        later.
        """
        is_void = key in self._void
        if is_void and before is not None and key not in self._void_with:
            is_void = self._replaced_at.get(key, before - 1) < before
        return is_void or any(void == key for void, _ in self._void_in)

    def require_event(self, board: Board, user_id: int, submission_id: UUID) -> Submission:
        """Return a stored submission. Raises `SubmissionNotFound`, and `Conflict` if a moderator has removed it."""
        key = user_id, board.id, submission_id
        if key not in self._events:
            raise SubmissionNotFound.of(board.slug, user_id, submission_id)
        if self.is_removed(key):
            raise Conflict("a moderator has removed the submission with this id", submission_id=submission_id)
        return self._events[key]

    def delete_event(self, submission: Submission) -> None:
        """Delete an event. The standings stay as they are."""
        del self._events[submission.event_key], self._recorded_at[submission.event_key]

    def stored_events(self, user_id: int) -> Sequence[Kept]:
        """Return all events of the player, including void ones, by board and recording time."""
        names = {board.id: board.slug for board in self._boards.values()}
        return [
            Kept(names.get(key[1]), _shown(self._events[key]), self._recorded_at[key], key in self._void)
            for key in sorted(self._events, key=lambda key: (key[1], self._recorded_at[key], key[2]))
            if key[0] == user_id
        ]

    def _store_event(self, submission: Submission) -> None:
        self._events[submission.event_key] = submission
        self._recorded_at[submission.event_key] = self._clock() // 1000


def _shown(submission: Submission) -> Event:
    """Return the submission as an event. With tiebreakers, the subscore is 0 instead of the packed numbers."""
    return submission.event._replace(subscore=0) if submission.board.tiebreakers else submission.event
