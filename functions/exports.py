"""Exports of whole boards as files."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, Query, Request

from functions.edge.access.security import KeyHolder
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.responses import download_headers
from functions.edge.http.streaming import Stream, is_buffered
from functions.edge.wire.exports import ExportQuery
from functions.edge.wire.fields import BoardName
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, IndexUnavailable, Overloaded, PeriodNotFound, StoreUnavailable
from leaderforge.services import exporting
from leaderforge.services.entries import Page
from leaderforge.services.exporting import ExportFormat

routes = router("boards")
handler = LambdaHandler(routes)

_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8; header=present", ExportFormat.NDJSON: "application/x-ndjson"}
_EXAMPLES = {
    "text/csv": "rank,user_id,username,score,submissions,achieved_at,metadata,external_id\r\n"
    "1,123,ada,520,2,2026-11-23T12:00:00.000Z,,\r\n",
    "application/x-ndjson": '{"rank": 1, "user_id": 123, "username": "ada", "score": 520, "submissions": 2, '
    '"achieved_at": "2026-11-23T12:00:00.000Z", "metadata": null}\n',
}


def _require_streaming(request: Request) -> None:
    """Raise `StreamingUnavailable` if the server buffers responses, because its buffer would hold a whole board."""
    if is_buffered(request.scope):
        raise StreamingUnavailable(
            "this deployment buffers responses and cannot stream; page through .../page, or run `leaderforge export`"
        )


Streamable = Annotated[None, Depends(_require_streaming)]


@routes.get(
    "/api/boards/{board}/export",
    operation_id="exportBoard",
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
    edge: TheEdge, caller: KeyHolder, board: BoardName, query: Annotated[ExportQuery, Query()], streamable: Streamable
) -> Stream:
    """Download a whole board as a file, best first. Requires an API key.

    Entries are read while the file is sent. A player whose standing stays unchanged meanwhile appears exactly once. If
    the connection breaks, the file is incomplete. Download it again.
    """
    ladder = await edge.readable_ladder(board, caller, query.period, query.selected_segment)
    pages = exporting.pages(edge.services.query, ladder, edge.ladder_again)
    # Read the first page before the response begins: its source becomes a header, and an error can still set the
    # status.
    first = await anext(pages)
    name = f"{ladder.board.slug}-{ladder.period_name}.{query.format}"
    headers = download_headers(_TYPES[query.format], name, first.source)
    return Stream(_pieces(query.format, ladder.board, first, pages), headers)


async def _pieces(
    form: ExportFormat, board: Board, first: Page, following: AsyncGenerator[Page, None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(following):
        yield (exporting.header(form, board) + exporting.lines(form, board, first.entries)).encode()
        async for page in following:
            yield exporting.lines(form, board, page.entries).encode()
