"""Operations: health, metrics, the audit log, the caller's rights and the state of all parts."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from functions import imports
from functions.edge.access.security import Monitor, Operator, Viewer
from functions.edge.alternatives import require_at_most_one
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, Provenance, answer_private, answer_read, answer_stored
from functions.edge.wire.activity import ActivityOut, ActivityQuery, render_activity
from functions.edge.wire.api_keys import CallerOut, render_caller
from functions.edge.wire.audit import AuditOut, AuditQuery, render_audit
from functions.edge.wire.health import HealthOut, Status, render_health
from functions.edge.wire.shards import ShardsOut, render_shards
from leaderforge import __version__
from leaderforge.domain.audit import AuditFilter
from leaderforge.domain.errors import (
    BoardNotFound,
    Forbidden,
    PlayerNotFound,
    StoreUnavailable,
    Unauthenticated,
    Unavailable,
)
from leaderforge.domain.sources import Source
from leaderforge.domain.survey import Survey
from leaderforge.services.trust import with_credible_watermarks
from leaderforge.wiring import Services

routes = router("operations")
handler = LambdaHandler(routes, imports.routes)

T = TypeVar("T")

_HEALTH_S = 1.2
"""Time in s after which a part that does not answer counts as down. Probes of orchestrators often wait 2 s."""
_HEALTH = {
    "status": "ok",
    "index": {"partitions": 3, "healthy": 3},
    "database": {"postgres": True},
    "writable": True,
    "version": __version__,
}
_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@routes.get("/api/health", operation_id="getHealth", **documentation.health(HealthOut, _HEALTH))
async def health(edge: TheEdge, caller: Monitor) -> Answer:
    """Return the health of the service and its parts. The status is 200 while some calls work, 503 while all fail."""
    parts = edge.services.parts
    partitions, nodes, is_writable = await asyncio.gather(
        _within(_HEALTH_S, _answering(edge.services), [False] * parts.index.partitions),
        _within(_HEALTH_S, parts.store.health(), {"postgres": False}),
        _within(_HEALTH_S, parts.store.is_writable(), False),
    )
    writable = is_writable and edge.services.submit.writes.is_well
    status = _status(partitions, nodes, writable=writable)
    body = render_health(status, partitions, nodes, writable=writable)
    return answer_private(body.closed(), 503 if status == "unavailable" else 200)


@routes.get(
    "/metrics",
    operation_id="getMetrics",
    **documentation.text("All metrics, in OpenMetrics format.", _METRICS, Unauthenticated, Forbidden, StoreUnavailable),
)
async def metrics(edge: TheEdge, caller: Operator) -> Answer:
    """Return all metrics. Viewers only, except from programs on the server's machine."""
    content, content_type = edge.services.parts.exposition()
    return answer_private(content, content_type=content_type)


@routes.get(
    "/api/admin/audit",
    operation_id="listAuditEntries",
    **documentation.read(AuditOut, PlayerNotFound, StoreUnavailable),
)
async def audit(edge: TheEdge, caller: Viewer, query: Annotated[AuditQuery, Query()]) -> Answer:
    """Return the audit log, newest entries first. Send `next` as `cursor` for older ones. Viewers only."""
    require_at_most_one(user_id=query.user_id, external_id=query.external_id)
    user_id = query.user_id if query.external_id is None else await edge.services.players.ids.get(query.external_id)
    criteria = AuditFilter(query.board, user_id, query.action, query.actor)
    entries = await edge.services.parts.audit.entries(criteria, query.limit, query.before)
    players = {user_id for audited in entries if (user_id := audited.entry.user_id) is not None}
    external_ids = await edge.services.players.users.external_ids(players)
    following = entries[-1].place if len(entries) == query.limit else None
    return answer_stored(render_audit(entries, following, external_ids))


@routes.get("/api/admin/me", operation_id="getCaller", **documentation.read(CallerOut))
async def me(edge: TheEdge, caller: Viewer) -> Answer:
    """Return the caller's name, role and permissions. Viewers only."""
    return answer_stored(render_caller(caller))


@routes.get(
    "/api/admin/activity",
    operation_id="getActivity",
    **documentation.read(ActivityOut, BoardNotFound, StoreUnavailable),
)
async def activity(edge: TheEdge, caller: Viewer, query: Annotated[ActivityQuery, Query()]) -> Answer:
    """Return the submissions, players, newest and suspicious scores of a board in the last hours. Viewers only.

    The store keeps two days. Maintenance adds each minute within two minutes of its end.
    """
    board = await edge.readable_board(query.board, caller)
    report = await edge.services.activity.report(board, int(query.hours))
    scores = (*report.newest, *(suspect.score for suspect in report.suspects))
    players = await edge.services.players.users.find_many({score.user_id for score in scores})
    return answer_stored(render_activity(report, {user_id: player.username for user_id, player in players.items()}))


@routes.get("/api/admin/shards", operation_id="getShards", **documentation.read(ShardsOut))
async def admin_shards(edge: TheEdge, caller: Viewer) -> Answer:
    """Return the state of the index, its partitions and nodes, the database and this process's cache. Viewers only."""
    parts = edge.services.parts
    survey, database = await asyncio.gather(
        _within(_HEALTH_S, _survey(edge.services), Survey([], [])),
        _within(_HEALTH_S, parts.store.health(), {"postgres": False}),
    )
    now = edge.services.clock()
    body = render_shards(survey, database, edge.services.query.tops, now)
    return answer_read(body, Provenance(now, Source.INDEX))


async def _answering(services: Services) -> Sequence[bool]:
    """Return, for each partition, whether it answers reads. No partition does while the index may lack changes."""
    index = services.parts.index
    partitions, is_believed = await asyncio.gather(index.health(), services.trust.is_believed())
    return partitions if is_believed else [False] * index.partitions


async def _survey(services: Services) -> Survey:
    parts = services.parts
    # Use half of `_HEALTH_S`. The other half remains for the survey of the index if the database is slow.
    survey = await parts.index.survey(await _within(_HEALTH_S / 2, parts.store.ladders(), []))
    return with_credible_watermarks(survey, services.clock())


def _status(partitions: Sequence[bool], nodes: Mapping[str, bool], *, writable: bool) -> Status:
    if all(partitions) and all(nodes.values()) and writable:
        return "ok"
    # Some calls still work if only the index is complete, or if any node of the database answers.
    return "degraded" if all(partitions) or any(nodes.values()) else "unavailable"


async def _within(seconds: float, result: Awaitable[T], default: T) -> T:
    """Return the result. Return the default if a part is unavailable or does not answer within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await result
    except (Unavailable, TimeoutError):
        return default
