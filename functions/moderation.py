"""Moderation: hide, unhide and remove entries, hide and unhide players, set scores. Admins only, all of it audited."""

from typing import Annotated

from fastapi import Query

from functions.edge import moderation_outputs
from functions.edge.access.security import Admin
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, read, written
from functions.edge.inputs import BoardName, UserId
from functions.edge.moderation_inputs import HiddenQuery, ReasonIn, RemovalQuery, ScoreIn
from functions.edge.moderation_outputs import HiddenOut, ModeratedOut, moderated
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    NotRanked,
    PeriodNotFound,
    StoreUnavailable,
    UserNotFound,
)
from leaderforge.services.entries import Source
from leaderforge.services.moderation import Grounds

routes = router("moderation")
handler = LambdaHandler(routes)

_NO_ENTRY = (BoardNotFound, UserNotFound, NotRanked, StoreUnavailable)


@routes.post(
    "/api/boards/{board}/entries/{user_id}/hide",
    **documentation.write(ModeratedOut, *_NO_ENTRY),
)
async def hide_entry(edge: TheEdge, caller: Admin, board: BoardName, user_id: UserId, why: ReasonIn) -> Answer:
    """Hide a player's entry on a board, in all periods that it is in: others close up, the player itself sees it."""
    found = await edge.board(board)
    changed = await edge.services.moderation.hide_entry(found, user_id, _grounds(caller, why.reason))
    return written(moderated(user_id, changed), Source.STORE)


@routes.post(
    "/api/boards/{board}/entries/{user_id}/unhide",
    **documentation.write(ModeratedOut, *_NO_ENTRY),
)
async def unhide_entry(edge: TheEdge, caller: Admin, board: BoardName, user_id: UserId, why: ReasonIn) -> Answer:
    """Show a hidden entry again, unless its player is hidden."""
    found = await edge.board(board)
    changed = await edge.services.moderation.unhide_entry(found, user_id, _grounds(caller, why.reason))
    return written(moderated(user_id, changed), Source.STORE)


@routes.delete(
    "/api/boards/{board}/entries/{user_id}",
    **documentation.change(ModeratedOut, *_NO_ENTRY, PeriodNotFound),
)
async def remove_entry(
    edge: TheEdge, caller: Admin, board: BoardName, user_id: UserId, query: Annotated[RemovalQuery, Query()]
) -> Answer:
    """Remove a player's entry from a board, in the periods that are not over: its scores so far count no more.

    With `period`, remove it from that one alone, also a past one, and let the scores count elsewhere.
    """
    grounds = _grounds(caller, query.reason)
    if query.period is None:
        changed = await edge.services.moderation.remove_entry(await edge.board(board), user_id, grounds)
    else:
        ladder = await edge.ladder(board, caller, query.period)
        changed = await edge.services.moderation.remove_from(ladder, user_id, grounds)
    return written(moderated(user_id, changed), Source.STORE)


@routes.put(
    "/api/boards/{board}/entries/{user_id}",
    **documentation.write(ModeratedOut, BoardNotFound, UserNotFound, StoreUnavailable),
)
async def set_score(edge: TheEdge, caller: Admin, board: BoardName, user_id: UserId, wanted: ScoreIn) -> Answer:
    """Let a score be all that a player has on a board, in the periods that are not over; later ones count on top."""
    changed = await edge.services.moderation.set_score(
        await edge.board(board),
        user_id,
        wanted.score,
        _grounds(caller, wanted.reason),
        subscore=wanted.subscore,
        metadata=wanted.metadata,
    )
    return written(moderated(user_id, changed), Source.STORE)


@routes.get(
    "/api/boards/{board}/hidden",
    **documentation.read(HiddenOut, BoardNotFound, PeriodNotFound, IndexUnavailable, StoreUnavailable),
)
async def hidden_entries(
    edge: TheEdge, caller: Admin, board: BoardName, query: Annotated[HiddenQuery, Query()]
) -> Answer:
    """Return the hidden entries of a board by their players' ids, each with the rank that it would have."""
    ladder = await edge.ladder(board, caller, query.period)
    found = await edge.services.moderation.hidden(ladder, query.limit, query.after)
    return read(moderation_outputs.hidden(ladder, found.entries, found.next), None, Source.STORE)


@routes.post(
    "/api/users/{user_id}/hide",
    **documentation.write(ModeratedOut, UserNotFound, StoreUnavailable),
)
async def hide_player(edge: TheEdge, caller: Admin, user_id: UserId, why: ReasonIn) -> Answer:
    """Hide a player on all boards, also on those it enters later. The player itself still sees its ranks."""
    changed = await edge.services.moderation.hide_player(user_id, _grounds(caller, why.reason))
    return written(moderated(user_id, changed), Source.STORE)


@routes.post(
    "/api/users/{user_id}/unhide",
    **documentation.write(ModeratedOut, UserNotFound, StoreUnavailable),
)
async def unhide_player(edge: TheEdge, caller: Admin, user_id: UserId, why: ReasonIn) -> Answer:
    """Show a hidden player again, but for entries that are hidden by themselves."""
    changed = await edge.services.moderation.unhide_player(user_id, _grounds(caller, why.reason))
    return written(moderated(user_id, changed), Source.STORE)


def _grounds(caller: Caller, reason: str) -> Grounds:
    return Grounds(caller.actor, reason)
