"""Recording submissions together, while one that cannot be recorded keeps no other from it."""

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
from leaderforge.adapters.postgres.statements import listed, statement
from leaderforge.adapters.postgres.writing import write, write_at_once
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound, Refused, ScoreOutOfRange
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.clock import Clock

Outcomes: TypeAlias = Sequence[Recorded | LeaderForgeError]
"""What became of each submission, in their order."""

_REPETITIONS = 4
"""How often a submission is recorded anew whose first copy vanished: each time takes an erasure at the same moment."""


class Recorder:
    """Writes submissions in one transaction if it can, and otherwise in as few as those at fault allow.

    A database that is not distributed takes most of them in one statement, which is no way to write to several nodes.
    """

    def __init__(self, pool: Pool, clock: Clock, timeout_s: float) -> None:
        self._pool = pool
        self._clock = clock
        self._timeout_s = timeout_s
        self._distributed: bool | None = None

    async def record(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record the submissions within the time limit, else raise `StoreUnavailable`."""
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        async with self._pool.limit(self._timeout_s):
            for positions in _rounds(submissions):
                outcomes |= zip(positions, await self._decide([submissions[i] for i in positions]), strict=True)
        return [outcomes[i] for i in range(len(submissions))]

    async def _decide(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record submissions together, and anew, in another transaction, those whose first copies vanished."""
        at_once = _fit_one_statement(submissions) and not await self._is_distributed()
        outcomes = dict(enumerate(await self._record(submissions, at_once=at_once)))
        for _ in range(_REPETITIONS):
            vanished = [i for i, outcome in outcomes.items() if isinstance(outcome, Vanished)]
            repeated = await self._record([submissions[i] for i in vanished], at_once=at_once)
            outcomes |= zip(vanished, repeated, strict=True)
        return [outcomes[i] for i in range(len(submissions))]

    async def _is_distributed(self) -> bool:
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
                return [NodeUnavailable(error.message, **error.details) for _ in submissions]
            return await self._record_by_node(submissions)

    async def _write(self, submissions: Sequence[Submission], *, at_once: bool, one_node: bool) -> Outcomes:
        how = write_at_once if at_once else write
        try:
            return await self._pool.transact(
                lambda connection: how(connection, submissions, self._clock()), self._timeout_s, whole=not at_once
            )
        except Rejected as error:
            if error.sqlstate == FOREIGN_KEY_VIOLATION:
                return await self._record_known(submissions, at_once=at_once, one_node=one_node)
            if not error.for_a_value:
                raise
            if len(submissions) == 1:
                return [_refusal(submissions[0], error)]
        half = len(submissions) // 2
        first = await self._record(submissions[:half], at_once=at_once, one_node=one_node)
        return [*first, *await self._record(submissions[half:], at_once=at_once, one_node=one_node)]

    async def _record_known(self, submissions: Sequence[Submission], *, at_once: bool, one_node: bool) -> Outcomes:
        """Record what is of players who exist."""
        rows = await self._pool.fetch(statement("known_users"), listed({s.event.user_id for s in submissions}))
        known = {row["user_id"] for row in rows}
        recorded = await self._record(
            [s for s in submissions if s.event.user_id in known], at_once=at_once, one_node=one_node
        )
        outcomes = iter(recorded)
        return [next(outcomes) if s.event.user_id in known else _unknown(s.event.user_id) for s in submissions]

    async def _record_by_node(self, submissions: Sequence[Submission]) -> Outcomes:
        """Record what is of players on nodes that are up."""
        rows = await self._pool.fetch(statement("nodes_of_users"), listed({s.event.user_id for s in submissions}))
        nodes = {row["user_id"]: row["node"] for row in rows}
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        for node in set(nodes.values()):
            own = [i for i, s in enumerate(submissions) if nodes[s.event.user_id] == node]
            recorded = await self._record([submissions[i] for i in own], one_node=True)
            outcomes |= zip(own, recorded, strict=True)
        return [outcomes[i] for i in range(len(submissions))]


def _rounds(submissions: Sequence[Submission]) -> Sequence[Sequence[int]]:
    """Return the positions of what can be recorded together, one after the other.

    Of submissions that are judged by what came before, those of one player come apart.
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
    """Whether `write_at_once` can take them."""
    alike = len({s.board.policy for s in submissions}) == 1 and not any(map(_is_judged, submissions))
    return alike and len(set(map(_player, submissions))) == len(submissions)


def _is_judged(submission: Submission) -> bool:
    board = submission.board
    return board.limits.depend_on_standing(board.policy)


def _player(submission: Submission) -> tuple[int, int]:
    return submission.board.id, submission.event.user_id


def _unknown(user_id: int) -> PlayerNotFound:
    return PlayerNotFound(f"there is no player {user_id}", user_id=user_id)


def _refusal(submission: Submission, error: Rejected) -> LeaderForgeError:
    user_id = submission.event.user_id
    if error.sqlstate == CHECK_VIOLATION:
        return ScoreOutOfRange("the player's score would leave the range of +-(2^53 - 1)", user_id=user_id)
    return Refused("the submission holds a value that cannot be stored", user_id=user_id)
