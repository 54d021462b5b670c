"""Submissions on the wire, their receipts, and the messages in which they are queued."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from functions.edge.wire.bodies import number_json, truth_json
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.fields import BoardName, IntegerIn, IntegerOut, RankOut, TimeIn, TimeOut
from functions.edge.wire.metadata import MetadataIn
from functions.edge.wire.models import QueryIn, StrictIn, StrictOut
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.submissions import Submission
from leaderforge.domain.times import time_text
from leaderforge.services.submit import Receipt

MAX_BATCH = 1000


class SubmitQuery(QueryIn):
    rank: Literal["exact", "none"] = Field(
        "exact", description="`exact` returns the rank; `none` omits it, which is faster."
    )


class SubmissionIn(StrictIn):
    """A score to submit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 123, "score": 500}]})

    user_id: IntegerIn = Field(description="The player's id.")
    score: IntegerIn
    submission_id: UUID | None = Field(
        None, description="The client's own id of the submission. A retry with the same id counts once."
    )
    metadata: MetadataIn | None = Field(None, description="Metadata to return with the score.")
    subscore: IntegerIn | None = Field(
        None, description="The second score. Defaults to 0. Only allowed on boards that have one."
    )
    achieved_at: TimeIn | None = Field(
        None,
        description="When the score was achieved, for delayed delivery. Defaults to now; future times are clamped to "
        "now. Not allowed with a player token.",
    )


class QueuedSubmissionIn(SubmissionIn):
    """A submission in the queue."""

    board: BoardName
    submission_id: UUID


class Malformed:
    """An item of a batch that failed validation."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error


def validate_item(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return an item of a batch, or `Malformed` if it is invalid: one invalid item does not fail the batch."""
    try:
        return validate(value)
    except ValidationError as error:
        return Malformed(error)


class BatchIn(StrictIn):
    """Scores to submit together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions": [{"user_id": 123, "score": 500}]}]})

    submissions: list[Annotated[SubmissionIn, WrapValidator(validate_item)]] = Field(min_length=1, max_length=MAX_BATCH)


class BoardSubmissionIn(SubmissionIn):
    """A score to submit and its board."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"board": "laps", "user_id": 123, "score": 61250}]})

    board: BoardName = DEFAULT_BOARD


class MixedBatchIn(StrictIn):
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


class ReceiptOut(StrictOut):
    """The receipt of a submission: the player's standing after it."""

    user_id: IntegerOut
    score: IntegerOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    rank: RankOut | None = Field(description="The rank; null with `rank=none` or while the index is unavailable.")
    submissions: Annotated[int, Field(ge=1)]
    improved: bool = Field(description="Whether this submission improved the standing.")
    duplicate: bool = Field(description="Whether a submission with this id was recorded before.")
    submission_id: UUID
    achieved_at: TimeOut


def _exclude_each_other(schema: dict[str, Any]) -> None:
    """State that a result has one form only. With `anyOf`, generated C# refuses members that a later version adds."""
    schema["oneOf"] = schema.pop("anyOf")


class BatchResult(RootModel[ReceiptOut | ErrorOut]):
    """The receipt of a submission of a batch, or its error."""

    model_config = ConfigDict(json_schema_extra=_exclude_each_other)


class BatchOut(StrictOut):
    """A receipt or an error for each submission, in their order."""

    results: list[BatchResult]


class QueuedOut(StrictOut):
    """The submission is queued and counted a moment later."""

    user_id: IntegerOut
    submission_id: UUID = Field(description="The id of the submission. A retry with the same id counts once.")
    queued: bool = Field(description="Always true.")


class QueuedBatchResult(RootModel[QueuedOut | ErrorOut]):
    """The acknowledgement of a submission of a batch, or its error."""

    model_config = ConfigDict(json_schema_extra=_exclude_each_other)


class QueuedBatchOut(StrictOut):
    """The valid submissions are queued. Each invalid one has an error."""

    results: list[QueuedBatchResult]


def render_receipt(receipt: Receipt) -> str:
    """Return a receipt as a JSON object."""
    subscore = "" if receipt.subscore is None else f'"subscore":{receipt.subscore},'
    return (
        f'{{"user_id":{receipt.user_id},"score":{receipt.score},{subscore}"rank":{number_json(receipt.rank)},'
        f'"submissions":{receipt.submissions},"improved":{truth_json(receipt.improved)},'
        f'"duplicate":{truth_json(receipt.duplicate)},"submission_id":"{receipt.submission_id}",'
        f'"achieved_at":"{time_text(receipt.achieved_at)}"}}'
    )


def render_queued(submission: Submission) -> str:
    """Return the acknowledgement of a queued submission as a JSON object."""
    event = submission.event
    return f'{{"user_id":{event.user_id},"submission_id":"{event.submission_id}","queued":true}}'


def render_message(submission: Submission) -> str:
    """Return the queue message of a submission as a JSON object, the format that `QueuedSubmissionIn` parses."""
    board, event = submission.board, submission.event
    subscore = "" if board.subscore_order is None else f',"subscore":{event.subscore}'
    metadata = "" if event.metadata is None else f',"metadata":{event.metadata}'
    return (
        f'{{"board":"{board.slug}","user_id":{event.user_id},"score":{event.score},'
        f'"submission_id":"{event.submission_id}","achieved_at":"{time_text(event.achieved_at)}"{subscore}{metadata}}}'
    )
