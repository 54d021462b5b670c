"""Live boards: the first entries now and after each change, as server-sent events."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from functions.edge import listings
from functions.edge.access.addresses import address_of, is_on_this_machine
from functions.edge.access.security import Anyone
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge, edge_of
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.headers import header
from functions.edge.http.responses import NO_STORE, Answer, Header
from functions.edge.http.streaming import Stream, is_buffered
from functions.edge.wire.bodies import with_member
from functions.edge.wire.entries import StreamQuery
from functions.edge.wire.fields import BoardName
from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    LeaderForgeError,
    Overloaded,
    PeriodNotFound,
    StoreUnavailable,
    TooManyListeners,
    Unavailable,
)
from leaderforge.services.live import ViewState

routes = router("boards")
handler = LambdaHandler(routes)

_EVENTS = "text/event-stream"
_HEADERS: tuple[Header, ...] = (
    (b"content-type", _EVENTS.encode()),
    NO_STORE,
    (b"x-accel-buffering", b"no"),  # without it, nginx buffers the events
)
_RECONNECT = b"retry: 2000\n\n"
_HEARTBEAT = b":\n\n"
_EXAMPLE = (
    "retry: 2000\n\nevent: top\nid: 5f0c6d0c8a1f4a3b9e7d2c11\n"
    'data: {"board":"default","period":"all-time","entries":[],"total":0,"as_of":"2026-11-23T12:00:00.000Z",'
    '"source":"index"}\n\n'
)


@dataclass(frozen=True, slots=True)
class _Admission:
    """Credentials of a listener. They may become invalid while it listens."""

    edge: Edge
    authorization: bytes | None
    address: str
    """Address of the client, "" for a program on this machine."""

    def counted_address(self, caller: Caller) -> str:
        """Return the address that the limit of listeners counts. It is "" for a key, which may serve many players."""
        return "" if caller.kind in (CallerKind.KEY, CallerKind.ENVIRONMENT) else self.address

    async def is_valid(self, slug: str) -> bool:
        """Return whether the listener may read the board now. Return False if its rights cannot be checked."""
        try:
            board = await self.edge.board_unchecked(slug)
            return not board.private or (await self.edge.callers.verify(self.authorization)).may_read(board)
        except LeaderForgeError:
            return False


def _admission(request: Request) -> _Admission:
    edge, scope = edge_of(request), request.scope
    address = "" if is_on_this_machine(scope) else address_of(scope, edge.services.settings.trusted_proxies)
    return _Admission(edge, header(scope, b"authorization"), address)


def _last_event_id(request: Request) -> str:
    """Return the id of the client's last event. Raises `StreamingUnavailable` if the server cannot stream."""
    if is_buffered(request.scope):
        raise StreamingUnavailable(
            "this deployment buffers responses and cannot stream; poll .../top with If-None-Match"
        )
    return request.headers.get("last-event-id", "")


Admission = Annotated[_Admission, Depends(_admission)]
LastEventId = Annotated[str, Depends(_last_event_id)]


@routes.get(
    "/api/boards/{board}/stream",
    operation_id="streamTop",
    **documentation.stream(
        "Server-sent events named `top`: the first entries now and after each change.",
        _EVENTS,
        *(BoardNotFound, PeriodNotFound, *documentation.WITH_KEY, StreamingUnavailable),
        *(TooManyListeners, Unavailable, IndexUnavailable, StoreUnavailable, Overloaded),
        headers={"Last-Event-ID": "The id of the last event that was received. It is not sent again."},
        example=_EXAMPLE,
    ),
)
async def stream(
    edge: TheEdge,
    caller: Anyone,
    board: BoardName,
    query: Annotated[StreamQuery, Query()],
    admission: Admission,
    last_id: LastEventId,
) -> Stream:
    """Stream the first entries of a board: now, and within 1 s after each change.

    The data of an event is an answer of `top` with the member `source`. Lines with only a colon are heartbeats.
    """
    # Check rights before the response begins. Afterwards, only the end of the stream could report a refusal.
    await edge.readable_ladder(board, caller, query.period, query.selected_segment)
    view = _TopView(edge, board, query)
    states = edge.services.live.listen((board, query), view, last_id, address=admission.counted_address(caller))
    return Stream(_events(states, lambda: admission.is_valid(board)), _HEADERS)


async def _events(
    listening: AsyncGenerator[ViewState | None, None], is_admitted: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[bytes, None]:
    prefix = _RECONNECT
    async with aclosing(listening) as states:
        async for state in states:
            # Check before each event, because the key may be revoked or the board made private during the stream.
            if not await is_admitted():
                return
            yield prefix + (_HEARTBEAT if state is None else state.message)
            prefix = b""


class _TopView:
    """First entries of a board. Each load uses the board's current settings and period.

    All listeners of the board with the same query share one view. The view therefore checks no rights. Each listener
    has an `_Admission`, which checks them.
    """

    def __init__(self, edge: Edge, board: str, query: StreamQuery) -> None:
        self._edge = edge
        self._board = board
        self._period = query.period
        self._segment = query.selected_segment
        self._limit = query.limit
        self._ladder: Ladder | None = None
        self._last: tuple[Answer, ViewState] | None = None

    async def load(self) -> ViewState:
        ladder = self._ladder = await self._edge.ladder_unchecked(self._board, self._period, self._segment)
        answer = await listings.top(self._edge, ladder, self._limit)
        if self._last is None or self._last[0] is not answer:
            self._last = (answer, _state(answer))
        return self._last[1]

    async def until_changed(self) -> None:
        if self._ladder is not None:
            await self._edge.services.query.tops.until_invalidated(self._ladder, self._limit)


def _state(answer: Answer) -> ViewState:
    """Return a response as an event. The source header becomes a JSON member, because events have no headers."""
    identity = answer.tag
    source = dict(answer.raw_headers)[b"x-leaderforge-source"]
    content = with_member(bytes(answer.body), b"source", source)
    return ViewState(identity.decode(), b"event: top\nid: %s\ndata: %s\n\n" % (identity, content))
