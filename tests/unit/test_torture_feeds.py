"""The checks of feeds accept a correct store, and report a wrong one."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from tests.torture.feeds import COINS, DEPTH, SOURCE, Run, Runs, receipt_problems
from tests.torture.ledger import StoredEvent

FIRST, SECOND, PENDING = UUID(int=1), UUID(int=2), UUID(int=3)
EVENTS = [
    StoredEvent(7, SOURCE, FIRST, 50, 10, 0, void=False),
    StoredEvent(7, COINS, FIRST, 4, 10, 0, void=False),
    StoredEvent(7, DEPTH, FIRST, 9, 10, 0, void=False),
    StoredEvent(8, SOURCE, SECOND, 60, 11, 0, void=True),
    StoredEvent(8, COINS, SECOND, 5, 11, 0, void=True),
]


def runs() -> Runs:
    sent = [
        Run(7, FIRST, {SOURCE: 50, COINS: 4, DEPTH: 9}, is_acknowledged=True),
        Run(8, SECOND, {SOURCE: 60, COINS: 5}, is_acknowledged=True, is_removed=True),
        Run(8, PENDING, {SOURCE: 70, COINS: 6}),
    ]
    return Runs({run.submission_id: run for run in sent})


def kinds(events: Sequence[StoredEvent]) -> list[str]:
    return [problem.kind for problem in runs().problems(events)]


def test_a_correct_store_has_no_problems() -> None:
    assert kinds(EVENTS) == []
    assert runs().sent[FIRST].body["numbers"] == {"coins": 4, "depth": 9}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (EVENTS[3:], ["lost submission"]),
        ([*EVENTS[:2], *EVENTS[3:]], ["fed partly", "lost submission"]),
        ([*EVENTS, EVENTS[0]], ["fed partly"]),
        ([*EVENTS[:4], replace(EVENTS[4], void=False)], ["removed partly", "wrong event"]),
        ([*EVENTS[:2], replace(EVENTS[2], score=8), *EVENTS[3:]], ["wrong event"]),
        ([*EVENTS, replace(EVENTS[0], submission_id=UUID(int=4))], ["unknown submission"]),
        ([*EVENTS, StoredEvent(8, COINS, PENDING, 6, 12, 0, void=False)], ["fed partly"]),
    ],
)
def test_a_wrong_store_is_reported(events: Sequence[StoredEvent], expected: list[str]) -> None:
    assert kinds(events) == expected


def test_a_receipt_without_a_fed_board_is_reported() -> None:
    run = runs().sent[FIRST]
    feeds = [{"board": COINS}, {"board": DEPTH}]
    assert list(receipt_problems(run, {"feeds": feeds})) == []
    assert [problem.kind for problem in receipt_problems(run, {"feeds": feeds[:1]})] == ["wrong receipt"]
    assert [problem.kind for problem in receipt_problems(run, {})] == ["wrong receipt"]
