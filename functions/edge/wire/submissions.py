"""Submissions in requests, their acknowledgements, and their messages in the queue."""

from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, WrapValidator

from functions.edge.wire.batches import exclude_each_other, validate_item
from functions.edge.wire.bodies import string_json
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.fields import (
    BoardName,
    ExternalIdIn,
    ExternalIdOut,
    IntegerIn,
    IntegerOut,
    PlayerIdIn,
    TimeIn,
)
from functions.edge.wire.metadata import MetadataIn
from functions.edge.wire.models import LongIn, QueryIn, StrictIn, StrictOut
from functions.edge.wire.numbers import NumbersIn, numbers_member
from functions.edge.wire.scores import ScoreValueIn
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.submissions import Submission
from leaderforge.domain.times import time_text
from leaderforge.services.receipts import WITH_RANK, WITHOUT_RANK, ReceiptOptions

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
