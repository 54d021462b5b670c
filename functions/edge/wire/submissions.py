"""Submissions in requests, their receipts, and their messages in the queue."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, WrapValidator

from functions.edge.wire.batches import exclude_each_other, validate_item
from functions.edge.wire.bodies import number_json, string_json, truth_json
from functions.edge.wire.entries import rank_in_json
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.fields import (
    BoardName,
    CountOut,
    ExternalIdIn,
    ExternalIdOut,
    IntegerIn,
    IntegerOut,
    PlayerIdIn,
    RankInOut,
    RankOut,
    TimeIn,
    TimeOut,
)
from functions.edge.wire.metadata import MetadataIn
from functions.edge.wire.models import LongIn, QueryIn, StrictIn, StrictOut
from functions.edge.wire.numbers import NumbersIn, NumbersOut, TiebreakersOut, numbers_member
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.scores import ScoreValueIn, ScoreValueOut
from functions.edge.wire.tiers import NextTierMember, TierNameOut, reached_tier_members
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.submissions import Submission
from leaderforge.domain.tiebreakers import Tiebreaker, subscore_json
from leaderforge.domain.times import time_text
from leaderforge.services.receipts import (
    WITH_RANK,
    WITHOUT_RANK,
    PeriodReceipt,
    PreviousStanding,
    Receipt,
    ReceiptDetails,
    ReceiptOptions,
)

MAX_BATCH = 1000


class SubmitQuery(QueryIn):
    rank: Literal["exact", "none"] = Field(
        "exact", description="`exact` returns the rank; `none` omits it, which is faster."
    )
    previous: Literal["none", "exact"] = Field(
        "none", description="`exact` adds the standing directly before the submission, with its rank."
    )
    ranks: Literal["main", "all"] = Field(
        "main",
        description="`all` adds `periods`: the standing in each period that counts the submission, with its rank. "
        "`rank` selects whether ranks are computed, `ranks` for which periods.",
    )

    @cached_property
    def receipt(self) -> ReceiptOptions:
        """Requested parts of the receipts."""
        rank = self.rank != "none"
        if self.previous == "none" and self.ranks == "main":
            return WITH_RANK if rank else WITHOUT_RANK
        return ReceiptOptions(rank, self.previous == "exact", self.ranks == "all")


class SubmissionIn(StrictIn):
    """A score to submit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 123, "score": 500}]})

    user_id: PlayerIdIn | None = Field(None, description="The player's id. Required without `external_id`.")
    external_id: ExternalIdIn | None = Field(
        None, description="The player's id in another system, instead of `user_id`."
    )
    score: ScoreValueIn | None = Field(None, description="The score. Required without `change`.")
    change: ScoreValueIn | None = Field(
        None,
        description="Instead of `score`: the difference to the player's score in the board's first period, 0 if it has "
        "none. No other submission counts between reading that score and adding the difference.",
    )
    submission_id: UUID | None = Field(
        None, description="The client's own id of the submission. A retry with the same id and content counts once."
    )
    metadata: MetadataIn | None = Field(None, description="Metadata to return with the score.")
    subscore: IntegerIn | None = Field(
        None, description="The second score. Defaults to 0. Only allowed on boards that have one."
    )
    numbers: NumbersIn | None = Field(
        None,
        description="Up to 8 named integers of the run, such as its time. Stored with the submission. On a board with "
        "tiebreakers, their numbers are required.",
    )
    achieved_at: TimeIn | None = Field(
        None,
        description="When the score was achieved, for delayed delivery. Defaults to now; future times are clamped to "
        "now. Not allowed with a player token.",
    )


class QueuedSubmissionIn(SubmissionIn):
    """A submission in the queue. `received_us` is the time (us since 1970) at which the API received it.

    Messages that other programs have queued lack it.
    """

    board: BoardName
    submission_id: UUID
    received_us: Annotated[int, Field(gt=0, le=MAX_INTEGER)] | None = None


class BatchIn(LongIn):
    """Scores to submit together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions": [{"user_id": 123, "score": 500}]}]})

    submissions: list[Annotated[SubmissionIn, WrapValidator(validate_item)]] = Field(min_length=1, max_length=MAX_BATCH)


class BoardSubmissionIn(SubmissionIn):
    """A score to submit and its board."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"board": "laps", "user_id": 123, "score": 61250}]})

    board: BoardName = DEFAULT_BOARD


class MixedBatchIn(LongIn):
    """Scores to submit together, each to the board that it names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"submissions": [{"user_id": 123, "score": 500}, {"board": "laps", "user_id": 123, "score": 61250}]}
            ]
        }
    )

    submissions: list[Annotated[BoardSubmissionIn, WrapValidator(validate_item)]] = Field(
        min_length=1, max_length=MAX_BATCH
    )


class PreviousOut(StrictOut):
    """A player's standing directly before a submission."""

    score: ScoreValueOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    tiebreakers: TiebreakersOut = Field({})
    rank: RankOut | None = Field(
        description="The rank that this standing would have now, among the other players; null if the receipt's is, or "
        "if the standing had too few submissions."
    )


class PeriodReceiptOut(StrictOut):
    """A player's standing in one period after a submission."""

    period: PeriodNameOut
    score: ScoreValueOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    tiebreakers: TiebreakersOut = Field({})
    rank: RankOut | None = Field(description="The rank in this period; null in the same cases as the receipt's rank.")
    submissions: Annotated[int, Field(ge=1)]
    improved: bool = Field(description="Whether this submission improved the standing in this period.")
    achieved_at: TimeOut
    tier: TierNameOut = ""
    next_tier: NextTierMember = None
    previous: PreviousOut | None = Field(
        None, description="The standing before the submission, with `previous=exact`; null if there was none."
    )


class _Receipt(StrictOut):
    """A player's standing on one board after a submission."""

    user_id: IntegerOut
    external_id: ExternalIdOut = ""
    score: ScoreValueOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    tiebreakers: TiebreakersOut = Field({})
    rank: RankOut | None = Field(
        description="The rank; null with `rank=none`, with too few submissions, or while the index is unavailable."
    )
    rank_in: RankInOut = Field({})
    submissions: Annotated[int, Field(ge=1)]
    missing_submissions: CountOut = Field(
        0, description="How many submissions the player still needs to be ranked, only on boards with a minimum."
    )
    improved: bool = Field(description="Whether this submission improved the standing.")
    duplicate: bool = Field(description="Whether a submission with this id was recorded before.")
    submission_id: UUID
    achieved_at: TimeOut
    tier: TierNameOut = ""
    next_tier: NextTierMember = None
    attempts_left: CountOut = Field(
        0, description="The number of further submissions that may count, only on tournaments with a limit of attempts."
    )
    previous: PreviousOut | None = Field(
        None,
        description="The standing before the submission, with `previous=exact`; null for the first submission and for "
        "a duplicate.",
    )
    numbers: NumbersOut = Field({})
    periods: list[PeriodReceiptOut] = Field(
        [], description="The standing in each period that counts the submission, with `ranks=all`."
    )


class FeedReceiptOut(_Receipt):
    """The receipt of a submission on a board that the board of the request feeds."""

    board: BoardName


class ReceiptOut(_Receipt):
    """The receipt of a submission: the player's standing after it."""

    feeds: list[FeedReceiptOut] = Field(
        [], description="The receipts on the boards that this board feeds. Absent if the submission counts on none."
    )


class BatchResult(RootModel[ReceiptOut | ErrorOut]):
    """The receipt of a submission of a batch, or its error."""

    model_config = ConfigDict(json_schema_extra=exclude_each_other)


class BatchOut(StrictOut):
    """A receipt or an error for each submission, in their order."""

    results: list[BatchResult]


class QueuedOut(StrictOut):
    """The submission is queued and counted a moment later."""

    user_id: IntegerOut
    external_id: ExternalIdOut = ""
    submission_id: UUID = Field(description="The id of the submission. A retry with the same id counts once.")
    queued: bool = Field(description="Always true.")


class QueuedBatchResult(RootModel[QueuedOut | ErrorOut]):
    """The acknowledgement of a submission of a batch, or its error."""

    model_config = ConfigDict(json_schema_extra=exclude_each_other)


class QueuedBatchOut(StrictOut):
    """The valid submissions are queued. Each invalid one has an error."""

    results: list[QueuedBatchResult]


def render_receipt(receipt: Receipt, external_id: str | None = None) -> str:
    """Return a receipt as a JSON object."""
    external = "" if external_id is None else f'"external_id":{string_json(external_id)},'
    subscore = "" if receipt.subscore is None else subscore_json(receipt.tiebreakers, receipt.subscore)
    achieved_at = time_text(receipt.achieved_at)
    details = "" if receipt.details is None else _details_json(receipt, receipt.details, achieved_at)
    tier = "" if receipt.tier is None else reached_tier_members(receipt.tier)
    attempts = "" if receipt.attempts_left is None else f',"attempts_left":{receipt.attempts_left}'
    within = "" if receipt.rank_in is None else f'"rank_in":{rank_in_json(receipt.rank_in)},'
    numbers = "" if receipt.numbers is None else numbers_member(receipt.numbers)
    feeds = _feeds_member(receipt) if receipt.feeds else ""
    missing = "" if receipt.missing_submissions is None else f'"missing_submissions":{receipt.missing_submissions},'
    return (
        f'{{"user_id":{receipt.user_id},{external}"score":{receipt.score},{subscore}"rank":{number_json(receipt.rank)},'
        f'{within}"submissions":{receipt.submissions},{missing}"improved":{truth_json(receipt.improved)},'
        f'"duplicate":{truth_json(receipt.duplicate)},"submission_id":"{receipt.submission_id}",'
        f'"achieved_at":"{achieved_at}"{tier}{attempts}{numbers}{details}{feeds}}}'
    )


def _feeds_member(receipt: Receipt) -> str:
    """Return the JSON member `feeds` with a comma before it."""
    receipts = (f'{{"board":"{feed.board}",{render_receipt(feed.receipt)[1:]}' for feed in receipt.feeds)
    return f',"feeds":[{",".join(receipts)}]'


def _details_json(receipt: Receipt, details: ReceiptDetails, achieved_at: str) -> str:
    """Return the requested JSON members of a receipt, each with a comma before it.

    `achieved_at` is the receipt's time as text. To save time, equal values are rendered once only: periods with the
    receipt's time use this text, and the main period uses the text of the receipt's `previous`.
    """
    tiebreakers = receipt.tiebreakers
    previous = _previous_member(details.previous, tiebreakers) if details.has_previous else ""
    if details.periods is None:
        return previous
    periods = [
        _period_json(
            period,
            achieved_at if period.achieved_at == receipt.achieved_at else time_text(period.achieved_at),
            previous if period.previous is details.previous else _previous_member(period.previous, tiebreakers),
            tiebreakers,
        )
        for period in details.periods
    ]
    return f'{previous},"periods":[{",".join(periods)}]'


def _previous_member(previous: PreviousStanding | None, tiebreakers: Sequence[Tiebreaker]) -> str:
    """Return the JSON member `previous` with a comma before it."""
    if previous is None:
        return ',"previous":null'
    score, rank, subscore = previous
    middle = "" if subscore is None else subscore_json(tiebreakers, subscore)
    return f',"previous":{{"score":{score},{middle}"rank":{"null" if rank is None else rank}}}'


def _period_json(receipt: PeriodReceipt, time: str, previous_member: str, tiebreakers: Sequence[Tiebreaker]) -> str:
    # Format all numbers here: a function call for each number would double the time.
    period, score, rank, submissions, improved, _, subscore, _, tier = receipt
    middle = "" if subscore is None else subscore_json(tiebreakers, subscore)
    tiers = "" if tier is None else reached_tier_members(tier)
    return (
        f'{{"period":"{period}","score":{score},{middle}"rank":{"null" if rank is None else rank},'
        f'"submissions":{submissions},"improved":{"true" if improved else "false"},'
        f'"achieved_at":"{time}"{tiers}{previous_member}}}'
    )


def render_queued(submission: Submission, external_id: str | None = None) -> str:
    """Return the acknowledgement of a queued submission as a JSON object."""
    event = submission.event
    external = "" if external_id is None else f'"external_id":{string_json(external_id)},'
    return f'{{"user_id":{event.user_id},{external}"submission_id":"{event.submission_id}","queued":true}}'


def render_message(submission: Submission) -> str:
    """Return the queue message of a submission as a JSON object, the format that `QueuedSubmissionIn` parses."""
    board, event, requested_at = submission.board, submission.event, submission.requested_at
    achieved_at = "" if requested_at is None else f',"achieved_at":"{time_text(requested_at)}"'
    subscore = f',"subscore":{event.subscore}' if board.has_subscore else ""
    metadata = "" if event.metadata is None else f',"metadata":{event.metadata}'
    score = f'"score":{event.score}' if event.change is None else f'"change":{event.change}'
    return (
        f'{{"board":"{board.slug}","user_id":{event.user_id},{score},'
        f'"submission_id":"{event.submission_id}","received_us":{event.received_us}{achieved_at}{subscore}{metadata}'
        f"{numbers_member(event.numbers)}}}"
    )
