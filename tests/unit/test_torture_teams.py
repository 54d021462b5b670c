"""The checks of teams and segments accept a correct store, and report a wrong one."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from tests.torture.fold import Folded
from tests.torture.ledger import StoredEvent
from tests.torture.teams import (
    SOURCE,
    OwnPlayers,
    StoredSpan,
    StoredSquads,
    entry_problems,
    problems_of,
    segment_problems,
)

RED, BLUE = -1, -2
SPANS = [StoredSpan(1, RED, 10, 20), StoredSpan(1, BLUE, 20, None), StoredSpan(2, RED, 0, None)]
EVENTS = [
    StoredEvent(1, SOURCE, UUID(int=1), 5, 10, 0, void=False),
    StoredEvent(1, SOURCE, UUID(int=2), 7, 20, 0, void=False),
    StoredEvent(2, SOURCE, UUID(int=3), 3, 15, 0, void=False),
    StoredEvent(2, SOURCE, UUID(int=4), 9, 15, 0, void=True),
]
STORED = StoredSquads(
    SPANS,
    EVENTS,
    {1: (Folded(12, 20, 2), "FI"), 2: (Folded(3, 15, 1), "FI")},
    {"squads-sum": {RED: 8, BLUE: 7}},
)
OWN = OwnPlayers({1: BLUE, 2: RED}, {1: "FI"}, {UUID(int=3): 2})


def kinds(own: OwnPlayers = OWN, stored: StoredSquads = STORED) -> list[str]:
    return [problem.kind for problem in problems_of(own, stored)]


def test_a_correct_store_has_no_problems() -> None:
    assert kinds() == []
    assert STORED.entries_in("FI") == [(1, 12), (2, 3)]
    assert list(entry_problems("FI", STORED.entries_in("FI"), [(1, 12), (2, 3)])) == []


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (replace(STORED, spans=[*SPANS[:1], SPANS[2]], scores={}), "move lost"),
        (replace(STORED, spans=[StoredSpan(1, RED, 10, 25), *SPANS[1:]], scores={}), "in two teams"),
        (replace(STORED, standings={1: (Folded(12, 20, 2), "SE")}), "attribute lost"),
        (replace(STORED, events=[*EVENTS[:2], EVENTS[3]], scores={}), "lost submission"),
        (replace(STORED, scores={"squads-sum": {RED: 8, BLUE: 12}}), "wrong team"),
        (replace(STORED, scores={"squads-sum": {RED: 8}}), "wrong team"),
    ],
)
def test_a_wrong_store_is_reported(stored: StoredSquads, kind: str) -> None:
    assert kinds(stored=stored) == [kind]


def test_entries_in_another_order_are_reported() -> None:
    assert [problem.kind for problem in entry_problems("FI", [(1, 12), (2, 3)], [(2, 3), (1, 12)])] == ["wrong entries"]


@pytest.mark.parametrize(
    ("rank_in", "ranks", "expected"),
    [
        ({"country": 2}, {"FI": 2, "SE": None}, []),
        ({"country": 2}, {"SE": None}, []),
        (None, {"FI": 2, "SE": None}, []),
        ({"country": 2}, {"FI": 3, "SE": None}, ["wrong rank in segment"]),
        ({}, {"SE": None}, ["wrong rank in segment"]),
        ({"country": 2}, {"FI": 2, "SE": 4}, ["wrong segment"]),
        (None, {"FI": None}, ["wrong segment"]),
    ],
)
def test_ranks_in_segments_must_be_of_the_acknowledged_country(
    rank_in: Mapping[str, int] | None, ranks: Mapping[str, int | None], expected: list[str]
) -> None:
    assert [problem.kind for problem in segment_problems(1, "FI", rank_in, ranks)] == expected
