"""Awards of players and of periods: listing and claiming."""

from typing import Annotated

from fastapi import Query

from functions.edge.access.security import AwardReader, Submitter
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.fields import BoardName, UserId
from functions.edge.wire.rewards import (
    AwardOut,
    AwardsOut,
    AwardsQuery,
    ClaimIn,
    PeriodAwardsQuery,
    render_award,
    render_awards,
)
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import BoardNotFound, PeriodNotFound, StoreUnavailable
from leaderforge.domain.tournament_errors import AwardClaimed, AwardNotFound, AwardRevoked

routes = router("awards")


@routes.get(
    "/api/users/{user_id}/awards",
    operation_id="listAwards",
    **documentation.read(AwardsOut, StoreUnavailable),
)
async def awards(edge: TheEdge, caller: Submitter, user_id: UserId, query: Annotated[AwardsQuery, Query()]) -> Answer:
    """Return a player's awards on all boards, including claimed and revoked ones.

    Requires a submit key or the player's token.
    """
    caller.require_acting_for(user_id)
    return answer_stored(render_awards(await edge.services.seasons.awards.of_player(user_id, query.limit, query.after)))


@routes.get(
    "/api/boards/{board}/awards",
    operation_id="listBoardAwards",
    **documentation.read(AwardsOut, BoardNotFound, PeriodNotFound, StoreUnavailable),
)
async def board_awards(
    edge: TheEdge, caller: AwardReader, board: BoardName, query: Annotated[PeriodAwardsQuery, Query()]
) -> Answer:
    """Return the awards of a settled period, the best ranks first, including claimed and revoked ones.

    Requires a submit key, or the role viewer. The list is empty until the period is settled.
    """
    current_board = await edge.board_unchecked(board)
    ladder = Ladder(current_board, current_board.period_number(query.period))
    return answer_stored(render_awards(await edge.services.seasons.awards.of_period(ladder, query.limit, query.after)))


@routes.post(
    "/api/users/{user_id}/awards/claim",
    operation_id="claimAward",
    **documentation.write(
        AwardOut, BoardNotFound, PeriodNotFound, AwardNotFound, AwardClaimed, AwardRevoked, StoreUnavailable
    ),
)
async def claim(edge: TheEdge, caller: Submitter, user_id: UserId, claim: ClaimIn) -> Answer:
    """Claim an award of a player. Requires a submit key or the player's token.

    Each award can be claimed once. If the response is lost, retry with the same `claim_id`. A claim with another id is
    refused (409), and the error says who has claimed the award. Hand out the payload after a successful claim.
    """
    caller.require_acting_for(user_id)
    board = await edge.board_unchecked(claim.board)
    period = board.period_number(claim.period)
    claim_id = str(claim.claim_id)
    award = await edge.services.seasons.awards.claim(board, period, user_id, claim.reward, claim_id, caller.actor)
    return answer_written(render_award(award))
