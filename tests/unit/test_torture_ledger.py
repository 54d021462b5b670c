"""The ledger and the independent computation of standings accept correct stores, and report wrong ones."""

from uuid import UUID

import pytest

from leaderforge.torture.checks import Problem
from tests.torture.fold import CountedEvent, Folded, fold, periods_at
from tests.torture.ledger import RECENT, TALLY, Attempt, Ledger, StoredEvent
from tests.torture.settlement import StoredBoard, StoredStanding

EARLY, LATE, ZERO = CountedEvent(7, 10, 1), CountedEvent(5, 20, 2), CountedEvent(0, 30, 3)
RECEIPT = {"submission_id": str(UUID(int=1)), "user_id": 1, "duplicate": False}
STORED = StoredEvent(1, TALLY, UUID(int=1), 5, 10, 1, void=False)


@pytest.mark.parametrize(
    ("policy", "order", "expected"),
    [
        ("sum", "desc", Folded(12, 20, 3)),
        ("best", "desc", Folded(7, 10, 3)),
        ("best", "asc", Folded(0, 30, 3)),
        ("latest", "asc", Folded(0, 30, 3)),
    ],
)
def test_standings_of_events(policy: str, order: str, expected: Folded) -> None:
    assert fold(policy, order, [LATE, ZERO, EARLY]) == expected


def test_equal_times_are_decided_by_the_order_of_reception() -> None:
    first, second = CountedEvent(5, 10, 1), CountedEvent(6, 10, 2)
    assert fold("latest", "desc", [second, first]).score == 6
    assert fold("sum", "desc", [CountedEvent(0, 10, 1)]) == Folded(0, 10, 1)


def test_equal_receptions_are_decided_by_the_submission_id() -> None:
    first, second = CountedEvent(7, 10, 1, UUID(int=1)), CountedEvent(6, 10, 1, UUID(int=2))
    assert fold("latest", "desc", [first, second]).score == 6
    assert fold("latest", "desc", [second, first]).score == 6


def test_numbers_of_periods() -> None:
    at = 1_795_435_261_000  # 2026-11-23 12:01:01 UTC
    assert periods_at(["all-time", "daily", "season"], at) == [0, 1_795_392_000 << 3 | 1, 1_795_435_260 << 3 | 4]


@pytest.fixture
def ledger() -> Ledger:
    """Ledger of one acknowledged submission."""
    ledger = Ledger()
    attempt = ledger.begin(TALLY, 1, 5, UUID(int=1))
    assert list(ledger.acknowledge(attempt, RECEIPT)) == []
    return ledger


def _kinds(problems: object) -> list[str]:
    assert isinstance(problems, list)
    return [problem.kind for problem in problems if isinstance(problem, Problem)]


def test_an_acknowledged_submission_counts_once(ledger: Ledger) -> None:
    assert list(ledger.problems([STORED])) == []
    assert _kinds(list(ledger.problems([]))) == ["lost submission"]
    assert _kinds(list(ledger.problems([STORED, STORED]))) == ["counted twice"]


def test_two_receipts_of_which_none_is_a_duplicate(ledger: Ledger) -> None:
    [attempt] = ledger.attempts.values()
    assert _kinds(list(ledger.acknowledge(attempt, RECEIPT))) == ["counted twice"]
    assert ledger.acknowledged[TALLY, 1] == 1


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (StoredEvent(1, TALLY, UUID(int=1), 6, 10, 1, void=False), "wrong event"),
        (StoredEvent(1, TALLY, UUID(int=1), 5, 10, 1, void=True), "wrong event"),
        (StoredEvent(1, RECENT, UUID(int=1), 5, 10, 1, void=False), "wrong event"),
    ],
)
def test_other_content(ledger: Ledger, stored: StoredEvent, kind: str) -> None:
    assert _kinds(list(ledger.problems([stored]))) == [kind]


def test_submissions_that_nobody_sent_or_of_erased_players(ledger: Ledger) -> None:
    other = StoredEvent(1, TALLY, UUID(int=2), 5, 10, 1, void=False)
    assert _kinds(list(ledger.problems([STORED, other]))) == ["unknown submission"]
    ledger.erased.add(1)
    assert _kinds(list(ledger.problems([STORED]))) == ["erased is back"]
    assert list(ledger.problems([])) == []


def test_an_unacknowledged_submission_may_count_or_not() -> None:
    ledger = Ledger({UUID(int=1): Attempt(UUID(int=1), TALLY, 1, 5)})
    assert list(ledger.problems([])) == list(ledger.problems([STORED])) == []


@pytest.mark.parametrize(
    ("standing", "kinds"),
    [
        (Folded(5, 10, 1), []),
        (Folded(5, 10, 2), ["not the fold"]),
        (Folded(6, 10, 1), ["not the fold"]),
        (Folded(5, 11, 1), ["not the fold"]),
    ],
)
def test_a_standing_is_the_fold_of_its_events(standing: Folded, kinds: list[str]) -> None:
    standings = {0: [StoredStanding(1, standing, 0, "ada")]}
    board = StoredBoard(TALLY, "sum", "desc", ["all-time"], [STORED], standings)
    assert _kinds(list(board.problems())) == kinds


def test_a_missing_standing() -> None:
    board = StoredBoard(TALLY, "sum", "desc", ["all-time"], [STORED], {})
    assert _kinds(list(board.problems())) == ["not the fold"]
