"""The polling checker accepts correct answers about hand-made histories, and reports wrong ones."""

from collections.abc import Mapping
from math import inf
from typing import Any

import pytest

from leaderforge.torture import checks
from leaderforge.torture.history import NOBODY, State, StateHistory
from leaderforge.torture.model import LadderModel, LadderView

ADA, BOB, CYD = 1, 2, 3
SCORES = {ADA: 300, BOB: 200, CYD: 100}
NAMES = {ADA: "ada", BOB: "bob", CYD: "cyd"}


def _state(user_id: int, **changes: Any) -> State:
    return State(True, NAMES[user_id], SCORES[user_id], 1)._replace(**changes)


def _entry(user_id: int, rank: int, /, **changes: Any) -> dict[str, Any]:
    entry = {"user_id": user_id, "username": NAMES[user_id], "score": SCORES[user_id], "submissions": 1, "rank": rank}
    return entry | changes


def _change(ladder: LadderModel, user_id: int, state: State, begun: float, acknowledged: float | None = None) -> None:
    step = ladder.begin(user_id, state, begun)
    if acknowledged is not None:
        ladder.acknowledge(user_id, step, acknowledged)


def _kinds(problems: Any) -> set[str]:
    return {problem.kind for problem in problems}


def _listing(*user_ids: int, total: int = 3, **more: Any) -> dict[str, Any]:
    return {"entries": [_entry(i, rank) for rank, i in enumerate(user_ids, 1)], "total": total, **more}


@pytest.fixture
def ladder() -> LadderModel:
    """Ladder of three players, whose changes were acknowledged at 10 s."""
    model = LadderModel("race")
    for user_id in SCORES:
        _change(model, user_id, _state(user_id), 9.0, 10.0)
    return model


@pytest.fixture
def view(ladder: LadderModel) -> LadderView:
    """View of the ladder for a read that was sent at 20 s and answered at 21 s."""
    return ladder.view(20.0, 21.0)


class TestHistory:
    def test_only_the_last_state_once_it_was_acknowledged(self) -> None:
        history = StateHistory()
        history.begin(_state(ADA), 1.0).acknowledged = 2.0
        assert history.possible(2.0, 3.0) == [_state(ADA)]

    @pytest.mark.parametrize(("since", "until"), [(1.5, 1.8), (0.5, 1.0), (1.9, 9.0)])
    def test_both_states_while_a_change_is_in_flight(self, since: float, until: float) -> None:
        history = StateHistory()
        history.begin(_state(ADA), 1.0).acknowledged = 2.0
        assert set(history.possible(since, until)) == {NOBODY, _state(ADA)}

    def test_no_state_that_was_sent_later(self) -> None:
        history = StateHistory()
        history.begin(_state(ADA), 1.0)
        assert history.possible(0.0, 0.9) == [NOBODY]

    def test_an_unknown_outcome_stays_possible(self) -> None:
        history = StateHistory()
        history.begin(_state(ADA), 1.0)
        assert set(history.possible(100.0, 101.0)) == {NOBODY, _state(ADA)}

    def test_what_is_forgotten_was_superseded(self) -> None:
        history = StateHistory()
        history.begin(_state(ADA), 1.0).acknowledged = 2.0
        history.begin(_state(ADA, score=400), 3.0).acknowledged = 4.0
        before = history.possible(2.5, 3.5)
        history.forget(2.5)
        assert history.possible(2.5, 3.5) == before


class TestView:
    def test_a_settled_player_counts_surely(self, view: LadderView) -> None:
        assert view.above(-200) == (1, 1)
        assert view.total() == (3, 3)

    def test_a_change_in_flight_may_count(self, ladder: LadderModel) -> None:
        _change(ladder, CYD, _state(CYD, score=400), 20.5)
        assert ladder.view(20.0, 21.0).above(-200) == (1, 2)
        assert ladder.view(20.0, 20.4).above(-200) == (1, 1)

    def test_an_acknowledged_change_counts_for_readings_that_begin_later(self, ladder: LadderModel) -> None:
        _change(ladder, CYD, _state(CYD, score=400), 20.0, 21.0)
        assert ladder.view(21.0, 22.0).above(-200) == (2, 2)
        assert ladder.view(20.9, 22.0).above(-200) == (1, 2)

    def test_a_refused_change_is_possible_until_it_was_refused(self, ladder: LadderModel) -> None:
        step = ladder.begin(CYD, _state(CYD, score=400), 20.0)
        ladder.refuse(CYD, step, 21.0)
        assert ladder.view(20.5, 22.0).above(-200) == (1, 2)
        assert ladder.view(21.0, 22.0).above(-200) == (1, 1)

    def test_a_hidden_player_has_no_key(self, ladder: LadderModel) -> None:
        _change(ladder, ADA, _state(ADA, entry_hidden=True), 11.0, 12.0)
        assert ladder.view(20.0, 21.0).total() == (2, 2)

    def test_players_between_two_keys(self, ladder: LadderModel) -> None:
        assert list(ladder.view(20.0, 21.0).surely_between(-300, -100)) == [BOB]
        _change(ladder, BOB, _state(BOB, player_hidden=True), 20.5)
        assert list(ladder.view(20.0, 21.0).surely_between(-300, -100)) == []

    def test_a_range_of_keys(self, ladder: LadderModel) -> None:
        _change(ladder, ADA, NOBODY, 20.5)
        assert ladder.view(20.0, 21.0).within(-300, -200) == (1, 2)


RIGHT: Mapping[str, Any] = {
    "top": lambda view: checks.check_top(view, _listing(ADA, BOB, CYD), 10),
    "page": lambda view: checks.check_page(view, _listing(ADA, BOB, next="more"), 1, 2),
    "cursor": lambda view: checks.check_following(
        view, {**_listing(), "entries": [_entry(CYD, 3)], "next": None}, -200, 9
    ),
    "around": lambda view: checks.check_around(view, _listing(ADA, BOB, CYD), BOB, 1),
    "window": lambda view: checks.check_window(view, _listing(ADA, BOB), BOB, 2),
    "export": lambda view: checks.check_export(view, [_entry(ADA, 1), _entry(BOB, 2), _entry(CYD, 3)]),
    "rank": lambda view: checks.check_player(view, {**_entry(BOB, 2), "total": 3, "percentile": 50.0}, BOB),
    "range": lambda view: checks.check_range(view, _listing(ADA, BOB, total=2, next=None), 150, 350, 9),
    "user": lambda view: checks.check_user(view, {"username": "ada"}, ADA),
}


@pytest.mark.parametrize("check", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_answer_has_no_problem(view: LadderView, check: Any) -> None:
    assert list(check(view)) == []


WRONG: Mapping[str, tuple[str, Any]] = {
    "a player is missing in the middle": ("missing", lambda v: checks.check_top(v, _listing(ADA, CYD), 10)),
    "the first is missing": ("missing", lambda v: checks.check_top(v, _listing(BOB, CYD), 10)),
    "the last is missing": ("missing", lambda v: checks.check_top(v, _listing(ADA, BOB, total=2), 10)),
    "a total too small": ("wrong total", lambda v: checks.check_top(v, _listing(ADA, BOB, CYD, total=2), 10)),
    "a cursor skips a player": (
        "missing",
        lambda v: checks.check_following(v, {**_listing(), "entries": [_entry(CYD, 3)], "next": None}, -300, 9),
    ),
    "a wrong order": ("wrong order", lambda v: checks.check_listing(v, [_entry(BOB, 1), _entry(ADA, 2)])),
    "ranks with a hole": ("ranks disagree", lambda v: checks.check_listing(v, [_entry(ADA, 1), _entry(BOB, 3)])),
    "a rank too good": ("wrong rank", lambda v: checks.check_rank(v, _entry(BOB, 1))),
    "a rank too bad": ("wrong rank", lambda v: checks.check_rank(v, _entry(BOB, 3))),
    "an old score": ("wrong score", lambda v: checks.check_entry(v, _entry(ADA, 1, score=250))),
    "an old number of submissions": (
        "wrong submissions",
        lambda v: checks.check_entry(v, _entry(ADA, 1, submissions=2)),
    ),
    "an old name": ("wrong name", lambda v: checks.check_entry(v, _entry(ADA, 1, username="eva"))),
    "no name": (checks.NAMELESS, lambda v: checks.check_entry(v, _entry(ADA, 1, username=None))),
    "a player that never was": ("erased is back", lambda v: checks.check_entry(v, _entry(ADA, 1, user_id=9))),
    "a ranked player is not ranked": ("vanished", lambda v: checks.check_unranked(v, ADA)),
    "a profile is gone": ("vanished", lambda v: checks.check_user(v, None, ADA)),
    "a percentile of another rank": (
        "wrong percentile",
        lambda v: checks.check_player(v, {**_entry(BOB, 2), "total": 3, "percentile": 100.0}, BOB),
    ),
    "a range with a wrong total": (
        "wrong total",
        lambda v: checks.check_range(v, _listing(ADA, BOB, total=3, next=None), 150, 350, 9),
    ),
    "a missing player in a lookup": (
        "vanished",
        lambda v: checks.check_lookup(v, {"entries": [], "missing": [ADA], "total": 3}, [ADA]),
    ),
    "a page from another rank": (
        "ranks disagree",
        lambda v: checks.check_page(v, {"entries": [_entry(BOB, 2)], "total": 3, "next": "more"}, 1, 1),
    ),
    "a page too short": ("wrong length", lambda v: checks.check_page(v, _listing(ADA, next="more"), 1, 2)),
    "a last entry above the total": (
        "totals disagree",
        lambda v: checks.check_top(v, _listing(ADA, BOB, CYD, total=4), 10),
    ),
    "the player is not in its neighbourhood": (
        "missing",
        lambda v: checks.check_around(v, _listing(ADA, CYD), BOB, 1),
    ),
    "the player is not in its window": ("missing", lambda v: checks.check_window(v, _listing(ADA), BOB, 1)),
    "a window too short": ("wrong length", lambda v: checks.check_window(v, _listing(ADA), ADA, 2)),
    "an export without the last player": (
        "missing",
        lambda v: checks.check_export(v, [_entry(ADA, 1), _entry(BOB, 2)]),
    ),
    "an empty export": ("missing", lambda v: checks.check_export(v, [])),
}


@pytest.mark.parametrize(("kind", "check"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_has_a_problem(view: LadderView, kind: str, check: Any) -> None:
    assert kind in _kinds(check(view))


class TestWhatIsErased:
    def test_may_be_shown_while_the_erasure_is_in_flight(self, ladder: LadderModel) -> None:
        _change(ladder, ADA, NOBODY, 20.0)
        assert list(checks.check_top(ladder.view(20.0, 21.0), _listing(ADA, BOB, CYD), 10)) == []
        below = {"entries": [_entry(BOB, 1), _entry(CYD, 2)], "total": 2}
        assert list(checks.check_top(ladder.view(20.0, 21.0), below, 10)) == []

    def test_must_not_come_back(self, ladder: LadderModel) -> None:
        _change(ladder, ADA, NOBODY, 20.0, 20.1)
        problems = checks.check_top(ladder.view(21.0, 22.0), _listing(ADA, BOB, CYD), 10)
        assert _kinds(problems) == {"erased is back", "wrong rank", "wrong total"}

    def test_may_stay_in_the_cache_for_a_second(self, ladder: LadderModel) -> None:
        _change(ladder, ADA, NOBODY, 20.0, 20.1)
        assert list(checks.check_top(ladder.view(21.0 - 1.0, 22.0), _listing(ADA, BOB, CYD), 10)) == []
        assert list(checks.check_top(ladder.view(21.2 - 1.0, 22.0), _listing(ADA, BOB, CYD), 10)) != []


class TestHistogram:
    @staticmethod
    def _answer(**changes: Any) -> dict[str, Any]:
        buckets = [{"low": 100, "high": 199, "count": 1}, {"low": 200, "high": 300, "count": 2}]
        return {"buckets": buckets, "count": 3, "p50": 200, "p90": 300, "p99": 300} | changes

    def test_right(self, view: LadderView) -> None:
        assert list(checks.check_distribution(view, self._answer())) == []

    def test_wrong(self, view: LadderView) -> None:
        assert _kinds(checks.check_distribution(view, self._answer(count=2))) >= {"wrong total", "totals disagree"}
        assert "wrong percentile" in _kinds(checks.check_distribution(view, self._answer(p50=100)))
        moved = [{"low": 100, "high": 199, "count": 2}, {"low": 200, "high": 300, "count": 1}]
        assert "wrong bucket" in _kinds(checks.check_distribution(view, self._answer(buckets=moved)))


def test_a_player_without_an_entry_is_last() -> None:
    assert NOBODY.key == inf
