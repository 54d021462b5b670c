"""Submission of scores: commit, delivery to the index, receipt."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.batches import complete
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.ranks import rank_of
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.index import Applied, LadderUpdate
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.coalescing import BATCH, STAGGER_S, Coalescer
from leaderforge.services.delivery import Delivery
from leaderforge.services.trust import IndexTrust


class Receipt(NamedTuple):
    """Reply to a submission: the player's standing after it. `rank` is None if it was not requested or is unknown."""

    user_id: int
    score: int
    rank: int | None
    submissions: int
    improved: bool
    duplicate: bool
    submission_id: UUID
    achieved_at: int
    subscore: int | None = None


class _Request(NamedTuple):
    """Submission, and whether its receipt needs the rank."""

    submission: Submission
    rank: bool


class _Counted(NamedTuple):
    """Request whose submission is recorded."""

    request: _Request
    recorded: Recorded


class _Group:
    """Newest standings of a batch on one ladder by player id, and the numbers of entries above them."""

    def __init__(self, ladder: Ladder, *, counted: bool) -> None:
        self._ladder = ladder
        self._counted = counted
        self.newest: dict[int, Standing] = {}
        self.above: dict[int, int | None] = {}

    def add(self, standing: Standing) -> None:
        """Add a standing unless the player has a newer one."""
        previous = self.newest.get(standing.user_id)
        if previous is None or previous.revision < standing.revision:
            self.newest[standing.user_id] = standing

    def update(self) -> LadderUpdate:
        return LadderUpdate(self._ladder, list(self.newest.values()), self._counted)

    def note(self, applied: Sequence[Applied | None], *, believed: bool) -> None:
        """Note the results of the index. Its counts are exact ranks only if it was believed throughout."""
        self.above = {
            user_id: result.above if result and believed else None
            for user_id, result in zip(self.newest, applied, strict=True)
        }


class SubmitService:
    """Commit of submissions in batches, and delivery to the index.

    A submission is acknowledged once it is committed, and either the index has it or this process has declared it as
    pending (see `Delivery`).
    """

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
        # Several batches are in flight: while some wait for the database and the index, the process works on others.
        # Each policy has its queue: a single statement can record submissions of one policy only.
        self._take = {
            policy: Coalescer(
                self._take_batch, max_batch=BATCH, max_in_flight=3, stagger_s=STAGGER_S, time_limit_s=time_limit_s
            )
            for policy in Policy
        }
        # Score limits that depend on the standing take several round trips. Boards without such limits must not wait.
        self._judge = Coalescer(self._take_batch, max_batch=BATCH, max_in_flight=2, time_limit_s=time_limit_s)

    async def submit(self, submission: Submission, *, rank: bool = True) -> Receipt:
        """Commit one submission and return its receipt, with the exact rank if requested and known.

        Raises `RuleViolated`, `PlayerNotFound`, `ScoreOutOfRange`, `StoreUnavailable` or `Overloaded`. A retry with the
        same submission id is safe: the submission counts at most once.
        """
        limits, policy = submission.board.limits, submission.board.policy
        take = self._judge if limits.depend_on_standing(policy) else self._take[policy]
        outcome = await take(_Request(submission, rank))
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        return outcome

    async def submit_many(
        self, submissions: Sequence[Submission], *, rank: bool = True
    ) -> Sequence[Receipt | LeaderForgeError]:
        """Commit a batch. Return a receipt or an error for each submission, in order. Raises `StoreUnavailable`."""
        return await self._take_batch([_Request(s, rank) for s in submissions]) if submissions else []

    async def _take_batch(self, batch: Sequence[_Request]) -> Sequence[Receipt | LeaderForgeError]:
        outcomes = await self._record([request.submission for request in batch])
        counted = [
            _Counted(request, outcome) if isinstance(outcome, Recorded) else outcome
            for request, outcome in zip(batch, outcomes, strict=True)
        ]
        return await complete(counted, _Counted, self._deliver)

    async def _deliver(self, batch: Sequence[_Counted]) -> Sequence[Receipt]:
        """Apply recorded submissions to the index, and return their receipts."""
        # The belief must begin before the index counts. Renew it after the commit, not concurrently: a Lambda function
        # has only one connection to the store.
        belief = self._trust.current()
        if belief is None:
            belief = await self._trust.renewed()
        groups: dict[tuple[int, int, bool], _Group] = {}
        main_groups = [_add_to_groups(groups, recorded, request.rank) for request, recorded in batch]
        updates = [group.update() for group in groups.values()]
        applied = await self._delivery.apply(updates)
        believed = self._trust.holds(belief)
        if not believed and not any(None in results for results in applied):
            # A connection broke, for example while a function was frozen. Count again once the index is caught up.
            belief = await self._trust.renewed()
            applied = applied if belief is None else await self._delivery.apply(updates)
            believed = self._trust.holds(belief)
        for group, results in zip(groups.values(), applied, strict=True):
            group.note(results, believed=believed)
        return [
            _receipt(request.submission, recorded, group)
            for (request, recorded), group in zip(batch, main_groups, strict=True)
        ]

    async def _record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self._telemetry.observe("submit_batch_size", len(submissions))
        with self._telemetry.timed("store_record_seconds"):
            return await self._store.record(submissions)


def _add_to_groups(groups: dict[tuple[int, int, bool], _Group], recorded: Recorded, rank: bool) -> _Group:
    """Add the standings of a submission to the groups of their ladders. Return the group of the main ladder."""
    # A ladder in backfill lacks standings: no rank on it is exact.
    rank = rank and not recorded.ladders[0].incomplete
    submission_groups: list[_Group] = []
    for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
        # Counting costs a call on every partition: only the main ladder, which comes first, needs it.
        counted = rank and not submission_groups
        # A ladder that is main for one submission may be secondary for another. Only the group of the main ladder is
        # counted.
        key = ladder.board.id, ladder.period, counted
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(ladder, counted=counted)
        group.add(standing)
        submission_groups.append(group)
    return submission_groups[0]


def _receipt(submission: Submission, recorded: Recorded, group: _Group) -> Receipt:
    standing = group.newest[submission.event.user_id]
    above = group.above[standing.user_id]
    return Receipt(
        user_id=standing.user_id,
        score=standing.score,
        rank=None if above is None else rank_of(above),
        submissions=standing.submissions,
        improved=recorded.improved,
        duplicate=recorded.duplicate,
        submission_id=submission.event.submission_id,
        achieved_at=standing.achieved_at,
        subscore=None if submission.board.subscore_order is None else standing.subscore,
    )
