"""Submitting scores: commit, index, receipt."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.errors import LeaderForgeError, RuleViolated
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.index import Applied, LadderUpdate
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.coalescing import BATCH, STAGGER_S, Coalescer
from leaderforge.services.delivery import Delivery
from leaderforge.services.trust import IndexTrust


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


class _Asked(NamedTuple):
    """A submission, and whether its receipt is to tell the rank."""

    submission: Submission
    rank: bool


class _Group:
    """What a batch brings to one ladder, and what is above it there, by player."""

    def __init__(self, ladder: Ladder, *, counted: bool) -> None:
        self._ladder = ladder
        self._counted = counted
        self.newest: dict[int, Standing] = {}
        self.above: dict[int, int | None] = {}

    def add(self, standing: Standing) -> None:
        """Take the standing unless there is a newer one of the player."""
        held = self.newest.get(standing.user_id)
        if held is None or held.revision < standing.revision:
            self.newest[standing.user_id] = standing

    def update(self) -> LadderUpdate:
        return LadderUpdate(self._ladder, list(self.newest.values()), self._counted)

    def note(self, applied: Sequence[Applied | None], *, believed: bool) -> None:
        """Take note of what the index did. What it counted is no rank unless it was believed."""
        self.above = {
            user_id: result.above if result and believed else None
            for user_id, result in zip(self.newest, applied, strict=True)
        }


class SubmitService:
    """Takes submissions. One is acknowledged once it is committed; the index may follow later, by reconciliation."""

    def __init__(
        self,
        store: ScoreStore,
        delivery: Delivery,
        trust: IndexTrust,
        telemetry: Telemetry,
        *,
        time_limit_s: float = 10.0,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._trust = trust
        self._telemetry = telemetry
        # While some batches are with the database and the index, this process has the requests of others to work on.
        # Submissions of one policy can be recorded by one statement.
        self._take = {
            policy: Coalescer(
                self._take_batch, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S, time_limit_s=time_limit_s
            )
            for policy in Policy
        }
        # Judging takes several round trips each, for which the boards without such limits need not wait.
        self._judge = Coalescer(self._take_batch, max_batch=BATCH, max_in_flight=2, time_limit_s=time_limit_s)

    async def submit(self, submission: Submission, *, rank: bool = True) -> Receipt:
        """Commit one submission and return its receipt, with the exact rank if asked and the index can tell.

        Raises `RuleViolated`, `PlayerNotFound`, `ScoreOutOfRange` or `StoreUnavailable`; then nothing was counted, or
        the same submission id can be sent again safely.
        """
        limits, policy = submission.board.limits, submission.board.policy
        limits.require_score(policy, submission.event.score)
        take = self._judge if limits.depend_on_standing(policy) else self._take[policy]
        outcome = await take(_Asked(submission, rank))
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        return outcome

    async def submit_many(
        self, submissions: Sequence[Submission], *, rank: bool = True
    ) -> Sequence[Receipt | LeaderForgeError]:
        """Commit a batch together and return a receipt or an error for each, in order. Raises `StoreUnavailable`."""
        violations = [_violation(submission) for submission in submissions]
        allowed = [s for s, violation in zip(submissions, violations, strict=True) if violation is None]
        outcomes = iter(await self._take_batch([_Asked(submission, rank) for submission in allowed]))
        return [violation or next(outcomes) for violation in violations]

    async def _take_batch(self, batch: Sequence[_Asked]) -> Sequence[Receipt | LeaderForgeError]:
        recording = self._record([asked.submission for asked in batch])
        belief = self._trust.current()
        if belief is None:
            outcomes, belief = await asyncio.gather(recording, self._trust.renewed())
        else:
            outcomes = await recording
        groups: dict[tuple[int, int, bool], _Group] = {}
        mains = [
            _grouped(groups, recorded, asked.rank)
            for asked, recorded in zip(batch, outcomes, strict=True)
            if isinstance(recorded, Recorded)
        ]
        updates = [group.update() for group in groups.values()]
        applied = await self._delivery.apply(updates)
        believed = self._trust.holds(belief)
        for group, results in zip(groups.values(), applied, strict=True):
            group.note(results, believed=believed)
        told = iter(mains)
        return [
            _receipt(asked.submission, recorded, next(told)) if isinstance(recorded, Recorded) else recorded
            for asked, recorded in zip(batch, outcomes, strict=True)
        ]

    async def _record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self._telemetry.observe("submit_batch_size", len(submissions))
        with self._telemetry.timed("store_record_seconds"):
            return await self._store.record(submissions)


def _violation(submission: Submission) -> RuleViolated | None:
    try:
        submission.board.limits.require_score(submission.board.policy, submission.event.score)
    except RuleViolated as violation:
        return violation
    return None


def _grouped(groups: dict[tuple[int, int, bool], _Group], recorded: Recorded, rank: bool) -> _Group:
    """Add what the index is to be brought up to, and return the group of what is told of in the receipt."""
    rank = rank and not recorded.ladders[0].incomplete
    own: list[_Group] = []
    for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
        counted = rank and not own
        key = ladder.board.id, ladder.period, counted
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(ladder, counted=counted)
        group.add(standing)
        own.append(group)
    return own[0]


def _receipt(submission: Submission, recorded: Recorded, group: _Group) -> Receipt:
    standing = group.newest[submission.event.user_id]
    above = group.above[standing.user_id]
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
