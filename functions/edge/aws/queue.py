"""Submissions as they wait in the queue."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from functions.edge.context import Edge
from functions.edge.http.errors import invalid
from functions.edge.inputs import QueuedSubmissionIn
from functions.edge.rendering import time_text
from functions.edge.submissions import submission_at
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.ports import Submission
from leaderforge.services.ingest import Delivery


def queued_body(submission: Submission) -> str:
    """Return the message that queues a submission."""
    event = submission.event
    facts = {
        "board": submission.board.slug,
        "user_id": event.user_id,
        "score": event.score,
        "submission_id": event.submission_id,
        "achieved_at": time_text(event.achieved_at),
    }
    if submission.board.subscore_order is not None:
        facts["subscore"] = event.subscore
    text = to_json(facts).decode()
    return text if event.metadata is None else f'{text[:-1]},"metadata":{event.metadata}}}'


def records_of(event: Any) -> list[dict[str, Any]]:
    """Return the messages in an event of SQS. Raises `Refused` for another event."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(map(_is_message, records)):
        raise Refused("the event is not one of messages from an SQS queue")
    return records


async def delivery_of(edge: Edge, record: dict[str, Any]) -> Delivery:
    """Return a message with what is in it. A submission that does not tell was achieved when it was sent."""
    content: Any
    try:
        queued = QueuedSubmissionIn.model_validate_json(record["body"])
        achieved_at = _sent_at(edge, record) if queued.achieved_at is None else queued.achieved_at
        content = submission_at(edge, await edge.board(queued.board), queued, achieved_at)
    except ValidationError as error:
        content = invalid(error)
    except LeaderForgeError as error:
        content = error
    return Delivery(record["messageId"], record["body"], content)


def _sent_at(edge: Edge, record: dict[str, Any]) -> int:
    sent = str(record.get("attributes", {}).get("SentTimestamp", ""))
    return int(sent) if sent.isdigit() else edge.services.clock()


def _is_message(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and record.get("eventSource") == "aws:sqs"
        and isinstance(record.get("messageId"), str)
        and isinstance(record.get("body"), str)
    )
