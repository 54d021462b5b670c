"""Reads of boards: tops, ranks, neighbours, pages, score ranges, distributions and histories."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query

from functions.edge import listings
from functions.edge.access.security import Anyone, KeyHolderOrPlayer
from functions.edge.alternatives import require_at_most_one
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_read, answer_stored
from functions.edge.moments import compares, requested_ladder, requested_movement
from functions.edge.wire.cursors import Cursor, Direction, decoded
from functions.edge.wire.distributions import DistributionOut, DistributionQuery, render_distribution
from functions.edge.wire.entries import (
    AroundOut,
    AroundQuery,
    PageOut,
    PageQuery,
    RangeOut,
    RangeQuery,
    TopOut,
    TopQuery,
    render_around,
    render_listing,
    render_page,
    render_range,
)
from functions.edge.wire.fields import BoardName, UserId
from functions.edge.wire.friends import FriendRanksOut, FriendRanksQuery, render_friend_ranks
from functions.edge.wire.history import HistoryOut, HistoryQuery, render_history
from functions.edge.wire.leagues import LeagueGroupOut, LeagueQuery, render_group
from functions.edge.wire.moments import MomentQuery, MovementQuery
from functions.edge.wire.rank_history import RankHistoryOut, RankHistoryQuery, render_rank_history
from functions.edge.wire.ranks import (
    LookupIn,
    LookupOut,
    PercentileOut,
    PercentIn,
    PlayerOut,
    render_lookup,
    render_percentile,
    render_player,
)
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
    StoreUnavailable,
)
from leaderforge.domain.league_errors import LeagueNotFound
from leaderforge.domain.moment_errors import MomentNotFound
from leaderforge.services.entries import Page
from leaderforge.services.ladders import CURRENT

routes = router("boards")
handler = LambdaHandler(routes)

_NO_LADDER = (BoardNotFound, PeriodNotFound, PeriodBuilding, MomentNotFound)
_RADIUS = 5
"""Default number of neighbours on each side, if neither `radius` nor `window` is set."""
_DOWN = (IndexUnavailable, StoreUnavailable, Overloaded)


@routes.get("/api/leaderboard/top", operation_id="getTop", **documentation.read(TopOut, *_NO_LADDER, *_DOWN))
async def top(edge: TheEdge, caller: Anyone, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of the board `default`, at most 1 s old."""
    return await _top(edge, caller, DEFAULT_BOARD, query)


@routes.get("/api/boards/{board}/top", operation_id="getBoardTop", **documentation.read(TopOut, *_NO_LADDER, *_DOWN))
async def board_top(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[TopQuery, Query()]) -> Answer:
    """Return the first entries of a board, at most 1 s old."""
    return await _top(edge, caller, board, query)


@routes.get(
    "/api/leaderboard/rank/{user_id}",
    operation_id="getRank",
    **documentation.read(PlayerOut, NotRanked, *_NO_LADDER, *_DOWN),
)
async def rank(edge: TheEdge, caller: Anyone, user_id: UserId, query: Annotated[MovementQuery, Query()]) -> Answer:
    """Return a player's entry on the board `default`."""
    return await _rank(edge, caller, DEFAULT_BOARD, user_id, query)


@routes.post(
    "/api/boards/{board}/ranks/lookup",
    operation_id="lookUpRanks",
    **documentation.read_by_body(LookupOut, *_NO_LADDER, *_DOWN),
)
async def lookup(
    edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[MovementQuery, Query()], players: LookupIn
) -> Answer:
    """Return the entries of up to 5000 players, such as friends, with each player's rank among them."""
    ladder = await requested_ladder(edge, caller, board, query)
    if not players.external_ids:
        result = await edge.services.query.lookup(ladder, players.user_ids, caller)
        movement = await requested_movement(edge, caller, ladder, query, [entry for entry, _ in result.entries])
        return answer_read(render_lookup(ladder, result, None, movement, marks_hidden=caller.views_console), result)
    user_ids = await edge.services.players.ids.find_many(players.external_ids)
    requested = [*players.user_ids, *user_ids.values()]
    result = await edge.services.query.lookup(ladder, requested, caller)
    ranked = {entry.user_id for entry, _ in result.entries}
    missing = [i for i in dict.fromkeys(players.external_ids) if user_ids.get(i) not in ranked]
    by_user_id = set(players.user_ids)
    result = replace(result, missing=[i for i in result.missing if i in by_user_id])
    movement = await requested_movement(edge, caller, ladder, query, [entry for entry, _ in result.entries])
    return answer_read(render_lookup(ladder, result, missing, movement, marks_hidden=caller.views_console), result)


@routes.get(
    "/api/boards/{board}/ranks/{user_id}",
    operation_id="getBoardRank",
    **documentation.read(PlayerOut, NotRanked, *_NO_LADDER, *_DOWN),
)
async def board_rank(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[MovementQuery, Query()]
) -> Answer:
    """Return a player's entry on a board."""
    return await _rank(edge, caller, board, user_id, query)


@routes.get(
    "/api/boards/{board}/around/{user_id}",
    operation_id="getNeighbours",
    **documentation.read(AroundOut, NotRanked, *_NO_LADDER, *_DOWN),
)
async def around(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[AroundQuery, Query()]
) -> Answer:
    """Return a player's entry with its neighbours on both sides.

    With `window`, return that many entries, even for a player near an end of the board.
    """
    ladder = await requested_ladder(edge, caller, board, query)
    reads = edge.services.query
    require_at_most_one(radius=query.radius, window=query.window)
    if query.window is None:
        page = await reads.around(ladder, user_id, _RADIUS if query.radius is None else query.radius, caller)
    else:
        page = await reads.around_window(ladder, user_id, query.window, caller)
    movement = await requested_movement(edge, caller, ladder, query, page.entries)
    return answer_read(render_around(ladder, page, movement, marks_hidden=caller.views_console), page)


@routes.get(
    "/api/boards/{board}/page",
    operation_id="getPage",
    **documentation.read(PageOut, InvalidCursor, *_NO_LADDER, *_DOWN),
)
async def page(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[PageQuery, Query()]) -> Answer:
    """Return a page of entries, from a rank or from a cursor. The first page may be 1 s old.

    A cursor is the `next` or `previous` of another page. Pages by cursor neither skip nor repeat a player whose
    standing is unchanged.
    """
    if query.cursor is None:
        ladder = await requested_ladder(edge, caller, board, query)
        if query.rank in (None, 1) and query.limit <= listings.MAX_CACHED and not compares(query):
            return await listings.first_page(edge, ladder, query.limit)
        page = await edge.services.query.page(ladder, query.rank or 1, query.limit)
    else:
        require_at_most_one(rank=query.rank, cursor=query.cursor)
        ladder, page = await _continued_page(edge, caller, board, query, query.cursor)
    movement = await requested_movement(edge, caller, ladder, query, page.entries)
    return answer_read(render_page(ladder, page, movement), page)


@routes.get(
    "/api/boards/{board}/range",
    operation_id="getScoreRange",
    **documentation.read(RangeOut, InvalidCursor, *_NO_LADDER, *_DOWN),
)
async def score_range(edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[RangeQuery, Query()]) -> Answer:
    """Return the entries with a score in a range, in pages."""
    if query.cursor is None:
        ladder, after = await requested_ladder(edge, caller, board, query), None
    else:
        ladder, cursor = await _continued(edge, caller, board, query, query.cursor, Direction.RANGE)
        after = cursor.key
    low, high = query.range_on(ladder.board)
    page = await edge.services.query.range(ladder, low, high, query.limit, after)
    return answer_read(render_range(ladder, page), page)


@routes.get(
    "/api/boards/{board}/distribution",
    operation_id="getDistribution",
    **documentation.read(DistributionOut, *_NO_LADDER, *_DOWN),
)
async def distribution(
    edge: TheEdge, caller: Anyone, board: BoardName, query: Annotated[DistributionQuery, Query()]
) -> Answer:
    """Return an exact histogram of the scores, and the scores at the percentiles 50, 90 and 99."""
    ladder = await requested_ladder(edge, caller, board, query)
    result = await edge.services.distributions.distribution(ladder, query.buckets)
    return answer_read(render_distribution(ladder, result), result)


@routes.get(
    "/api/boards/{board}/percentile/{p}",
    operation_id="getPercentile",
    **documentation.read(PercentileOut, NotRanked, *_NO_LADDER, *_DOWN),
)
async def percentile(
    edge: TheEdge, caller: Anyone, board: BoardName, p: PercentIn, query: Annotated[MomentQuery, Query()]
) -> Answer:
    """Return the last entry that is ahead of at least `p` percent of the other players."""
    ladder = await requested_ladder(edge, caller, board, query)
    player = await edge.services.distributions.at_percentile(ladder, p)
    return answer_read(render_percentile(ladder.board, player), player)


@routes.get(
    "/api/boards/{board}/history/{user_id}",
    operation_id="getHistory",
    **documentation.read(HistoryOut, NotRanked, BoardNotFound, *_DOWN),
)
async def history(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[HistoryQuery, Query()]
) -> Answer:
    """Return a player's score on a board over time, and its final ranks in past periods."""
    readable_board = await edge.readable_board(board, caller)
    result = await edge.services.history.get(
        readable_board, user_id, limit=query.limit, periods=query.periods, before=query.before, viewer=caller
    )
    return answer_stored(render_history(readable_board, user_id, result))


@routes.get(
    "/api/boards/{board}/rank-history/{user_id}",
    operation_id="getRankHistory",
    **documentation.read(RankHistoryOut, *_NO_LADDER, *_DOWN),
)
async def rank_history(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[RankHistoryQuery, Query()]
) -> Answer:
    """Return a player's rank at the end of each of the last days, and now.

    Days begin in the board's time zone. The board needs `moment_days`.
    """
    ladder = await edge.readable_ladder(board, caller, query.period, user_id=user_id)
    ranks = await edge.services.rank_history.ranks(ladder, user_id, query.days, caller)
    return answer_stored(render_rank_history(ladder, user_id, ranks))


@routes.get(
    "/api/boards/{board}/friends/{user_id}",
    operation_id="getFriendRanks",
    **documentation.read(FriendRanksOut, *_NO_LADDER, *_DOWN),
)
async def friend_ranks(
    edge: TheEdge,
    caller: KeyHolderOrPlayer,
    board: BoardName,
    user_id: UserId,
    query: Annotated[FriendRanksQuery, Query()],
) -> Answer:
    """Return the ranks of a player and its friends, among themselves and on the board.

    `entries` start at the position `rank`. `around` are the player's entry and its neighbours, and `gap` is the
    difference to the score of the friend `ahead`. Requires a key or the player's token.
    """
    caller.require_friends_of(user_id)
    ladder = await requested_ladder(edge, caller, board, query)
    ranking = await edge.services.players.friend_ranks.ranking(ladder, user_id, query.view, caller)
    ahead = [] if ranking.ahead is None else [ranking.ahead]
    entries = [friend.entry for friend in (*ranking.entries, *ranking.around, *ahead)]
    movement = await requested_movement(edge, caller, ladder, query, entries)
    rendered = render_friend_ranks(ladder, user_id, ranking, movement, marks_hidden=caller.views_console)
    return answer_read(rendered, ranking)


@routes.get(
    "/api/boards/{board}/league/{user_id}",
    operation_id="getLeagueGroup",
    **documentation.read(LeagueGroupOut, LeagueNotFound, NotRanked, *_NO_LADDER, *_DOWN),
)
async def league_group(
    edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: Annotated[LeagueQuery, Query()]
) -> Answer:
    """Return a player's group in a league, with the ranks of all members and their movements.

    `current` is the current period of the league. Settled periods have the final ranks and movements.
    """
    readable_board = await edge.readable_board(board, caller)
    if readable_board.league is None:
        raise LeagueNotFound.on(board, query.period)
    name = readable_board.league.period if query.period == CURRENT else query.period
    ladder = edge.seen_at(await edge.ladder_of(readable_board, name), caller, None)
    view = await edge.services.seasons.leagues.group(ladder, user_id, caller)
    return answer_read(render_group(view, marks_hidden=caller.views_console), view.lookup)


async def _top(edge: Edge, caller: Caller, board: str, query: TopQuery) -> Answer:
    ladder = await requested_ladder(edge, caller, board, query)
    if not compares(query):
        return await listings.top(edge, ladder, query.limit)
    page = await edge.services.query.page(ladder, 1, query.limit)
    movement = await requested_movement(edge, caller, ladder, query, page.entries)
    return answer_read(render_listing(ladder, page.entries, page.total, movement=movement), page)


async def _rank(edge: Edge, caller: Caller, board: str, user_id: int, query: MovementQuery) -> Answer:
    ladder = await requested_ladder(edge, caller, board, query, user_id)
    player = await edge.services.query.rank(ladder, user_id, caller)
    movement = await requested_movement(edge, caller, ladder, query, [player.entry], user_id)
    return answer_read(render_player(ladder.board, player, movement, marks_hidden=caller.views_console), player)


async def _continued_page(edge: Edge, caller: Caller, slug: str, query: PageQuery, text: str) -> tuple[Ladder, Page]:
    """Return the ladder of a cursor, and the page that the cursor continues with."""
    ladder, cursor = await _continued(edge, caller, slug, query, text, Direction.NEXT, Direction.PREVIOUS)
    pages = edge.services.query
    read = pages.page_after if cursor.direction is Direction.NEXT else pages.page_before
    return ladder, await read(ladder, cursor.key, query.limit)


async def _continued(
    edge: Edge, caller: Caller, slug: str, query: MomentQuery, text: str, *allowed: Direction
) -> tuple[Ladder, Cursor]:
    """Return a cursor and its ladder. `current` stands for the cursor's period, even after the end of this period."""
    board = await edge.readable_board(slug, caller)
    cursor = decoded(text, board, *allowed)
    name = board.calendar.numbered(cursor.period).name if query.period == CURRENT else query.period
    ladder = edge.seen_at(await edge.ladder_of(board, name, query.selected_segment), caller, query.at)
    if ladder.period != cursor.period:
        raise InvalidCursor(f"the cursor is not of period {query.period!r}; start again without a cursor", cursor=text)
    return ladder, cursor
