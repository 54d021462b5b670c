"""Submissions that arrive as messages of SQS."""

from typing import Any

from pydantic import ValidationError

from functions.edge.context import Edge
from functions.edge.http.errors import validation_error
from functions.edge.submissions import ANYBODY, identity_of, submission_received, targets_of, with_fed
from functions.edge.wire.submissions import QueuedSubmissionIn
from leaderforge.domain.boards import MAX_INTEGER
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
    """Return the submission in a queue message, or its error. Without `received_us`, use the SQS send time."""
    content: Any
    try:
        queued = QueuedSubmissionIn.model_validate_json(message["body"])
        received_us = min(queued.received_us or _sent_us(message), edge.services.reception_clock())
        content = await _submission(edge, queued, received_us)
    except ValidationError as error:
        content = validation_error(error)
    except LeaderForgeError as error:
        content = error
    return QueueMessage(message["messageId"], message["body"], content)


async def _submission(edge: Edge, queued: QueuedSubmissionIn, received_us: int) -> Submission:
    """Return the submission in a message. If settings allow it, create its player. Raises the error of a refusal."""
    identity = identity_of(queued)
    if isinstance(identity, ExternalId):
        identity = await _player_of(edge, queued, identity, received_us)
    return await _accepted(edge, queued, identity, received_us)


async def _player_of(edge: Edge, queued: QueuedSubmissionIn, external_id: ExternalId, received_us: int) -> int:
    """Return the player id of an external id. If settings allow it, a valid submission creates the player."""
    player_ids = edge.services.players.ids
    if not edge.services.settings.create_players or player_ids.cached(external_id) is not None:
        return await player_ids.get(external_id)
    await _accepted(edge, queued, ANYBODY, received_us)
    return await player_ids.ensure(Sighting(external_id))


async def _accepted(edge: Edge, queued: QueuedSubmissionIn, user_id: int, received_us: int) -> Submission:
    """Return the submission of this player with its fed submissions. Raises the error of a refusal."""
    board = await edge.board_unchecked(queued.board)
    targets = await targets_of(edge, [board])
    return with_fed(edge, submission_received(edge, board, queued, user_id, received_us), targets)


def _sent_us(message: dict[str, Any]) -> int:
    """Return the SQS send time (us since 1970). Without one, return a far future time, which is clamped later."""
    timestamp = str(message.get("attributes", {}).get("SentTimestamp", ""))
    return int(timestamp) * 1000 if timestamp.isdigit() else MAX_INTEGER


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("eventSource") == "aws:sqs"
        and isinstance(message.get("messageId"), str)
        and isinstance(message.get("body"), str)
    )
