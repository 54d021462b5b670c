"""Tournaments: states at the boundaries of time, and attempts, compared with a reference that shares no code."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.attempts import attempted, occurrence_of
from leaderforge.domain.board_settings import new_board
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError, PeriodNotFound, Refused
from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.domain.tournament_errors import TournamentNotFound
from leaderforge.domain.tournament_rules import changed_tournament, tournament_of
from leaderforge.domain.tournaments import Entrant, TournamentRules, TournamentState, current_occurrence, occurrence_in

START = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURLY = Calendar((PeriodKind.SEASON,), season="0 * * * *")


def board(periods: tuple[PeriodKind, ...] = (PeriodKind.ALL_TIME,), season: str | None = None, **rules: Any) -> Board:
    return new_board("cup", {"periods": periods, "season": season, "tournament": TournamentRules(**rules)})


def weekly(**rules: Any) -> Board:
    """Return a board whose tournament begins each Saturday at 18:00 UTC and takes a day."""
    return board((PeriodKind.SEASON,), "0 18 * * 6", **{"duration_s": 86_400, **rules})


def test_the_state_changes_exactly_at_the_boundaries() -> None:
    cup = board(starts_at=START, ends_at=START + HOUR_MS, late_grace_s=60)
    occurrence = occurrence_of(cup, None, START)
    late_until = START + HOUR_MS + 60_000
    boundaries = {
        TournamentState.UPCOMING: (0, START - 1),
        TournamentState.OPEN: (START, START + HOUR_MS - 1),
        TournamentState.CLOSED: (START + HOUR_MS, late_until + PROPAGATION_MS - 1),
        TournamentState.SETTLED: (late_until + PROPAGATION_MS, late_until + DAY_MS),
    }
    for state, times in boundaries.items():
        assert [occurrence.state(time) for time in times] == [state, state]


@given(
    start=st.integers(-50, 50),
    length=st.integers(1, 50),
    grace_s=st.integers(0, 1),
    ends=st.lists(st.integers(-60, 120), max_size=3),
    achieved_at=st.integers(-60, 120),
    delay=st.integers(0, 2000),
)
def test_a_score_counts_between_start_and_end_and_before_the_end_of_the_grace(
    start: int, length: int, grace_s: int, ends: list[int], achieved_at: int, delay: int
) -> None:
    cup = board(
        starts_at=START + start,
        ends_at=START + start + length,
        late_grace_s=grace_s,
        early_ends=tuple(START + end for end in ends),
    )
    occurrence = occurrence_of(cup, None, START)
    counting = [t for t in range(start, start + length) if not any(start <= end <= t for end in ends)]
    end = counting[-1] + 1 if counting else start
    now = achieved_at + delay
    expected = achieved_at in counting and now < end + 1000 * grace_s
    assert occurrence.accepts(START + achieved_at, START + now) is expected


@given(hours=st.integers(0, 24 * 30))
def test_a_recurring_tournament_takes_place_with_each_season(hours: int) -> None:
    now = START + hours * HOUR_MS
    occurrence = current_occurrence(TournamentRules(duration_s=86_400), weekly().calendar, now)
    moment = datetime.fromtimestamp(now / 1000, UTC)
    # Search hour by hour for the expected occurrence: the first occurrence that ends after `moment`.
    start = moment - timedelta(days=8)
    while not (start.weekday() == 5 and start.hour == 18 and start + timedelta(days=1) > moment):
        start += timedelta(hours=1)
    assert occurrence is not None
    assert occurrence.starts_at == start.timestamp() * 1000
    assert occurrence.ends_at == occurrence.starts_at + DAY_MS
    assert weekly().calendar.numbered(occurrence.period).starts_at == occurrence.starts_at


def test_an_occurrence_ends_with_its_season_at_the_latest() -> None:
    daily = board((PeriodKind.SEASON,), "0 0 * * *", duration_s=2 * 86_400)
    occurrence = occurrence_of(daily, None, START)
    assert occurrence.ends_at - occurrence.starts_at == DAY_MS


def test_an_early_end_concerns_the_occurrence_that_contains_it() -> None:
    saturday = occurrence_of(weekly(), None, START).starts_at
    cup = weekly(early_ends=(saturday + HOUR_MS,))
    for week, length in ((0, HOUR_MS), (1, DAY_MS)):
        occurrence = occurrence_of(cup, None, saturday + week * 7 * DAY_MS)
        assert (occurrence.starts_at, occurrence.ends_at) == (
            saturday + week * 7 * DAY_MS,
            saturday + week * 7 * DAY_MS + length,
        )


MINUTES = st.integers(1, 60)
GRACES = st.integers(0, 200)


@given(
    durations=st.tuples(MINUTES, MINUTES),
    graces=st.tuples(GRACES, GRACES),
    ends=st.lists(st.integers(0, 600), max_size=4, unique=True),
    kept=st.integers(0, 4),
    now=st.integers(0, 600),
)
def test_a_change_is_refused_if_scores_would_count_in_an_occurrence_that_is_over(
    durations: tuple[int, int], graces: tuple[int, int], ends: list[int], kept: int, now: int
) -> None:
    """Hours have occurrences. All times are in minutes since the start of the first occurrence."""
    early_ends = ends, ends[:kept]

    def late_until(hour: int, rules: int) -> int:
        start = hour * 60
        end = min([start + durations[rules], *(end for end in early_ends[rules] if start <= end < start + 60)])
        return end + graces[rules]

    before, after = (
        TournamentRules(
            duration_s=durations[i] * 60,
            late_grace_s=graces[i] * 60,
            early_ends=tuple(sorted(START + end * 60_000 for end in early_ends[i])),
        )
        for i in (0, 1)
    )
    hours = range(-10, 11)
    is_refused = any(late_until(hour, 0) <= now < late_until(hour, 1) for hour in hours)
    with pytest.raises(Refused) if is_refused else nullcontext():
        changed_tournament(before, after, HOURLY, START + now * 60_000)


def test_occurrences_have_the_names_of_their_periods() -> None:
    assert occurrence_of(weekly(), "season-20261121T1800Z", START).ends_at == START - 18 * HOUR_MS
    for name, error in (
        ("2026-W48", TournamentNotFound),
        ("all-time", TournamentNotFound),
        ("2026-13", PeriodNotFound),
    ):
        with pytest.raises(error):
            occurrence_of(weekly(), name, START)
    assert occurrence_in(TournamentRules(starts_at=1, ends_at=2), board(starts_at=1, ends_at=2).calendar, 9) is None
    with pytest.raises(TournamentNotFound):
        occurrence_of(new_board("plain", {}), None, START)


@given(
    requires=st.booleans(),
    most=st.none() | st.integers(1, 3),
    attempts=st.none() | st.integers(1, 3),
    window_s=st.none() | st.integers(1, 3),
    sent=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6)), max_size=12),
    joiners=st.sets(st.integers(1, 3)),
)
def test_attempts_count_as_in_the_reference(
    requires: bool,
    most: int | None,
    attempts: int | None,
    window_s: int | None,
    sent: list[tuple[int, int]],
    joiners: set[int],
) -> None:
    cup = board(
        starts_at=0,
        ends_at=10_000,
        join_required=requires,
        max_entrants=most,
        max_attempts=attempts,
        attempt_window_s=window_s,
    )
    early = sorted(joiners)[:most]
    entrants = {user_id: Entrant(user_id, 0, number) for number, user_id in enumerate(early, 1)}
    counted: list[tuple[int, int]] = []
    for user_id, second in sent:
        earlier = [at for i, at in counted if i == user_id]
        members = {*early, *(i for i, _ in counted)}
        expected = (
            (user_id in members or (not requires and (most is None or len(members) < most)))
            and (attempts is None or len(earlier) < attempts)
            and (window_s is None or not earlier or second < earlier[0] + window_s)
        )
        event = Event(user_id, UUID(int=1), 1, second * 1000)
        submission = Submission([Ladder(cup, ALL_TIME)], event)
        try:
            entrants[user_id] = attempted(submission, entrants.get(user_id), len(entrants), 0)
        except LeaderForgeError:
            assert not expected
        else:
            assert expected
            counted.append((user_id, second))
            assert entrants[user_id].attempts == len(earlier) + 1
    assert sorted(entrant.number for entrant in entrants.values()) == list(range(1, len(entrants) + 1))


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"starts_at": 5},
        {"starts_at": 5, "ends_at": 5},
        {"starts_at": 5, "ends_at": 9, "duration_s": 3},
        {"duration_s": 3},
        {"starts_at": 5, "ends_at": 9, "max_entrants": 0},
        {"starts_at": 5, "ends_at": 9, "max_attempts": 0},
        {"starts_at": 5, "ends_at": 9, "attempt_window_s": 0},
        {"starts_at": 5, "ends_at": 9, "late_grace_s": -1},
        {"starts_at": 5, "ends_at": 9, "early_ends": tuple(range(51))},
    ],
)
def test_invalid_rules_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        board(**rules)
    assert refused.value.details == {"setting": "tournament"}


def test_rules_are_read_as_they_are_written() -> None:
    rules = TournamentRules(starts_at=START, ends_at=START + 1, early_ends=(START,), max_attempts=3)
    assert tournament_of(rules.members) == rules
    for members in (
        {"colour": 1},
        {"starts_at": "soon"},
        {"max_attempts": "3"},
        {"early_ends": "x"},
        {"early_ends": 5},
    ):
        with pytest.raises(Refused):
            tournament_of(members)
