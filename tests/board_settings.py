"""Board settings without any default value."""

from decimal import Decimal
from typing import Any

from leaderforge.domain.boards import MAX_INTEGER, Order, Policy, RankStyle
from leaderforge.domain.feeds import Feed
from leaderforge.domain.league import Assignment, Inactivity, League, Zone
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.reward_tables import OutcomeCondition, Reward, RewardTable
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.team_rules import TeamFunction, TeamRules
from leaderforge.domain.tiers import Tier, TierLimit
from leaderforge.domain.tournaments import TournamentRules

EVERYTHING: dict[str, Any] = {
    "name": "Fastest 'lap', ä",
    "policy": Policy.BEST,
    "order": Order.ASC,
    "subscore_order": Order.DESC,
    "rank_style": RankStyle.SHARED,
    "min_score": -5,
    "max_score": MAX_INTEGER,
    "max_change": 3,
    "min_interval_ms": 1000,
    "periods": (PeriodKind.SEASON, PeriodKind.WEEKLY, PeriodKind.ALL_TIME),
    "time_zone": "Europe/Berlin",
    "season": "0 0 1 */3 *",
    "keep_days": 30,
    "moment_days": 60,
    "frozen_at": 1_795_435_200_000,
    "unit": "ms",
    "decimals": 2,
    "subscore_name": "laps led, ü",
    "private": True,
    "open_to_players": True,
    "min_submissions": 7,
    "tiers": (
        Tier("first, ü", TierLimit.RANK, Decimal(1)),
        Tier("gold", TierLimit.SCORE, Decimal(61_000)),
        Tier("silver", TierLimit.PERCENT, Decimal("12.5")),
        Tier("bronze"),
    ),
    "events": (NoticeType.SCORE_IMPROVED, NoticeType.PERIOD_CLOSED),
    "tournament": TournamentRules(
        duration_s=86_400,
        join_required=True,
        max_entrants=100,
        max_attempts=5,
        attempt_window_s=3_600,
        bracket_size=50,
        late_grace_s=120,
        early_ends=(1_800_000_000_000,),
    ),
    "rewards": RewardTable(
        PeriodKind.SEASON,
        (
            Reward("podium", '{"gold":5}', first_rank=1, last=3),
            Reward("upper-tenth", '{"badge":"ü"}', percent=Decimal("12.5")),
            Reward("golden", "{}", tier="gold"),
            Reward("promoted", "{}", outcome=OutcomeCondition("silver", "promoted", 5)),
            Reward("all", "{}"),
        ),
    ),
    "league": League(
        PeriodKind.WEEKLY,
        ("Gold, ü", "Silver", "Bronze"),
        group_size=25,
        entry="Silver",
        promotion=Zone(places=6),
        relegation=Zone(percent=20),
        inactive=Inactivity.LEAVE,
        assignment=Assignment.BALANCED,
    ),
    "segments": ("country", "age_group"),
    "team": TeamRules("points", TeamFunction.BEST, 5),
    "tiebreakers": (),
    "feeds": (Feed("coins", "coins"), Feed("runs")),
    "score_type": ScoreType.INT64,
}
"""Board settings for all fields. No value is a default.

Values of the same type differ from each other, except flags. Therefore tests detect swapped columns.
"""
