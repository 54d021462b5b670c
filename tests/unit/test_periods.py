"""Periods against an oracle that reads the clocks of a zone minute by minute."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from leaderforge.domain.errors import Refused
from leaderforge.domain.periods import (
    ALL_TIME,
    FOR_EVER,
    Calendar,
    Period,
    PeriodKind,
    counting_in,
    number_of_name,
    require_cron,
    require_time_zone,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, DAY = 60_000, 86_400_000
ALL_KINDS = tuple(PeriodKind)
DAYS = (PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.MONTHLY)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",  # clock changes at midnight until 2018
    "Asia/Beirut",  # clock changes at midnight to this day
    "America/Havana",  # clock changes forward at midnight, back from 1:00 to midnight
    "America/St_Johns",  # from 1987 to 2010, clock changes at 0:01, in autumn back into the previous day
    "Pacific/Apia",  # skipped 2011-12-30
    "Pacific/Kwajalein",  # skipped 1993-08-21
    "Australia/Lord_Howe",  # clock changes by half an hour
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
)
SEASONS = (
    "0 0 1 * *",  # months
    "30 2 * * *",  # a time that occurs twice on one day a year in Berlin, and not at all on another day
    "0 */6 * * *",
    "15 0 * * 1",
    "0 0 1 1,4,7,10 *",
    "0 12 29 2 *",
    "0 0 * * 5L",
)


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def at(text: str) -> int:
    return ms(datetime.fromisoformat(text))


def local(zone: str, time: int) -> datetime:
    return (EPOCH + timedelta(milliseconds=time)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def highest_reading(zone: str, time: int) -> datetime:
    """Return the highest clock reading up to this time. Search three hours only: no clock is set back by more."""
    steps = range(time - 180 * MINUTE, time, MINUTE)
    before_the_minute = time - time % MINUTE - 1
    return max(local(zone, moment) for moment in (*steps, before_the_minute, time))


Starts = Callable[[datetime], datetime]
"""Function that returns the start of the period of a clock reading."""


def start_of_day(reading: datetime) -> datetime:
    return datetime(reading.year, reading.month, reading.day)


def start_of_week(reading: datetime) -> datetime:
    day = reading.date()
    while day.isoweekday() != 1:
        day -= timedelta(days=1)
    return datetime(day.year, day.month, day.day)


def start_of_month(reading: datetime) -> datetime:
    return datetime(reading.year, reading.month, 1)


STARTS: dict[PeriodKind, Starts] = {
    PeriodKind.DAILY: start_of_day,
    PeriodKind.WEEKLY: start_of_week,
    PeriodKind.MONTHLY: start_of_month,
}


def expected_name(kind: PeriodKind, start: datetime) -> str:
    match kind:
        case PeriodKind.DAILY:
            return start.strftime("%Y-%m-%d")
        case PeriodKind.WEEKLY:
            return start.strftime("%G-W%V")
        case _:
            return start.strftime("%Y-%m")


def changes_of(zone: str, first: int, last: int) -> Iterator[int]:
    """Yield the times, to the minute, of a zone's clock changes."""
    offset = local(zone, first) - local("UTC", first)
    for day in range(first, last, DAY):
        now = local(zone, day) - local("UTC", day)
        if now != offset:
            yield next(m for m in range(day - DAY, day + 1, MINUTE) if local(zone, m) - local("UTC", m) == now)
            offset = now


@cache
def changes(zone: str) -> list[int]:
    return [
        change
        for first, last in (("1987-01-01", "1988-12-31"), ("1993-07-01", "1993-10-01"), ("2011-06-01", "2012-12-31"))
        for change in changes_of(zone, at(f"{first}T00:00Z"), at(f"{last}T00:00Z"))
    ]


zones = st.sampled_from(ZONES)
anytime = st.integers(at("1972-01-01T00:00Z"), at("2037-12-31T00:00Z"))


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[str, int]:
    """Return a zone and a time, in most cases near a clock change."""
    zone = draw(zones)
    base = st.sampled_from(changes(zone)) if changes(zone) else anytime
    nearby = base.flatmap(lambda time: st.integers(-90, 90).map(lambda minutes: time + minutes * MINUTE))
    return zone, draw(nearby | base | base.map(lambda time: time - 1) | anytime)


@given(near_changes(), st.sampled_from(DAYS))
@example(("America/St_Johns", at("1987-10-25T02:31:30Z")), PeriodKind.DAILY)
@example(("Pacific/Apia", at("2011-12-30T09:59:59.999Z")), PeriodKind.DAILY)
@example(("Pacific/Apia", at("2011-12-30T10:00Z")), PeriodKind.DAILY)
@example(("America/Havana", at("2012-11-04T05:00Z")), PeriodKind.DAILY)
@example(("America/Toronto", at("1919-03-31T04:40Z")), PeriodKind.DAILY)
def test_a_period_holds_what_clocks_have_got_to(zone_and_time: tuple[str, int], kind: PeriodKind) -> None:
    zone, time = zone_and_time
    start = STARTS[kind](highest_reading(zone, time))
    [period] = Calendar((kind,), zone).at(time)
    assert period.name == expected_name(kind, start)
    assert period.holds(time)


@given(near_changes(), st.sampled_from(DAYS))
def test_its_ends_are_exact_to_the_millisecond(zone_and_time: tuple[str, int], kind: PeriodKind) -> None:
    zone, time = zone_and_time
    [period] = Calendar((kind,), zone).at(time)
    assert period.starts_at is not None
    assert period.ends_at is not None
    for moment, belongs in (
        (period.starts_at - 1, False),
        (period.starts_at, True),
        (period.ends_at - 1, True),
        (period.ends_at, False),
    ):
        reached = STARTS[kind](highest_reading(zone, moment))
        assert (expected_name(kind, reached) == period.name) is belongs
        assert period.holds(moment) is belongs


@given(near_changes(), st.sampled_from(SEASONS))
def test_periods_follow_each_other_without_gap_or_overlap(zone_and_time: tuple[str, int], season: str) -> None:
    zone, time = zone_and_time
    calendar = Calendar(ALL_KINDS, zone, season)
    for period in calendar.at(time)[1:]:
        assert period.starts_at is not None
        assert period.ends_at is not None
        assert period.starts_at <= time < period.ends_at
        assert calendar.of_kind(period.kind, period.starts_at) == period
        assert calendar.of_kind(period.kind, period.ends_at - 1) == period
        following = calendar.of_kind(period.kind, period.ends_at)
        before = calendar.of_kind(period.kind, period.starts_at - 1)
        assert following is not None
        assert before is not None
        assert (following.starts_at, before.ends_at) == (period.ends_at, period.starts_at)


@given(near_changes(), st.sampled_from(SEASONS))
def test_numbers_and_names_lead_back_to_the_period(zone_and_time: tuple[str, int], season: str) -> None:
    zone, time = zone_and_time
    calendar = Calendar(ALL_KINDS, zone, season)
    periods = calendar.at(time)
    assert len({period.number for period in periods}) == len(periods)
    for period in periods:
        assert calendar.knows(period.number)
        assert calendar.numbered(period.number) == period
        assert number_of_name(calendar, period.name) == period.number


@cache
def season_starts(expression: str, zone: str, first: int, last: int) -> list[int]:
    """Return, in order, the times (ms) of the minutes at which a clock first reaches or skips a matching reading."""
    due, reached = [], local(zone, first)
    for minute in range(first + MINUTE, last, MINUTE):
        now = local(zone, minute)
        reading = reached + timedelta(minutes=1)
        passed = (reading + timedelta(minutes=m) for m in range((now - reached) // timedelta(minutes=1)))
        if any(_meets(expression, one) for one in passed):
            due.append(minute)
        reached = max(reached, now)
    return due


def _meets(expression: str, reading: datetime) -> bool:
    """Return whether a reading matches a cron expression that has only times and days of the month."""
    minute, hour, day, *_ = expression.split()
    hours = range(0, 24, int(hour[2:])) if hour.startswith("*/") else [int(hour)]
    return reading.minute == int(minute) and reading.hour in hours and day in ("*", str(reading.day))


@pytest.mark.parametrize("expression", ["30 2 * * *", "0 0 * * *", "0 */6 * * *", "0 0 30 * *", "45 23 * * *"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2011-12-30"),
        ("Europe/Berlin", "2012-03-25"),
        ("Europe/Berlin", "2012-10-28"),
        ("America/Havana", "2012-04-01"),
        ("America/Havana", "2012-11-04"),
        ("America/Sao_Paulo", "2011-10-16"),
        ("America/Sao_Paulo", "2012-02-26"),
        ("America/St_Johns", "2010-11-07"),
        ("Pacific/Apia", "2011-12-30"),
    ],
)
def test_seasons_begin_when_clocks_first_reach_their_start(expression: str, zone: str, day: str) -> None:
    first = at(f"{day}T00:00Z") - 3 * DAY
    starts = season_starts(expression, zone, first, first + 6 * DAY)
    calendar = Calendar((PeriodKind.SEASON,), zone, expression)
    for start, end in pairwise(starts):
        for time in (start, (start + end) // 2, end - 1):
            [season] = calendar.at(time)
            assert (season.starts_at, season.ends_at) == (start, end)


@given(st.integers(1, 9998), st.integers(1, 12))
def test_months_and_years_end_with_their_last_day(year: int, month: int) -> None:
    last = date(year, month, monthrange(year, month)[1])
    time = at(f"{last.isoformat()}T23:59:59.999Z")
    day, week, of_month = Calendar(DAYS).at(time)
    assert (day.name, of_month.name) == (last.isoformat(), last.isoformat()[:7])
    iso = last.isocalendar()
    assert week.name == f"{iso.year:04}-W{iso.week:02}"
    assert [p.ends_at for p in (day, of_month)] == [time + 1] * 2


def test_years_of_53_weeks() -> None:
    for day, name in (("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01")):
        [week] = Calendar((PeriodKind.WEEKLY,)).at(at(f"{day}T12:00Z"))
        assert week.name == name
    assert number_of_name(Calendar(), "2026-W53") is not None
    assert number_of_name(Calendar(), "2027-W53") is None


@given(st.integers(-(2**47) + 1, 2**47 - 1), zones, st.sampled_from(SEASONS))
@example(at("0001-01-01T00:00Z"), "Pacific/Kiritimati", SEASONS[0])
@example(at("9999-12-31T23:59:59.999Z"), "America/Havana", SEASONS[0])
@example(at("1969-12-31T23:59:59.999Z"), "UTC", SEASONS[0])
@example(-(2**47) + 1, "UTC", SEASONS[0])
@example(2**47 - 1, "UTC", SEASONS[0])
def test_any_time_lies_in_its_periods_or_in_none_that_ends(time: int, zone: str, season: str) -> None:
    periods = Calendar(ALL_KINDS, zone, season).at(time)
    assert periods[0] == FOR_EVER
    assert all(period.holds(time) for period in periods)
    assert len(periods) == len(ALL_KINDS) or not at("0010-01-01T00:00Z") < time < at("9990-01-01T00:00Z")


@given(st.text(st.sampled_from("0123456789-WTZseason"), max_size=24), zones)
@example("0000-01-01", "UTC")
@example("0001-01-01", "Pacific/Kiritimati")
@example("9999-12-31", "UTC")
@example("2011-12-30", "Pacific/Apia")
@example("2026-02-29", "UTC")
@example("season-20261301T0000Z", "UTC")
@example("\u0662\u0660\u0662\u0666-01-01", "UTC")
def test_a_name_is_that_of_its_period_or_of_none(name: str, zone: str) -> None:
    calendar = Calendar(ALL_KINDS, zone, SEASONS[0])
    number = number_of_name(calendar, name)
    assert number is None or calendar.numbered(number).name == name


@given(st.integers(-(2**63), 2**63 - 1), zones)
@example(-(2**42), "UTC")
@example((-62_135_596_800 << 3) | 1, "America/Havana")
def test_any_number_is_that_of_a_period_or_of_none(number: int, zone: str) -> None:
    calendar = Calendar(ALL_KINDS, zone, SEASONS[0])
    if calendar.knows(number):
        assert calendar.numbered(number).name


def test_a_day_that_was_left_out_is_no_period() -> None:
    calendar = Calendar((PeriodKind.DAILY,), "Pacific/Apia")
    assert number_of_name(calendar, "2011-12-30") is None
    assert number_of_name(calendar, "2011-12-29") != number_of_name(calendar, "2011-12-31")


@given(anytime, st.integers(0, DAY), st.integers(-DAY, 40 * DAY), zones)
def test_a_late_submission_counts_where_the_grace_lasts(time: int, grace: int, late: int, zone: str) -> None:
    calendar = Calendar(ALL_KINDS, zone, SEASONS[0])
    counted = counting_in(calendar, time, time + late, grace)
    assert FOR_EVER in counted
    for period in calendar.at(time):
        assert (period in counted) is (period.ends_at is None or time + late - period.ends_at < grace)


@given(anytime, st.sampled_from(SEASONS), st.sampled_from(SEASONS))
def test_seasons_keep_their_name_when_others_are_set(time: int, old: str, new: str) -> None:
    assume(old != new)
    [season] = Calendar((PeriodKind.SEASON,), "Europe/Berlin", old).at(time)
    for later in (new, None):
        calendar = Calendar((PeriodKind.ALL_TIME,), "Europe/Berlin", later)
        known = calendar.numbered(season.number)
        assert (known.name, known.starts_at, known.kind) == (season.name, season.starts_at, PeriodKind.SEASON)
        assert number_of_name(calendar, season.name) == season.number


def test_seasons_of_a_zone_whose_offset_has_seconds() -> None:
    calendar = Calendar((PeriodKind.SEASON,), "Africa/Monrovia", "0 0 1 * *")
    [season] = calendar.at(at("1971-05-05T00:00Z"))
    assert season.name == "season-19710501T004430Z"
    assert number_of_name(calendar, season.name) == season.number


def test_the_period_that_never_ends() -> None:
    assert Calendar().at(0) == (Period(ALL_TIME, "all-time", PeriodKind.ALL_TIME),)
    assert number_of_name(Calendar(), "all-time") == ALL_TIME
    assert FOR_EVER.holds(-(2**60))


@pytest.mark.parametrize("expression", ["", "* * * *", "0 0 1 * * *", "0 0 30 2 *", "61 0 * * *", "x" * 200])
def test_expressions_that_start_no_season_are_refused(expression: str) -> None:
    with pytest.raises(Refused):
        require_cron(expression)


def test_an_expression_is_kept_in_one_form() -> None:
    assert require_cron("  0 0   1 *\t* ") == "0 0 1 * *"


@pytest.mark.parametrize("name", ["", "Nowhere/Atlantis", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 300])
def test_names_of_no_time_zone_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        require_time_zone(name)
