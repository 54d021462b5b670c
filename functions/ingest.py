"""Ingest: counts queued submissions."""

from typing import Any

from functions.edge.aws.queue import delivery_of, messages_of
from functions.edge.aws.runtime import runtime
from functions.edge.context import Edge
from leaderforge.wiring import Services


class IngestHandler:
    """Counts a batch of SQS messages, and reports the messages that SQS must deliver again."""

    def __init__(self) -> None:
        self._edge: Edge | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, list[dict[str, str]]]:
        """Return the partial batch response. Raises `Refused` for an event that is not from SQS."""
        messages = messages_of(event)
        services = runtime.services
        failed_ids = runtime.run(self._count(services, messages))
        runtime.run(services.changes.settle())
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed_ids]}

    async def _count(self, services: Services, messages: list[dict[str, Any]]) -> list[str]:
        """Return the ids of the messages to deliver again."""
        if self._edge is None or self._edge.services is not services:
            self._edge = Edge(services)
        with services.telemetry.transaction("ingest"):
            deliveries = [await delivery_of(self._edge, message) for message in messages]
            return list(await services.ingest.count(deliveries))


handler = IngestHandler()
