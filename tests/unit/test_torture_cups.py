"""The checks of tournaments, awards and events accept correct stores and arrivals, and report wrong ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.torture.cups import AwardKey, Cup, StoredAward, StoredCup, arrival_problems, earned, notices_of
from tests.torture.ledger import StoredEvent

WINNER, SECOND = AwardKey(1, "winner"), AwardKey(2, "podium")


def event(user_id: int, number: int, score: int = 5) -> StoredEvent:
    return StoredEvent(user_id, "cup-1", UUID(int=number), score, number, number, void=False)


EVENTS = [event(1, 1, 9), event(1, 2), event(2, 3)]
STORED = StoredCup({1, 2}, EVENTS, [StoredAward(WINNER, "a", False), StoredAward(SECOND, None, False)], True)


@pytest.fixture
def cup() -> Cup:
    sent = {stored.submission_id: stored.user_id for stored in EVENTS}
    return Cup("cup-1", 0.0, 0, joined={1, 2}, submitted=sent, counted=set(sent), claims={WINNER: "a"})


def test_the_earlier_of_two_equal_players_leads() -> None:
    assert [*earned([event(3, 2), event(4, 1)])] == [AwardKey(4, "winner"), AwardKey(3, "podium")]


def test_a_correct_store_has_no_problems(cup: Cup) -> None:
    assert not [*cup.problems(STORED, is_judged=True)]


def test_a_tournament_that_was_created_after_its_end_needs_no_settlement() -> None:
    assert not [*Cup("cup-1", 0.0, 0).problems(StoredCup(set(), [], [], False), is_judged=True)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"entrants": {1, 2, 3, 4, 5}}, "too many entrants"),
        ({"entrants": {1}}, "lost entrant"),
        ({"events": EVENTS[:2]}, "lost submission"),
        ({"events": [*EVENTS, event(2, 7)]}, "unknown submission"),
        ({"events": [*EVENTS, *(event(1, number) for number in (7, 8))]}, "too many attempts"),
        ({"awards": [StoredAward(WINNER, "b", False), STORED.awards[1]]}, "lost claim"),
        ({"awards": STORED.awards[:1]}, "wrong awards"),
        ({"awards": [replace(award, is_revoked=True) for award in STORED.awards]}, "wrong awards"),
        ({"is_settled": False}, "not settled"),
    ],
)
def test_a_wrong_store_is_reported(cup: Cup, changes: Mapping[str, Any], kind: str) -> None:
    assert kind in {problem.kind for problem in cup.problems(replace(STORED, **changes), is_judged=True)}


def improved(user_id: int, number: int, submissions: int) -> dict[str, Any]:
    data = {"board": "cup-1", "user_id": user_id, "submission_id": str(UUID(int=number)), "submissions": submissions}
    return {"type": "score.improved", "data": data}


def granted(key: AwardKey) -> dict[str, Any]:
    return {"type": "award.granted", "data": {"board": "cup-1", "user_id": key.user_id, "reward": key.reward}}


ARRIVED = {
    "e1": improved(1, 1, 1),
    "e2": improved(2, 3, 1),
    "e3": improved(1, 2, 2),
    "e4": granted(WINNER),
    "e5": granted(SECOND),
    "e6": {"type": "period.settled", "data": {"board": "cup-1", "period": "all-time"}},
}


def kinds(arrived: Mapping[str, Mapping[str, Any]], *, is_settled_again: bool = False) -> set[str]:
    expected = notices_of({"cup-1": STORED})
    return {problem.kind for problem in arrival_problems(expected, arrived, is_settled_again=is_settled_again)}


def test_each_event_once_and_in_order_is_right() -> None:
    assert not kinds(ARRIVED)


@pytest.mark.parametrize("missing", list(ARRIVED))
def test_a_lost_event_is_reported(missing: str) -> None:
    assert kinds({event_id: body for event_id, body in ARRIVED.items() if event_id != missing}) == {"lost event"}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (improved(1, 8, 3), "invented event"),
        (granted(AwardKey(3, "podium")), "invented event"),
        (granted(WINNER), "event under two ids"),
        (ARRIVED["e6"], "event under two ids"),
    ],
)
def test_a_wrong_event_is_reported(more: Mapping[str, Any], kind: str) -> None:
    assert kinds({**ARRIVED, "e7": more}) == {kind}


def test_only_the_end_of_a_settlement_may_be_reported_again_after_a_jump_of_the_clock() -> None:
    assert not kinds({**ARRIVED, "e7": ARRIVED["e6"]}, is_settled_again=True)
    assert kinds({**ARRIVED, "e7": ARRIVED["e4"]}, is_settled_again=True) == {"event under two ids"}


def test_a_wrong_order_is_reported() -> None:
    assert kinds({event_id: ARRIVED[event_id] for event_id in ("e3", "e1", "e2", "e4", "e5", "e6")}) == {"wrong order"}
