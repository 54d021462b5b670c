"""Idempotent import of score lines."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeAlias

from leaderforge.domain.batches import complete
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import BoardNotFound, LeaderForgeError, Refused, SubmissionConflict, Unavailable
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import SUBMISSION_WAIT_MS
from leaderforge.imports.line_ranges import MAX_RANGES, LineRanges
from leaderforge.imports.lines import ScoreLine
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import LadderUpdate
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.imported_lines import ImportRules, LineAcceptance, targets_of
from leaderforge.services.imported_players import ImportedPlayers
from leaderforge.services.ordered_batches import OrderedBatches
from leaderforge.services.player_lanes import PlayerLanes
from leaderforge.services.team_ids import of_players

_LISTED = 5
"""Maximum number of duplicates in `ImportTally.duplicate_lines`."""

OnRefused: TypeAlias = Callable[[int, str], None]
"""Callback for each line that cannot be recorded, with the reason. It may raise an error to stop the import."""
Replace: TypeAlias = Callable[[Submission, SubmissionConflict], Awaitable[None]]
"""Function that replaces a stored submission by a submission with the same id and other content."""


def _ignore(_: int, __: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Replaced:
    """Outcome of a line that has replaced the stored content of its submission."""


_Outcome: TypeAlias = Recorded | Replaced | LeaderForgeError


class _Accepted(NamedTuple):
    """Submissions of lines, or the errors of the lines, as accepted since a time (ms)."""

    since: int
    outcomes: Sequence[Submission | LeaderForgeError]


class _Chunk(NamedTuple):
    """Lines that were read together, about a batch for each lane, with their submissions and outcomes."""

    lines: Sequence[ScoreLine]
    submissions: Sequence[Submission | LeaderForgeError]
    outcomes: Sequence[_Outcome]


@dataclass(slots=True)
class ImportTally:
    """Progress of an import.

    `refused` counts the lines that could not be recorded. `conflicts` counts the refused lines whose submission ids are
    stored with other content. `clamped` counts the lines with times in the future. `closed` counts the lines whose time
    lies in a period that no longer accepts them. `duplicate_lines` has the numbers of the first duplicates.
    `duplicate_ranges` has the numbers of all duplicates, until there are more than `MAX_RANGES` ranges.
    """

    recorded: int = 0
    duplicates: int = 0
    replaced: int = 0
    players_created: int = 0
    refused: int = 0
    conflicts: int = 0
    clamped: int = 0
    closed: int = 0
    index_behind: bool = False
    duplicate_lines: list[int] = field(default_factory=list, compare=False)
    duplicate_ranges: LineRanges = field(default_factory=LineRanges, compare=False)


class Importer:
    """Import of score lines in batches. A line that was recorded before does not count again.

    Lines with equal times are ordered as in the file, by their reception times from `reception_clock` (us). The names
    of new players must obey the rules in `names`.
    """

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        delivery: Delivery,
        clock: Clock,
        reception_clock: Clock,
        board: Board,
        rules: ImportRules,
        *,
        names: NameRules = BASIC_RULES,
        teams: TeamStore | None = None,
        refused: OnRefused = _ignore,
        replace: Replace | None = None,
        tally: ImportTally | None = None,
    ) -> None:
        self._store = store
        self._players = ImportedPlayers(users, clock, names)
        self._teams = teams
        self._delivery = delivery
        self._clock = clock
        self._board = board
        self._rules = rules
        self._acceptance = LineAcceptance(rules, board, clock, reception_clock)
        self._lanes = PlayerLanes(rules.in_flight, rules.batch)
        self._outage: Unavailable | None = None
        self._refused = refused
        self._replace = replace
        self.tally = ImportTally() if tally is None else tally

    async def run(self, lines: Iterable[ScoreLine]) -> ImportTally:
        """Record all lines and return the tally. Raises `StoreUnavailable`. A later run can then continue."""
        iterator = iter(lines)
        # While the lanes record a chunk, prepare the next chunk for them.
        limit = min(self._rules.in_flight, 2)
        async with OrderedBatches(limit, self._tally_up) as chunks:
            while lines_of_chunk := await self._next(iterator, chunks):
                since = self._clock()
                submissions = await self._submissions(lines_of_chunk)
                await chunks.start(self._import(lines_of_chunk, _Accepted(since, submissions)))
        return self.tally

    async def _next(self, lines: Iterator[ScoreLine], chunks: OrderedBatches[_Chunk]) -> Sequence[ScoreLine]:
        """Return the lines of the next chunk, once another chunk may be in flight."""
        # Wait before reading. With one chunk in flight, its refused lines are then reported before the bad lines of the
        # next chunk.
        await chunks.below_limit()
        # Parse in a thread, because an API process serves requests meanwhile.
        return await asyncio.to_thread(list, islice(lines, self._rules.batch * self._rules.in_flight))

    async def _submissions(self, lines: Sequence[ScoreLine]) -> Sequence[Submission | LeaderForgeError]:
        # Read the settings again for each chunk, because they may change during an import of several hours.
        self._board = await self._current_board(self._board.slug)
        targets = await targets_of(self._store, self._board)
        return await self._with_players(lines, self._acceptance.submissions(self._board, lines, targets))

    async def _import(self, lines: Sequence[ScoreLine], accepted: _Accepted) -> _Chunk:
        outcomes = await complete(accepted.outcomes, Submission, partial(self._record, accepted.since))
        return _Chunk(lines, accepted.outcomes, outcomes)

    def _tally_up(self, chunk: _Chunk) -> None:
        for line, submission, outcome in zip(*chunk, strict=True):
            if isinstance(outcome, Recorded):
                self._count(line, submission, outcome)
        for line, outcome in zip(chunk.lines, chunk.outcomes, strict=True):
            if isinstance(outcome, LeaderForgeError):
                self._note(line, outcome)

    async def _current_board(self, slug: str) -> Board:
        """Return the board with its current settings.

        Raises `BoardNotFound` if the board was deleted or replaced by another board.
        """
        board = await self._store.board(slug)
        if board is None or board.id != self._board.id:
            raise BoardNotFound(f"board {slug!r} was deleted during the import", board=slug)
        return board

    async def _with_players(
        self, lines: Sequence[ScoreLine], accepted: Sequence[Submission | LeaderForgeError]
    ) -> Sequence[Submission | LeaderForgeError]:
        """Return the submissions with their players, or an error for a line of a team.

        Players are created for acceptable lines only.
        """
        valid = [line for line, outcome in zip(lines, accepted, strict=True) if isinstance(outcome, Submission)]
        ids = iter(await self._players.ids(valid))
        self.tally.players_created = self._players.created
        return await of_players(
            self._teams,
            [_of_player(outcome, next(ids)) if isinstance(outcome, Submission) else outcome for outcome in accepted],
        )

    async def _record(self, since: int, submissions: Sequence[Submission]) -> Sequence[_Outcome]:
        async def record(batch: Sequence[Submission]) -> Sequence[_Outcome]:
            return await self._record_batch(_Accepted(since, batch))

        return await self._lanes.record(submissions, record, self._index_up)

    async def _record_batch(self, accepted: _Accepted) -> Sequence[_Outcome]:
        # After an outage, record no later lines: rules may depend on a player's earlier lines, which were not recorded.
        if self._outage is not None:
            return [self._outage] * len(accepted.outcomes)
        accepted = await self._current(accepted)
        outcomes = await complete(accepted.outcomes, Submission, self._stored)
        self._outage = self._outage or next((o for o in outcomes if isinstance(o, Unavailable)), None)
        return outcomes if self._replace is None else await self._replace_all(self._replace, accepted, outcomes)

    async def _stored(self, submissions: Sequence[Submission]) -> Sequence[_Outcome]:
        try:
            return await self._store.record(submissions)
        except Unavailable as error:
            # Return the error as outcomes instead of raising it, because the lines of the other lanes must be added to
            # the tally.
            return [error] * len(submissions)

    async def _current(self, accepted: _Accepted) -> _Accepted:
        """Return the submissions, accepted again if they have waited too long: their periods may have closed."""
        now = self._clock()
        if now - accepted.since <= SUBMISSION_WAIT_MS:
            return accepted
        again = iter(await self._accepted_again([o for o in accepted.outcomes if isinstance(o, Submission)]))
        return _Accepted(now, [next(again) if isinstance(o, Submission) else o for o in accepted.outcomes])

    async def _accepted_again(self, submissions: Sequence[Submission]) -> Sequence[Submission | LeaderForgeError]:
        try:
            board = await self._current_board(self._board.slug)
            return self._acceptance.again(board, submissions, await targets_of(self._store, board))
        except LeaderForgeError as error:
            return [error] * len(submissions)

    async def _replace_all(
        self, replace: Replace, accepted: _Accepted, outcomes: Sequence[_Outcome]
    ) -> Sequence[_Outcome]:
        """Replace the stored submissions that conflict with imported submissions.

        Return the outcomes after the replacements.
        """
        replaced = list(outcomes)
        for position, outcome in enumerate(outcomes):
            if isinstance(outcome, SubmissionConflict):
                accepted = await self._current(accepted)
                replaced[position] = await self._replaced(replace, accepted.outcomes[position], outcome)
        return replaced

    async def _replaced(
        self, replace: Replace, submission: Submission | LeaderForgeError, conflict: SubmissionConflict
    ) -> Replaced | LeaderForgeError:
        """Replace the stored submission. Return the outcome of the line."""
        if isinstance(submission, LeaderForgeError):
            return submission
        if submission.board.feeds:
            # The stored content may count on targets for which the new content has no number.
            return Refused(f"board {submission.board.slug!r} feeds other boards; remove the stored submission instead")
        try:
            await replace(submission, conflict)
        except LeaderForgeError as error:
            return error
        self.tally.replaced += 1
        return Replaced()

    def _count(self, line: ScoreLine, submission: Submission | LeaderForgeError, recorded: Recorded) -> None:
        if recorded.duplicate:
            self.tally.duplicates += 1
            if len(self.tally.duplicate_lines) < _LISTED:
                self.tally.duplicate_lines.append(line.number)
            if len(self.tally.duplicate_ranges) <= MAX_RANGES:
                self.tally.duplicate_ranges.add(line.number)
            return
        self.tally.recorded += 1
        if isinstance(submission, Submission):
            event = submission.event
            self.tally.clamped += line.achieved_at is not None and event.achieved_at < line.achieved_at
            self.tally.closed += len(recorded.ladders) < len(submission.board.calendar.kinds)

    def _note(self, line: ScoreLine, refusal: LeaderForgeError) -> None:
        # An outage is not an error of the line. End the import. A later run continues it.
        if isinstance(refusal, Unavailable):
            raise refusal
        self.tally.refused += 1
        reason = refusal.message
        if isinstance(refusal, SubmissionConflict):
            self.tally.conflicts += 1
            reason = refusal.summary
        self._refused(line.number, reason)

    async def _index_up(self, outcomes: Sequence[_Outcome]) -> None:
        """Apply the newest standing of each player to the index. If the index does not answer, note it in the tally."""
        # Keep only the last standing of each player, because it replaces earlier standings of the batch.
        newest: defaultdict[Ladder, dict[int, Standing]] = defaultdict(dict)
        for outcome in outcomes:
            if isinstance(outcome, Recorded):
                for recorded in (outcome, *(fed for _, fed in outcome.fed)):
                    for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
                        newest[ladder][standing.user_id] = standing
        updates = [LadderUpdate(ladder, list(standings.values())) for ladder, standings in newest.items()]
        if not await self._delivery.load(updates):
            self.tally.index_behind = True


def _of_player(submission: Submission, user_id: int | LeaderForgeError) -> Submission | LeaderForgeError:
    """Return the submission of this player, or the error of creating the player."""
    if isinstance(user_id, LeaderForgeError):
        return user_id
    ladders, event, requested_at, fed = submission
    if fed:
        fed = tuple(part._replace(event=part.event._replace(user_id=user_id)) for part in fed)
    # Call the constructors, because `_replace` takes twice the time.
    return Submission(ladders, Event(user_id, *event[1:]), requested_at, fed)
