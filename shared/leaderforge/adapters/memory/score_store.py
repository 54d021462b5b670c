"""In-memory score store. It stores all events. A standing is the fold of its player's events."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import place_of
from leaderforge.adapters.memory.events import MemoryEvents
from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.adapters.memory.player_store import MemoryPlayerStore, microseconds
from leaderforge.adapters.memory.ranking import RowRanking
from leaderforge.adapters.memory.tournaments import MemoryTournaments
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import Conflict, LeaderForgeError, PlayerNotFound, Refused, RuleViolated
from leaderforge.domain.merge import Row
from leaderforge.domain.notices import score_notices
from leaderforge.domain.order import sort_key
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.segments import segment_values
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import (
    EarlierPlace,
    Event,
    LadderStanding,
    Standing,
    combine,
    is_improvement,
    is_in_segment,
    is_listed,
    require_in_range,
    standing_of,
)
from leaderforge.domain.submissions import CountedRun, Recorded, Submission, conflict
from leaderforge.domain.tournament_errors import TournamentFull
from leaderforge.ports.clock import Clock


class MemoryScoreStore(RowRanking, MemoryEvents):
    """`ScoreStore` in dicts. While `available` is false, all calls except `health` raise `StoreUnavailable`.

    `clock` is in microseconds.
    """

    source = Source.STORE

    def __init__(
        self, users: MemoryPlayerStore, *, clock: Clock = microseconds, audit: MemoryAuditLog | None = None
    ) -> None:
        super().__init__(users, audit or MemoryAuditLog(), clock)
        self.writable = True
        self.outbox = MemoryOutbox()
        self.tournaments = MemoryTournaments(users)
        users.on_attributes.append(self._move_segments)
        self.on_erasure: list[Callable[[int], object]] = []
        self.on_period_removal: list[Callable[[Ladder], object]] = []

    async def orphaned_standings(self) -> Mapping[int, int]:
        return {}  # no standing can be without its board in this store

    async def record(
        self, submissions: Sequence[Submission], *, previous: bool = False
    ) -> Sequence[Recorded | LeaderForgeError]:
        self._require_available()
        # Apply the whole batch before building receipts, because every receipt shows the standing after the batch.
        accepted = [(self._places(submission), self._accept(submission)) for submission in submissions]
        outcomes = [
            duplicate if isinstance(duplicate, LeaderForgeError) else self._outcome(submission, duplicate)
            for submission, (_, duplicate) in zip(submissions, accepted, strict=True)
        ]
        self._announce(submissions, outcomes)
        if not previous:
            return outcomes
        return [
            outcome._replace(previous=before) if isinstance(outcome, Recorded) and not outcome.duplicate else outcome
            for outcome, (before, _) in zip(outcomes, accepted, strict=True)
        ]

    def _announce(self, submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]) -> None:
        """Write the notices of the new submissions."""
        at = self._clock() // 1000
        for submission, outcome in zip(submissions, outcomes, strict=True):
            if isinstance(outcome, Recorded) and not outcome.duplicate:
                event, is_better = submission.event, outcome.improved
                self.outbox.write(score_notices(outcome.ladders, outcome.standings, event, at, improved=is_better))

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
        self._require_available()
        return {i for i, touched_at in self._users.touches if since <= touched_at < until}

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
        require_in_range(standing)
        return standing

    def require_countable(self, submission: Submission, standings: Mapping[Ladder, Standing]) -> None:
        """Raise `ScoreOutOfRange` if the submission on top of these standings would leave the range of scores."""
        periods = {ladder.period: standing for ladder, standing in standings.items()}
        for ladder in submission.ladders:
            previous = periods.get(ladder.period) or self._standings[place_of(ladder)].get(submission.event.user_id)
            added = standing_of(submission.event)
            require_in_range(added if previous is None else combine(ladder.board, previous, added))

    def count(self, submission: Submission) -> None:
        """Count a submission with a new id, without checking the board's score limits."""
        self._fold_in(submission)
        self._store_event(submission)

    def erase(self, user_id: int) -> tuple[int, int]:
        """Erase the player's events and standings, and return the numbers of events and of standings."""
        # The index stores each erased standing as a removed one, whose revision is higher by one. Reserve that
        # revision.
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
        self._void_in = {(key, period) for key, period in self._void_in if key[0] != user_id}
        return len(events)

    def _places(self, submission: Submission) -> Sequence[EarlierPlace | None]:
        """Return, for each ladder of the submission, the `EarlierPlace` of the player's standing, None without one."""
        standings = [self._ladder(ladder).get(submission.event.user_id) for ladder in submission.ladders]
        return [None if standing is None else standing.earlier for standing in standings]

    def _accept(self, submission: Submission) -> bool | LeaderForgeError:
        """Store the submission unless it is a duplicate or refused. Return whether it is a duplicate, or its error."""
        user_id, key = submission.event.user_id, submission.event_key
        if user_id not in self._users.by_id:
            return PlayerNotFound.of(user_id)
        if key in self._events:
            return True
        try:
            submission = self._changed(submission)
            self._require_allowed(submission)
            entrant = self.tournaments.attempted(submission, self._clock() // 1000)
            self._fold_in(submission)
        except (Refused, TournamentFull) as error:
            return error
        self.tournaments.count_attempt(submission, entrant)
        self._store_event(submission)
        return False

    def _changed(self, submission: Submission) -> Submission:
        """Return the submission with its final score.

        If it requests a change, this score is the score of the player's standing plus the change.
        """
        if submission.event.change is None:
            return submission
        standing = self._ladder(submission.ladders[0]).get(submission.event.user_id)
        if standing is None or standing.removed:
            return submission.on_top_of(None)
        return submission.on_top_of(CountedRun(standing.score, standing.achieved_at, standing.received_us))

    def _require_allowed(self, submission: Submission) -> None:
        """Raise `RuleViolated` if the submission breaks a rule that depends on the player's earlier submissions."""
        event, limits = submission.event, submission.board.limits
        player = event.user_id, submission.board.id
        times = [s.event.achieved_at for key, s in self._events.items() if key[:2] == player and key not in self._void]
        interval = limits.min_interval_ms
        if interval is not None and any(abs(at - event.achieved_at) < interval for at in times):
            raise RuleViolated("min_interval", f"{interval} ms must lie between two submissions of a player", interval)
        standing = self._ladder(submission.ladders[0]).get(event.user_id)
        if standing is not None and standing.submissions:
            limits.require_step(submission.board.policy, standing.score, event.score)

    def _folded(self, ladder: Ladder, event: Event) -> Standing:
        """Return the player's standing on the ladder with the event. Raises `ScoreOutOfRange`."""
        previous = self._standings[place_of(ladder)].get(event.user_id)
        new = standing_of(event) if previous is None else combine(ladder.board, previous, standing_of(event))
        require_in_range(new)
        hidden = self._hidden(event.user_id, previous)
        segments = self._segments(ladder, event.user_id, previous)
        return new._replace(revision=self._next_revision(), hidden=hidden, segments=segments)

    def _fold_in(self, submission: Submission) -> None:
        """Fold the event into the standings of all its ladders, or into none. Raises `ScoreOutOfRange`."""
        event, folded = submission.event, {}
        for ladder in submission.ladders:
            folded[ladder] = self._folded(ladder, event)
        for ladder, standing in folded.items():
            self._standings[place_of(ladder)][event.user_id] = standing
            if ladder.period != ALL_TIME:
                self._periods.setdefault(place_of(ladder), False)

    def _outcome(self, submission: Submission, duplicate: bool) -> Recorded | LeaderForgeError:
        """Return the outcome of a stored submission. `duplicate` is true if an earlier copy was stored before."""
        first = self._events[submission.event_key]
        standings = [self._standings[place_of(ladder)].get(first.event.user_id) for ladder in first.ladders]
        counted = [(lad, s) for lad, s in zip(first.ladders, standings, strict=True) if s and not s.removed]
        if submission.event_key in self._void or not counted:
            message = "a moderator has removed the submission with this id"
            return Conflict(message, submission_id=first.event.submission_id)
        if duplicate and (error := conflict(submission, first.event)):
            return error
        ladders = [lad._replace(indexed=not self._periods.get(place_of(lad), False)) for lad, _ in counted]
        current = [standing for _, standing in counted]
        improved, entrant = is_improvement(first.board, first.event, current[0]), self.tournaments.entrant_of(first)
        return Recorded(ladders, current, duplicate, improved, entrant=entrant)

    def _ladder(self, ladder: Ladder) -> Mapping[int, Standing]:
        self._require_available()
        return self._standings[place_of(ladder)]

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
        """Move the player's standings in all open periods to the segments of the player's attributes. Return them."""
        changed = []
        now, attributes = self._clock() // 1000, self._users.by_id[user_id].attributes
        for ladder, standing in self.standings_of_player(user_id):
            segments = segment_values(attributes, ladder.board.segments) or None
            if segments != standing.segments and not ladder.is_over(now):
                moved = standing._replace(revision=self._next_revision(), segments=segments)
                self._standings[place_of(ladder)][user_id] = moved
                changed.append((ladder, moved))
        return changed
