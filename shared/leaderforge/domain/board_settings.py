"""The settings of a board under their names: which there are, which values they take and which of them may change."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from leaderforge.domain.boards import MAX_INTEGER, Backfill, Board, Display, Limits, Order, Policy, RankStyle
from leaderforge.domain.errors import Refused, SettingFixed
from leaderforge.domain.periods import Calendar, Kind, require_cron, require_time_zone

DEFAULT_BOARD = "default"
"""The board that is always there, whose calls without a board's name work for ever."""

MAX_NAME_LENGTH = 64
MAX_UNIT_LENGTH = 16
MAX_DECIMALS = 9
MAX_INTERVAL_MS = 366 * 86_400_000
MAX_KEEP_DAYS = 36_600

TAKES_HOLD_MS = 30_000
"""How long after a change a submission may yet be committed by what held before: a board is known for 5 s, a submission
may wait for 10 s and take 5 s to commit. The rest is for clocks that differ."""

FIXED = ("policy", "order", "subscore_order", "time_zone", "season")
"""What is for ever: every score was counted by it. A season can still be given to a board that never had one."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a board can be told, flat, as callers name it. See `Board` for what each means."""

    name: str
    policy: Policy = Policy.SUM
    order: Order = Order.DESC
    subscore_order: Order | None = None
    rank_style: RankStyle = RankStyle.ORDINAL
    min_score: int | None = None
    max_score: int | None = None
    max_change: int | None = None
    min_interval_ms: int | None = None
    periods: tuple[Kind, ...] = (Kind.ALL_TIME,)
    time_zone: str = "UTC"
    season: str | None = None
    keep_days: int | None = None
    unit: str | None = None
    decimals: int = 0
    private: bool = False
    open_to_players: bool = False


NAMES = tuple(field.name for field in fields(Settings))


def settings_of(board: Board) -> Settings:
    """Return a board's settings."""
    limits, calendar, display = board.limits, board.calendar, board.display
    return Settings(
        name=board.name,
        policy=board.policy,
        order=board.order,
        subscore_order=board.subscore_order,
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
        private=board.private,
        open_to_players=board.open_to_players,
    )


def created(slug: str, given: Mapping[str, Any]) -> Board:
    """Return a new board with the settings given by name, without an id yet. Raises `Refused`, naming the setting."""
    if not _SLUG.fullmatch(slug):
        raise Refused(
            f"board: {slug[:80]!r} is not a name of 1 to 64 lower-case letters, digits, '-' and '_', "
            "the first a letter or a digit",
            setting="board",
        )
    _require_known(given)
    settings = _valid(Settings(**{"name": slug, **given}))
    _require_season_used(settings)
    return _board(0, slug, settings)


def changed(board: Board, given: Mapping[str, Any], now: int) -> Board:
    """Return the board with the settings given by name, as from `now` (ms since 1970) on.

    Raises `SettingFixed` for what cannot change, and `Refused`, naming the setting.
    """
    _require_known(given)
    before = settings_of(board)
    settings = _valid(replace(before, **given))
    _require_unchanged(board, before, settings)
    if settings.season != before.season:
        _require_season_used(settings)
    backfill = _backfill(board, settings.periods, now)
    return replace(_board(board.id, board.slug, settings), backfill=backfill)


def _board(board_id: int, slug: str, settings: Settings) -> Board:
    return Board(
        id=board_id,
        slug=slug,
        name=settings.name,
        policy=settings.policy,
        order=settings.order,
        rank_style=settings.rank_style,
        subscore_order=settings.subscore_order,
        limits=Limits(settings.min_score, settings.max_score, settings.max_change, settings.min_interval_ms),
        calendar=Calendar(settings.periods, settings.time_zone, settings.season),
        keep_days=settings.keep_days,
        display=Display(settings.unit, settings.decimals),
        private=settings.private,
        open_to_players=settings.open_to_players,
    )


def _backfill(board: Board, kinds: tuple[Kind, ...], now: int) -> Backfill | None:
    """Return what is to be completed once the board has these kinds of periods."""
    before = board.backfill
    added = tuple(kind for kind in kinds if kind not in board.calendar.kinds)
    if not added:
        return before
    until = now + TAKES_HOLD_MS
    if before is None:
        return Backfill(added, now, until)
    return Backfill(tuple(dict.fromkeys((*before.kinds, *added))), before.since, until)


def _require_known(names: Collection[str]) -> None:
    for name in names:
        if name not in NAMES:
            raise Refused(f"there is no setting {name!r}; the settings are {', '.join(NAMES)}", setting=name)


def _require_unchanged(board: Board, before: Settings, after: Settings) -> None:
    for name in FIXED:
        old, new = getattr(before, name), getattr(after, name)
        if new != old and (name, old) != ("season", None):
            raise SettingFixed(
                name, f"{name}: the board {board.slug!r} has {old or 'none'} for ever; create another board for {new}"
            )
    if board.slug == DEFAULT_BOARD:
        _require_default_kept(after)


def _require_default_kept(after: Settings) -> None:
    if after.private:
        raise SettingFixed("private", f"private: everyone reads the board {DEFAULT_BOARD!r}; create another board")
    if after.periods[0] is not Kind.ALL_TIME:
        raise SettingFixed("periods", f"periods: the first of the board {DEFAULT_BOARD!r} stays {Kind.ALL_TIME}")


def _valid(settings: Settings) -> Settings:
    """Return the settings with the season in its one form. Raises `Refused` where they are not what they may be."""
    _require_text("name", settings.name, MAX_NAME_LENGTH)
    if settings.unit is not None:
        _require_text("unit", settings.unit, MAX_UNIT_LENGTH)
    _require_within("decimals", settings.decimals, 0, MAX_DECIMALS)
    _require_within("min_score", settings.min_score, -MAX_INTEGER, MAX_INTEGER)
    _require_within("max_score", settings.max_score, -MAX_INTEGER, MAX_INTEGER)
    _require_within("max_change", settings.max_change, 0, MAX_INTEGER)
    _require_within("min_interval_ms", settings.min_interval_ms, 0, MAX_INTERVAL_MS)
    _require_within("keep_days", settings.keep_days, 1, MAX_KEEP_DAYS)
    _require_ordered(settings.min_score, settings.max_score)
    _require_kinds(settings.periods)
    _named("time_zone", require_time_zone, settings.time_zone)
    if settings.season is None:
        if Kind.SEASON in settings.periods:
            raise Refused("season: seasons need a cron expression that says when they start", setting="season")
        return settings
    return replace(settings, season=_named("season", require_cron, settings.season))


def _require_season_used(settings: Settings) -> None:
    """A season that nothing would use is refused where it is given; where periods end it stays, to name the past."""
    if settings.season is not None and Kind.SEASON not in settings.periods:
        raise Refused(f"season: it needs {Kind.SEASON} among the periods", setting="season")


def _require_text(setting: str, text: str, longest: int) -> None:
    if not 1 <= len(text) <= longest or not text.isprintable() or text != text.strip():
        raise Refused(
            f"{setting}: it needs 1 to {longest} printable characters, neither the first nor the last of them a blank",
            setting=setting,
        )


def _require_within(setting: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise Refused(f"{setting}: {value} is not from {low} to {high}", setting=setting)


def _require_ordered(low: int | None, high: int | None) -> None:
    if low is not None and high is not None and low > high:
        raise Refused(f"min_score: {low} is above max_score, {high}", setting="min_score")


def _require_kinds(kinds: tuple[Kind, ...]) -> None:
    if not kinds or len(set(kinds)) < len(kinds):
        raise Refused("periods: it needs at least one kind of periods, each once", setting="periods")


def _named(setting: str, require: Callable[[str], str], value: str) -> str:
    """Return what `require` makes of the value; its refusal names the setting."""
    try:
        return require(value)
    except Refused as refused:
        raise Refused(f"{setting}: {refused.message}", setting=setting) from None
