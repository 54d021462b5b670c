"""Rules of leagues: seats, merges and movements, compared with a reference program that shares no code."""

from collections import Counter, defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.errors import Refused
from leaderforge.domain.league import (
    BANDS,
    OPEN_GROUPS,
    Assignment,
    DivisionSeats,
    FilledGroup,
    Finisher,
    Inactivity,
    League,
    Movement,
    Zone,
    band_of,
    group_results,
    merged_groups,
    take_seat,
)
from leaderforge.domain.league_rules import league_of, members_of, stored_league, stored_members_of
from leaderforge.domain.periods import PeriodKind
from tests.league_reference import group_outcomes, merged

ZONES = st.one_of(
    st.builds(Zone, st.integers(0, 9), st.none()), st.builds(Zone, st.none(), st.integers(0, 50)), st.just(Zone())
)
LEAGUES = st.builds(
    League,
    period=st.just(PeriodKind.WEEKLY),
    divisions=st.integers(1, 5).map(lambda n: tuple(f"D{i}" for i in range(n))),
    group_size=st.integers(2, 40),
    entry=st.just("D0"),
    promotion=ZONES,
    relegation=ZONES,
    inactive=st.sampled_from(Inactivity),
    assignment=st.sampled_from(Assignment),
)
KEYS = st.one_of(st.none(), st.tuples(st.integers(-3, 3), st.integers(0, 3)))


def seated(league: League, bands: list[int]) -> tuple[DivisionSeats, dict[int, list[int]]]:
    """Seat one player for each band in `bands`. Return the seats, and the bands of the players by group."""
    seats, groups = DivisionSeats(), defaultdict(list)
    for number, band in enumerate(bands, 1):
        seats, seat = take_seat(league, seats, band)
        assert seat.number == number
        groups[seat.group].append(band)
    return seats, groups


@given(LEAGUES, st.data())
def test_movements_equal_those_of_the_reference(league: League, data: st.DataObject) -> None:
    division = data.draw(st.integers(0, len(league.divisions) - 1))
    keys = data.draw(st.lists(st.tuples(KEYS, st.booleans()), max_size=60))
    finishers = [Finisher(i, (*key, i) if key else None, hidden) for i, (key, hidden) in enumerate(keys)]
    results = group_results(league, division, 4, finishers)
    members = [{"id": f.user_id, "key": f.key, "hidden": f.is_hidden} for f in finishers]
    expected = group_outcomes(members_of(league), division, members)
    assert {r.user_id: (r.rank, r.movement, r.next_division) for r in results} == expected
    ranked = sum(r.rank is not None for r in results)
    assert all((r.group, r.size) == ((4, ranked) if keys[r.user_id][0] else (None, None)) for r in results)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(2, 20), st.randoms())
def test_merges_equal_those_of_the_reference(players: list[int], size: int, random: Any) -> None:
    seats = random.sample(range(1000), len(players))
    groups = [FilledGroup(i, n, seat) for i, (n, seat) in enumerate(zip(players, seats, strict=True), 1)]
    into = merged_groups(groups, size)
    final = merged({g.number: (g.players, g.last_seat) for g in groups}, size)
    assert {g.number: into.get(g.number, g.number) for g in groups} == final
    sizes = Counter[int]()
    for group in groups:
        sizes[final[group.number]] += group.players
    assert len(sizes) == 1 or min(sizes.values()) * 2 >= size


@given(LEAGUES, st.lists(st.integers(0, BANDS - 1), max_size=300))
def test_groups_fill_without_gaps(league: League, bands: list[int]) -> None:
    seats, groups = seated(league, bands)
    assert list(groups) == list(range(1, seats.groups + 1))
    assert all(len(players) <= league.group_size for players in groups.values())
    below_half = [n for n, players in groups.items() if 2 * len(players) < league.group_size]
    assert len(below_half) <= 1
    is_balanced = league.assignment is Assignment.BALANCED
    assert len(seats.open_groups) <= (OPEN_GROUPS if is_balanced else 1)


def test_balanced_groups_have_players_of_all_bands() -> None:
    league = League(PeriodKind.WEEKLY, ("a",), 30, "a", assignment=Assignment.BALANCED)
    bands = [0] * 60 + [1] * 60 + [2] * 60
    Random(1).shuffle(bands)
    _, groups = seated(league, bands)
    filled = [Counter(players) for players in groups.values() if len(players) >= 15]
    assert len(filled) == 6
    assert all(8 <= counts[band] <= 12 for counts in filled for band in range(BANDS))


@pytest.mark.parametrize(
    ("rank", "size", "movement", "band"),
    [
        (None, None, None, 1),
        (None, 20, Movement.STAYED, 1),
        (1, 30, Movement.STAYED, 0),
        (10, 30, Movement.STAYED, 0),
        (11, 30, Movement.STAYED, 1),
        (30, 30, Movement.STAYED, 2),
        (30, 30, Movement.RELEGATED, 0),
        (1, 30, Movement.PROMOTED, 2),
    ],
)
def test_the_band_follows_from_the_last_result(
    rank: int | None, size: int | None, movement: Movement | None, band: int
) -> None:
    assert band_of(rank, size, movement) == band


@given(LEAGUES)
def test_a_league_is_stored_as_it_is(league: League) -> None:
    stored = stored_league(stored_members_of(league))
    assert (stored, stored.since) == (league, league.since)
    assert league_of(members_of(league)) == league


@pytest.mark.parametrize(
    "flaw",
    [
        {"colour": 1},
        {"divisions": None},
        {"divisions": []},
        {"divisions": [1]},
        {"group_size": "30"},
        {"group_size": True},
        {"promotion": {"places": 1, "percent": 2}},
        {"promotion": {"rank": 1}},
        {"promotion": 3},
        {"relegation": {"places": 1.5}},
        {"inactive": "sleep"},
        {"period": "hourly"},
    ],
)
def test_a_flawed_object_is_refused(flaw: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        league_of({"divisions": ["a"], "group_size": 30} | flaw)
    assert refused.value.details == {"setting": "league"}
