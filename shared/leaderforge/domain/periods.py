"""Periods: time spans in which boards rank, and the rules for late submissions.

A period's number encodes its start and its kind. Number and name can therefore be computed from the board's calendar
and a time, without I/O. Days, weeks and months are those of the calendar's time zone. Weeks are those of ISO 8601.

A period begins when the local clocks first show its start. If the clocks skip its start, it begins at the next moment.
Period starts are therefore monotonic across all clock changes. Each moment lies in exactly one period of a kind.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from leaderforge.domain.errors import Refused
from leaderforge.domain.wall_clock import WallClock

ALL_TIME = 0
"""Number of the all-time period, which never ends."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CODE_BITS = 3
"""Low bits of a period's number that encode its kind. The other bits are the start of the period, in s since 1970."""
_MAX_CRON_LENGTH = 100


class PeriodKind(StrEnum):
    """Length of a period."""

    ALL_TIME = "all-time"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    SEASON = "season"


_CODES = {PeriodKind.DAILY: 1, PeriodKind.WEEKLY: 2, PeriodKind.MONTHLY: 3, PeriodKind.SEASON: 4}
_KINDS = {code: kind for kind, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class Period:
    """Time span from `starts_at` up to, not including, `ends_at` (ms). None means unbounded."""

    number: int
    name: str
    kind: PeriodKind
    starts_at: int | None = None
    ends_at: int | None = None

    def holds(self, time: int) -> bool:
        """Return whether the period contains the time (ms)."""
        return (self.starts_at is None or self.starts_at <= time) and (self.ends_at is None or time < self.ends_at)


FOR_EVER = Period(ALL_TIME, PeriodKind.ALL_TIME.value, PeriodKind.ALL_TIME)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Period kinds of a board. Reads without a period use the first kind.

    `season` is the cron expression of the season starts, in the time zone of the calendar.
    """

    kinds: tuple[PeriodKind, ...] = (PeriodKind.ALL_TIME,)
    time_zone: str = "UTC"
    season: str | None = None

    def at(self, time: int) -> Sequence[Period]:
        """Return the periods that contain `time` (ms), one per kind.

        Times beyond the years 1 to 9999 lie in the all-time period only.
        """
        return _FOR_EVER_ONLY if self.kinds == _ALL_TIME_ONLY else _at_second(self, time // 1000)

    def of_kind(self, kind: PeriodKind, time: int) -> Period | None:
        """Return the period of this kind that contains `time` (ms), None if the calendar lacks the kind."""
        return next((period for period in self.at(time) if period.kind is kind), None)

    def numbered(self, number: int) -> Period:
        """Return the period with this number. The number must come from a calendar of the same time zone.

        A season ends at the next start by the current cron expression, or never without a current expression.
        """
        return FOR_EVER if number == ALL_TIME else _numbered(self, number)

    def knows(self, number: int) -> bool:
        """Return whether a period of this calendar can have the number."""
        with suppress(KeyError, OverflowError):
            return bool(self.numbered(number))
        return False


_ALL_TIME_ONLY = (PeriodKind.ALL_TIME,)
_FOR_EVER_ONLY = (FOR_EVER,)


def counting_in(calendar: Calendar, time: int, now: int, grace_ms: int) -> Sequence[Period]:
    """Return the periods of `time` that still count a submission at `now` (ms), until `grace_ms` after their end."""
    return [p for p in calendar.at(time) if p.ends_at is None or now < p.ends_at + grace_ms]


def number_of_start(time: int) -> int:
    """Return a lower bound of the numbers of all periods that start at or after this time (ms)."""
    return time // 1000 << _CODE_BITS


def number_of_name(calendar: Calendar, name: str) -> int | None:
    """Return the number of the period with this name, None if no period can have it."""
    if name == PeriodKind.ALL_TIME:
        return ALL_TIME
    for kind, pattern in _NAMES.items():
        match = pattern.fullmatch(name)
        if match is not None:
            return _number_of_match(calendar, kind, match)
    return None


def _number_of_match(calendar: Calendar, kind: PeriodKind, match: re.Match[str]) -> int | None:
    try:
        number = _number(kind, _begin_named(calendar, kind, match))
        # Check the name. If the time zone skipped the named day, the start lies in the next day, whose name differs.
        return number if calendar.numbered(number).name == match[0] else None
    except (ValueError, OverflowError):
        return None


def require_time_zone(name: str) -> str:
    """Return the name if it is a known time zone. Raises `Refused` if it is not."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Refused(f"unknown time zone {name!r}: use an IANA name such as Europe/Berlin") from None
    return name


def require_kinds(kinds: tuple[PeriodKind, ...]) -> None:
    """Raise `Refused` unless there is at least one period kind, and each occurs once."""
    if not kinds or len(set(kinds)) < len(kinds):
        text = ",".join(kinds) or "none"
        raise Refused(f"periods: list one or more period kinds, each once, not {text}", setting="periods")


def require_cron(expression: str) -> str:
    """Return the cron expression with single spaces. Raises `Refused` if it is invalid or never matches."""
    text = " ".join(expression.split())
    try:
        if len(text) > _MAX_CRON_LENGTH or len(text.split()) != 5:
            raise CronSimError("use five fields, such as '0 0 1 * *'")
        next(CronSim(text, _EPOCH))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never matches"
        raise Refused(f"{expression[:_MAX_CRON_LENGTH]!r} is not a valid cron expression: {reason}") from None
    return text


@lru_cache(4096)
def _numbered(calendar: Calendar, number: int) -> Period:
    kind, moment = _KINDS[number & (1 << _CODE_BITS) - 1], _moment(number >> _CODE_BITS)
    if kind is not PeriodKind.SEASON:
        return _period(calendar, kind, moment)
    # The start alone gives the name. The end needs a cron expression, which the calendar may have lost.
    ends_at = _period(calendar, kind, moment).ends_at if calendar.season else None
    return Period(number, _season_name(moment), kind, _milliseconds(moment), ends_at)


@lru_cache(4096)
def _at_second(calendar: Calendar, second: int) -> Sequence[Period]:
    try:
        moment = _moment(second)
        return tuple(
            FOR_EVER if kind is PeriodKind.ALL_TIME else _period(calendar, kind, moment) for kind in calendar.kinds
        )
    except OverflowError:
        return _FOR_EVER_ONLY if PeriodKind.ALL_TIME in calendar.kinds else ()


def _period(calendar: Calendar, kind: PeriodKind, moment: datetime) -> Period:
    clock = WallClock(ZoneInfo(calendar.time_zone))
    reading = clock.latest(moment)
    start, end = _season(calendar.season or "", reading) if kind is PeriodKind.SEASON else _days(kind, reading.date())
    begin = clock.first(start)
    name = _season_name(begin) if kind is PeriodKind.SEASON else _day_name(kind, start)
    return Period(_number(kind, begin), name, kind, _milliseconds(begin), _milliseconds(clock.first(end)))


def _days(kind: PeriodKind, day: date) -> tuple[datetime, datetime]:
    """Return the midnights at which the day's period of this kind and the next period start."""
    if kind is PeriodKind.DAILY:
        first, following = day, day + timedelta(days=1)
    elif kind is PeriodKind.WEEKLY:
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        # 31 days after the first day of a month always lie in the next month.
        following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time.min), datetime.combine(following, time.min)


def _season(expression: str, reading: datetime) -> tuple[datetime, datetime]:
    """Return the latest season start at or before a local time, and the next start.

    Raises `OverflowError` if one of the two does not exist.
    """
    try:
        # Reverse iteration excludes the time from which it starts. Add a second, because a season may start exactly at
        # `reading`.
        start = next(CronSim(expression, reading + timedelta(seconds=1), reverse=True))
        return start, next(CronSim(expression, reading))
    except (StopIteration, ValueError):
        raise OverflowError("no season contains the time") from None


def _day_name(kind: PeriodKind, start: datetime) -> str:
    if kind is PeriodKind.WEEKLY:
        year, week, _ = start.isocalendar()
        return f"{year:04}-W{week:02}"
    month = f"{start.year:04}-{start.month:02}"
    return month if kind is PeriodKind.MONTHLY else f"{month}-{start.day:02}"


def _season_name(begin: datetime) -> str:
    seconds = f"{begin.second:02}" if begin.second else ""
    return f"season-{begin.year:04}{begin.month:02}{begin.day:02}T{begin.hour:02}{begin.minute:02}{seconds}Z"


# Use `re.ASCII`, because \d would otherwise also match digits of other scripts.
_NAMES = {
    PeriodKind.DAILY: re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII),
    PeriodKind.WEEKLY: re.compile(r"(\d{4})-W(\d\d)", re.ASCII),
    PeriodKind.MONTHLY: re.compile(r"(\d{4})-(\d\d)", re.ASCII),
    PeriodKind.SEASON: re.compile(r"season-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z", re.ASCII),
}


def _begin_named(calendar: Calendar, kind: PeriodKind, match: re.Match[str]) -> datetime:
    year, *fields = (int(text or 0) for text in match.groups())
    if kind is PeriodKind.SEASON:
        month, day, hour, minute, second = fields
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if kind is PeriodKind.WEEKLY:
        start = datetime.fromisocalendar(year, fields[0], 1)
    else:
        month, day, *_ = [*fields, 1]
        start = datetime(year, month, day)
    return WallClock(ZoneInfo(calendar.time_zone)).first(start)


def _number(kind: PeriodKind, start: datetime) -> int:
    # The division is exact, because every start is a whole second.
    return _milliseconds(start) // 1000 << _CODE_BITS | _CODES[kind]


def _moment(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def _milliseconds(moment: datetime) -> int:
    # Use integer arithmetic, because `timestamp()` returns a float.
    return (moment - _EPOCH) // timedelta(milliseconds=1)
