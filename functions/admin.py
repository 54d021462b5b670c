"""For operators: health and metrics."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import Security
from pydantic_core import to_json

from functions.edge import documentation
from functions.edge.application import router
from functions.edge.context import TheEdge
from functions.edge.outputs import HealthOut
from functions.edge.responses import Answer, private
from functions.edge.security import operator
from functions.edge.serverless import LambdaHandler
from leaderforge import __version__
from leaderforge.domain.errors import Forbidden, Unauthenticated, Unavailable

routes = router("operations")
handler = LambdaHandler(routes)

T = TypeVar("T")

_HEALTH_S = 1.2
"""How long a part may take to say that it is well."""
_HEALTH = {
    "status": "ok",
    "index": {"partitions": 3, "healthy": 3},
    "database": {"postgres": True},
    "version": __version__,
}
_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@routes.get("/api/health", **documentation.health(HealthOut, _HEALTH))
async def health(edge: TheEdge) -> Answer:
    """Tell whether the service and its parts work: 200 while it can serve something, 503 while it cannot."""
    parts = edge.services.parts
    partitions, nodes = await asyncio.gather(
        _within(_HEALTH_S, parts.index.health(), [False] * parts.index.partitions),
        _within(_HEALTH_S, parts.store.health(), {"postgres": False}),
    )
    status = _status(partitions, nodes)
    shown = {
        "status": status,
        "index": {"partitions": len(partitions), "healthy": sum(partitions)},
        "database": nodes,
        "version": __version__,
    }
    return private(to_json(shown), 503 if status == "unavailable" else 200)


@routes.get(
    "/metrics", **documentation.text("All metrics, in the OpenMetrics format.", _METRICS, Unauthenticated, Forbidden)
)
async def metrics(edge: TheEdge, caller: Annotated[str, Security(operator)]) -> Answer:
    """Return all metrics. Needs an admin key, except from this machine."""
    body, content_type = edge.services.parts.exposition()
    return private(body, content_type=content_type)


def _status(partitions: Sequence[bool], nodes: Mapping[str, bool]) -> str:
    if all(partitions) and all(nodes.values()):
        return "ok"
    return "degraded" if all(partitions) or any(nodes.values()) else "unavailable"


async def _within(seconds: float, asked: Awaitable[T], otherwise: T) -> T:
    """Return what is awaited, or something else if that fails or takes too long."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except (Unavailable, TimeoutError):
        return otherwise
