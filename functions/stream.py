"""Live boards: the first entries now and after each change, as server-sent events."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from functions.edge import listings
from functions.edge.access.security import Anyone
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge, edge_of
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.headers import header
from functions.edge.http.responses import KEEP_NOTHING, Answer, Header
from functions.edge.http.streaming import Stream, answers_in_one_piece
from functions.edge.inputs import BoardName, StreamQuery
from leaderforge.domain.boards import Ladder
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
from leaderforge.services.live import State

routes = router("boards")
handler = LambdaHandler(routes)

_EVENTS = "text/event-stream"
_HEADERS: tuple[Header, ...] = (
    (b"content-type", _EVENTS.encode()),
    KEEP_NOTHING,
    (b"x-accel-buffering", b"no"),  # nginx would collect what is to arrive at once
)
_RECONNECT = b"retry: 2000\n\n"
_SIGN_OF_LIFE = b":\n\n"
_EXAMPLE = (
    "retry: 2000\n\nevent: top\nid: 5f0c6d0c8a1f4a3b9e7d2c11\n"
    'data: {"board":"default","period":"all-time","entries":[],"total":0,"as_of":"2026-11-23T12:00:00.000Z",'
    '"source":"index"}\n\n'
)


@dataclass(frozen=True, slots=True)
class _Admission:
    """What a listener was let in by, which may cease to hold while it listens."""

    edge: Edge
    authorization: bytes | None

    async def holds(self, slug: str) -> bool:
        """Whether the listener may read the board now; what cannot be told is refused."""
        try:
            board = await self.edge.board(slug)
            return not board.private or (await self.edge.credentials.caller(self.authorization)).may_read(board)
        except LeaderForgeError:
            return False


def _admission(request: Request) -> _Admission:
    return _Admission(edge_of(request), header(request.scope, b"authorization"))


def _last_event_id(request: Request) -> str:
    """Return the id of the last event that the client has. Raises `StreamingUnavailable` where nothing can stream."""
    if answers_in_one_piece(request.scope):
        raise StreamingUnavailable("this deployment answers in one piece; poll .../top with If-None-Match instead")
    return request.headers.get("last-event-id", "")


Admission = Annotated[_Admission, Depends(_admission)]
LastEventId = Annotated[str, Depends(_last_event_id)]


@routes.get(
    "/api/boards/{board}/stream",
    **documentation.stream(
        "Server-sent events named `top`: the first entries now, and after each change.",
        _EVENTS,
        *(BoardNotFound, PeriodNotFound, *documentation.WITH_KEY, StreamingUnavailable),
        *(TooManyListeners, Unavailable, IndexUnavailable, StoreUnavailable, Overloaded),
        headers={"Last-Event-ID": "The id of the last event received, which is not sent again."},
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
    """Send the first entries of a board as an event, and again within a second of each change.

    The data of an event are as `top` answers them, and `source` tells where they came from. Lines with a colon alone
    are signs of life.
    """
    await edge.ladder(board, caller, query.period)
    view = _TopView(edge, board, query)
    states = edge.services.live.listen((board, query), view, last_id)
    return Stream(_events(states, lambda: admission.holds(board)), _HEADERS)


async def _events(
    listening: AsyncGenerator[State | None, None], admitted: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[bytes, None]:
    beginning = _RECONNECT
    async with aclosing(listening) as states:
        async for state in states:
            if not await admitted():
                return
            yield beginning + (_SIGN_OF_LIFE if state is None else state.message)
            beginning = b""


class _TopView:
    """The first entries of a board, whatever its settings and its current period are when one looks."""

    def __init__(self, edge: Edge, board: str, query: StreamQuery) -> None:
        self._edge = edge
        self._board = board
        self._period = query.period
        self._limit = query.limit
        self._ladder: Ladder | None = None
        self._shown: tuple[Answer, State] | None = None

    async def load(self) -> State:
        ladder = self._ladder = await self._edge.ladder_now(self._board, self._period)
        answer = await listings.top(self._edge, ladder, self._limit)
        if self._shown is None or self._shown[0] is not answer:
            self._shown = (answer, _state(answer))
        return self._shown[1]

    async def until_changed(self) -> None:
        if self._ladder is not None:
            await self._edge.services.query.tops.until_touched(self._ladder, self._limit)


def _state(answer: Answer) -> State:
    """Return an answer as an event, with its source, for which an event has no header."""
    identity = answer.tag
    source = dict(answer.raw_headers)[b"x-leaderforge-source"]
    data = bytes(answer.body)[:-1] + b',"source":"%s"}' % source
    return State(identity.decode(), b"event: top\nid: %s\ndata: %s\n\n" % (identity, data))
