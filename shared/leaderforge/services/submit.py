"""Submitting scores: commit, index, receipt."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable, LeaderForgeError
from leaderforge.domain.standings import Standing
from leaderforge.ports import Applied, RankIndex, Recorded, ScoreStore, Submission, Telemetry
from leaderforge.services.coalescing import Coalescer
from leaderforge.services.top import TopCache


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submission came to. `score` and the rest are the standing's now; `rank` is None if unasked or unknown."""

    user_id: int
    score: int
    rank: int | None
    submissions: int
    improved: bool
    duplicate: bool
    submission_id: UUID
    achieved_at: int


@dataclass(frozen=True, slots=True)
class _Update:
    ladder: Ladder
    standing: Standing
    count: bool


_Outcome = tuple[Standing, int | None]
"""The newest standing of the player and, if counted, the number of entries above it."""


class SubmitService:
    """Takes submissions. One is acknowledged once it is committed; the index may follow later, by reconciliation."""

    def __init__(
        self, store: ScoreStore, index: RankIndex, top: TopCache, telemetry: Telemetry, *, time_limit_s: float = 10.0
    ) -> None:
        self._store = store
        self._index = index
        self._top = top
        self._telemetry = telemetry
        self._record = Coalescer(self._record_batch, max_in_flight=3, time_limit_s=time_limit_s)
        self._apply = Coalescer(self._apply_batch, max_in_flight=3, time_limit_s=time_limit_s)

    async def submit(self, submission: Submission, *, rank: bool = True) -> Receipt:
        """Commit one submission and return its receipt, with the exact rank if asked and the index can tell.

        Raises `UserNotFound`, `ScoreOutOfRange` or `StoreUnavailable`; then nothing was counted, or the same
        submission id can be sent again safely.
        """
        recorded = await self._record(submission)
        if isinstance(recorded, LeaderForgeError):
            raise recorded
        outcome = await self._apply(_Update(submission.ladder, recorded.standing, rank))
        return _receipt(submission, recorded, outcome)

    async def submit_many(
        self, submissions: Sequence[Submission], *, rank: bool = True
    ) -> Sequence[Receipt | LeaderForgeError]:
        """Commit a batch together and return a receipt or an error for each, in order. Raises `StoreUnavailable`."""
        results = await self._record_batch(submissions)
        updates = [
            _Update(submission.ladder, result.standing, rank)
            for submission, result in zip(submissions, results, strict=True)
            if isinstance(result, Recorded)
        ]
        outcomes = iter(await self._apply_batch(updates))
        return [
            _receipt(submission, result, next(outcomes)) if isinstance(result, Recorded) else result
            for submission, result in zip(submissions, results, strict=True)
        ]

    async def _record_batch(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self._telemetry.observe("submit_batch_size", len(submissions))
        with self._telemetry.timed("store_record_seconds"):
            return await self._store.record(submissions)

    async def _apply_batch(self, updates: Sequence[_Update]) -> Sequence[_Outcome]:
        groups: defaultdict[tuple[Ladder, bool], dict[int, Standing]] = defaultdict(dict)
        for update in updates:
            newest = groups[update.ladder, update.count]
            held = newest.get(update.standing.user_id)
            if held is None or held.revision < update.standing.revision:
                newest[update.standing.user_id] = update.standing
        outcomes: dict[tuple[Ladder, bool, int], _Outcome] = {}
        for (ladder, count), newest in groups.items():
            standings = list(newest.values())
            for standing, applied in zip(standings, await self._apply_ladder(ladder, standings, count), strict=True):
                outcomes[ladder, count, standing.user_id] = (standing, applied.above if applied else None)
        return [outcomes[u.ladder, u.count, u.standing.user_id] for u in updates]

    async def _apply_ladder(
        self, ladder: Ladder, standings: Sequence[Standing], count: bool
    ) -> Sequence[Applied | None]:
        try:
            with self._telemetry.timed("index_apply_seconds"):
                applied = await self._index.apply(ladder, standings, count=count)
        except IndexUnavailable:
            self._telemetry.count("index_updates_deferred", len(standings))
            return [None] * len(standings)
        self._top.touch(ladder, applied)
        return applied


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
    )
