"""In-memory board store and board maintenance."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.past import PastStandings
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.backfills import without_backfill
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.errors import BoardExists, BoardNotFound, StoreUnavailable
from leaderforge.domain.periods import ALL_TIME, Period
from leaderforge.domain.segments import segment_values
from leaderforge.domain.standings import (
    HIDDEN_PLAYER,
    REMOVED,
    Event,
    LadderStanding,
    Standing,
    fold,
    in_range,
    removed_standing,
)
from leaderforge.domain.submissions import EventKey, Submission
from leaderforge.ports.boards import BoardCheck
from leaderforge.ports.clock import Clock

LadderKey: TypeAlias = tuple[int, int]
"""Board id and period number."""


class MemoryBoards:
    """`BoardStore` and `BoardMaintenanceStore` in dicts. While `available` is false, calls raise `StoreUnavailable`.

    `clock` is in microseconds.
    """

    def __init__(self, users: MemoryPlayerStore, audit: MemoryAuditLog, clock: Clock) -> None:
        self.available = True
        self._users = users
        self._audit = audit
        self._clock = clock
        self._revision = 0
        self._boards = {"default": Board(1, "default", "Default")}
        self._deleted: list[tuple[Board, int]] = []
        self._created = 1
        self._periods: dict[LadderKey, bool] = {}
        self._events: dict[EventKey, Submission] = {}
        self._void: set[EventKey] = set()
        self._void_in: set[tuple[EventKey, int]] = set()
        self._void_with: dict[EventKey, frozenset[int]] = {}
        self._replaced_at: dict[EventKey, int] = {}
        """Times (ms) since which a set score replaces an event. It still counts for teams in periods before."""
        self._standings: defaultdict[LadderKey, PastStandings] = defaultdict(PastStandings)
        self.on_purged_board: list[Callable[[Board], object]] = []

    async def board(self, slug: str) -> Board | None:
        return (await self.boards_named([slug])).get(slug)

    async def boards(self) -> Sequence[Board]:
        self._require_available()
        return list(self._boards.values())

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        self._require_available()
        return {slug: self._boards[slug] for slug in slugs if slug in self._boards}

    async def create_board(self, board: Board, act: AuditEntry | None = None, check: BoardCheck | None = None) -> Board:
        self._require_available()
        self._check(board, check)
        if board.slug in self._boards:
            raise BoardExists(f"there is a board {board.slug!r} already", board=board.slug)
        if act is not None:
            self._audit.write(act)
        self._created += 1
        self._boards[board.slug] = replace(board, id=self._created)
        return self._boards[board.slug]

    async def change_board(
        self, slug: str, change: Callable[[Board], Board], act: AuditEntry, check: BoardCheck | None = None
    ) -> Board:
        before = self._existing(slug)
        after = change(before)
        if after != before:
            self._check(after, check)
            self._audit.write(act)
            self._boards[slug] = after
        return after

    async def delete_board(self, slug: str, act: AuditEntry, check: BoardCheck | None = None) -> Board:
        board = self._existing(slug)
        self._check(board, check)
        self._audit.write(act)
        self._deleted.append((self._boards.pop(slug), act.at))
        return board

    async def ladders(self) -> Sequence[Ladder]:
        self._require_available()
        boards = self._boards.values()
        periods = [ladder for board in boards for ladder in await self.ladders_of(board)]
        return [*map(Ladder, boards), *(ladder for ladder in periods if ladder.indexed)]

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        self._require_available()
        states = ((period, retired) for (board_id, period), retired in self._periods.items() if board_id == board.id)
        return [Ladder(board, period, indexed=not retired) for period, retired in sorted(states, reverse=True)]

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        self._require_available()
        places = {place_of(ladder): ladder for ladder in ladders}
        return [
            places[place]._replace(indexed=not retired) for place, retired in self._periods.items() if place in places
        ]

    async def boards_to_backfill(self) -> Sequence[Board]:
        return [board for board in await self.boards() if board.backfill is not None]

    async def players_between(self, board: Board, period: Period) -> AsyncGenerator[Sequence[int], None]:
        self._require_available()
        players = {s.event.user_id for s in self._events_on(board) if period.holds(s.event.achieved_at)}
        if players:
            yield list(players)

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        self._require_available()
        if ladder.period != ALL_TIME:
            self._periods.setdefault(place_of(ladder), False)
        self._users.touches += [(user_id, self._clock() // 1000) for user_id in user_ids]
        standings = {user_id: in_range(ladder.board, self._refold(ladder, user_id)) for user_id in user_ids}
        for user_id, standing in standings.items():
            self._standings[place_of(ladder)][user_id] = standing
        return list(standings.values())

    async def finish_backfill(self, board: Board) -> bool:
        current = (await self.boards_named([board.slug])).get(board.slug)
        if current is None or current.id != board.id or current.backfill is None or current.backfill != board.backfill:
            return False
        self._boards[board.slug] = without_backfill(current, self._clock() // 1000)
        return True

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        self._require_available()
        return [
            DeletedBoard(board, [Ladder(board), *await self.ladders_of(board)], deleted_at)
            for board, deleted_at in self._deleted
        ]

    async def players_on(self, board: Board) -> AsyncGenerator[Sequence[int], None]:
        self._require_available()
        players = {s.event.user_id for s in self._events_on(board)}
        players |= {
            i for (board_id, _), by_player in self._standings.items() if board_id == board.id for i in by_player
        }
        if players:
            yield list(players)

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        self._require_available()
        for (board_id, _), by_player in self._standings.items():
            if board_id == board.id:
                for user_id in user_ids:
                    by_player.pop(user_id, None)
        purged = {key for key in self._events if key[1] == board.id and key[0] in user_ids}
        self._events = {key: event for key, event in self._events.items() if key not in purged}

    async def forget_board(self, board: Board) -> None:
        self._require_available()
        self._deleted = [(deleted, at) for deleted, at in self._deleted if deleted.id != board.id]
        self._periods = {place: retired for place, retired in self._periods.items() if place[0] != board.id}
        for forget in self.on_purged_board:
            forget(board)

    def begin_moments(self, board: Board, since: int) -> bool:
        """Set the first moment (ms) of a board. Return False if its moments were changed meanwhile."""
        current = self._boards.get(board.slug)
        if current is None or current.moments is None or current.moments != board.moments:
            return False
        first = since if current.moments.since is None else current.moments.since
        self._boards[board.slug] = replace(current, moments=replace(current.moments, since=first, segments_since=since))
        return True

    def past_standings(self, ladder: Ladder, revision: int) -> Iterable[Standing]:
        """Return the states of all standings of a ladder as of a revision."""
        self._require_available()
        return self._standings[place_of(ladder)].at(revision)

    def put_open(self, ladder: Ladder, standing: Standing) -> LadderStanding:
        """Replace a standing on a ladder whose period may be new, and return it with its ladder."""
        place, user_id = place_of(ladder), standing.user_id
        if ladder.period != ALL_TIME:
            self._periods.setdefault(place, False)
        stored = self._standings[place]
        hidden = standing.hidden | self._hidden(user_id, stored.get(user_id))
        stored[user_id] = standing._replace(revision=self._next_revision(), hidden=hidden)
        return ladder._replace(indexed=not self._periods.get(place, False)), stored[user_id]

    def has_board(self, board_id: int) -> bool:
        """Return whether the board exists and is not deleted."""
        return any(board.id == board_id for board in self._boards.values())

    def counting_in(self, ladder: Ladder) -> Sequence[Event]:
        """Return the events on the ladder's board that count in the ladder's period."""
        period = ladder.board.calendar.numbered(ladder.period)
        return [
            s.event
            for key, s in self._events.items()
            if key[1] == ladder.board.id and period.holds(s.event.achieved_at)
            if key not in self._void and (key, ladder.period) not in self._void_in
        ]

    def counting_for_teams(self, ladder: Ladder) -> Sequence[Event]:
        """Return the events of `counting_in`, and those that were replaced after the ladder's period was over."""
        period = ladder.board.calendar.numbered(ladder.period)
        replaced = [
            self._events[key].event
            for key, at in self._replaced_at.items()
            if key[1] == ladder.board.id and period.holds(self._events[key].event.achieved_at) and ladder.is_over(at)
            if key not in self._void_with and (key, ladder.period) not in self._void_in
        ]
        return [*self.counting_in(ladder), *replaced]

    def _refold(self, ladder: Ladder, user_id: int, events: Sequence[Event] | None = None) -> Standing:
        """Return the standing of these events, by default of the player's counting events."""
        if events is None:
            events = [event for event in self.counting_in(ladder) if event.user_id == user_id]
        revision = self._next_revision()
        standing = fold(ladder.board, events) if events else removed_standing(ladder.board, user_id, revision)
        previous = self._standings[place_of(ladder)].get(user_id)
        hidden = standing.hidden | self._hidden(user_id, previous)
        segments = self._segments(ladder, user_id, previous)
        return standing._replace(revision=revision, hidden=hidden, segments=segments)

    def _segments(self, ladder: Ladder, user_id: int, previous: Standing | None) -> tuple[str | None, ...] | None:
        """Return the segments of the previous standing.

        For a new standing, return the segments of the player's attributes.
        """
        if previous is not None:
            return previous.segments
        return segment_values(self._users.by_id[user_id].attributes, ladder.board.segments) or None

    def _hidden(self, user_id: int, previous: Standing | None) -> int:
        """Return the flags of a new standing.

        They are the previous flags without `REMOVED`, plus `HIDDEN_PLAYER` for a hidden player.
        """
        hidden = HIDDEN_PLAYER if user_id in self._users.hidden else 0
        return hidden | (0 if previous is None else previous.hidden & ~REMOVED)

    def _next_revision(self) -> int:
        # A hybrid logical clock, as in PostgreSQL. It is monotonic even if the clock stops or is set back.
        self._revision = max(self._revision + 1, self._clock())
        return self._revision

    def _events_on(self, board: Board) -> list[Submission]:
        return [submission for key, submission in self._events.items() if key[1] == board.id]

    def _check(self, board: Board, check: BoardCheck | None) -> None:
        if check is not None:
            check(board, list(self._boards.values()))

    def _existing(self, slug: str) -> Board:
        self._require_available()
        if slug not in self._boards:
            raise BoardNotFound.of(slug)
        return self._boards[slug]

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("the database cannot be reached")


def place_of(ladder: Ladder) -> LadderKey:
    """Return the key of a ladder: board id and period number."""
    return ladder.board.id, ladder.period
