"""Submitting scores: commit, index, receipt."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import LeaderForgeError, RuleViolated
from leaderforge.domain.standings import Standing
from leaderforge.ports import LadderUpdate, Recorded, ScoreStore, Submission, Telemetry
from leaderforge.services.coalescing import Coalescer
from leaderforge.services.indexing import Indexer

_STAGGER_S = 0.02
"""Some commits' time: what is held up for longer waits for a lock or a disk."""


class Receipt(NamedTuple):
    """What a submission came to. `score` and the rest are the standing's now; `rank` is None if unasked or unknown."""

    user_id: int
    score: int
    rank: int | None
    submissions: int
    improved: bool
    duplicate: bool
    submission_id: UUID
    achieved_at: int
    subscore: int | None = None


class _Update(NamedTuple):
    ladder: Ladder
    standing: Standing
    counted: bool


_Outcome = tuple[Standing, int | None]
"""The newest standing of the player and, if counted, the number of entries above it."""


class SubmitService:
    """Takes submissions. One is acknowledged once it is committed; the index may follow later, by reconciliation."""

    def __init__(
        self, store: ScoreStore, indexer: Indexer, telemetry: Telemetry, *, time_limit_s: float = 10.0
    ) -> None:
        self._store = store
        self._indexer = indexer
        self._telemetry = telemetry
        self._record = Coalescer(self._record_batch, max_in_flight=3, stagger_s=_STAGGER_S, time_limit_s=time_limit_s)
        # Judging takes several round trips each, for which the boards without such limits need not wait.
        self._judge = Coalescer(self._record_batch, max_batch=32, max_in_flight=2, time_limit_s=time_limit_s)
        self._apply = Coalescer(self._apply_batch, max_in_flight=3, time_limit_s=time_limit_s)

    async def submit(self, submission: Submission, *, rank: bool = True) -> Receipt:
        """Commit one submission and return its receipt, with the exact rank if asked and the index can tell.

        Raises `RuleViolated`, `UserNotFound`, `ScoreOutOfRange` or `StoreUnavailable`; then nothing was counted, or
        the same submission id can be sent again safely.
        """
        limits, policy = submission.board.limits, submission.board.policy
        limits.require_score(policy, submission.event.score)
        record = self._judge if limits.depend_on_standing(policy) else self._record
        recorded = await record(submission)
        if isinstance(recorded, LeaderForgeError):
            raise recorded
        main, *others = _updates(recorded, rank)
        if others:
            outcome, *_ = await asyncio.gather(self._apply(main), *map(self._apply, others))
        else:
            outcome = await self._apply(main)
        return _receipt(submission, recorded, outcome)

    async def submit_many(
        self, submissions: Sequence[Submission], *, rank: bool = True
    ) -> Sequence[Receipt | LeaderForgeError]:
        """Commit a batch together and return a receipt or an error for each, in order. Raises `StoreUnavailable`."""
        violations = [_violation(submission) for submission in submissions]
        allowed = [s for s, violation in zip(submissions, violations, strict=True) if violation is None]
        recorded = iter(await self._record_batch(allowed))
        results = [violation or next(recorded) for violation in violations]
        updates = [_updates(result, rank) for result in results if isinstance(result, Recorded)]
        outcomes = await self._apply_batch([update for own in updates for update in own])
        # A submission's first update is its main one; nobody is told of the others' outcomes.
        sizes = accumulate(map(len, updates), initial=0)
        mains = (outcomes[i] for i in sizes if i < len(outcomes))
        return [
            _receipt(submission, result, next(mains)) if isinstance(result, Recorded) else result
            for submission, result in zip(submissions, results, strict=True)
        ]

    async def _record_batch(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self._telemetry.observe("submit_batch_size", len(submissions))
        with self._telemetry.timed("store_record_seconds"):
            return await self._store.record(submissions)

    async def _apply_batch(self, updates: Sequence[_Update]) -> Sequence[_Outcome]:
        groups: defaultdict[tuple[Ladder, bool], dict[int, Standing]] = defaultdict(dict)
        for update in updates:
            newest = groups[update.ladder, update.counted]
            held = newest.get(update.standing.user_id)
            if held is None or held.revision < update.standing.revision:
                newest[update.standing.user_id] = update.standing
        brought = [LadderUpdate(ladder, list(newest.values()), count) for (ladder, count), newest in groups.items()]
        outcomes = {
            (one.ladder, one.count, standing.user_id): (standing, done.above if done else None)
            for one, applied in zip(brought, await self._indexer.apply(brought), strict=True)
            for standing, done in zip(one.standings, applied, strict=True)
        }
        return [outcomes[u.ladder, u.counted, u.standing.user_id] for u in updates]


def _violation(submission: Submission) -> RuleViolated | None:
    try:
        submission.board.limits.require_score(submission.board.policy, submission.event.score)
    except RuleViolated as violation:
        return violation
    return None


def _updates(recorded: Recorded, rank: bool) -> list[_Update]:
    """Return what the index is to be brought up to, the ladder that is told of in the receipt first."""
    standings = zip(recorded.ladders, recorded.standings, strict=True)
    rank = rank and not recorded.ladders[0].incomplete
    return [_Update(ladder, standing, rank and i == 0) for i, (ladder, standing) in enumerate(standings)]


def _receipt(submission: Submission, recorded: Recorded, outcome: _Outcome) -> Receipt:
    standing, above = outcome
    return Receipt(
        user_id=standing.user_id,
        score=standing.score,
        rank=None if above is None else above + 1,
        submissions=standing.submissions,
        improved=recorded.improved,
        duplicate=recorded.duplicate,
        submission_id=submission.event.submission_id,
        achieved_at=standing.achieved_at,
        subscore=None if submission.board.subscore_order is None else standing.subscore,
    )
