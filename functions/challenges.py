"""Private challenges: creating, joining, reading and removing them."""

from typing import Annotated

from fastapi import Query

from functions.edge.access.security import Anyone, KeyHolderOrPlayer, Moderator, Submitter
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.challenges import (
    ChallengeIn,
    ChallengeOut,
    ChallengesOut,
    Invitation,
    RemovedChallengeOut,
    render_challenge,
    render_challenges,
)
from functions.edge.wire.fields import UserId
from functions.edge.wire.moderation import ReasonQuery
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import Caller
from leaderforge.domain.challenge_errors import (
    ChallengeBlocked,
    ChallengeConflict,
    ChallengeFull,
    ChallengeNotFound,
    ChallengeOver,
    ChallengesDisabled,
    TooManyChallenges,
)
from leaderforge.domain.challenges import Challenge
from leaderforge.domain.errors import BoardNotFound, PlayerNotFound, StoreUnavailable

routes = router("challenges")

_MISSING = (ChallengeNotFound, BoardNotFound)


@routes.post(
    "/api/challenges",
    operation_id="createChallenge",
    **documentation.write(
        ChallengeOut,
        BoardNotFound,
        PlayerNotFound,
        ChallengesDisabled,
        ChallengeConflict,
        TooManyChallenges,
        StoreUnavailable,
    ),
)
async def create(edge: TheEdge, caller: Submitter, challenge: ChallengeIn) -> Answer:
    """Create a private challenge between a few players on a board. Requires a submit key or the player's token.

    The creator sends the link with the `invitation` to the others, who join it. The service must allow challenges,
    and limits their number. A retry with the same `challenge_id` returns the same challenge.
    """
    caller.require_acting_for(challenge.user_id)
    board = await edge.board_unchecked(challenge.board)
    _require_read(caller, board)
    stored = await edge.services.seasons.challenges.create(
        board, challenge.user_id, challenge.challenge_id, length_s=challenge.length_s, max_players=challenge.max_players
    )
    return answer_written(await _current(edge, caller, board, stored))


@routes.get(
    "/api/challenges/{invitation}",
    operation_id="getChallenge",
    **documentation.read(ChallengeOut, *_MISSING, StoreUnavailable),
)
async def challenge(edge: TheEdge, caller: Anyone, invitation: Invitation) -> Answer:
    """Return a challenge with its players, and the scores that they have achieved in it.

    The scores are combined by the board's policy. Submissions of before the start and after the end do not count.
    """
    board, stored = await edge.services.seasons.challenges.find(invitation)
    caller.require_read(board)
    view = await edge.services.seasons.challenges.view(board, stored, caller)
    return answer_stored(render_challenge(view, marks_hidden=caller.views_console))


@routes.put(
    "/api/challenges/{invitation}/players/{user_id}",
    operation_id="joinChallenge",
    **documentation.change(
        ChallengeOut,
        *_MISSING,
        PlayerNotFound,
        ChallengesDisabled,
        ChallengeFull,
        ChallengeOver,
        ChallengeBlocked,
        TooManyChallenges,
        StoreUnavailable,
    ),
)
async def join(edge: TheEdge, caller: Submitter, invitation: Invitation, user_id: UserId) -> Answer:
    """Let a player join a challenge. Requires a submit key or the player's token.

    Scores since the start of the challenge count, also those of before joining. Joining again changes nothing.
    """
    caller.require_acting_for(user_id)
    board, _ = await edge.services.seasons.challenges.find(invitation)
    _require_read(caller, board)
    stored = await edge.services.seasons.challenges.join(invitation, user_id)
    return answer_written(await _current(edge, caller, board, stored))


@routes.get(
    "/api/users/{user_id}/challenges",
    operation_id="listChallenges",
    **documentation.read(ChallengesOut, StoreUnavailable),
)
async def challenges(edge: TheEdge, caller: KeyHolderOrPlayer, user_id: UserId) -> Answer:
    """Return the challenges of a player, the latest end first. Requires a key or the player's token."""
    caller.require_friends_of(user_id)
    played = await edge.services.seasons.challenges.of_player(user_id)
    return answer_stored(render_challenges(user_id, played, edge.services.clock()))


@routes.delete(
    "/api/challenges/{invitation}",
    operation_id="removeChallenge",
    **documentation.change(RemovedChallengeOut, *_MISSING, StoreUnavailable),
)
async def remove(
    edge: TheEdge, caller: Moderator, invitation: Invitation, query: Annotated[ReasonQuery, Query()]
) -> Answer:
    """Remove a challenge. Scores and boards stay as they are. Moderators only."""
    await edge.services.seasons.challenges.remove(invitation, caller.actor, query.reason)
    return answer_written(JsonBody('{"removed":true}'))


def _require_read(caller: Caller, board: Board) -> None:
    """Raise `Forbidden` unless the caller may read the board. A submit key may act for players on every board."""
    if caller.has_token:
        caller.require_read(board)


async def _current(edge: Edge, caller: Caller, board: Board, stored: Challenge) -> JsonBody:
    view = await edge.services.seasons.challenges.current_view(board, stored, caller)
    return render_challenge(view, marks_hidden=caller.views_console)
