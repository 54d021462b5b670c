"""Ingest: recording of queued submissions."""

from asyncio import gather
from collections.abc import Sequence
from typing import Any

from functions.edge.aws.queue import delivery_of, messages_of
from functions.edge.aws.runtime import runtime
from functions.edge.context import Edge
from functions.edge.submissions import is_recent
from leaderforge.domain.chunks import chunks
from leaderforge.wiring import Services

_MESSAGES_A_CHUNK = 1000
"""Maximum messages that share one look-up of boards. For more messages, the boards would be too old at the end."""


class IngestHandler:
    """Handler that records a batch of SQS messages, and reports the messages that SQS must deliver again."""

    def __init__(self) -> None:
        self._edge: Edge | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, list[dict[str, str]]]:
        """Return the partial batch response. Raises `Refused` for an event that is not from SQS."""
        messages = messages_of(event)
        services = runtime.services
        failed_ids = runtime.run(self._count(services, messages))
        runtime.run(services.settle())
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed_ids]}

    async def _count(self, services: Services, messages: list[dict[str, Any]]) -> list[str]:
        """Return the ids of the messages to deliver again."""
        if self._edge is None or self._edge.services is not services:
            self._edge = Edge(services)
        with services.telemetry.transaction("ingest"):
            return await count_messages(self._edge, messages)


async def count_messages(edge: Edge, messages: Sequence[dict[str, Any]]) -> list[str]:
    """Record the submissions in messages of SQS. Return the ids of the messages to deliver again."""
    failed_ids: list[str] = []
    for chunk in chunks(messages, _MESSAGES_A_CHUNK):
        since = edge.services.clock()
        # Load boards concurrently. In sequence, the first board could be too old when the last board is loaded.
        deliveries = await gather(*(delivery_of(edge, message) for message in chunk))
        is_in_time = is_recent(edge, since)
        failed_ids += await edge.services.ingest.count(deliveries) if is_in_time else [d.message_id for d in deliveries]
    return failed_ids


handler = IngestHandler()
