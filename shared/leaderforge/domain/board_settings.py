"""Settings of a board by name: validation of their values, and permission to change them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from leaderforge.domain.backfills import with_backfills
from leaderforge.domain.boards import MAX_INTEGER, Board, Display, Order, Policy, RankStyle, ScoreLimits
from leaderforge.domain.earlier_settings import with_earlier_settings
from leaderforge.domain.errors import Refused, SettingFixed
from leaderforge.domain.feed_rules import valid_feeds
from leaderforge.domain.feeds import Feed
from leaderforge.domain.league import League
from leaderforge.domain.league_rules import valid_league
from leaderforge.domain.moments import (
    MAX_MOMENT_DAYS,
    Moments,
    changed_moments,
    require_freezable,
    require_moments_kept,
)
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import Calendar, PeriodKind, require_cron, require_kinds, require_time_zone
from leaderforge.domain.reward_tables import RewardTable, valid_reward_table
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.segments import require_board_segments
from leaderforge.domain.setting_checks import (
    checked_setting,
    optional_text,
    require_score_limits,
    require_within,
    shown_text,
)
from leaderforge.domain.team_rules import TeamRules
from leaderforge.domain.tiebreaker_rules import valid_tiebreakers
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.domain.tier_rules import valid_tiers
from leaderforge.domain.tiers import Tier
from leaderforge.domain.tournament_rules import changed_tournament, valid_tournament
from leaderforge.domain.tournaments import TournamentRules

DEFAULT_BOARD = "default"
"""Slug of the board that always exists. Calls without a slug use it."""

MAX_NAME_LENGTH = 64
MAX_UNIT_LENGTH = 16
MAX_SUBSCORE_NAME_LENGTH = 32
MAX_DECIMALS = 9
MAX_INTERVAL_MS = 366 * 86_400_000
MAX_KEEP_DAYS = 36_600
MAX_MIN_SUBMISSIONS = 1_000_000

FIXED = (
    *("policy", "order", "subscore_order", "tiebreakers", "time_zone", "season", "min_submissions", "segments", "team"),
    "score_type",
)
"""Settings that cannot change, because stored scores or ranks depend on them.

Exception: a board without a season may get one.
"""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


PartT = TypeVar("PartT", RewardTable, League)
"""Type of rewards or a league: settings that have a start time, and apply to periods that end after this time."""


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """All settings of a board, without nesting, under their public names. `Board` describes each of them."""

    name: str
    policy: Policy = Policy.SUM
    order: Order = Order.DESC
    subscore_order: Order | None = None
    rank_style: RankStyle = RankStyle.ORDINAL
    min_score: int | None = None
    max_score: int | None = None
    max_change: int | None = None
    min_interval_ms: int | None = None
    periods: tuple[PeriodKind, ...] = (PeriodKind.ALL_TIME,)
    time_zone: str = "UTC"
    season: str | None = None
    keep_days: int | None = None
    unit: str | None = None
    decimals: int = 0
    subscore_name: str | None = None
    private: bool = False
    open_to_players: bool = False
    min_submissions: int = 1
    tiers: tuple[Tier, ...] = ()
    events: tuple[NoticeType, ...] = ()
    tournament: TournamentRules | None = None
    rewards: RewardTable | None = None
    league: League | None = None
    segments: tuple[str, ...] = ()
    team: TeamRules | None = None
    moment_days: int | None = None
    frozen_at: int | None = None
    tiebreakers: tuple[Tiebreaker, ...] = ()
    feeds: tuple[Feed, ...] = ()
    score_type: ScoreType = ScoreType.NUMBER


NAMES = tuple(field.name for field in fields(BoardSettings))


def settings_of(board: Board) -> BoardSettings:
    """Return the settings of a board."""
    limits, calendar, display = board.limits, board.calendar, board.display
    return BoardSettings(
        name=board.name,
        policy=board.policy,
        order=board.order,
        subscore_order=board.subscore_order if board.has_subscore else None,
        rank_style=board.rank_style,
        min_score=limits.min_score,
        max_score=limits.max_score,
        max_change=limits.max_change,
        min_interval_ms=limits.min_interval_ms,
        periods=calendar.kinds,
        time_zone=calendar.time_zone,
        season=calendar.season,
        keep_days=board.keep_days,
        unit=display.unit,
        decimals=display.decimals,
        subscore_name=display.subscore_name,
        private=board.private,
        open_to_players=board.open_to_players,
        min_submissions=board.min_submissions,
        tiers=board.tiers,
        events=board.events,
        tournament=board.tournament,
        rewards=board.rewards,
        league=board.league,
        segments=board.segments,
        team=board.team,
        moment_days=None if board.moments is None else board.moments.days,
        frozen_at=board.frozen_at,
        tiebreakers=board.tiebreakers,
        feeds=board.feeds,
        score_type=board.score_type,
    )


def new_board(slug: str, values: Mapping[str, Any], now: int = 0) -> Board:
    """Return a new board with these settings, created at `now` (ms). Its id is 0 until it is stored.

    Raises `Refused`, with the name of the setting, if a value is invalid.
    """
    _require_slug(slug)
    _require_known(values)
    settings = _valid(BoardSettings(**{"name": slug, **values}))
    settings = replace(
        settings, rewards=_started(settings.rewards, None, now), league=_started(settings.league, None, now)
    )
    _require_subscore_named(settings)
    _require_season_used(settings)
    # Moments of a new board begin at once, because no process has cached the board without them.
    moments = None if settings.moment_days is None else Moments(settings.moment_days, now, now, now)
    return replace(_board(0, slug, settings), moments=moments)


def changed_board(board: Board, values: Mapping[str, Any], now: int) -> Board:
    """Return the board after a change of these settings at `now` (ms).

    Raises `SettingFixed` if a setting may not change in this way. Raises `Refused`, with the name of the setting, if a
    value is invalid.
    """
    _require_known(values)
    before = settings_of(board)
    settings = _valid(replace(before, **values))
    settings = replace(
        settings,
        tournament=changed_tournament(before.tournament, settings.tournament, board.calendar, now),
        rewards=_started(settings.rewards, before.rewards, now),
        league=_started(settings.league, before.league, now),
    )
    _require_unchanged(board, before, settings)
    _require_subscore_named(settings)
    if settings.season != before.season:
        _require_season_used(settings)
    moments = changed_moments(board.moments, settings.moment_days, now, board.frozen_at)
    if settings.frozen_at != before.frozen_at:
        require_freezable(settings.frozen_at, moments, now, before.frozen_at)
    changed = replace(_board(board.id, board.slug, settings), moments=moments)
    return with_earlier_settings(with_backfills(changed, board, now), board, now)


def _started(part: PartT | None, before: PartT | None, now: int) -> PartT | None:
    """Return rewards or a league with its start time: the start of `before` if the period kind is the same, else `now`.

    Times are in ms.
    """
    if part is None:
        return None
    continues = before is not None and before.period is part.period
    return replace(part, since=before.since if before is not None and continues else now)


def _board(board_id: int, slug: str, settings: BoardSettings) -> Board:
    return Board(
        id=board_id,
        slug=slug,
        name=settings.name,
        policy=settings.policy,
        order=settings.order,
        rank_style=settings.rank_style,
        subscore_order=Order.ASC if settings.tiebreakers else settings.subscore_order,
        limits=ScoreLimits(settings.min_score, settings.max_score, settings.max_change, settings.min_interval_ms),
        calendar=Calendar(settings.periods, settings.time_zone, settings.season),
        keep_days=settings.keep_days,
        display=Display(settings.unit, settings.decimals, settings.subscore_name),
        private=settings.private,
        open_to_players=settings.open_to_players,
        min_submissions=settings.min_submissions,
        tiers=settings.tiers,
        events=settings.events,
        tournament=settings.tournament,
        rewards=settings.rewards,
        league=settings.league,
        segments=settings.segments,
        team=settings.team,
        frozen_at=settings.frozen_at,
        tiebreakers=settings.tiebreakers,
        feeds=settings.feeds,
        score_type=settings.score_type,
    )


def _require_slug(text: str) -> None:
    if not _SLUG.fullmatch(text):
        raise Refused(
            f"board: {text[:80]!r} is not a slug: use 1 to 64 of a-z, 0-9, '_' and '-', "
            "starting with a letter or a digit",
            setting="board",
        )


def _require_known(names: Collection[str]) -> None:
    for name in names:
        if name not in NAMES:
            raise Refused(f"unknown setting {name!r}: use one of {', '.join(NAMES)}", setting=name)


def _require_unchanged(board: Board, before: BoardSettings, after: BoardSettings) -> None:
    for name in FIXED:
        old, new = getattr(before, name), getattr(after, name)
        if new != old and (name, old) != ("season", None):
            raise SettingFixed(
                name,
                f"{name}: cannot change from {_text_of_value(old)} to {_text_of_value(new)} on board {board.slug!r}; "
                "create another board",
            )
    if board.slug == DEFAULT_BOARD:
        _require_default_kept(after)


def _text_of_value(value: object) -> object:
    return (",".join(map(str, value)) if isinstance(value, tuple) else value) or "none"


def _require_default_kept(after: BoardSettings) -> None:
    if after.private:
        raise SettingFixed("private", f"private: board {DEFAULT_BOARD!r} must stay public; create another board")
    if after.periods[0] is not PeriodKind.ALL_TIME:
        raise SettingFixed(
            "periods", f"periods: {PeriodKind.ALL_TIME} must stay the first one of board {DEFAULT_BOARD!r}"
        )


_RANGES: Mapping[str, tuple[int, int]] = {
    "decimals": (0, MAX_DECIMALS),
    "max_change": (0, MAX_INTEGER),
    "min_interval_ms": (0, MAX_INTERVAL_MS),
    "keep_days": (1, MAX_KEEP_DAYS),
    "min_submissions": (1, MAX_MIN_SUBMISSIONS),
    "moment_days": (1, MAX_MOMENT_DAYS),
}
"""Least and greatest value of each numeric setting, except for settings whose values are scores."""


def _valid(settings: BoardSettings) -> BoardSettings:
    """Return the settings with texts and the season in canonical form. Raises `Refused` if a value is invalid."""
    settings = _with_valid_texts(settings)
    _require_ranges(settings)
    _require_parts(settings)
    settings = replace(
        settings,
        tournament=valid_tournament(settings.tournament, settings.periods),
        rewards=valid_reward_table(settings.rewards, settings.periods, settings.tiers, settings.tournament),
    )
    checked_setting("time_zone", require_time_zone, settings.time_zone)
    return replace(settings, season=_valid_season(settings))


def _with_valid_texts(settings: BoardSettings) -> BoardSettings:
    """Return the settings with checked texts, tiers, tiebreakers, feeds, events and league. Raises `Refused`."""
    return replace(
        settings,
        name=shown_text("name", settings.name, MAX_NAME_LENGTH),
        unit=optional_text("unit", settings.unit, MAX_UNIT_LENGTH),
        subscore_name=optional_text("subscore_name", settings.subscore_name, MAX_SUBSCORE_NAME_LENGTH),
        tiers=valid_tiers(settings.tiers, settings.order, settings.score_type),
        tiebreakers=valid_tiebreakers(settings.tiebreakers, settings.policy, settings.subscore_order),
        feeds=valid_feeds(settings.feeds),
        events=tuple(dict.fromkeys(settings.events)),
        league=None if settings.league is None else valid_league(settings.league, settings.periods),
    )


def _require_ranges(settings: BoardSettings) -> None:
    for setting, (low, high) in _RANGES.items():
        require_within(setting, getattr(settings, setting), low, high)
    require_score_limits(settings.score_type, settings.min_score, settings.max_score)


def _require_parts(settings: BoardSettings) -> None:
    require_kinds(settings.periods)
    require_moments_kept(settings.frozen_at, settings.moment_days)
    require_board_segments(settings.segments)


def _valid_season(settings: BoardSettings) -> str | None:
    """Return the season in canonical form. Raises `Refused` if it is invalid, or missing on a board with seasons."""
    if settings.season is not None:
        return checked_setting("season", require_cron, settings.season)
    if PeriodKind.SEASON in settings.periods:
        raise Refused(
            "season: missing; set a cron expression for the season starts, such as '0 0 1 * *'", setting="season"
        )
    return None


def _require_season_used(settings: BoardSettings) -> None:
    """Raise `Refused` if the settings have a season, but no seasonal periods, which would use it.

    Call this only for a new season. A board without seasonal periods may keep a season, for the names of past seasons.
    """
    if settings.season is not None and PeriodKind.SEASON not in settings.periods:
        raise Refused(f"season: not used; add {PeriodKind.SEASON} to periods", setting="season")


def _require_subscore_named(settings: BoardSettings) -> None:
    """Raise `Refused` if the settings have a name for the subscore, but no subscore."""
    if settings.subscore_name is not None and settings.subscore_order is None:
        raise Refused("subscore_name: the board has no subscore; remove the name", setting="subscore_name")
