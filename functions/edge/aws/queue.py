"""Submissions that arrive as messages of SQS."""

from typing import Any

from pydantic import ValidationError

from functions.edge.context import Edge
from functions.edge.http.errors import validation_error
from functions.edge.submissions import ANYBODY, identity_of, submission_at
from functions.edge.wire.submissions import QueuedSubmissionIn
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.players import ExternalId
from leaderforge.domain.submissions import Submission
from leaderforge.services.ingest import QueueMessage
from leaderforge.services.player_ids import Sighting


def messages_of(event: Any) -> list[dict[str, Any]]:
    """Return the messages in an event of SQS. Raises `Refused` for another event."""
    messages = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(messages, list) or not all(map(_is_message, messages)):
        raise Refused("the event has no messages of SQS; use an SQS queue as the function's only trigger")
    return messages


async def delivery_of(edge: Edge, message: dict[str, Any]) -> QueueMessage:
    """Parse a queue message. Without achieved_at, use the SQS send time.

    The result contains an error if the message is invalid.
    """
    content: Any
    try:
        queued = QueuedSubmissionIn.model_validate_json(message["body"])
        achieved_at = _sent_at(edge, message) if queued.achieved_at is None else queued.achieved_at
        content = await _submission(edge, queued, achieved_at)
    except ValidationError as error:
        content = validation_error(error)
    except LeaderForgeError as error:
        content = error
    return QueueMessage(message["messageId"], message["body"], content)


async def _submission(edge: Edge, queued: QueuedSubmissionIn, achieved_at: int) -> Submission:
    """Return the submission in a message. Create its player as for a key. Raises the error that prevents it."""
    identity = identity_of(queued)
    if isinstance(identity, ExternalId):
        identity = await _player_of(edge, queued, identity, achieved_at)
    return submission_at(edge, await edge.board_unchecked(queued.board), queued, identity, achieved_at)


async def _player_of(edge: Edge, queued: QueuedSubmissionIn, external_id: ExternalId, achieved_at: int) -> int:
    """Return the player id of an external id. Create the player for a valid submission, if players are created."""
    player_ids = edge.services.player_ids
    if not edge.services.settings.create_players or player_ids.cached(external_id) is not None:
        return await player_ids.get(external_id)
    submission_at(edge, await edge.board_unchecked(queued.board), queued, ANYBODY, achieved_at)
    return await player_ids.ensure(Sighting(external_id))


def _sent_at(edge: Edge, message: dict[str, Any]) -> int:
    """Return the SQS send time in ms since 1970, or the current time if the message lacks it."""
    timestamp = str(message.get("attributes", {}).get("SentTimestamp", ""))
    return int(timestamp) if timestamp.isdigit() else edge.services.clock()


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("eventSource") == "aws:sqs"
        and isinstance(message.get("messageId"), str)
        and isinstance(message.get("body"), str)
    )
