"""Boards, their settings and their periods. Everybody may read them; admins create, change and delete them."""

from typing import Annotated

from fastapi import Query

from functions.edge.access.security import Anyone, BoardManager
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.boards import BoardChangesIn, BoardIn, BoardOut, BoardsOut, render_board, render_boards
from functions.edge.wire.fields import BoardName
from functions.edge.wire.periods import PeriodsOut, PeriodsQuery, render_periods
from leaderforge.domain.errors import (
    BoardExists,
    BoardNotFound,
    Conflict,
    PeriodNotFound,
    SettingFixed,
    StoreUnavailable,
)

routes = router("boards")
handler = LambdaHandler(routes)

_CREATED = 201
_LOCATION = {"Location": {"description": "The path of the board.", "schema": {"type": "string"}, "required": True}}


@routes.get("/api/boards", operation_id="listBoards", **documentation.read(BoardsOut, StoreUnavailable))
async def boards(edge: TheEdge, caller: Anyone) -> Answer:
    """Return all boards that the caller may read, ordered by name."""
    return answer_stored(render_boards(filter(caller.may_read, await edge.services.boards.all())))


@routes.post(
    "/api/boards", **documentation.write(BoardOut, BoardExists, StoreUnavailable, status=_CREATED, headers=_LOCATION)
)
async def create_board(edge: TheEdge, caller: BoardManager, settings: BoardIn) -> Answer:
    """Create a board. It is usable at once. Owners only."""
    board = await edge.services.boards.create(settings.board, settings.changes(), caller.actor)
    edge.board_changed(board.slug)
    location = (b"location", b"/api/boards/" + board.slug.encode())
    return answer_written(render_board(board), status=_CREATED, headers=[location])


@routes.get(
    "/api/boards/{board}", operation_id="getBoard", **documentation.read(BoardOut, BoardNotFound, StoreUnavailable)
)
async def board(edge: TheEdge, caller: Anyone, board: BoardName) -> Answer:
    """Return a board's current settings."""
    return answer_stored(render_board(await edge.readable_board_now(board, caller)))


@routes.patch("/api/boards/{board}", **documentation.write(BoardOut, BoardNotFound, SettingFixed, StoreUnavailable))
async def change_board(edge: TheEdge, caller: BoardManager, board: BoardName, changes: BoardChangesIn) -> Answer:
    """Change the settings in the body. All others stay unchanged. Effective everywhere within 5 s. Owners only."""
    changes.require_same(board)
    changed_board = await edge.services.boards.change(board, changes.changes(), caller.actor)
    edge.board_changed(board)
    return answer_written(render_board(changed_board))


@routes.delete("/api/boards/{board}", **documentation.change(BoardOut, BoardNotFound, Conflict, StoreUnavailable))
async def delete_board(edge: TheEdge, caller: BoardManager, board: BoardName) -> Answer:
    """Delete a board with all its scores. This cannot be undone. Owners only.

    The board disappears everywhere within 5 s. A new board may use its identifier at once.
    """
    deleted_board = await edge.services.boards.delete(board, caller.actor)
    edge.board_changed(board)
    return answer_written(render_board(deleted_board))


@routes.get(
    "/api/boards/{board}/periods",
    operation_id="listPeriods",
    **documentation.read(PeriodsOut, BoardNotFound, PeriodNotFound, StoreUnavailable),
)
async def periods(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[PeriodsQuery, Query()]) -> Answer:
    """Return a board's current periods, and its past periods with scores, the latest first."""
    readable_board = await edge.readable_board(board, caller)
    page = await edge.services.seasons.periods.listing(readable_board, query.limit, query.number_before(readable_board))
    return answer_stored(render_periods(readable_board, page))
