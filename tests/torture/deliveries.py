"""Deliveries of queued submissions by the ingest function, twice and out of order, as SQS may deliver them."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from time import time
from typing import Any
from uuid import UUID

from functions.edge.context import Edge
from functions.ingest import count_messages
from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.config import EnvironmentSettings
from leaderforge.wiring import assemble, build
from tests.torture.ledger import Attempt
from tests.torture.rig import Rig

_RETRY_S = 0.1


@asynccontextmanager
async def ingesting(rig: Rig) -> AsyncIterator[Edge]:
    """Yield the state of an ingest function in this process."""
    built = build(EnvironmentSettings.from_environment(rig.settings))
    services = assemble(built.settings, replace(built.parts, queue=MemoryQueue()))
    await services.open()
    try:
        yield Edge(services)
    finally:
        await services.close()


async def deliver(edge: Edge, attempts: Sequence[Attempt], random: Random) -> None:
    """Deliver all submissions twice at once, each time in another order, until each is counted or a dead letter."""
    messages = [_message(attempt) for attempt in attempts]
    orders = [random.sample(messages, len(messages)) for _ in range(2)]
    await asyncio.gather(*(_deliver(edge, order) for order in orders))
    for attempt in attempts:
        attempt.is_acknowledged = True


async def _deliver(edge: Edge, messages: Sequence[dict[str, Any]]) -> None:
    pending = list(messages)
    while pending:
        failed_ids = set(await count_messages(edge, pending))
        pending = [message for message in pending if message["messageId"] in failed_ids]
        if pending:
            await asyncio.sleep(_RETRY_S)


def _message(attempt: Attempt) -> dict[str, Any]:
    sent_ms = round(time() * 1000)
    return {
        "messageId": str(UUID(int=attempt.submission_id.int ^ 1)),
        "eventSource": "aws:sqs",
        "body": json.dumps(attempt.body),
        "attributes": {"SentTimestamp": str(sent_ms)},
    }
