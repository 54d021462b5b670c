"""In-memory score store. It stores all events. A standing is the fold of its player's events."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import place_of
from leaderforge.adapters.memory.player_store import MemoryPlayerStore, microseconds
from leaderforge.adapters.memory.ranking import RowRanking
from leaderforge.adapters.memory.recording import MemoryRecording
from leaderforge.domain.boards import Ladder
from leaderforge.domain.merge import Row
from leaderforge.domain.order import sort_key
from leaderforge.domain.segments import segment_values
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import (
    Event,
    LadderStanding,
    Standing,
    combine,
    counted_events,
    is_in_segment,
    is_listed,
    require_in_range,
    standing_of,
)
from leaderforge.domain.submissions import Submission
from leaderforge.ports.clock import Clock


class MemoryScoreStore(RowRanking, MemoryRecording):
    """`ScoreStore` in dicts. While `available` is false, all calls except `health` raise `StoreUnavailable`.

    `clock` is in microseconds.
    """

    source = Source.STORE

    def __init__(
        self, users: MemoryPlayerStore, *, clock: Clock = microseconds, audit: MemoryAuditLog | None = None
    ) -> None:
        super().__init__(users, audit or MemoryAuditLog(), clock)
        self.writable = True
        users.on_attributes.append(self._move_segments)
        self.on_erasure: list[Callable[[int], object]] = []
        self.on_period_removal: list[Callable[[Ladder], object]] = []

    async def orphaned_standings(self) -> Mapping[int, int]:
        return {}  # no standing can be without its board in this store

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        stored = self._ladder(ladder)
        return [stored[i] for i in set(user_ids) if i in stored]

    async def standings_of(self, user_ids: Collection[int]) -> Sequence[tuple[Ladder, Sequence[Standing]]]:
        by_ladder = [(ladder, await self.standings(ladder, user_ids)) for ladder in await self.ladders()]
        return [(ladder, standings) for ladder, standings in by_ladder if standings]

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        return {s.user_id: s.metadata for s in await self.standings(ladder, user_ids) if s.metadata is not None}

    async def changed_between(self, since: int, until: int) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        changed = {
            (s.board.id, s.event.user_id) for key, s in self._events.items() if since <= self._recorded_at[key] < until
        }
        touched = await self.touched_between(since, until)
        for ladder in await self.ladders():
            stored = self._ladder(ladder)
            standings = [s for i, s in stored.items() if i in touched or (ladder.board.id, i) in changed]
            if standings:
                yield ladder, standings

    async def in_doubt_since(self) -> int | None:
        self._require_available()
        return None

    async def touched_between(self, since: int, until: int) -> Collection[int]:
        return {user_id for user_id, _ in self.touches_between(since, until)}

    def touches_between(self, since: int, until: int) -> Sequence[tuple[int, int]]:
        """Return the notes of players who changed without an event between two times (ms): player id and time."""
        self._require_available()
        return [(user_id, at) for user_id, at in self._users.touches if since <= at < until]

    async def erased_between(self, since: int, until: int) -> AsyncGenerator[Mapping[int, int], None]:
        self._require_available()
        revisions: dict[int, int] = {}
        for user_id, erased_at, revision in self._users.erasures:
            if since <= erased_at < until:
                revisions[user_id] = max(revision, revisions.get(user_id, 0))
        if revisions:
            yield revisions

    async def forget_touches(self, before: int) -> None:
        self._require_available()
        self._users.touches = [touch for touch in self._users.touches if touch[1] >= before]
        self._users.erasures = [erasure for erasure in self._users.erasures if erasure[1] >= before]

    async def all_standings(self, ladder: Ladder) -> AsyncGenerator[Sequence[Standing], None]:
        stored = self._ladder(ladder)
        if stored:
            yield list(stored.values())

    async def standings_on(self, ladders: Sequence[Ladder]) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        for ladder in ladders:
            async for standings in self.all_standings(ladder):
                yield ladder, standings

    async def all_names(self) -> AsyncGenerator[Mapping[int, str], None]:
        self._require_available()
        if self._users.by_id:
            yield {user_id: user.label for user_id, user in self._users.by_id.items()}

    def set_retired(self, ladder: Ladder) -> None:
        """Mark a period as retired. Reads of the period then use the store instead of the index."""
        self._periods[place_of(ladder)] = True

    def forget_period(self, ladder: Ladder) -> None:
        """Hide a period from all reads. This is permanent."""
        self._periods.pop(place_of(ladder), None)

    def remove_standings(self, ladder: Ladder, limit: int) -> int:
        """Delete up to `limit` standings of a ladder, and return their number."""
        stored = self._standings[place_of(ladder)]
        removed = list(stored)[:limit]
        for user_id in removed:
            del stored[user_id]
        return len(removed)

    async def is_writable(self) -> bool:
        return self.available and self.writable

    async def health(self) -> Mapping[str, bool]:
        return {"postgres": self.available}

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        standings = await self.standings(ladder, user_ids)
        return {s.user_id: self.row_of(ladder, s) for s in standings if not s.removed and is_in_segment(ladder, s)}

    def standings_of_player(self, user_id: int) -> Sequence[LadderStanding]:
        """Return the player's standings, including removed ones, on all boards that are not deleted."""
        boards = {board.id: board for board in self._boards.values()}
        return [
            (
                Ladder(boards[board_id], period, indexed=not self._periods.get((board_id, period), False)),
                stored[user_id],
            )
            for (board_id, period), stored in sorted(self._standings.items())
            if board_id in boards and user_id in stored
        ]

    def standings_by_player(self, ladder: Ladder) -> Mapping[int, Standing]:
        """Return all standings of a ladder, including removed ones, by player id."""
        self._require_available()
        return self._standings[place_of(ladder)]

    def has_player(self, user_id: int) -> bool:
        """Return whether the player exists."""
        return user_id in self._users.by_id

    def put(self, ladder: Ladder, standing: Standing) -> None:
        """Replace the player's standing on the ladder by `standing`, with the next revision."""
        stored = self._standings[place_of(ladder)]
        segments = self._segments(ladder, standing.user_id, stored.get(standing.user_id))
        stored[standing.user_id] = standing._replace(revision=self._next_revision(), segments=segments)

    def refolded(self, ladder: Ladder, user_id: int) -> Standing:
        """Return the fold of the player's counting events on the ladder. Raises `ScoreOutOfRange`."""
        standing = self._refold(ladder, user_id)
        require_in_range(ladder.board, standing)
        return standing

    def refolded_without(self, ladder: Ladder, event: Event, *, is_part: bool) -> Standing:
        """Return the fold of the events that the player's standing counts on the ladder, without one event.

        Raises `Conflict` if it is not known which events the standing counts. Raises `ScoreOutOfRange`, unless the fold
        is only a part of the standing to store (`is_part`).
        """
        counting = set(self.counting_for_teams(ladder))
        # The order of `_events` is the order of recording.
        player = event.user_id, ladder.board.id
        played = [s.event for key, s in self._events.items() if key[:2] == player and s.event in counting]
        stored = self._standings[place_of(ladder)][event.user_id]
        remaining = [e for e in counted_events(ladder.board, stored, played) if e.submission_id != event.submission_id]
        standing = self._refold(ladder, event.user_id, remaining)
        if not is_part:
            require_in_range(ladder.board, standing)
        return standing

    def require_countable(self, submission: Submission, standings: Mapping[Ladder, Standing]) -> None:
        """Raise `ScoreOutOfRange` if the submission on top of these standings would leave the range of scores."""
        periods = {ladder.period: standing for ladder, standing in standings.items()}
        for ladder in submission.ladders:
            previous = periods.get(ladder.period) or self._standings[place_of(ladder)].get(submission.event.user_id)
            added = standing_of(submission.event)
            require_in_range(ladder.board, added if previous is None else combine(ladder.board, previous, added))

    def count(self, submission: Submission) -> None:
        """Count a submission with a new id, without checking the board's score limits."""
        self._fold_in(submission)
        self._store_event(submission)

    def erase(self, user_id: int) -> tuple[int, int]:
        """Erase the player's events and standings, and return the numbers of events and of standings."""
        # The index stores each erased standing as a removed standing with the next revision. Reserve this revision.
        self._next_revision()
        events = self._erase_events(user_id)
        self.tournaments.erase(user_id)
        for erase in self.on_erasure:
            erase(user_id)
        return events, sum(s.pop(user_id, None) is not None for s in self._standings.values())

    def _erase_events(self, user_id: int) -> int:
        """Erase the player's events, and return their number."""
        events = [key for key in self._events if key[0] == user_id]
        for key in events:
            del self._events[key], self._recorded_at[key]
        self._void -= set(events)
        self._void_with = {key: origins for key, origins in self._void_with.items() if key[0] != user_id}
        self._replaced_at = {key: at for key, at in self._replaced_at.items() if key[0] != user_id}
        self._void_in = {(key, period) for key, period in self._void_in if key[0] != user_id}
        return len(events)

    def _rows(self, ladder: Ladder) -> list[Row]:
        rows = (
            self.row_of(ladder, standing)
            for standing in self._ladder(ladder).values()
            if is_listed(ladder.board, standing) and is_in_segment(ladder, standing)
        )
        return sorted(rows, key=lambda row: row.key)

    def row_of(self, ladder: Ladder, standing: Standing) -> Row:
        """Return the row of a standing of the ladder."""
        return Row(
            key=sort_key(ladder.board, standing),
            submissions=standing.submissions,
            label=self._users.by_id[standing.user_id].label,
            has_metadata=standing.metadata is not None,
            hidden=bool(standing.hidden),
            segments=standing.segments or (),
        )

    def _move_segments(self, user_id: int) -> Sequence[LadderStanding]:
        """Move a player's standings in open periods to the segments of the present attributes. Return the standings."""
        changed = []
        now, attributes = self._clock() // 1000, self._users.by_id[user_id].attributes
        for ladder, standing in self.standings_of_player(user_id):
            segments = segment_values(attributes, ladder.board.segments) or None
            if segments != standing.segments and not ladder.is_over(now):
                moved = standing._replace(revision=self._next_revision(), segments=segments)
                self._standings[place_of(ladder)][user_id] = moved
                changed.append((ladder, moved))
        return changed
