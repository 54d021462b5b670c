"""Submission of scores: commit, delivery to the index, receipt."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from leaderforge.domain.batches import complete
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.domain.submissions import Recorded, Submission, feeds_any
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.ports.tracing import Tracer
from leaderforge.services.delivery import Delivery
from leaderforge.services.leagues import SeatService
from leaderforge.services.receipts import (
    WITH_RANK,
    FeedReceipt,
    LadderGroup,
    Receipt,
    ReceiptOptions,
    receipt_of,
)
from leaderforge.services.submission_queues import SubmissionQueues, SubmitRequest
from leaderforge.services.team_ids import of_players
from leaderforge.services.trust import IndexTrust
from leaderforge.services.write_health import WriteHealth


class _Counted(NamedTuple):
    """Request whose submission is recorded."""

    request: SubmitRequest
    recorded: Recorded

    @property
    def parts(self) -> "Sequence[_Counted]":
        """Return the request and the requests of its fed submissions."""
        options = self.request.options
        return [self, *(_Counted(SubmitRequest(fed, options), recorded) for fed, recorded in self.recorded.fed)]


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
        tracer: Tracer | None = None,
        seats: SeatService | None = None,
        teams: TeamStore | None = None,
        time_limit_s: float = 10.0,
    ) -> None:
        self._store = store
        self._seats = seats
        self._teams = teams
        self._delivery = delivery
        self._trust = trust
        self._telemetry = telemetry
        self.writes = WriteHealth()
        self._queues = SubmissionQueues(self._take_batch, tracer=tracer, time_limit_s=time_limit_s)

    async def submit(self, submission: Submission, options: ReceiptOptions = WITH_RANK) -> Receipt:
        """Commit one submission and return its receipt, with exact ranks if requested and known.

        Raises `RuleViolated`, `PlayerNotFound`, `ScoreOutOfRange`, `StoreUnavailable` or `Overloaded`. A retry with the
        same submission id is safe, because a submission counts at most once.
        """
        outcome = await self._queues.take(SubmitRequest(submission, options))
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        return outcome

    async def submit_many(
        self, submissions: Sequence[Submission], options: ReceiptOptions = WITH_RANK
    ) -> Sequence[Receipt | LeaderForgeError]:
        """Commit a batch. Return a receipt or an error for each submission, in order. Raises `StoreUnavailable`."""
        if not submissions:
            return []
        return await self._take_batch([SubmitRequest(s, options) for s in submissions], previous=options.previous)

    async def _take_batch(
        self, batch: Sequence[SubmitRequest], *, previous: bool = False
    ) -> Sequence[Receipt | LeaderForgeError]:
        submissions = [request.submission for request in batch]
        outcomes = await self._record(submissions, previous=previous)
        receipts = await self._receipts(batch, outcomes)
        if self._seats is not None:
            await self._take_seats(self._seats, submissions, outcomes)
        return receipts

    async def _take_seats(
        self, seats: SeatService, submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]
    ) -> None:
        await seats.take(submissions, outcomes)
        fed = [part for outcome in outcomes if isinstance(outcome, Recorded) for part in outcome.fed]
        if fed:
            await seats.take([part.submission for part in fed], [part.recorded for part in fed])

    async def _receipts(
        self, batch: Sequence[SubmitRequest], outcomes: Sequence[Recorded | LeaderForgeError]
    ) -> Sequence[Receipt | LeaderForgeError]:
        counted = [
            _Counted(request, outcome) if isinstance(outcome, Recorded) else outcome
            for request, outcome in zip(batch, outcomes, strict=True)
        ]
        if feeds_any(request.submission for request in batch):
            return await complete(counted, _Counted, self._deliver_parts)
        return await complete(counted, _Counted, self._deliver)

    async def _deliver_parts(self, batch: Sequence[_Counted]) -> Sequence[Receipt]:
        """Apply recorded submissions and their fed submissions to the index, and return their receipts."""
        receipts = iter(await self._deliver([part for counted in batch for part in counted.parts]))
        return [_receipt_of_parts(counted.recorded, receipts) for counted in batch]

    async def _deliver(self, batch: Sequence[_Counted]) -> Sequence[Receipt]:
        """Apply recorded submissions to the index, and return their receipts."""
        # Check before the count that the index is current: otherwise, the counts may be wrong. Check after the commit,
        # not during it, because a Lambda function has only one connection to the store.
        belief = self._trust.current()
        if belief is None:
            belief = await self._trust.renewed()
        groups: dict[tuple[int, int, bool], LadderGroup] = {}
        groups_of = [_add_to_groups(groups, recorded, request.options) for request, recorded in batch]
        updates = [group.update() for group in groups.values()]
        applied = await self._delivery.apply(updates)
        believed = self._trust.holds(belief)
        if not believed and not any(None in results for results in applied):
            # A connection broke, for example while a function was frozen. Count again once a catch-up has finished.
            belief = await self._trust.renewed()
            applied = applied if belief is None else await self._delivery.apply(updates)
            believed = self._trust.holds(belief)
        for group, results in zip(groups.values(), applied, strict=True):
            group.note(results, believed=believed)
        return [
            receipt_of(request.submission, recorded, submission_groups, request.options)
            for (request, recorded), submission_groups in zip(batch, groups_of, strict=True)
        ]

    async def _record(
        self, submissions: Sequence[Submission], *, previous: bool
    ) -> Sequence[Recorded | LeaderForgeError]:
        self._telemetry.observe("submit_batch_size", len(submissions))
        try:
            with self._telemetry.timed("store_record_seconds"):
                record = partial(self._store.record, previous=previous)
                outcomes = await complete(await of_players(self._teams, submissions), Submission, record)
        except StoreUnavailable:
            self.writes.note(accepted=False)
            raise
        self.writes.note(accepted=not isinstance(outcomes[0], StoreUnavailable))
        return outcomes


def _receipt_of_parts(recorded: Recorded, receipts: Iterator[Receipt]) -> Receipt:
    """Return the next of `receipts`. The receipts that follow belong to the submission's fed submissions."""
    receipt = next(receipts)
    return receipt._replace(feeds=[FeedReceipt(fed.board.slug, next(receipts)) for fed, _ in recorded.fed])


def _add_to_groups(
    groups: dict[tuple[int, int, bool], LadderGroup], recorded: Recorded, options: ReceiptOptions
) -> Sequence[LadderGroup]:
    """Add the standings of a submission to the groups of their ladders. Return these groups, in order."""
    submission_groups: list[LadderGroup] = []
    for ladder, standing in zip(recorded.ladders, recorded.standings, strict=True):
        # A count costs a call on every partition. Therefore count only on the main ladder, which comes first, unless
        # all periods are requested. Count on no ladder in backfill: it lacks standings, and no rank would be exact.
        counted = options.rank and (options.periods or not submission_groups) and not ladder.incomplete
        counted = counted and not ladder.board.missing_submissions(standing.submissions)
        # A ladder may be the main ladder of one submission, and a further ladder of another submission. The ladder then
        # has two groups. Entries are counted for one group only.
        key = ladder.board.id, ladder.period, counted
        group = groups.get(key)
        if group is None:
            group = groups[key] = LadderGroup(ladder, counted=counted)
        group.add(standing)
        submission_groups.append(group)
    if recorded.previous:
        for group, earlier in zip(submission_groups, recorded.previous, strict=True):
            if earlier is not None:
                group.add_earlier(earlier)
    return submission_groups
