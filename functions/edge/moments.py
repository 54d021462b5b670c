"""The ladder at a requested moment, and the movement of its entries since another moment."""

from collections.abc import Sequence

from functions.edge.context import Edge
from functions.edge.wire.moments import MomentQuery, MovementQuery, since_of
from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import Refused
from leaderforge.services.entries import Entry
from leaderforge.services.movement import RankMovement


def compares(query: MovementQuery) -> bool:
    """Return whether the query concerns a past moment, so that the caches of present entries cannot answer it."""
    return query.at is not None or query.since is not None


async def requested_ladder(
    edge: Edge, caller: Caller, board: str, query: MomentQuery, user_id: int | None = None
) -> Ladder:
    """Return the ladder at the requested moment. If only one player's entry is read, `user_id` is this player."""
    selected = query.period, query.selected_segment
    return await edge.readable_ladder(board, caller, *selected, at=query.at, user_id=user_id)


async def requested_movement(
    edge: Edge,
    caller: Caller,
    ladder: Ladder,
    query: MovementQuery,
    entries: Sequence[Entry],
    user_id: int | None = None,
) -> RankMovement | None:
    """Return the movement of the entries since the requested moment, None if none is requested.

    If only one player's entry is read, `user_id` is this player.
    """
    if query.since is None:
        return None
    now = edge.services.clock() if ladder.at is None else ladder.at
    since = since_of(query.since, ladder.board, now)
    if since > now:
        raise Refused(f"since: {query.since!r} is later than the answer; use an earlier time")
    earlier = edge.seen_at(ladder._replace(at=None), caller, since, user_id=user_id)
    return await edge.services.movement.movement(earlier, {entry.user_id for entry in entries}, caller)
