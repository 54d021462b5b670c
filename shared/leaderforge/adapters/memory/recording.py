"""Recording of submissions in the in-memory score store."""

from collections.abc import Iterator, Mapping, Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import place_of
from leaderforge.adapters.memory.events import MemoryEvents
from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.tournaments import MemoryTournaments
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import Conflict, LeaderForgeError, PlayerNotFound, Refused, RuleViolated
from leaderforge.domain.feeding import error_of_target
from leaderforge.domain.notices import score_notices
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.standings import (
    EarlierPlace,
    Event,
    Standing,
    combine,
    is_improvement,
    require_in_range,
    standing_of,
)
from leaderforge.domain.submissions import CountedRun, FedRecord, Recorded, Submission, conflict
from leaderforge.domain.tournament_errors import TournamentFull
from leaderforge.ports.clock import Clock


class MemoryRecording(MemoryEvents):
    """Events of all boards, and the recording of submissions with their effect on standings, attempts and notices."""

    def __init__(self, users: MemoryPlayerStore, audit: MemoryAuditLog, clock: Clock) -> None:
        super().__init__(users, audit, clock)
        self.outbox = MemoryOutbox()
        self.tournaments = MemoryTournaments(users)

    async def record(
        self, submissions: Sequence[Submission], *, previous: bool = False
    ) -> Sequence[Recorded | LeaderForgeError]:
        self._require_available()
        # Apply the whole batch before building receipts, because every receipt shows the standing after the batch.
        accepted = [([self._places(part) for part in s.parts], self._accept(s)) for s in submissions]
        outcomes = [
            duplicate if isinstance(duplicate, LeaderForgeError) else self._outcome_of_parts(submission, duplicate)
            for submission, (_, duplicate) in zip(submissions, accepted, strict=True)
        ]
        self._announce(submissions, outcomes)
        if not previous:
            return outcomes
        return [
            _with_previous(outcome, before) if isinstance(outcome, Recorded) and not outcome.duplicate else outcome
            for outcome, (before, _) in zip(outcomes, accepted, strict=True)
        ]

    def _announce(self, submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]) -> None:
        """Write the notices of the new submissions."""
        at = self._clock() // 1000
        for submission, outcome in zip(submissions, outcomes, strict=True):
            if isinstance(outcome, Recorded) and not outcome.duplicate:
                for part, recorded in (FedRecord(submission, outcome), *outcome.fed):
                    event, is_better = part.event, recorded.improved
                    notices = score_notices(recorded.ladders, recorded.standings, event, at, improved=is_better)
                    self.outbox.write(notices)

    def _places(self, submission: Submission) -> Sequence[EarlierPlace | None]:
        """Return the `EarlierPlace` of the player on each ladder of the submission, None without a standing."""
        standings = [self._ladder(ladder).get(submission.event.user_id) for ladder in submission.ladders]
        return [None if standing is None else standing.earlier for standing in standings]

    def _accept(self, submission: Submission) -> bool | LeaderForgeError:
        """Store the submission unless it is a duplicate or refused. Return its error, or whether it is a duplicate."""
        user_id, key = submission.event.user_id, submission.event_key
        if user_id not in self._users.by_id:
            return PlayerNotFound.of(user_id)
        if key in self._events:
            return True
        try:
            submission = self._changed(submission)
            self._require_allowed(submission)
            entrant = self.tournaments.attempted(submission, self._clock() // 1000)
            self._require_in_range(submission)
            for fed in submission.fed:
                self._require_feedable(submission, fed)
        except (Refused, TournamentFull, Conflict) as error:
            return error
        self.tournaments.count_attempt(submission, entrant)
        for part in submission.parts:
            self._fold_in(part)
            self._store_event(part)
        return False

    def _require_feedable(self, origin: Submission, fed: Submission) -> None:
        """Raise the error that refuses the submission `fed`, and therefore the submission `origin` too."""
        try:
            if fed.event_key in self._events:
                message = "another submission has this id; use a new id"
                raise Conflict(message, submission_id=fed.event.submission_id)
            self._require_allowed(fed)
            self._require_in_range(fed)
        except (Refused, Conflict) as error:
            raise error_of_target(error, origin.board.slug, fed.board.slug) from None

    def _changed(self, submission: Submission) -> Submission:
        """Return the submission with its final score.

        If the submission requests a change, the final score is the score of the player's standing plus the change.
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

    def _require_in_range(self, submission: Submission) -> None:
        """Raise `ScoreOutOfRange` if a standing with the submission would leave the range of scores."""
        for ladder in submission.ladders:
            require_in_range(ladder.board, self._sum(ladder, submission.event))

    def _sum(self, ladder: Ladder, event: Event) -> Standing:
        """Return the fold of the player's standing on the ladder and the event."""
        previous = self._standings[place_of(ladder)].get(event.user_id)
        return standing_of(event) if previous is None else combine(ladder.board, previous, standing_of(event))

    def _folded(self, ladder: Ladder, event: Event) -> Standing:
        """Return the player's new standing on the ladder, after the event. Raises `ScoreOutOfRange`."""
        previous, new = self._standings[place_of(ladder)].get(event.user_id), self._sum(ladder, event)
        require_in_range(ladder.board, new)
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

    def _outcome_of_parts(self, submission: Submission, duplicate: bool) -> Recorded | LeaderForgeError:
        """Return the outcome of a stored submission, with the outcomes of its stored fed submissions that count."""
        outcome = self._outcome(submission, duplicate)
        if isinstance(outcome, LeaderForgeError):
            return outcome
        return outcome._replace(fed=tuple(self._fed_records(submission, duplicate)))

    def _fed_records(self, submission: Submission, duplicate: bool) -> Iterator[FedRecord]:
        for fed in submission.fed:
            if fed.event_key in self._events:
                outcome = self._outcome(fed, duplicate)
                if isinstance(outcome, Recorded):
                    yield FedRecord(fed, outcome)

    def _outcome(self, submission: Submission, duplicate: bool) -> Recorded | LeaderForgeError:
        """Return the outcome of a stored submission. `duplicate` is true if an earlier copy is stored."""
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


def _with_previous(recorded: Recorded, places: Sequence[Sequence[EarlierPlace | None]]) -> Recorded:
    """Return the outcome with the earlier places: first of the submission, then of each fed submission."""
    before, *before_fed = places
    pairs = zip(recorded.fed, before_fed, strict=True)
    fed = tuple(FedRecord(part, of_fed._replace(previous=previous)) for (part, of_fed), previous in pairs)
    return recorded._replace(previous=before, fed=fed)
