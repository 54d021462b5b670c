"""Boards on the wire. The domain decides which settings are valid."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.feeds import FeedIn, FeedOut
from functions.edge.wire.fields import BoardName, CountOut, TimeIn, TimeOut
from functions.edge.wire.leagues import LeagueIn, LeagueOut, league_out
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rewards import RewardTableIn, RewardTableOut
from functions.edge.wire.rules import FROM_NUMBER
from functions.edge.wire.scores import ScoreValueIn, ScoreValueOut
from functions.edge.wire.team_rules import TeamRulesIn, TeamRulesOut
from functions.edge.wire.tiebreakers import TiebreakerIn, TiebreakerOut
from functions.edge.wire.tiers import TierIn, TierOut, tier_out
from functions.edge.wire.tournament_rules import TournamentIn, TournamentRulesOut
from leaderforge.domain.board_settings import (
    MAX_DECIMALS,
    MAX_INTERVAL_MS,
    MAX_KEEP_DAYS,
    MAX_MIN_SUBMISSIONS,
    MAX_NAME_LENGTH,
    MAX_SUBSCORE_NAME_LENGTH,
    MAX_UNIT_LENGTH,
    settings_of,
)
from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy, RankStyle
from leaderforge.domain.errors import SettingFixed
from leaderforge.domain.feed_rules import feeds_of
from leaderforge.domain.feeds import MAX_FEEDS
from leaderforge.domain.league_rules import league_of
from leaderforge.domain.moments import MAX_MOMENT_DAYS
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.reward_tables import reward_table_of
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.segments import MAX_BOARD_SEGMENTS
from leaderforge.domain.team_rules import team_rules_of
from leaderforge.domain.tiebreaker_rules import tiebreakers_of
from leaderforge.domain.tiebreakers import MAX_TIEBREAKERS
from leaderforge.domain.tier_rules import MAX_TIERS, tiers_of
from leaderforge.domain.tournament_rules import tournament_of

Title = Annotated[StrictStr, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
Unit = Annotated[StrictStr, Field(min_length=1, max_length=MAX_UNIT_LENGTH)]
SubscoreName = Annotated[StrictStr, Field(min_length=1, max_length=MAX_SUBSCORE_NAME_LENGTH)]
Kinds = Annotated[list[PeriodKind], Field(min_length=1, max_length=len(PeriodKind))]


_CONVERSIONS: Mapping[str, Callable[[Any], object]] = {
    "periods": tuple,
    "tiers": tiers_of,
    "tiebreakers": tiebreakers_of,
    "feeds": feeds_of,
    "events": tuple,
    "segments": tuple,
    "tournament": tournament_of,
    "rewards": reward_table_of,
    "league": league_of,
    "team": team_rules_of,
}
"""Functions that convert JSON members of a request to settings of a board. All other settings need no conversion."""


class _SettingsIn(StrictIn):
    """Settings of a board. `changes` returns only those that the client has sent."""

    name: Title = Field(default_factory=str, description="The display name. Defaults to the identifier in paths.")
    policy: Policy = Field(Policy.SUM, description="How a player's scores combine. Permanent.")
    order: Order = Field(Order.DESC, description="Whether high (`desc`) or low (`asc`) scores lead. Permanent.")
    subscore_order: Order | None = Field(
        None,
        description="The order of subscores, which break ties between equal scores; null for a board without "
        "subscores. Permanent.",
    )
    rank_style: RankStyle = Field(
        RankStyle.ORDINAL, description="Whether equal scores have different ranks (`ordinal`) or one (`shared`)."
    )
    min_score: ScoreValueIn | None = Field(None, description="The lowest score that is accepted.")
    max_score: ScoreValueIn | None = Field(None, description="The highest score that is accepted.")
    max_change: Annotated[StrictInt, Field(ge=0, le=MAX_INTEGER), FROM_NUMBER] | None = Field(
        None, description="The maximum amount by which one submission may change a player's score, up or down."
    )
    min_interval_ms: Annotated[StrictInt, Field(ge=0, le=MAX_INTERVAL_MS), FROM_NUMBER] | None = Field(
        None, description="The minimum time between two submissions of a player, in milliseconds."
    )
    periods: Kinds = Field(
        [PeriodKind.ALL_TIME], description="The period kinds that the board ranks. The first one is `current`."
    )
    time_zone: Annotated[StrictStr, Field(min_length=1, max_length=64)] = Field(
        "UTC", description="The time zone in which days, weeks, months and seasons start. Permanent."
    )
    season: Annotated[StrictStr, Field(min_length=9, max_length=100)] | None = Field(
        None,
        description="The start of seasons, as a cron expression of five fields. Permanent once set.",
        examples=["0 0 1 */3 *"],
    )
    keep_days: Annotated[StrictInt, Field(ge=1, le=MAX_KEEP_DAYS), FROM_NUMBER] | None = Field(
        None, description="The number of days for which past periods are kept; null keeps them without limit."
    )
    unit: Unit | None = Field(None, description="The unit of the scores, for display.", examples=["ms"])
    decimals: Annotated[StrictInt, Field(ge=0, le=MAX_DECIMALS), FROM_NUMBER] = Field(
        0, description="The number of a score's digits that are decimals, for display."
    )
    subscore_name: SubscoreName | None = Field(
        None,
        description="The name of the subscore, for display. Only allowed on boards that have one.",
        examples=["laps led"],
    )
    private: StrictBool = Field(
        False, description="Whether reading the board needs an API key, or a player token with scope `read`."
    )
    open_to_players: StrictBool = Field(False, description="Whether players may submit with their own tokens.")

    min_submissions: Annotated[StrictInt, Field(ge=1, le=MAX_MIN_SUBMISSIONS), FROM_NUMBER] = Field(
        1, description="The number of submissions in a period that a player needs to be ranked in it. Permanent."
    )

    tiers: Annotated[list[TierIn], Field(max_length=MAX_TIERS)] = Field(
        [],
        description="The tiers of the entries, the best one first, with at most one limit each. Only the last tier may "
        "have none.",
        examples=[[{"name": "gold", "score": 5000}, {"name": "silver"}]],
    )

    events: Annotated[list[NoticeType], Field(max_length=len(NoticeType))] = Field(
        [],
        description="The types of events that the board sends to webhook endpoints and to the stream of events.",
        examples=[["score.improved", "period.closed"]],
    )

    tournament: TournamentIn | None = Field(
        None,
        description="The rules of a tournament; null for a board that is none.",
        examples=[{"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-06T18:00:00Z", "max_attempts": 3}],
    )

    rewards: RewardTableIn | None = Field(
        None,
        description="The rewards of settled periods; null for none.",
        examples=[{"period": "weekly", "rewards": [{"reward": "winner", "last_rank": 1, "payload": {"gold": 50}}]}],
    )

    league: LeagueIn | None = Field(
        None, description="The league that the periods of one kind are played as; null for a board without one."
    )

    segments: Annotated[list[StrictStr], Field(max_length=MAX_BOARD_SEGMENTS)] = Field(
        [],
        description="The attributes of players that divide the board into segments. `LEADERFORGE_SEGMENTS` must "
        "declare them. Permanent.",
        examples=[["country", "platform"]],
    )

    moment_days: Annotated[StrictInt, Field(ge=1, le=MAX_MOMENT_DAYS), FROM_NUMBER] | None = Field(
        None,
        description="The number of days for which ranks at past moments can be read (`at`, `since`); null for none.",
    )

    frozen_at: TimeIn | None = Field(
        None,
        description="The moment that the public sees from then on; null for a board that is not frozen. Players see "
        "their own current entries, and admins all. Needs `moment_days`.",
    )

    team: TeamRulesIn | None = Field(
        None, description="The rules of a team board; null for a board that ranks players. Permanent."
    )

    tiebreakers: Annotated[list[TiebreakerIn], Field(max_length=MAX_TIEBREAKERS)] = Field(
        [],
        description="Up to 3 named numbers of submissions that order entries with equal scores, the most important one "
        "first. Each submission needs all of them. The product of the sizes of their ranges is at most 2^53. Not for "
        "the policy `sum`, nor beside `subscore_order`. Permanent.",
        examples=[[{"name": "time_ms", "order": "asc", "min": 0, "max": 3600000}]],
    )

    feeds: Annotated[list[FeedIn], Field(max_length=MAX_FEEDS)] = Field(
        [],
        description="Up to 4 other boards on which each submission counts too, by a named number or by its score. All "
        "boards count it in one transaction, or none does. No tournament, team board or board with feeds can be fed.",
        examples=[[{"board": "coins", "number": "coins"}]],
    )

    score_type: ScoreType = Field(
        ScoreType.NUMBER,
        description="The type of the scores: `number`, up to 2^53 - 1, or `int64`, up to 2^63 - 1. Scores of type "
        "`int64` are decimal text in all answers, and may be text in requests. Permanent.",
    )

    def changes(self) -> dict[str, Any]:
        """Return the settings that were sent. Raises `Refused` if a tier has several limits."""
        settings = self.model_dump(exclude={"board"}, exclude_unset=True)
        for name, converted in _CONVERSIONS.items():
            if settings.get(name) is not None:
                settings[name] = converted(settings[name])
        return settings


class BoardIn(_SettingsIn):
    """A board to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"board": "laps", "policy": "best", "order": "asc", "periods": ["all-time", "weekly"], "unit": "ms"}
            ]
        }
    )

    board: BoardName = Field(description="The board's identifier in paths (its slug). Permanent.")


def _without_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults of a new board from the schema: settings that a change does not contain stay unchanged."""
    for member in schema["properties"].values():
        member.pop("default", None)
    schema["examples"] = [{"max_score": 600000, "periods": ["all-time", "weekly"]}]


class BoardChangesIn(_SettingsIn):
    """Settings to change. Permanent settings may be sent with their current values."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    board: BoardName = Field(default_factory=str, description="The board's current identifier in paths.")

    def require_same(self, slug: str) -> None:
        """Raise `SettingFixed` if another slug was sent."""
        if self.board and self.board != slug:
            raise SettingFixed("board", f"board {slug!r} cannot become {self.board!r}; create another board")


class BoardOut(StrictOut):
    """A board's settings."""

    board: str = Field(description="The board's identifier in paths (its slug).", examples=["default"])
    name: str = Field(description="The display name.", examples=["Default"])
    policy: Policy
    order: Order
    # Optional in the schema, although always sent: OpenAPI Generator for C# allows no null in a required enumeration.
    subscore_order: Order | None = Field(None, description="The order of subscores; null on boards without them.")
    rank_style: RankStyle
    min_score: ScoreValueOut | None
    max_score: ScoreValueOut | None
    max_change: CountOut | None
    min_interval_ms: CountOut | None
    periods: list[PeriodKind] = Field(description="The period kinds that the board ranks. The first one is `current`.")
    time_zone: str = Field(examples=["UTC"])
    season: str | None = Field(description="The start of seasons, as a cron expression.", examples=["0 0 1 */3 *"])
    keep_days: CountOut | None = Field(
        description="The number of days for which past periods are kept; null keeps them without limit."
    )
    unit: str | None = Field(examples=["points"])
    decimals: CountOut
    subscore_name: str | None = Field(examples=["laps led"])
    private: bool
    open_to_players: bool
    min_submissions: CountOut = Field(description="The number of submissions that a player needs to be ranked.")
    tiers: list[TierOut] = Field(description="The tiers of the entries, the best one first.")
    events: list[NoticeType] = Field(description="The types of events that the board sends.")
    tournament: TournamentRulesOut | None = Field(
        None, description="The rules of a tournament; null for a board that is none."
    )
    rewards: RewardTableOut | None = Field(None, description="The rewards of settled periods; null for none.")
    league: LeagueOut | None = Field(description="The league that the periods of one kind are played as.")
    segments: list[str] = Field(
        description="The attributes of players that divide the board into segments.", examples=[["country"]]
    )
    moment_days: CountOut | None = Field(
        description="The number of days for which ranks at past moments can be read; null for none."
    )
    moments_since: TimeOut | None = Field(
        None,
        description="The first moment that the board keeps; null while the board copies its standings. Moments before "
        "it, and those older than `moment_days`, cannot be read. Only with `moment_days`.",
    )
    moment_segments_since: TimeOut | None = Field(
        None,
        description="The first moment at which a segment can be read; null while the board copies its segments. Only "
        "with `moment_days` and `segments`.",
    )
    frozen_at: TimeOut | None = Field(description="The moment that the public sees from then on; null for none.")
    team: TeamRulesOut | None = Field(None, description="The rules of a team board; null for a board of players.")
    tiebreakers: list[TiebreakerOut] = Field(
        [], description="The named numbers that order entries with equal scores, the most important one first."
    )
    feeds: list[FeedOut] = Field([], description="The other boards on which each submission counts too.")
    score_type: ScoreType = Field(
        ScoreType.NUMBER, description="The type of the scores. Scores of type `int64` are decimal text in all answers."
    )
    building: list[PeriodKind] = Field(description="The period kinds that are being computed from earlier scores.")


class BoardsOut(StrictOut):
    """Boards with their settings."""

    boards: list[BoardOut]


def render_board(board: Board) -> JsonBody:
    """Return the body with a board's settings."""
    return JsonBody(_board_json(board))


def render_boards(boards: Iterable[Board]) -> JsonBody:
    """Return the body with the settings of several boards."""
    return JsonBody(f'{{"boards":[{",".join(map(_board_json, boards))}]}}')


@lru_cache(1024)
def _board_json(board: Board) -> str:
    """Return the settings as JSON. The text is cached: rendering by models takes longer than the rest of a call."""
    return _board_out(board).model_dump_json(exclude_unset=True)


def _board_out(board: Board) -> BoardOut:
    building = () if board.backfill is None else board.backfill.kinds
    json_value, limits = board.score_type.json_value, board.limits
    settings = asdict(settings_of(board)) | {
        "min_score": json_value(limits.min_score),
        "max_score": json_value(limits.max_score),
        "tiers": [tier_out(board, tier) for tier in board.tiers],
        "tiebreakers": [TiebreakerOut(**asdict(tiebreaker)) for tiebreaker in board.tiebreakers],
        "feeds": [FeedOut(**asdict(feed)) for feed in board.feeds],
        "rewards": None if board.rewards is None else RewardTableOut.model_validate(board.rewards.members),
        "tournament": None if board.tournament is None else TournamentRulesOut(**asdict(board.tournament)),
        "league": None if board.league is None else league_out(board.league),
        "team": None if board.team is None else TeamRulesOut(**asdict(board.team)),
    }
    return BoardOut(board=board.slug, **settings, **_first_moments(board), building=list(building))


def _first_moments(board: Board) -> dict[str, int | None]:
    """Return the members with the first moments (ms) of a board and of its segments. Empty without moments."""
    if board.moments is None:
        return {}
    segments = {"moment_segments_since": board.moments.segments_since} if board.segments else {}
    return {"moments_since": board.moments.since, **segments}
