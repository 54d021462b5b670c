"""Reading boards: who leads, where a player stands, who is near, how scores are spread."""

from typing import Annotated

from fastapi import Query

from functions.edge import listings, period_rendering, rendering, shadows
from functions.edge.access.security import Anyone
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.cursors import Cursor, Direction, decoded
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, read
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
from functions.edge.period_shapes import HistoryOut, HistoryQuery
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    InvalidCursor,
    NotRanked,
    Overloaded,
    PeriodBuilding,
    PeriodNotFound,
    Refused,
    StoreUnavailable,
)
from leaderforge.services.entries import Page, Source
from leaderforge.services.ladders import CURRENT

routes = router("boards")
handler = LambdaHandler(routes)

_NO_LADDER = (BoardNotFound, PeriodNotFound, PeriodBuilding)
_DOWN = (IndexUnavailable, StoreUnavailable, Overloaded)


@routes.get("/api/leaderboard/top", **documentation.read(TopOut, *_NO_LADDER, *_DOWN))
async def top(edge: TheEdge, caller: Anyone, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of the board `default`, at most a second old."""
    return await _top(edge, caller, DEFAULT_BOARD, query)


@routes.get("/api/boards/{board}/top", **documentation.read(TopOut, *_NO_LADDER, *_DOWN))
async def board_top(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of a board, at most a second old."""
    return await _top(edge, caller, board, query)


@routes.get("/api/leaderboard/rank/{user_id}", **documentation.read(PlayerOut, NotRanked, *_NO_LADDER, *_DOWN))
async def rank(edge: TheEdge, caller: Anyone, user_id: UserId, query: Annotated[PeriodQuery, Query()]) -> Answer:
    """Return a player's entry on the board `default`."""
    return await _rank(edge, caller, DEFAULT_BOARD, user_id, query)


@routes.post("/api/boards/{board}/ranks/lookup", **documentation.read_by_body(LookupOut, *_NO_LADDER, *_DOWN))
async def lookup(
    edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[PeriodQuery, Query()], players: LookupIn
) -> Answer:
    """Return the entries of up to 500 players, such as friends, with each one's rank among them."""
    ladder = await edge.ladder(board, caller, query.period)
    found = await edge.services.query.lookup(ladder, players.user_ids, caller.sees_hidden)
    found = shadows.of_lookup(found, caller)
    return read(rendering.lookup(ladder, found), rendering.time_text(found.as_of), found.source)


@routes.get("/api/boards/{board}/ranks/{user_id}", **documentation.read(PlayerOut, NotRanked, *_NO_LADDER, *_DOWN))
async def board_rank(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[PeriodQuery, Query()]
) -> Answer:
    """Return a player's entry on a board."""
    return await _rank(edge, caller, board, user_id, query)


@routes.get("/api/boards/{board}/around/{user_id}", **documentation.read(AroundOut, NotRanked, *_NO_LADDER, *_DOWN))
async def around(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[AroundQuery, Query()]
) -> Answer:
    """Return a player and the neighbours on both sides."""
    ladder = await edge.ladder(board, caller, query.period)
    page = await edge.services.query.around(ladder, user_id, query.radius, caller.sees_hidden)
    return listings.listing(ladder, shadows.of_page(page, caller))


@routes.get("/api/boards/{board}/page", **documentation.read(PageOut, InvalidCursor, *_NO_LADDER, *_DOWN))
async def page(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[PageQuery, Query()]) -> Answer:
    """Return the entries from a rank on, or those before or after a page.

    `next` and `previous` of a page, passed as `cursor`, neither skip nor repeat a player whose standing did not change.
    """
    ladder, page = await _page(edge, caller, board, query)
    return read(rendering.page(ladder, page), rendering.time_text(page.as_of), page.source)


@routes.get("/api/boards/{board}/range", **documentation.read(RangeOut, InvalidCursor, *_NO_LADDER, *_DOWN))
async def score_range(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[RangeQuery, Query()]) -> Answer:
    """Return the entries with a score in a range."""
    if query.min_score > query.max_score:
        raise Refused("min_score must not be greater than max_score")
    ladder, after = await edge.ladder(board, caller, query.period), None
    if query.cursor is not None:
        ladder, cursor = await _resumed(edge, caller, board, query.period, query.cursor, Direction.RANGE)
        after = cursor.key
    page = await edge.services.query.range(ladder, query.min_score, query.max_score, query.limit, after)
    return read(rendering.score_range(ladder, page), rendering.time_text(page.as_of), page.source)


@routes.get("/api/boards/{board}/distribution", **documentation.read(DistributionOut, *_NO_LADDER, *_DOWN))
async def distribution(
    edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[DistributionQuery, Query()]
) -> Answer:
    """Return an exact histogram of the scores, and the scores at the percentiles 50, 90 and 99."""
    ladder = await edge.ladder(board, caller, query.period)
    spread = await edge.services.spread.distribution(ladder, query.buckets)
    return read(rendering.distribution(ladder, spread), rendering.time_text(spread.as_of), spread.source)


@routes.get("/api/boards/{board}/percentile/{p}", **documentation.read(PercentileOut, NotRanked, *_NO_LADDER, *_DOWN))
async def percentile(
    edge: TheEdge, caller: Anyone, board: BoardName, p: Percent, query: Annotated[PeriodQuery, Query()]
) -> Answer:
    """Return the last entry that is ahead of at least `p` percent of the others."""
    player = await edge.services.spread.at_percentile(await edge.ladder(board, caller, query.period), p)
    return read(rendering.at_percentile(player), rendering.time_text(player.as_of), player.source)


@routes.get("/api/boards/{board}/history/{user_id}", **documentation.read(HistoryOut, NotRanked, BoardNotFound, *_DOWN))
async def history(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[HistoryQuery, Query()]
) -> Answer:
    """Return a player's score over time on a board, and the ranks with which past periods ended."""
    found = await edge.board(board)
    caller.require_read(found)
    told = await edge.services.history.get(
        found, user_id, limit=query.limit, periods=query.periods, before=query.before, sees=caller.sees_hidden
    )
    return read(period_rendering.history(found, user_id, told), None, Source.STORE)


async def _top(edge: Edge, caller: Caller, board: str, query: TopQuery) -> Answer:
    return await listings.top(edge, await edge.ladder(board, caller, query.period), query.limit)


async def _rank(edge: Edge, caller: Caller, board: str, user_id: int, query: PeriodQuery) -> Answer:
    ladder = await edge.ladder(board, caller, query.period)
    player = shadows.of_rank(await edge.services.query.rank(ladder, user_id, caller.sees_hidden), caller)
    return read(rendering.player(player), rendering.time_text(player.as_of), player.source)


async def _page(edge: Edge, caller: Caller, board: str, query: PageQuery) -> tuple[Ladder, Page]:
    pages = edge.services.query
    if query.cursor is None:
        ladder = await edge.ladder(board, caller, query.period)
        return ladder, await pages.page(ladder, query.rank or 1, query.limit)
    if query.rank is not None:
        raise Refused("give either rank or cursor, not both")
    ladder, cursor = await _resumed(edge, caller, board, query.period, query.cursor, Direction.NEXT, Direction.PREVIOUS)
    follow = pages.page_after if cursor.direction is Direction.NEXT else pages.page_before
    return ladder, await follow(ladder, cursor.key, query.limit)


async def _resumed(
    edge: Edge, caller: Caller, slug: str, period: str, text: str, *allowed: Direction
) -> tuple[Ladder, Cursor]:
    """Return a cursor and the ladder it was made on, which a new period does not change."""
    board = await edge.board(slug)
    cursor = decoded(text, board, *allowed)
    named = board.calendar.numbered(cursor.period).name if period == CURRENT else period
    ladder = await edge.ladder(slug, caller, named)
    if ladder.period != cursor.period:
        raise InvalidCursor("the cursor is of another period", cursor=text)
    return ladder, cursor
