"""Events for other systems: webhook endpoints, and the stream of events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from functions.edge.access.security import KeyManager, ServerSubmitter, Viewer
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge, edge_of
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.headers import header
from functions.edge.http.responses import NO_STORE, Answer, Header, answer_stored, answer_written
from functions.edge.http.streaming import Stream, is_buffered
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.endpoints import (
    DeadEventsOut,
    DeletedEndpointOut,
    DeliveriesOut,
    DeliveriesQuery,
    DeliveryResultOut,
    EndpointChangesIn,
    EndpointId,
    EndpointIn,
    EndpointOut,
    EndpointsOut,
    IssuedEndpointOut,
    RedrivenOut,
    SecretRotationIn,
    render_attempt,
    render_dead_letters,
    render_deliveries,
    render_endpoint,
    render_endpoints,
    render_issued_endpoint,
)
from functions.edge.wire.events import EventsQuery, event_bytes, heartbeat_bytes, last_position
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable, TooManyListeners
from leaderforge.domain.event_errors import EndpointNotFound, EventsExpired, TooManyEndpoints
from leaderforge.domain.notice_log import Notice
from leaderforge.domain.permissions import Permission
from leaderforge.ports.notices import LogPage

routes = router("operations")
handler = LambdaHandler(routes)

_CREATED = 201
_EVENTS = "text/event-stream"
_HEADERS: tuple[Header, ...] = (
    (b"content-type", _EVENTS.encode()),
    NO_STORE,
    (b"x-accel-buffering", b"no"),  # without it, nginx buffers the events
)
_RECONNECT = b"retry: 2000\n\n"
_EXAMPLE = (
    "retry: 2000\n\nid: 17\nevent: score.improved\n"
    'data: {"id": "0b56c1a2-6d1c-4f6e-9b0c-2f5d1a7c9e11", "type": "score.improved", '
    '"timestamp": "2026-11-23T12:00:00.000Z", "data": {"board": "default", "user_id": 123, "period": "all-time", '
    '"score": 4700}}\n\n'
)


@routes.get("/api/admin/endpoints", operation_id="listEndpoints", **documentation.read(EndpointsOut, StoreUnavailable))
async def endpoints(edge: TheEdge, caller: Viewer) -> Answer:
    """Return all webhook endpoints in order of creation, without their secrets. Viewers only."""
    return answer_stored(render_endpoints(await edge.services.events.endpoints.all(), edge.services.clock()))


@routes.post(
    "/api/admin/endpoints",
    operation_id="createEndpoint",
    **documentation.write(IssuedEndpointOut, TooManyEndpoints, StoreUnavailable, status=_CREATED),
)
async def create_endpoint(edge: TheEdge, caller: KeyManager, settings: EndpointIn) -> Answer:
    """Create a webhook endpoint, which receives events from now on. Owners only.

    Only this response shows its secret.
    """
    issued = await edge.services.events.endpoints.create(settings.url, settings.types, settings.boards, caller.actor)
    return answer_written(render_issued_endpoint(issued, edge.services.clock()), status=_CREATED)


@routes.patch(
    "/api/admin/endpoints/{endpoint}",
    operation_id="changeEndpoint",
    **documentation.write(EndpointOut, EndpointNotFound, StoreUnavailable),
)
async def change_endpoint(
    edge: TheEdge, caller: KeyManager, endpoint: EndpointId, changes: EndpointChangesIn
) -> Answer:
    """Disable an endpoint, or enable it again. Owners only.

    When enabled again, the endpoint receives the events that it missed and that are still kept.
    """
    changed = await edge.services.events.endpoints.set_disabled(endpoint, changes.disabled, caller.actor)
    return answer_written(render_endpoint(changed, edge.services.clock()))


@routes.delete(
    "/api/admin/endpoints/{endpoint}",
    operation_id="deleteEndpoint",
    **documentation.change(DeletedEndpointOut, EndpointNotFound, StoreUnavailable),
)
async def delete_endpoint(edge: TheEdge, caller: KeyManager, endpoint: EndpointId) -> Answer:
    """Delete an endpoint permanently, with its delivery log and its dead letters. Owners only."""
    await edge.services.events.endpoints.delete(endpoint, caller.actor)
    return answer_written(JsonBody.of(DeletedEndpointOut(endpoint_id=endpoint)))


@routes.post(
    "/api/admin/endpoints/{endpoint}/rotate",
    operation_id="rotateEndpointSecret",
    **documentation.write(IssuedEndpointOut, EndpointNotFound, StoreUnavailable),
)
async def rotate_endpoint(
    edge: TheEdge, caller: KeyManager, endpoint: EndpointId, rotation: SecretRotationIn
) -> Answer:
    """Give an endpoint a new secret, which only this response shows. Owners only.

    For `overlap_s` seconds, events are signed with the previous secret too.
    """
    issued = await edge.services.events.endpoints.rotate(endpoint, rotation.overlap_s, caller.actor)
    return answer_written(render_issued_endpoint(issued, edge.services.clock()))


@routes.post(
    "/api/admin/endpoints/{endpoint}/test",
    operation_id="testEndpoint",
    **documentation.change(DeliveryResultOut, EndpointNotFound, StoreUnavailable),
)
async def test_endpoint(edge: TheEdge, caller: KeyManager, endpoint: EndpointId) -> Answer:
    """Send an event of type `endpoint.test` now, also to a disabled endpoint, and return the result. Owners only."""
    return answer_written(render_attempt(await edge.services.events.endpoints.test(endpoint)))


@routes.get(
    "/api/admin/endpoints/{endpoint}/deliveries",
    operation_id="listDeliveries",
    **documentation.read(DeliveriesOut, EndpointNotFound, StoreUnavailable),
)
async def deliveries(
    edge: TheEdge, caller: Viewer, endpoint: EndpointId, query: Annotated[DeliveriesQuery, Query()]
) -> Answer:
    """Return the latest requests to an endpoint, newest first. Viewers only."""
    return answer_stored(render_deliveries(await edge.services.events.endpoints.attempts(endpoint, query.limit)))


@routes.get(
    "/api/admin/endpoints/{endpoint}/dead-letters",
    operation_id="listDeadLetters",
    **documentation.read(DeadEventsOut, EndpointNotFound, StoreUnavailable),
)
async def dead_letters(
    edge: TheEdge, caller: Viewer, endpoint: EndpointId, query: Annotated[DeliveriesQuery, Query()]
) -> Answer:
    """Return the events that were given up for an endpoint, newest first. Viewers only."""
    return answer_stored(render_dead_letters(await edge.services.events.endpoints.dead(endpoint, query.limit)))


@routes.post(
    "/api/admin/endpoints/{endpoint}/redrive",
    operation_id="redriveEndpoint",
    **documentation.change(RedrivenOut, EndpointNotFound, StoreUnavailable),
)
async def redrive_endpoint(edge: TheEdge, caller: KeyManager, endpoint: EndpointId) -> Answer:
    """Send all dead letters of an endpoint again, with the header `leaderforge-redriven: true`. Owners only."""
    redriven = await edge.services.events.endpoints.redrive(endpoint, caller.actor)
    return answer_written(JsonBody.of(RedrivenOut(redriven=redriven)))


@dataclass(frozen=True, slots=True)
class _Follower:
    """Client that follows the events. `position` is the position of the last event that it has received, if any."""

    edge: Edge
    authorization: bytes | None
    position: int | None

    async def is_admitted(self) -> bool:
        """Return whether the client's key allows the stream now. Return False if the key cannot be checked."""
        with suppress(LeaderForgeError):
            return (await self.edge.callers.verify(self.authorization)).may(Permission.SUBMIT)
        return False


def _follower(request: Request) -> _Follower:
    """Return the client that requests the stream of events. Raises `StreamingUnavailable` on AWS Lambda."""
    if is_buffered(request.scope):
        raise StreamingUnavailable("this deployment buffers responses and cannot stream; use webhook endpoints")
    position = last_position(header(request.scope, b"last-event-id"))
    return _Follower(edge_of(request), header(request.scope, b"authorization"), position)


@routes.get(
    "/api/events",
    operation_id="streamEvents",
    **documentation.stream(
        "Server-sent events, named by their types, in order. Their ids are positions for Last-Event-ID.",
        _EVENTS,
        *(*documentation.WITH_KEY, EventsExpired, StreamingUnavailable, TooManyListeners, StoreUnavailable),
        headers={"Last-Event-ID": "The id of the last event that was received. The stream continues after it."},
        example=_EXAMPLE,
        pattern="^[0-9]{1,16}$",
    ),
)
async def stream_events(
    edge: TheEdge,
    caller: ServerSubmitter,
    query: Annotated[EventsQuery, Query()],
    follower: Annotated[_Follower, Depends(_follower)],
) -> Stream:
    """Stream the events of all boards that send events, from now on or after an earlier event.

    A reconnecting client sends `Last-Event-ID`, and misses nothing. Events of moderation are only for admin keys. An id
    without data is a heartbeat, and no event.
    """
    after = query.after if follower.position is None else follower.position
    pages = edge.services.events.feed.follow(after, lambda notice: _is_for(notice, caller, query))
    return Stream(_pieces(pages, follower), _HEADERS)


def _is_for(notice: Notice, caller: Caller, query: EventsQuery) -> bool:
    if notice.type.startswith("moderation.") and not caller.views_console:
        return False
    return (query.type is None or notice.type == query.type) and (query.board is None or notice.board == query.board)


async def _pieces(following: AsyncGenerator[LogPage, None], follower: _Follower) -> AsyncGenerator[bytes, None]:
    prefix = _RECONNECT
    async with aclosing(following) as pages:
        async for page in pages:
            # Check before each event, because the key may be revoked during the stream.
            if not await follower.is_admitted():
                return
            yield prefix + (b"".join(map(event_bytes, page.notices)) or heartbeat_bytes(page.position))
            prefix = b""
