"""The boards and their settings."""

from functions.edge import documentation, rendering
from functions.edge.application import router
from functions.edge.context import TheEdge
from functions.edge.inputs import BoardName
from functions.edge.outputs import BoardOut, BoardsOut
from functions.edge.responses import Answer, read
from functions.edge.serverless import LambdaHandler
from leaderforge.domain.errors import BoardNotFound, StoreUnavailable
from leaderforge.services.entries import Source

routes = router("boards")
handler = LambdaHandler(routes)


@routes.get("/api/boards", **documentation.read(BoardsOut, StoreUnavailable))
async def boards(edge: TheEdge) -> Answer:
    """Return all boards, by name."""
    known = {ladder.board for ladder in await edge.services.parts.store.ladders()}
    listed = ",".join(map(rendering.board, sorted(known, key=lambda board: board.slug)))
    return read(f'{{"boards":[{listed}]', None, Source.STORE)


@routes.get("/api/boards/{board}", **documentation.read(BoardOut, BoardNotFound, StoreUnavailable))
async def board(edge: TheEdge, board: BoardName) -> Answer:
    """Return a board's settings."""
    found = (await edge.ladder(board)).board
    return read(rendering.board(found)[:-1], None, Source.STORE)
