"""For operators: health, metrics and the audit log."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic_core import to_json

from functions.edge import documentation, rendering, shards
from functions.edge.application import router
from functions.edge.dependencies import TheEdge
from functions.edge.inputs import AuditQuery
from functions.edge.outputs import AuditOut, HealthOut
from functions.edge.responses import Answer, private, read
from functions.edge.security import Admin, Operator
from functions.edge.serverless import LambdaHandler
from functions.edge.shards import ShardsOut
from leaderforge import __version__
from leaderforge.domain.audit import AuditFilter
from leaderforge.domain.errors import Forbidden, StoreUnavailable, Unauthenticated, Unavailable
from leaderforge.domain.shards import Survey
from leaderforge.services.entries import Source
from leaderforge.services.trust import with_credible_watermarks
from leaderforge.wiring import Services

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
        _within(_HEALTH_S, _answering(edge.services), [False] * parts.index.partitions),
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
    "/metrics",
    **documentation.text(
        "All metrics, in the OpenMetrics format.", _METRICS, Unauthenticated, Forbidden, StoreUnavailable
    ),
)
async def metrics(edge: TheEdge, caller: Operator) -> Answer:
    """Return all metrics. Needs an admin key, except from this machine."""
    body, content_type = edge.services.parts.exposition()
    return private(body, content_type=content_type)


@routes.get("/api/admin/audit", **documentation.read(AuditOut, StoreUnavailable))
async def audit(edge: TheEdge, caller: Admin, query: Annotated[AuditQuery, Query()]) -> Answer:
    """Return who did what, when and why: the newest first, those before them by `next`."""
    wanted = AuditFilter(query.board, query.user_id, query.action)
    acts = await edge.services.parts.audit.entries(wanted, query.limit, query.before)
    following = acts[-1].place if len(acts) == query.limit else None
    return read(rendering.audit(acts, following), None, Source.STORE)


@routes.get("/api/admin/shards", **documentation.read(ShardsOut))
async def admin_shards(edge: TheEdge, caller: Admin) -> Answer:
    """Tell how the partitions of the index, its nodes, the database and this process's cache are."""
    parts = edge.services.parts
    survey, database = await asyncio.gather(
        _within(_HEALTH_S, _surveyed(edge.services), Survey([], [])),
        _within(_HEALTH_S, parts.store.health(), {"postgres": False}),
    )
    now = edge.services.clock()
    content = shards.rendered(survey, database, edge.services.query.tops, now)
    return read(content, rendering.time_text(now), Source.INDEX)


async def _answering(services: Services) -> Sequence[bool]:
    """Return, for each partition, whether reads are answered from it: from none while the index is not believed."""
    index = services.parts.index
    partitions, is_believed = await asyncio.gather(index.health(), services.trust.is_believed())
    return partitions if is_believed else [False] * index.partitions


async def _surveyed(services: Services) -> Survey:
    parts = services.parts
    survey = await parts.index.survey(await _within(_HEALTH_S / 2, parts.store.ladders(), []))
    return with_credible_watermarks(survey, services.clock())


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
