"""Counting the submissions that wait in the queue."""

from typing import Any

from functions.edge.aws.queue import delivery_of, records_of
from functions.edge.aws.runtime import runtime
from functions.edge.context import Edge
from leaderforge.wiring import Services


class IngestHandler:
    """Counts a batch of messages from SQS, and reports those that are to be delivered again."""

    def __init__(self) -> None:
        self._edge: Edge | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, list[dict[str, str]]]:
        """Return the partial batch response. Raises `Refused` for an event that is not of SQS."""
        records = records_of(event)
        services = runtime.services
        again = runtime.run(self._count(services, records))
        runtime.run(services.changes.settle())
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    async def _count(self, services: Services, records: list[dict[str, Any]]) -> list[str]:
        if self._edge is None or self._edge.services is not services:
            self._edge = Edge(services)
        with services.telemetry.transaction("ingest"):
            deliveries = [await delivery_of(self._edge, record) for record in records]
            return list(await services.ingest.count(deliveries))


handler = IngestHandler()
