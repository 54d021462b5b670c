"""Recording of batches. A refused submission does not affect the other submissions of its batch."""

from asyncio import gather
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

from leaderforge.adapters.postgres.errors import (
    FOREIGN_KEY_VIOLATION,
    NodeUnavailable,
    Rejected,
    Vanished,
)
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.adapters.postgres.strategies import (
    Outcomes,
    SingleStatementWrite,
    WriteStrategies,
    distinct_boards,
    judges,
)
from leaderforge.adapters.postgres.workers import WorkerId, Workers
from leaderforge.domain.batches import complete, run_in_groups
from leaderforge.domain.boards import Policy
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound, Refused
from leaderforge.domain.feeding import error_of_target
from leaderforge.domain.standings import out_of_range
from leaderforge.domain.submissions import EventKey, Recorded, Submission, feeds_any

_Place: TypeAlias = tuple[int, int]
"""Board id and player id."""
Write: TypeAlias = Callable[[Sequence[Submission]], Awaitable[Outcomes]]
"""Function that writes submissions: `WriteStrategy.write`, or a function around it that handles some of its errors."""

_REPETITIONS = 4
"""Maximum retries of a duplicate whose first copy was deleted. Each further retry needs another concurrent deletion."""

_LARGE = 200
"""Minimum submissions of a batch that may be split. In such a batch, players often recur, and a split is cheap."""


class Recorder:
    """Recorder of batches. It uses one write per worker of Citus, or more if submissions are refused."""

    def __init__(self, pool: Pool, strategies: WriteStrategies, workers: Workers) -> None:
        self._pool = pool
        self._strategies = strategies
        self._workers = workers

    async def record(self, submissions: Sequence[Submission], *, previous: bool = False) -> Outcomes:
        """Record the submissions. With `previous`, the outcomes have the previous standings."""
        rounds = _rounds(submissions)
        may_split = previous or (len(submissions) >= _LARGE and not await self._strategies.is_distributed())
        if may_split and not SingleStatementWrite.fits(submissions):
            rounds = [part for positions in rounds for part in _apart(submissions, positions)]
        return await run_in_groups(submissions, rounds, partial(self._record, previous=previous))

    async def _record(self, submissions: Sequence[Submission], *, previous: bool) -> Outcomes:
        """Record the submissions of a round. Retry submissions with the outcome `Vanished` in a new transaction."""
        strategy = await self._strategies.choose(submissions, previous=previous)
        write: Write = partial(self._write_accepted, strategy.write)
        if await self._strategies.is_distributed():
            write = partial(self._write_by_worker, write)
        outcomes = await write(submissions)
        for _ in range(_REPETITIONS):
            if not any(isinstance(outcome, Vanished) for outcome in outcomes):
                break
            pairs = zip(submissions, outcomes, strict=True)
            due = [s if isinstance(o, Vanished) else o for s, o in pairs]
            # With `outcomes` as the variable, mypy infers wrong types.
            repeated = await complete(due, Submission, write)
            outcomes = repeated
        return outcomes

    async def _write_accepted(self, write: Write, submissions: Sequence[Submission]) -> Outcomes:
        """Write the submissions. If the database refuses a submission, return an error for it and write the others."""
        try:
            return await write(submissions)
        except Rejected as error:
            if error.sqlstate == FOREIGN_KEY_VIOLATION:
                return await self._write_existing(write, submissions)
            if not error.for_a_value:
                raise
            if len(submissions) == 1:
                return [await self._refusal(submissions[0], error)]
        # An SQLSTATE does not identify the refused row. Halving isolates it in log2(n) steps.
        half = len(submissions) // 2
        halves = range(half), range(half, len(submissions))
        return await run_in_groups(submissions, halves, partial(self._write_accepted, write))

    async def _refusal(self, submission: Submission, error: Rejected) -> LeaderForgeError:
        """Return the error for a submission whose values the database refused."""
        user_id = submission.event.user_id
        if not error.is_out_of_range:
            return Refused("the submission holds a value that cannot be stored", user_id=user_id)
        part = await self._part_out_of_range(submission)
        refusal = out_of_range(part.board, user_id)
        return refusal if part is submission else error_of_target(refusal, submission.board.slug, part.board.slug)

    async def _part_out_of_range(self, submission: Submission) -> Submission:
        """Return the submission or its fed submission whose sum would leave the range of scores.

        The error does not name this submission. If several candidates are on `sum` boards, read their standings.
        """
        *sums, last = [part for part in submission.parts if part.board.policy is Policy.SUM] or [submission]
        for part in sums:
            for ladder in part.ladders:
                ids = part.event.user_id, ladder.board.id, ladder.period
                rows = await self._pool.fetch(statement("standing_score"), *ids)
                if rows and abs(rows[0]["score"] + part.event.score) > part.board.score_type.greatest:
                    return part
        return last

    async def _write_existing(self, write: Write, submissions: Sequence[Submission]) -> Outcomes:
        """Write the submissions of players who exist. All others get `PlayerNotFound`."""
        rows = await self._pool.fetch(statement("known_users"), joined({s.event.user_id for s in submissions}))
        existing = {row["user_id"] for row in rows}
        checked = [s if s.event.user_id in existing else PlayerNotFound.of(s.event.user_id) for s in submissions]
        return await complete(checked, Submission, partial(self._write_accepted, write))

    async def _write_by_worker(self, write: Write, submissions: Sequence[Submission]) -> Outcomes:
        """Write the submissions to each worker of Citus in a transaction of its own, concurrently.

        If a worker is unreachable or hangs, only its own submissions fail, because its transaction has no locks on
        other workers.
        """
        groups = await self._workers.positions([submission.event.user_id for submission in submissions])
        writes = [
            self._write_to_worker(worker, write, [submissions[i] for i in group]) for worker, group in groups.items()
        ]
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        for group, written in zip(groups.values(), await gather(*writes), strict=True):
            outcomes |= zip(group, written, strict=True)
        return [outcomes[i] for i in range(len(submissions))]

    async def _write_to_worker(self, worker: WorkerId, write: Write, submissions: Sequence[Submission]) -> Outcomes:
        """Write the submissions of one worker's players. If it is unavailable, return an error for each submission."""
        try:
            return await self._workers.call(worker, partial(write, submissions))
        except NodeUnavailable as error:
            # Create one exception per submission. A shared exception would collect the tracebacks of all callers.
            return [NodeUnavailable(error.message, **error.details) for _ in submissions]


def _rounds(submissions: Sequence[Submission]) -> Sequence[Sequence[int]]:
    """Return the positions of the submissions of each round. Rounds are written one after another.

    If a rule or a change depends on the player's standing, each submission of that player needs a round of its own.
    """
    in_turn = {_place(s) for s in submissions if s.event.change is not None}
    feeding = feeds_any(submissions)
    if feeding:
        in_turn |= _fed_and_sent(submissions) | _fed_twice(submissions)
    elif not in_turn and not any(map(judges, distinct_boards(submissions))):
        return [range(len(submissions))]
    rounds: list[list[int]] = []
    before: Counter[_Place] = Counter()
    for position, submission in enumerate(submissions):
        parts = submission.parts if feeding else (submission,)
        places = [place for part in parts if (place := _place(part)) in in_turn or part.depends_on_player]
        turn = max((before[place] for place in places), default=0)
        for place in places:
            before[place] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(position)
    # Submissions with rules or changes lock standings early, in the order of players. If a transaction also wrote other
    # submissions, or two policies, two batches could deadlock.
    return [part for positions in rounds for part in _judged_apart(submissions, positions)]


def _place(submission: Submission) -> _Place:
    return submission.board.id, submission.event.user_id


def _fed_and_sent(submissions: Sequence[Submission]) -> set[_Place]:
    """Return the `_Place`s with submissions both in feed groups and outside, which different transactions write."""
    in_groups = {_place(part) for s in submissions if s.fed for part in s.parts}
    return in_groups & {_place(s) for s in submissions if not s.fed}


def _fed_twice(submissions: Sequence[Submission]) -> set[_Place]:
    """Return the `_Place`s to which several boards feed submissions with the same id.

    The first of these submissions may be refused. Only then may the next submission count.
    """
    origins: defaultdict[EventKey, set[int]] = defaultdict(set)
    for submission in submissions:
        for fed in submission.fed:
            origins[fed.event_key].add(submission.board.id)
    return {(board_id, user_id) for (user_id, board_id, _), boards in origins.items() if len(boards) > 1}


def _judged_apart(submissions: Sequence[Submission], positions: Sequence[int]) -> Iterable[Sequence[int]]:
    """Split a round's positions: one list per policy for submissions that depend on standings, one list for all others.

    Submissions with fed submissions are in a list of their own. This list may have several policies, because
    submissions with fed submissions request no change, and therefore lock no standing early.
    """
    parts: defaultdict[Policy | bool | None, list[int]] = defaultdict(list)
    for position in positions:
        submission = submissions[position]
        judged = submission.board.policy if submission.depends_on_player else None
        parts[True if submission.fed else judged].append(position)
    return parts.values()


def _apart(submissions: Sequence[Submission], positions: Sequence[int]) -> Iterable[Sequence[int]]:
    """Split the positions: one list for submissions that need several statements, one per policy for all others.

    Without the split, all submissions of the batch would need several statements, at nearly twice the cost. All
    submissions of a player on a board stay in one list.
    """
    players = Counter((submissions[i].board.id, submissions[i].event.user_id) for i in positions)
    parts: defaultdict[Policy | None, list[int]] = defaultdict(list)
    for position in positions:
        board, event = submissions[position].board, submissions[position].event
        is_alone = players[board.id, event.user_id] == 1 and not submissions[position].depends_on_player
        is_alone = is_alone and not submissions[position].fed
        parts[board.policy if is_alone else None].append(position)
    return parts.values()
