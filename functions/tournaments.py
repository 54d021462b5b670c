"""Tournaments: their state, their entrants, and joining."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query

from functions import awards, challenges, teams
from functions.edge.access.security import Anyone, Submitter
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_read, answer_stored, answer_written
from functions.edge.wire.fields import BoardName, UserId
from functions.edge.wire.tournaments import (
    BracketNumber,
    BracketOut,
    EntrantOut,
    OccurrenceQuery,
    TournamentOut,
    render_bracket,
    render_entrant,
    render_tournament,
)
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    Overloaded,
    PeriodBuilding,
    PeriodNotFound,
    PlayerNotFound,
    StoreUnavailable,
)
from leaderforge.domain.sources import Source
from leaderforge.domain.tournament_errors import (
    BracketNotFound,
    EntrantNotFound,
    TournamentFull,
    TournamentNotFound,
    TournamentNotOpen,
)
from leaderforge.services.entries import Lookup
from leaderforge.services.tournaments import BracketView

routes = router("tournaments")
handler = LambdaHandler(routes, awards.routes, challenges.routes, teams.routes)

OccurrenceOptions = Annotated[OccurrenceQuery, Query()]
_DOWN = (IndexUnavailable, StoreUnavailable, Overloaded)
_MISSING = (BoardNotFound, TournamentNotFound, PeriodNotFound)


@routes.get(
    "/api/boards/{board}/tournament",
    operation_id="getTournament",
    **documentation.read(TournamentOut, *_MISSING, StoreUnavailable),
)
async def tournament(edge: TheEdge, caller: Anyone, board: BoardName, query: OccurrenceOptions) -> Answer:
    """Return a tournament's state, start, end and number of entrants."""
    readable_board = await edge.readable_board(board, caller)
    return answer_stored(render_tournament(await edge.services.seasons.tournaments.view(readable_board, query.period)))


@routes.get(
    "/api/boards/{board}/tournament/entrants/{user_id}",
    operation_id="getEntrant",
    **documentation.read(EntrantOut, *_MISSING, EntrantNotFound, StoreUnavailable),
)
async def entrant(edge: TheEdge, caller: Anyone, board: BoardName, user_id: UserId, query: OccurrenceOptions) -> Answer:
    """Return a player who has joined a tournament, with the attempts used and left."""
    readable_board = await edge.readable_board(board, caller)
    view = await edge.services.seasons.tournaments.entrant(readable_board, user_id, query.period)
    return answer_stored(render_entrant(view))


@routes.put(
    "/api/boards/{board}/tournament/entrants/{user_id}",
    operation_id="joinTournament",
    **documentation.change(EntrantOut, *_MISSING, PlayerNotFound, TournamentNotOpen, TournamentFull, StoreUnavailable),
)
async def join(edge: TheEdge, caller: Submitter, board: BoardName, user_id: UserId, query: OccurrenceOptions) -> Answer:
    """Let a player join a tournament that is upcoming or open. Joining again changes nothing.

    Requires a submit key or, on boards open to players, the player's token.
    """
    current_board = await edge.board_unchecked(board)
    caller.require_submit(current_board, user_id)
    return answer_written(
        render_entrant(await edge.services.seasons.tournaments.join(current_board, user_id, query.period))
    )


@routes.get(
    "/api/boards/{board}/tournament/brackets/{bracket}",
    operation_id="getBracket",
    **documentation.read(BracketOut, BracketNotFound, *_MISSING, PeriodBuilding, *_DOWN),
)
async def bracket(
    edge: TheEdge, caller: Anyone, board: BoardName, bracket: BracketNumber, query: OccurrenceOptions
) -> Answer:
    """Return a bracket of a tournament, with the ranks of its players in the bracket and in the tournament."""
    readable_board = await edge.readable_board(board, caller)
    view = await edge.services.seasons.tournaments.bracket(readable_board, bracket, query.period)
    view, lookup = await _seen_by(edge, view, caller)
    return answer_read(render_bracket(view, lookup, marks_hidden=caller.views_console), lookup)


async def _seen_by(edge: Edge, view: BracketView, caller: Caller) -> tuple[BracketView, Lookup]:
    """Return a bracket with the settings that the caller sees, and the entries of its players.

    There are no entries before the first submission to the occurrence.
    """
    try:
        ladder = edge.seen_at(await edge.ladder_of(view.board, view.period_name), caller, None)
    except PeriodNotFound:
        return view, Lookup((), view.user_ids, total=0, as_of=view.now, source=Source.STORE)
    lookup = await edge.services.query.lookup(ladder, view.user_ids, caller)
    return replace(view, board=ladder.board), lookup
