"""Reading boards: who leads, where a player stands, who is near, how scores are spread."""

from typing import Annotated

from fastapi import Query

from functions.edge import documentation, rendering
from functions.edge.application import router
from functions.edge.context import DEFAULT_BOARD, Edge, TheEdge
from functions.edge.cursors import Direction, decoded
from functions.edge.inputs import (
    AroundQuery,
    BoardName,
    DistributionQuery,
    LookupIn,
    PageQuery,
    Percent,
    PeriodQuery,
    RangeQuery,
    TopQuery,
    UserId,
)
from functions.edge.outputs import (
    AroundOut,
    DistributionOut,
    LookupOut,
    PageOut,
    PercentileOut,
    PlayerOut,
    RangeOut,
    TopOut,
)
from functions.edge.responses import Answer, read
from functions.edge.serverless import LambdaHandler
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    InvalidCursor,
    NotRanked,
    Overloaded,
    Refused,
    StoreUnavailable,
)
from leaderforge.services.entries import Page

routes = router("boards")
handler = LambdaHandler(routes)

_DOWN = (IndexUnavailable, StoreUnavailable, Overloaded)


@routes.get("/api/leaderboard/top", **documentation.read(TopOut, BoardNotFound, *_DOWN))
async def top(edge: TheEdge, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of the board `default`, at most a second old."""
    return await _top(edge, DEFAULT_BOARD, query)


@routes.get("/api/boards/{board}/top", **documentation.read(TopOut, BoardNotFound, *_DOWN))
async def board_top(edge: TheEdge, board: BoardName, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of a board, at most a second old."""
    return await _top(edge, board, query)


@routes.get("/api/leaderboard/rank/{user_id}", **documentation.read(PlayerOut, NotRanked, BoardNotFound, *_DOWN))
async def rank(edge: TheEdge, user_id: UserId, query: Annotated[PeriodQuery, Query()]) -> Answer:
    """Return a player's entry on the board `default`."""
    return await _rank(edge, DEFAULT_BOARD, user_id)


@routes.post("/api/boards/{board}/ranks/lookup", **documentation.read_by_body(LookupOut, BoardNotFound, *_DOWN))
async def lookup(edge: TheEdge, board: BoardName, query: Annotated[PeriodQuery, Query()], players: LookupIn) -> Answer:
    """Return the entries of up to 500 players, such as friends, with each one's rank among them."""
    ladder = await edge.ladder(board)
    found = await edge.services.query.lookup(ladder, players.user_ids)
    return read(rendering.lookup(ladder, found), rendering.time_text(found.as_of), found.source)


@routes.get("/api/boards/{board}/ranks/{user_id}", **documentation.read(PlayerOut, NotRanked, BoardNotFound, *_DOWN))
async def board_rank(
    edge: TheEdge, board: BoardName, user_id: UserId, query: Annotated[PeriodQuery, Query()]
) -> Answer:
    """Return a player's entry on a board."""
    return await _rank(edge, board, user_id)


@routes.get("/api/boards/{board}/around/{user_id}", **documentation.read(AroundOut, NotRanked, BoardNotFound, *_DOWN))
async def around(edge: TheEdge, board: BoardName, user_id: UserId, query: Annotated[AroundQuery, Query()]) -> Answer:
    """Return a player and the neighbours on both sides."""
    ladder = await edge.ladder(board)
    page = await edge.services.query.around(ladder, user_id, query.radius)
    return _listing(ladder, page)


@routes.get("/api/boards/{board}/page", **documentation.read(PageOut, InvalidCursor, BoardNotFound, *_DOWN))
async def page(edge: TheEdge, board: BoardName, query: Annotated[PageQuery, Query()]) -> Answer:
    """Return the entries from a rank on, or those before or after a page.

    `next` and `previous` of a page, passed as `cursor`, neither skip nor repeat a player whose standing did not change.
    """
    ladder = await edge.ladder(board)
    page = await _page(edge, ladder, query)
    return read(rendering.page(ladder, page), rendering.time_text(page.as_of), page.source)


@routes.get("/api/boards/{board}/range", **documentation.read(RangeOut, InvalidCursor, BoardNotFound, *_DOWN))
async def score_range(edge: TheEdge, board: BoardName, query: Annotated[RangeQuery, Query()]) -> Answer:
    """Return the entries with a score in a range."""
    if query.min_score > query.max_score:
        raise Refused("min_score must not be greater than max_score")
    ladder = await edge.ladder(board)
    after = decoded(query.cursor, ladder, Direction.RANGE).key if query.cursor is not None else None
    page = await edge.services.query.range(ladder, query.min_score, query.max_score, query.limit, after)
    return read(rendering.score_range(ladder, page), rendering.time_text(page.as_of), page.source)


@routes.get("/api/boards/{board}/distribution", **documentation.read(DistributionOut, BoardNotFound, *_DOWN))
async def distribution(edge: TheEdge, board: BoardName, query: Annotated[DistributionQuery, Query()]) -> Answer:
    """Return an exact histogram of the scores, and the scores at the percentiles 50, 90 and 99."""
    ladder = await edge.ladder(board)
    spread = await edge.services.spread.distribution(ladder, query.buckets)
    return read(rendering.distribution(ladder, spread), rendering.time_text(spread.as_of), spread.source)


@routes.get("/api/boards/{board}/percentile/{p}", **documentation.read(PercentileOut, NotRanked, BoardNotFound, *_DOWN))
async def percentile(edge: TheEdge, board: BoardName, p: Percent, query: Annotated[PeriodQuery, Query()]) -> Answer:
    """Return the last entry that is ahead of at least `p` percent of the others."""
    player = await edge.services.spread.at_percentile(await edge.ladder(board), p)
    return read(rendering.at_percentile(player), rendering.time_text(player.as_of), player.source)


async def _top(edge: Edge, board: str, query: TopQuery) -> Answer:
    ladder = await edge.ladder(board)
    page = await edge.services.query.tops.get(ladder, query.limit)
    return edge.tops.answer(ladder, query.limit, page, lambda: _listing(ladder, page, query.limit))


async def _rank(edge: Edge, board: str, user_id: int) -> Answer:
    player = await edge.services.query.rank(await edge.ladder(board), user_id)
    return read(rendering.player(player), rendering.time_text(player.as_of), player.source)


async def _page(edge: Edge, ladder: Ladder, query: PageQuery) -> Page:
    if query.cursor is None:
        return await edge.services.query.page(ladder, query.rank or 1, query.limit)
    if query.rank is not None:
        raise Refused("give either rank or cursor, not both")
    cursor = decoded(query.cursor, ladder, Direction.NEXT, Direction.PREVIOUS)
    if cursor.direction is Direction.NEXT:
        return await edge.services.query.page_after(ladder, cursor.key, query.limit)
    return await edge.services.query.page_before(ladder, cursor.key, query.limit)


def _listing(ladder: Ladder, page: Page, limit: int | None = None) -> Answer:
    content = rendering.listing(ladder, page.entries[:limit], page.total)
    return read(content, rendering.time_text(page.as_of), page.source)
