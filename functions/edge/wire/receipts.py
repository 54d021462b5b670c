"""Receipts of submissions."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel

from functions.edge.wire.batches import exclude_each_other
from functions.edge.wire.bodies import string_json, truth_json
from functions.edge.wire.entries import rank_in_json
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.fields import (
    BoardName,
    CountOut,
    ExternalIdOut,
    IntegerOut,
    RankInOut,
    RankOut,
    TimeOut,
)
from functions.edge.wire.models import StrictOut
from functions.edge.wire.numbers import NumbersOut, TiebreakersOut, numbers_member
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.scores import ScoreValueOut
from functions.edge.wire.tiers import NextTierMember, TierNameOut, reached_tier_members
from leaderforge.domain.tiebreakers import Tiebreaker, subscore_json
from leaderforge.domain.times import time_text
from leaderforge.services.receipts import FeedReceipt, PeriodReceipt, PreviousStanding, Receipt, ReceiptDetails


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


def render_receipt(receipt: Receipt, external_id: str | None = None) -> str:
    """Return a receipt as a JSON object."""
    # Unpack all fields at once, because each access by name costs time, and a batch has up to 1000 receipts.
    (
        user_id, score, rank, submissions, improved, duplicate, submission_id, achieved_at,
        subscore, missing, details, tier, attempts_left, rank_in, numbers, tiebreakers, feeds,
    ) = receipt  # fmt: skip
    time = time_text(achieved_at)
    external = "" if external_id is None else f'"external_id":{string_json(external_id)},'
    subscore_member = "" if subscore is None else subscore_json(tiebreakers, subscore)
    within = "" if rank_in is None else f'"rank_in":{rank_in_json(rank_in)},'
    missing_member = "" if missing is None else f'"missing_submissions":{missing},'
    last = "" if tier is None else reached_tier_members(tier)
    if attempts_left is not None:
        last += f',"attempts_left":{attempts_left}'
    if numbers is not None:
        last += numbers_member(numbers)
    if details is not None:
        last += _details_json(receipt, details, time)
    if feeds:
        last += _feeds_member(feeds)
    return (
        f'{{"user_id":{user_id},{external}"score":{score},{subscore_member}"rank":{"null" if rank is None else rank},'
        f'{within}"submissions":{submissions},{missing_member}"improved":{truth_json(improved)},'
        f'"duplicate":{truth_json(duplicate)},"submission_id":"{submission_id}","achieved_at":"{time}"{last}}}'
    )


def _feeds_member(feeds: Sequence[FeedReceipt]) -> str:
    """Return the JSON member `feeds` with a comma before it."""
    receipts = (f'{{"board":"{feed.board}",{render_receipt(feed.receipt)[1:]}' for feed in feeds)
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
