"""The boards, their settings and their periods: read by everyone, created, changed and deleted by admins."""

from typing import Annotated

from fastapi import Query

from functions.edge import period_rendering, rendering
from functions.edge.access.security import Admin, Anyone
from functions.edge.aws.handler import LambdaHandler
from functions.edge.board_inputs import BoardChangesIn, BoardIn
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, read, written
from functions.edge.inputs import BoardName
from functions.edge.outputs import BoardOut, BoardsOut
from functions.edge.period_shapes import PeriodsOut, PeriodsQuery
from leaderforge.domain.errors import (
    BoardExists,
    BoardNotFound,
    Conflict,
    PeriodNotFound,
    SettingFixed,
    StoreUnavailable,
)
from leaderforge.services.entries import Source

routes = router("boards")
handler = LambdaHandler(routes)

_CREATED = 201
_LOCATION = {"Location": {"description": "Where the board is.", "schema": {"type": "string"}, "required": True}}


@routes.get("/api/boards", **documentation.read(BoardsOut, StoreUnavailable))
async def boards(edge: TheEdge, caller: Anyone) -> Answer:
    """Return all boards that the caller may read, by name."""
    known = [board for board in await edge.services.boards.all() if caller.may_read(board)]
    listed = ",".join(map(rendering.board, known))
    return read(f'{{"boards":[{listed}]', None, Source.STORE)


@routes.post(
    "/api/boards", **documentation.write(BoardOut, BoardExists, StoreUnavailable, status=_CREATED, headers=_LOCATION)
)
async def create_board(edge: TheEdge, caller: Admin, wanted: BoardIn) -> Answer:
    """Create a board. It can be used everywhere at once."""
    created = await edge.services.boards.create(wanted.board, wanted.given(), caller.actor)
    edge.board_changed(created.slug)
    location = (b"location", b"/api/boards/" + created.slug.encode())
    return written(rendering.board(created), Source.STORE, _CREATED, [location])


@routes.get("/api/boards/{board}", **documentation.read(BoardOut, BoardNotFound, StoreUnavailable))
async def board(edge: TheEdge, caller: Anyone, board: BoardName) -> Answer:
    """Return a board's settings as they are now."""
    found = await edge.services.boards.get(board)
    caller.require_read(found)
    return read(rendering.board(found)[:-1], None, Source.STORE)


@routes.patch("/api/boards/{board}", **documentation.write(BoardOut, BoardNotFound, SettingFixed, StoreUnavailable))
async def change_board(edge: TheEdge, caller: Admin, board: BoardName, changes: BoardChangesIn) -> Answer:
    """Change the settings that are sent and leave the others. It holds everywhere within 5 s."""
    changes.require_same(board)
    changed = await edge.services.boards.change(board, changes.given(), caller.actor)
    edge.board_changed(board)
    return written(rendering.board(changed), Source.STORE)


@routes.delete("/api/boards/{board}", **documentation.change(BoardOut, BoardNotFound, Conflict, StoreUnavailable))
async def delete_board(edge: TheEdge, caller: Admin, board: BoardName) -> Answer:
    """Delete a board for ever, with all it holds. It is gone everywhere within 5 s, and its name is free at once."""
    deleted = await edge.services.boards.delete(board, caller.actor)
    edge.board_changed(board)
    return written(rendering.board(deleted), Source.STORE)


@routes.get(
    "/api/boards/{board}/periods", **documentation.read(PeriodsOut, BoardNotFound, PeriodNotFound, StoreUnavailable)
)
async def periods(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[PeriodsQuery, Query()]) -> Answer:
    """Return the current periods of a board and the past ones in which anything was counted, the latest first."""
    found = await edge.board(board)
    caller.require_read(found)
    page = await edge.services.periods.listing(found, query.limit, query.number_before(found))
    return read(period_rendering.periods(found, page), None, Source.STORE)
