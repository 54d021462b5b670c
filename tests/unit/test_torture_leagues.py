"""The checks of leagues accept correct seasons, and report wrong ones."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.torture.leagues import BOARD, StoredSeason, lost, period_of, season_of
from tests.torture.ledger import StoredEvent

START_S = 1_795_392_000
PERIOD = period_of(START_S)
EVENTS = [StoredEvent(i, BOARD, UUID(int=i), 10 * i, START_S * 1000 + i, 0, void=False) for i in (1, 2, 3)]
SEASON = StoredSeason(
    PERIOD,
    True,
    EVENTS,
    {1: (2, 1, 1), 2: (2, 1, 2), 3: (2, 1, 3)},
    {
        1: (2, 1, 3, "stayed", "Bronze"),
        2: (2, 1, 2, "stayed", "Bronze"),
        3: (2, 1, 1, "promoted", "Silver"),
        4: (0, None, None, "relegated", "Silver"),
    },
    {4: "Gold"},
)


def kinds(season: StoredSeason, *, is_judged: bool = True) -> list[str]:
    return [problem.kind for problem in season.problems(is_judged=is_judged)]


def test_a_correct_season_has_no_problems() -> None:
    assert kinds(SEASON) == []
    assert [season_of(event) for event in EVENTS] == [PERIOD] * 3


@pytest.mark.parametrize("user_id", [1, 3, 4])
def test_a_wrong_or_missing_movement_is_reported(user_id: int) -> None:
    wrong = SEASON.results | {user_id: (2, 1, 1, "relegated", "Bronze")}
    missing = {i: result for i, result in SEASON.results.items() if i != user_id}
    assert kinds(replace(SEASON, results=wrong)) == ["wrong movement"]
    assert kinds(replace(SEASON, results=missing)) == ["wrong movement"]


def test_a_due_season_without_settlement_is_reported() -> None:
    assert kinds(replace(SEASON, is_settled=False)) == ["not settled"]
    assert kinds(replace(SEASON, is_settled=False), is_judged=False) == []


def test_a_participant_without_a_seat_is_reported() -> None:
    members = {i: place for i, place in SEASON.members.items() if i != 2}
    results = {i: result for i, result in SEASON.results.items() if i != 2} | {1: (2, 1, 2, "stayed", "Bronze")}
    assert kinds(replace(SEASON, members=members, results=results)) == ["wrong movement"]


def test_wrong_seats_are_reported() -> None:
    members = SEASON.members
    assert kinds(replace(SEASON, members=members | {5: (2, 1, 3)}), is_judged=False) == ["seat given twice"]
    assert kinds(replace(SEASON, divisions={4: "Gold", 1: "Silver"}), is_judged=False) == ["wrong division"]
    crowded = members | {i: (2, 1, i) for i in (5, 6)}
    assert kinds(replace(SEASON, members=crowded), is_judged=False) == ["too large group"]


def test_a_lost_submission_is_reported() -> None:
    counted = {UUID(int=1): 1, UUID(int=9): 2}
    assert [problem.subject for problem in lost(counted, EVENTS)] == [2]
