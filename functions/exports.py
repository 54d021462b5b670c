"""Whole boards as files."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, Query, Request

from functions.edge.access.security import KeyHolder
from functions.edge.aws.handler import LambdaHandler
from functions.edge.bulk_inputs import ExportQuery
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.responses import download
from functions.edge.http.streaming import Stream, answers_in_one_piece
from functions.edge.inputs import BoardName
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, IndexUnavailable, Overloaded, PeriodNotFound, StoreUnavailable
from leaderforge.services import exporting
from leaderforge.services.entries import Page
from leaderforge.services.exporting import Form

routes = router("boards")
handler = LambdaHandler(routes)

_TYPES = {Form.CSV: "text/csv; charset=utf-8; header=present", Form.NDJSON: "application/x-ndjson"}
_EXAMPLES = {
    "text/csv": "rank,user_id,username,score,submissions,achieved_at,metadata\r\n"
    "1,123,ada,520,2,2026-11-23T12:00:00.000Z,\r\n",
    "application/x-ndjson": '{"rank": 1, "user_id": 123, "username": "ada", "score": 520, "submissions": 2, '
    '"achieved_at": "2026-11-23T12:00:00.000Z", "metadata": null}\n',
}


def _require_streaming(request: Request) -> None:
    """Raise `StreamingUnavailable` where a whole board would have to be held before any of it is sent."""
    if answers_in_one_piece(request.scope):
        raise StreamingUnavailable(
            "this deployment answers in one piece; read .../page after page, or run `leaderforge export`"
        )


InPieces = Annotated[None, Depends(_require_streaming)]


@routes.get(
    "/api/boards/{board}/export",
    **documentation.download(
        "All entries, best first.",
        _EXAMPLES,
        BoardNotFound,
        PeriodNotFound,
        StreamingUnavailable,
        IndexUnavailable,
        StoreUnavailable,
        Overloaded,
    ),
)
async def export(
    edge: TheEdge, caller: KeyHolder, board: BoardName, query: Annotated[ExportQuery, Query()], in_pieces: InPieces
) -> Stream:
    """Send a whole board as a file, best first, each entry as it is when its turn comes.

    A player whose standing does not change meanwhile is there exactly once. An answer that breaks off is not whole.
    """
    ladder = await edge.ladder(board, caller, query.period)
    pages = exporting.pages(edge.services.query, ladder)
    first = await anext(pages)
    name = f"{ladder.board.slug}-{ladder.period_name}.{query.format}"
    return Stream(_pieces(query.format, ladder.board, first, pages), download(_TYPES[query.format], name, first.source))


async def _pieces(
    form: Form, board: Board, first: Page, others: AsyncGenerator[Page, None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(others):
        yield (exporting.header(form, board) + exporting.lines(form, board, first.entries)).encode()
        async for page in others:
            yield exporting.lines(form, board, page.entries).encode()
