"""Rewards on the wire, a part of the board's settings, and awards."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt, StrictStr

from functions.edge.wire.bodies import JsonBody, string_json
from functions.edge.wire.fields import BoardName, IntegerOut, PercentOut, RankOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictIn, StrictOut
from functions.edge.wire.periods import ExactPeriodName, PeriodNameOut
from functions.edge.wire.rules import FROM_NUMBER, FROM_TEXT, Omittable, Rule
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.metadata import MAX_METADATA_BYTES
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.reward_tables import MAX_DIVISION_LENGTH, MAX_REWARDS, PERCENT_DECIMALS
from leaderforge.domain.rewards import Award, Claim
from leaderforge.domain.tier_rules import MAX_TIER_NAME_LENGTH
from leaderforge.domain.times import time_text
from leaderforge.ports.awards import AwardPosition, RankPosition
from leaderforge.services.awards import AwardPage

RewardId = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The id of the reward in the table.", examples=["winner"]),
    Rule("must be the id of a reward: 1 to 64 of a-z, 0-9, _ and -, with a letter or a digit first"),
]
_Rank = Annotated[StrictInt, Field(ge=1, le=MAX_INTEGER), FROM_NUMBER]
MovementText = Literal["promoted", "stayed", "relegated"]
_AwardCursor = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,16}_[0-9]{1,16}_[a-z0-9][a-z0-9_-]{0,63}$"),
    Rule("must be the next of a list of awards"),
]
_RankCursor = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,16}_-?[0-9]{1,16}_[a-z0-9][a-z0-9_-]{0,63}$"),
    Rule("must be the next of a list of awards of this period"),
]
AwardLimit = Annotated[int, Field(ge=1, le=1000, description="The maximum number of awards."), FROM_TEXT]


class LeagueConditionIn(StrictIn):
    """Outcome of the board's league that earns a reward. All members that are sent must match."""

    division: Annotated[StrictStr, Field(min_length=1, max_length=MAX_DIVISION_LENGTH)] | None = None
    movement: MovementText | None = None
    last_group_rank: _Rank | None = Field(None, description="The last rank in the group.")


class RewardIn(StrictIn):
    """A reward: a payload for entries with one condition. Without a condition, all ranked players earn it."""

    reward: RewardId
    first_rank: _Rank | None = Field(None, description="The first rank that earns the reward. Defaults to 1.")
    last_rank: _Rank | None = Field(None, description="The last rank that earns the reward.")
    first_bracket_rank: _Rank | None = Field(
        None, description="The first rank in the tournament's bracket that earns the reward. Defaults to 1."
    )
    last_bracket_rank: _Rank | None = Field(
        None, description="The last rank in the tournament's bracket that earns the reward."
    )
    percent: Annotated[float, Field(gt=0, le=100, strict=True)] | None = Field(
        None,
        description="The last rank as a percentage of all ranked players, rounded up to a rank. It has at most "
        f"{PERCENT_DECIMALS} decimals.",
    )
    tier: Annotated[StrictStr, Field(min_length=1, max_length=MAX_TIER_NAME_LENGTH)] | None = Field(
        None, description="The tier whose entries earn the reward."
    )
    league: LeagueConditionIn | None = Field(None, description="The outcome of the league that earns the reward.")
    payload: dict[str, Any] = Field(
        description=f"Any JSON object of at most {MAX_METADATA_BYTES} bytes. The service does not interpret it.",
        examples=[{"gold": 50}],
    )


class RewardTableIn(StrictIn):
    """Rewards of the settled periods of one kind."""

    period: PeriodKind = Field(description="The kind of the periods. `all-time` needs a tournament with an end.")
    rewards: Annotated[list[RewardIn], Field(min_length=1, max_length=MAX_REWARDS)]


class LeagueConditionOut(StrictOut):
    """Outcome of the board's league that earns a reward."""

    division: str = ""
    movement: str = ""
    last_group_rank: RankOut = 1


class RewardOut(StrictOut):
    """A reward. Only the members of its condition are present."""

    reward: str = Field(examples=["winner"])
    first_rank: RankOut = 1
    last_rank: RankOut = 1
    first_bracket_rank: RankOut = 1
    last_bracket_rank: RankOut = 1
    percent: PercentOut = 100
    tier: str = ""
    league: LeagueConditionOut = Field(default_factory=LeagueConditionOut)
    payload: dict[str, Any] = Field(examples=[{"gold": 50}])


class RewardTableOut(StrictOut):
    """Rewards of the settled periods of one kind."""

    period: PeriodKind
    rewards: list[RewardOut]


class AwardsQuery(QueryIn):
    limit: AwardLimit = 100
    cursor: Omittable[_AwardCursor] = Field(None, description="The `next` of the previous list.")

    @property
    def after(self) -> AwardPosition | None:
        """Position of the award after which to continue, None for the first page."""
        if self.cursor is None:
            return None
        board_id, period, reward = self.cursor.split("_", 2)
        return AwardPosition(int(board_id), int(period), reward)


class PeriodAwardsQuery(QueryIn):
    period: ExactPeriodName = Field(description="The settled period.", examples=["2026-W48"])
    limit: AwardLimit = 100
    cursor: Omittable[_RankCursor] = Field(None, description="The `next` of the previous list.")

    @property
    def after(self) -> RankPosition | None:
        """Position of the award after which to continue, None for the first page."""
        if self.cursor is None:
            return None
        rank, user_id, reward = self.cursor.split("_", 2)
        return RankPosition(int(rank), int(user_id), reward)


class ClaimIn(StrictIn):
    """A claim of an award."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "board": "default",
                    "period": "2026-W48",
                    "reward": "winner",
                    "claim_id": "9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f",
                }
            ]
        }
    )

    board: BoardName = Field(examples=["default"])
    period: ExactPeriodName = Field(examples=["2026-W48"])
    reward: RewardId
    claim_id: UUID = Field(
        description="The client's own id of the claim. A retry with the same id succeeds again.",
        examples=["9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f"],
    )


class ClaimOut(StrictOut):
    """The claim of an award."""

    claim_id: UUID
    claimed_at: TimeOut
    claimed_by: str = Field(
        description="The key or player that claimed the award.", examples=["key:game-server", "player:123"]
    )


class AwardOut(StrictOut):
    """A payload that a player earned with the final rank in a period."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    user_id: IntegerOut
    reward: str = Field(description="The id of the reward in the board's table.", examples=["winner"])
    rank: RankOut = Field(description="The final rank that earned the award.")
    payload: dict[str, Any] = Field(examples=[{"gold": 50}])
    granted_at: TimeOut
    revoked_at: TimeOut | None = Field(
        description="When a change of the period's result revoked the award; null if it is valid."
    )
    claim: ClaimOut | None = Field(description="The claim; null if the award is not claimed.")


class AwardsOut(StrictOut):
    """Awards of a player, in order of board, period and reward, or awards of a period, in order of rank."""

    awards: list[AwardOut]
    next: str | None = Field(description="Send it as `cursor` for the awards that follow; null at the end.")


def render_award(award: Award) -> JsonBody:
    """Return an award."""
    return JsonBody(award_json(award))


def render_awards(page: AwardPage[AwardPosition] | AwardPage[RankPosition]) -> JsonBody:
    """Return the body with a page of awards."""
    awards = ",".join(map(award_json, page.awards))
    cursor = "null" if page.next is None else string_json("_".join(map(str, page.next)))
    return JsonBody(f'{{"awards":[{awards}],"next":{cursor}}}')


def _claim_json(claim: Claim) -> str:
    return (
        f'{{"claim_id":"{claim.claim_id}","claimed_at":"{time_text(claim.claimed_at)}",'
        f'"claimed_by":{string_json(claim.claimed_by)}}}'
    )


def award_json(award: Award) -> str:
    """Return an award as a JSON object."""
    claim = "null" if award.claim is None else _claim_json(award.claim)
    revoked_at = "null" if award.revoked_at is None else f'"{time_text(award.revoked_at)}"'
    return (
        f'{{"board":"{award.ladder.board.slug}","period":"{award.ladder.period_name}","user_id":{award.user_id},'
        f'"reward":"{award.reward}","rank":{award.rank},"payload":{award.payload},'
        f'"granted_at":"{time_text(award.granted_at)}","revoked_at":{revoked_at},"claim":{claim}}}'
    )
