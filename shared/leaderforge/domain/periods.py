"""Periods: the stretches of time within which players are ranked, and which of them a submission counts in.

A period is numbered by when it starts, so that its number and its name follow from the board's calendar and a time,
without asking anyone. Days, weeks and months are those of the calendar's time zone; weeks are ISO 8601's. A period
begins when clocks there first show its start or, where that is left out, anything later: clocks put back repeat none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from leaderforge.domain.errors import Refused
from leaderforge.domain.wall_clock import WallClock

ALL_TIME = 0
"""The number of the period that never ends."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CODE_BITS = 3
_MAX_CRON_LENGTH = 100


class Kind(StrEnum):
    """How long a period lasts."""

    ALL_TIME = "all-time"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    SEASON = "season"


_CODES = {Kind.DAILY: 1, Kind.WEEKLY: 2, Kind.MONTHLY: 3, Kind.SEASON: 4}
_KINDS = {code: kind for kind, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, from `starts_at` up to, not including, `ends_at` (ms since 1970; None: without end)."""

    number: int
    name: str
    kind: Kind
    starts_at: int | None = None
    ends_at: int | None = None

    def holds(self, time: int) -> bool:
        """Whether the time lies in the period."""
        return (self.starts_at is None or self.starts_at <= time) and (self.ends_at is None or time < self.ends_at)


FOR_EVER = Period(ALL_TIME, Kind.ALL_TIME.value, Kind.ALL_TIME)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The kinds of periods that a board has, the first of which is what is meant by its current period.

    `season` is the cron expression of when seasons start, in the time zone.
    """

    kinds: tuple[Kind, ...] = (Kind.ALL_TIME,)
    time_zone: str = "UTC"
    season: str | None = None

    def at(self, time: int) -> Sequence[Period]:
        """Return the periods, one a kind, that a time in ms since 1970 lies in.

        Times beyond the years 1 to 9999 lie in no period that ends.
        """
        return _FOR_EVER_ONLY if self.kinds == _ALL_TIME_ONLY else _at_second(self, time // 1000)

    def of_kind(self, kind: Kind, time: int) -> Period | None:
        """Return the period of this kind that a time lies in, None if the calendar has none."""
        return next((period for period in self.at(time) if period.kind is kind), None)

    def numbered(self, number: int) -> Period:
        """Return the period of a number that a calendar with this time zone gave.

        A season's end is that of the seasons there are now, None where there are none any more.
        """
        return FOR_EVER if number == ALL_TIME else _numbered(self, number)

    def knows(self, number: int) -> bool:
        """Whether a period can have this number."""
        try:
            return bool(self.numbered(number))
        except (KeyError, OverflowError):
            return False


_ALL_TIME_ONLY = (Kind.ALL_TIME,)
_FOR_EVER_ONLY = (FOR_EVER,)


def counting_in(calendar: Calendar, time: int, now: int, grace_ms: int) -> Sequence[Period]:
    """Return the periods that a submission of this time still counts in: those that ended less than the grace ago."""
    return [p for p in calendar.at(time) if p.ends_at is None or now < p.ends_at + grace_ms]


def number_of_start(time: int) -> int:
    """Return a number such that periods that start before this time, in ms since 1970, have lower ones."""
    return time // 1000 << _CODE_BITS


def named(calendar: Calendar, name: str) -> int | None:
    """Return the number of the period with this name, None where no period can have it."""
    if name == Kind.ALL_TIME:
        return ALL_TIME
    for kind, pattern in _NAMES.items():
        match = pattern.fullmatch(name)
        if match is not None:
            try:
                number = _number(kind, _begin_named(calendar, kind, match))
                # A day that a time zone left out begins with the one after it, whose name is another.
                return number if calendar.numbered(number).name == name else None
            except (ValueError, OverflowError):
                return None
    return None


def require_time_zone(name: str) -> str:
    """Return the name of a time zone that there is. Raises `Refused`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Refused(f"there is no time zone {name!r}: use a name such as Europe/Berlin") from None
    return name


def require_cron(expression: str) -> str:
    """Return a cron expression of five fields that can be met. Raises `Refused`."""
    text = " ".join(expression.split())
    try:
        if len(text) > _MAX_CRON_LENGTH or len(text.split()) != 5:
            raise CronSimError("it needs five fields")
        next(CronSim(text, _EPOCH))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it is never met"
        raise Refused(f"{expression[:_MAX_CRON_LENGTH]!r} does not say when seasons start: {reason}") from None
    return text


@lru_cache(4096)
def _numbered(calendar: Calendar, number: int) -> Period:
    kind, moment = _KINDS[number & (1 << _CODE_BITS) - 1], _moment(number >> _CODE_BITS)
    if kind is not Kind.SEASON:
        return _period(calendar, kind, moment)
    # A season that began when the board had others goes on being known by its beginning.
    ends_at = _period(calendar, kind, moment).ends_at if calendar.season else None
    return Period(number, _season_name(moment), kind, _milliseconds(moment), ends_at)


@lru_cache(4096)
def _at_second(calendar: Calendar, second: int) -> Sequence[Period]:
    try:
        moment = _moment(second)
        return tuple(FOR_EVER if kind is Kind.ALL_TIME else _period(calendar, kind, moment) for kind in calendar.kinds)
    except OverflowError:
        return _FOR_EVER_ONLY if Kind.ALL_TIME in calendar.kinds else ()


def _period(calendar: Calendar, kind: Kind, moment: datetime) -> Period:
    clock = WallClock(ZoneInfo(calendar.time_zone))
    reading = clock.latest(moment)
    start, end = _season(calendar.season or "", reading) if kind is Kind.SEASON else _days(kind, reading.date())
    begin = clock.first(start)
    name = _season_name(begin) if kind is Kind.SEASON else _day_name(kind, start)
    return Period(_number(kind, begin), name, kind, _milliseconds(begin), _milliseconds(clock.first(end)))


def _days(kind: Kind, day: date) -> tuple[datetime, datetime]:
    """Return the midnights that begin the period of a day and the one that follows."""
    if kind is Kind.DAILY:
        first, following = day, day + timedelta(days=1)
    elif kind is Kind.WEEKLY:
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time.min), datetime.combine(following, time.min)


def _season(expression: str, reading: datetime) -> tuple[datetime, datetime]:
    """Return the last start of a season up to a reading of the clock, and the next."""
    try:
        start = next(CronSim(expression, reading + timedelta(seconds=1), reverse=True))
        return start, next(CronSim(expression, reading))
    except (StopIteration, ValueError):
        raise OverflowError("no season of that time") from None


def _day_name(kind: Kind, start: datetime) -> str:
    if kind is Kind.WEEKLY:
        year, week, _ = start.isocalendar()
        return f"{year:04}-W{week:02}"
    month = f"{start.year:04}-{start.month:02}"
    return month if kind is Kind.MONTHLY else f"{month}-{start.day:02}"


def _season_name(begin: datetime) -> str:
    seconds = f"{begin.second:02}" if begin.second else ""
    return f"season-{begin.year:04}{begin.month:02}{begin.day:02}T{begin.hour:02}{begin.minute:02}{seconds}Z"


_NAMES = {
    Kind.DAILY: re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII),
    Kind.WEEKLY: re.compile(r"(\d{4})-W(\d\d)", re.ASCII),
    Kind.MONTHLY: re.compile(r"(\d{4})-(\d\d)", re.ASCII),
    Kind.SEASON: re.compile(r"season-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z", re.ASCII),
}


def _begin_named(calendar: Calendar, kind: Kind, match: re.Match[str]) -> datetime:
    year, *rest = (int(text or 0) for text in match.groups())
    if kind is Kind.SEASON:
        month, day, hour, minute, second = rest
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if kind is Kind.WEEKLY:
        start = datetime.fromisocalendar(year, rest[0], 1)
    else:
        month, day, *_ = [*rest, 1]
        start = datetime(year, month, day)
    return WallClock(ZoneInfo(calendar.time_zone)).first(start)


def _number(kind: Kind, start: datetime) -> int:
    return _milliseconds(start) // 1000 << _CODE_BITS | _CODES[kind]


def _moment(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
