"""Strategies for writing a batch. A batch commits completely or not at all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeAlias

from leaderforge.adapters.postgres.duplicates import read_duplicates
from leaderforge.adapters.postgres.entrants import count_attempts, entrant_key, hold_entrants
from leaderforge.adapters.postgres.feed_groups import FeedGroup, Judged, feed_groups, grouped_outcomes, unite
from leaderforge.adapters.postgres.judging import judge
from leaderforge.adapters.postgres.outbox import write_bundle
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.standing_rows import (
    SIGNS,
    StandingKey,
    Standings,
    key_of_standing,
    places_of_rows,
    standings_of_rows,
    subranked,
)
from leaderforge.adapters.postgres.statements import statement
from leaderforge.adapters.postgres.writing import hold_standings, insert_events, upsert_standings
from leaderforge.domain.batches import complete
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.notices import announces, score_notices
from leaderforge.domain.standings import EarlierPlace, Standing, combine, is_improvement, standing_of
from leaderforge.domain.submissions import EventKey, Recorded, Submission, feeds_any
from leaderforge.domain.tournaments import Entrant
from leaderforge.ports.clock import Clock

Outcomes: TypeAlias = Sequence[Recorded | LeaderForgeError]
"""Outcomes of submissions, in the order of the submissions."""


class WriteStrategy(Protocol):
    """Way to write a batch to the database."""

    async def write(self, submissions: Sequence[Submission]) -> Outcomes:
        """Commit the submissions, and return their outcomes.

        The outcome is `Vanished` if the first copy of a duplicate was deleted before it could be read. Raises
        `Rejected` if the database refuses a submission, and `NodeUnavailable` if the node of a player is unreachable.
        After an exception, nothing is committed.
        """
        ...


class BatchWrite:
    """Strategy for any batch and any database: several statements in a transaction.

    In a batch, a player must have at most one submission with a rule that depends on the standing. `clock` returns the
    recording time of the events (us since 1970). This time is the lower bound of new revisions.

    With `previous`, the outcomes have the previous standing of each submission, as `EarlierPlace`.
    """

    def __init__(self, pool: Pool, clock: Clock, timeout_s: float, *, previous: bool = False) -> None:
        self._pool = pool
        self._clock = clock
        self._timeout_s = timeout_s
        self._previous = previous

    async def write(self, submissions: Sequence[Submission]) -> Outcomes:
        return await self._pool.transact(lambda connection: self._write(connection, submissions), self._timeout_s)

    async def _write(self, connection: Connection, submissions: Sequence[Submission]) -> Outcomes:
        return await self._write_parts(connection, submissions)

    async def _write_parts(
        self, connection: Connection, submissions: Sequence[Submission], groups: Sequence[FeedGroup] = ()
    ) -> Outcomes:
        """Write the submissions. Submissions of a group count together or not at all."""
        now = self._clock()
        # An insert cannot contain a key twice. Further copies in the batch become duplicates of the first copy.
        firsts: dict[EventKey, int] = {}
        for position, submission in enumerate(submissions):
            firsts.setdefault(submission.event_key, position)
        events = {key: submissions[position] for key, position in firsts.items()}
        new = await insert_events(connection, events, now)
        entrants = await hold_entrants(connection, (events[key] for key in new))
        judged: Judged = {**await judge(connection, [(key, events[key]) for key in sorted(new)])}
        await unite(connection, groups, firsts, judged)
        allowed = {key: s for key, s in judged.items() if isinstance(s, Submission)}
        refused, entrants = await count_attempts(connection, allowed, entrants, now // 1000)
        if refused:
            judged.update(refused)
            await unite(connection, groups, firsts, judged)
        accepted = [s for key in events if isinstance(s := judged.get(key), Submission)]
        previous = await self._previous_of(connection, accepted, now) if self._previous else {}
        standings = await upsert_standings(connection, accepted, now)
        outcomes = {
            firsts[key]: _recorded(
                result, [standings[k] for k in _keys(result)], previous.get(key, ()), entrants.get(entrant_key(result))
            )
            if isinstance(result, Submission)
            else result
            for key, result in judged.items()
        }
        await self._announce(connection, submissions, outcomes, now // 1000)
        completed = [outcomes.get(i, s) for i, s in enumerate(submissions)]
        return await complete(completed, Submission, partial(read_duplicates, connection))

    async def _announce(
        self,
        connection: Connection,
        submissions: Sequence[Submission],
        outcomes: Mapping[int, Recorded | LeaderForgeError],
        at: int,
    ) -> None:
        """Write the notices about the new submissions. `at` is the time of the change (ms)."""
        announced = [
            notice
            for position, outcome in outcomes.items()
            if isinstance(outcome, Recorded)
            for notice in score_notices(
                outcome.ladders, outcome.standings, submissions[position].event, at, improved=outcome.improved
            )
        ]
        await write_bundle(connection, announced)

    async def _previous_of(
        self, connection: Connection, submissions: Sequence[Submission], now: int
    ) -> Mapping[EventKey, Sequence[EarlierPlace | None]]:
        """Lock the standings until the commit, and return the `EarlierPlace`s of each new submission by event key.

        For a player's first submission, the previous standing is the stored standing. For further submissions of the
        batch, the previous standing also includes the preceding submissions.
        """
        standings: dict[StandingKey, Standing] = dict(await hold_standings(connection, submissions, now))
        previous: dict[EventKey, Sequence[EarlierPlace | None]] = {}
        for submission in submissions:
            keys = _keys(submission)
            previous[submission.event_key] = [standings[key].earlier for key in keys]
            added = standing_of(submission.event)
            standings |= {key: combine(submission.board, standings[key], added) for key in keys}
        return previous


class FeedWrite(BatchWrite):
    """Strategy for submissions with fed submissions, which it writes in the same transaction: see `unite`."""

    async def _write(self, connection: Connection, submissions: Sequence[Submission]) -> Outcomes:
        parts = [part for submission in submissions for part in submission.parts]
        outcomes = await self._write_parts(connection, parts, list(feed_groups(submissions)))
        return grouped_outcomes(submissions, outcomes)


class SingleStatementWrite:
    """Strategy for a plain server: one statement writes the batch, which saves at least three round trips.

    On Citus, one statement cannot write to several nodes. `fits` returns whether one statement can write a batch.
    `clock` and `previous` have the same meaning as in `BatchWrite`.
    """

    def __init__(self, pool: Pool, clock: Clock, timeout_s: float, *, previous: bool = False) -> None:
        self._pool = pool
        self._clock = clock
        self._timeout_s = timeout_s
        self._previous = previous

    @staticmethod
    def fits(submissions: Sequence[Submission]) -> bool:
        """Return whether one statement can write the batch.

        One statement suffices under five conditions. All boards have the same policy. No board has a rule that depends
        on the player's standing or previous submission. No score is a change. No submission has fed submissions. No
        player has two submissions on one board.
        """
        boards = distinct_boards(submissions)
        alike = len({board.policy for board in boards}) == 1 and not any(map(judges, boards))
        alike = alike and not any(s.event.change is not None or s.fed for s in submissions)
        return alike and len({(s.board.id, s.event.user_id) for s in submissions}) == len(submissions)

    async def write(self, submissions: Sequence[Submission]) -> Outcomes:
        return await self._pool.autocommit(lambda connection: self._write(connection, submissions), self._timeout_s)

    async def _write(self, connection: Connection, submissions: Sequence[Submission]) -> Outcomes:
        now = self._clock()
        # Sort by key, because the statement locks rows in the order of its input.
        rows = sorted(chain.from_iterable(map(_rows, submissions)))
        *columns, announced = zip(*rows, strict=True)
        values: list[object] = [*map(_shortened, columns), now // 1000, now, _numbers(submissions)]
        kind = "record_previous" if self._previous else "record"
        keeps_past = _keeps_past(submissions)
        if any(announced):
            kind = "record_past_bundle" if keeps_past else "record_bundle"
        elif keeps_past:
            kind = "record_past"
        if keeps_past or any(announced):
            values.append(_shortened(announced))
        written = await connection.fetch(statement(f"{kind}_{submissions[0].board.policy}"), *values)
        boards = {board.id: board for board in distinct_boards(submissions)}
        earlier: Mapping[StandingKey, EarlierPlace | None] | None = None
        if self._previous:
            standings, earlier = places_of_rows(written, boards)
        else:
            standings = standings_of_rows(written, boards)
        completed = [_recorded_or_due(s, standings, earlier) for s in submissions]
        return await complete(completed, Submission, partial(read_duplicates, connection))


class WriteStrategies:
    """Strategies for one database, and the choice between them."""

    def __init__(self, pool: Pool, clock: Clock, timeout_s: float) -> None:
        self._pool = pool
        either = False, True
        self._batches = {previous: BatchWrite(pool, clock, timeout_s, previous=previous) for previous in either}
        self._feeds = {previous: FeedWrite(pool, clock, timeout_s, previous=previous) for previous in either}
        self._single_statement = SingleStatementWrite(pool, clock, timeout_s)
        self._single_statement_with_previous = SingleStatementWrite(pool, clock, timeout_s, previous=True)
        self._distributed: bool | None = None

    async def choose(self, submissions: Sequence[Submission], *, previous: bool = False) -> WriteStrategy:
        """Return the strategy with the fewest round trips that can write the batch and, after a refusal, its halves.

        With `previous`, the outcomes have the previous standing of each submission, as `EarlierPlace`.
        """
        if feeds_any(submissions):
            return self._feeds[previous]
        alone = previous and (_announced(submissions) or _keeps_past(submissions))
        is_plain = not await self.is_distributed()
        if is_plain and SingleStatementWrite.fits(submissions) and not alone:
            return self._single_statement_with_previous if previous else self._single_statement
        return self._batches[previous]

    async def is_distributed(self) -> bool:
        """Return whether the database is a coordinator of Citus."""
        # Ask the server only once, because a plain server never becomes a coordinator of Citus while processes run.
        if self._distributed is None:
            rows = await self._pool.fetch(statement("has_workers"))
            self._distributed = bool(rows[0]["distributed"])
        return self._distributed


def distinct_boards(submissions: Sequence[Submission]) -> Collection[Board]:
    """Return the boards of the submissions. A board that just changed may occur twice, old and new."""
    # Compare boards by identity, because the submissions of a batch usually share one object. Checking the board of
    # each submission took 0.3 ms for 500 submissions.
    return {id(board): board for board in (s.ladders[0].board for s in submissions)}.values()


def _announced(submissions: Sequence[Submission]) -> bool:
    """Return whether a board of the submissions asks for notices about submissions."""
    return any(map(announces, distinct_boards(submissions)))


def _keeps_past(submissions: Sequence[Submission]) -> bool:
    """Return whether a board of the submissions keeps past standings."""
    return any(board.moments is not None for board in distinct_boards(submissions))


def judges(board: Board) -> bool:
    """Return whether a rule of the board depends on the player's standing, previous submission or attempts."""
    return board.tournament is not None or board.limits.depend_on_standing(board.policy)


def _recorded_or_due(
    submission: Submission, standings: Standings, earlier: Mapping[StandingKey, EarlierPlace | None] | None
) -> Recorded | Submission:
    """Return the outcome of a submission, or the submission itself if it is a duplicate, which wrote no standing."""
    keys = _keys(submission)
    if keys[0] not in standings:
        return submission
    previous = () if earlier is None else [earlier.get(key) for key in keys]
    return _recorded(submission, [standings[key] for key in keys], previous)


def _recorded(
    submission: Submission,
    standings: Sequence[Standing],
    previous: Sequence[EarlierPlace | None],
    entrant: Entrant | None = None,
) -> Recorded:
    improved = is_improvement(submission.board, submission.event, standings[0])
    return new_record(Recorded, (submission.ladders, standings, False, improved, previous, entrant, ()))


def _numbers(submissions: Sequence[Submission]) -> str | None:
    """Return the named numbers of the events as a JSON object, by the key of the event. Return None without numbers."""
    numbered = [s for s in submissions if s.event.numbers is not None]
    if not numbered:
        return None
    members = (f'"{" ".join(map(str, s.event_key))}":{s.event.numbers}' for s in numbered)
    return f"{{{','.join(members)}}}"


def _shortened(column: Sequence[object]) -> Sequence[object]:
    """Return the array that stands for a column in record_*.sql: one item if all are equal, none if all are None.

    Most columns of a batch have equal items, and each item of an array costs the driver time.
    """
    first = column[0]
    if column.count(first) < len(column):
        return column
    return () if first is None else (first,)


def _keys(submission: Submission) -> Sequence[StandingKey]:
    """Return the key of the player's standing on each ladder of the submission."""
    return [key_of_standing(submission.event.user_id, ladder) for ladder in submission.ladders]


def _rows(submission: Submission) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of record_bundle_*.sql, one per ladder.

    The first row also inserts the event. The rows of other statements lack the last value, the announcement.
    """
    board, event = submission.board, submission.event
    event_subranked, announced = subranked(board, event.subscore), announces(board)
    segments = ",".join(board.segments) or None
    for i, ladder in enumerate(submission.ladders):
        yield (
            event.user_id,
            board.id,
            ladder.period,
            i == 0,
            SIGNS[board.order],
            event.submission_id,
            event.score,
            event.subscore,
            event_subranked,
            event.achieved_at,
            event.received_us,
            event.metadata,
            segments,
            int(announced),
        )
