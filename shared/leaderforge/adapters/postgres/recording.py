"""Recording of batches. A refused submission does not affect the others of its batch."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from leaderforge.adapters.postgres.errors import (
    CHECK_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    NodeUnavailable,
    Rejected,
    Vanished,
)
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.adapters.postgres.writing import write, write_at_once
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound, Refused, ScoreOutOfRange
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.clock import Clock

Outcomes: TypeAlias = Sequence[Recorded | LeaderForgeError]
"""Outcome of each submission, in their order."""

_REPETITIONS = 4
"""Retries of a duplicate whose first copy vanished. Each one takes another concurrent erasure."""


class Recorder:
    """Writer of batches: one transaction if possible, otherwise as few as the refused submissions allow.

    A plain server takes most batches in a single statement. Citus does not: such a statement
    cannot write to several nodes.
    """

    def __init__(self, pool: Pool, clock: Clock, timeout_s: float) -> None:
        self._pool = pool
        self._clock = clock
        self._timeout_s = timeout_s
        self._distributed: bool | None = None

    async def record(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record the submissions. Raises `StoreUnavailable` after the time limit."""
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        async with self._pool.limit(self._timeout_s):
            for positions in _rounds(submissions):
                outcomes |= zip(positions, await self._decide([submissions[i] for i in positions]), strict=True)
        return [outcomes[i] for i in range(len(submissions))]

    async def _decide(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record submissions in one batch. Retry vanished ones in a new transaction, with a new snapshot."""
        at_once = _fit_one_statement(submissions) and not await self._is_distributed()
        outcomes = dict(enumerate(await self._record(submissions, at_once=at_once)))
        for _ in range(_REPETITIONS):
            vanished = [i for i, outcome in outcomes.items() if isinstance(outcome, Vanished)]
            repeated = await self._record([submissions[i] for i in vanished], at_once=at_once)
            outcomes |= zip(vanished, repeated, strict=True)
        return [outcomes[i] for i in range(len(submissions))]

    async def _is_distributed(self) -> bool:
        # Read once: a plain server never becomes a Citus coordinator while processes run.
        if self._distributed is None:
            rows = await self._pool.fetch(statement("has_workers"))
            self._distributed = bool(rows[0]["distributed"])
        return self._distributed

    async def _record(
        self, submissions: Sequence[Submission], *, at_once: bool = False, one_node: bool = False
    ) -> Outcomes:
        if not submissions:
            return []
        try:
            return await self._write(submissions, at_once=at_once, one_node=one_node)
        except NodeUnavailable as error:
            if one_node:
                # One exception each: a shared one would collect the tracebacks of all callers.
                return [NodeUnavailable(error.message, **error.details) for _ in submissions]
            return await self._record_by_node(submissions)

    async def _write(self, submissions: Sequence[Submission], *, at_once: bool, one_node: bool) -> Outcomes:
        writer = write_at_once if at_once else write
        try:
            return await self._pool.transact(
                lambda connection: writer(connection, submissions, self._clock()), self._timeout_s, whole=not at_once
            )
        except Rejected as error:
            if error.sqlstate == FOREIGN_KEY_VIOLATION:
                return await self._record_known(submissions, at_once=at_once, one_node=one_node)
            if not error.for_a_value:
                raise
            if len(submissions) == 1:
                return [_refusal(submissions[0], error)]
        # An SQLSTATE does not identify the refused row. Halving isolates it in log2(n) steps.
        half = len(submissions) // 2
        first = await self._record(submissions[:half], at_once=at_once, one_node=one_node)
        return [*first, *await self._record(submissions[half:], at_once=at_once, one_node=one_node)]

    async def _record_known(self, submissions: Sequence[Submission], *, at_once: bool, one_node: bool) -> Outcomes:
        """Record the submissions of players who exist; the others get `PlayerNotFound`."""
        rows = await self._pool.fetch(statement("known_users"), joined({s.event.user_id for s in submissions}))
        existing = {row["user_id"] for row in rows}
        recorded = await self._record(
            [s for s in submissions if s.event.user_id in existing], at_once=at_once, one_node=one_node
        )
        outcomes = iter(recorded)
        return [
            next(outcomes) if s.event.user_id in existing else PlayerNotFound.of(s.event.user_id) for s in submissions
        ]

    async def _record_by_node(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record the submissions node by node: only submissions to unreachable nodes fail."""
        rows = await self._pool.fetch(statement("nodes_of_users"), joined({s.event.user_id for s in submissions}))
        nodes = {row["user_id"]: row["node"] for row in rows}
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        for node in set(nodes.values()):
            positions = [i for i, s in enumerate(submissions) if nodes[s.event.user_id] == node]
            recorded = await self._record([submissions[i] for i in positions], one_node=True)
            outcomes |= zip(positions, recorded, strict=True)
        return [outcomes[i] for i in range(len(submissions))]


def _rounds(submissions: Sequence[Submission]) -> Sequence[Sequence[int]]:
    """Return the positions of the submissions of each round, in order.

    A rule that depends on the player's standing needs a round for each submission of that player.
    """
    rounds: list[list[int]] = []
    before: Counter[tuple[int, int]] = Counter()
    for position, submission in enumerate(submissions):
        turn = 0
        if _is_judged(submission):
            player = _player(submission)
            turn = before[player]
            before[player] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(position)
    return rounds


def _fit_one_statement(submissions: Sequence[Submission]) -> bool:
    """Return whether `write_at_once` accepts the batch."""
    alike = len({s.board.policy for s in submissions}) == 1 and not any(map(_is_judged, submissions))
    return alike and len(set(map(_player, submissions))) == len(submissions)


def _is_judged(submission: Submission) -> bool:
    board = submission.board
    return board.limits.depend_on_standing(board.policy)


def _player(submission: Submission) -> tuple[int, int]:
    return submission.board.id, submission.event.user_id


def _refusal(submission: Submission, error: Rejected) -> LeaderForgeError:
    user_id = submission.event.user_id
    if error.sqlstate == CHECK_VIOLATION:
        return ScoreOutOfRange("the player's score would leave the range of +-(2^53 - 1)", user_id=user_id)
    return Refused("the submission holds a value that cannot be stored", user_id=user_id)
