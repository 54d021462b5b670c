"""Tiebreakers: packed numbers have the order of the numbers, and boards accept only valid tiebreakers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.submissions import submission_received
from functions.edge.wire.submissions import QueuedSubmissionIn, render_message
from leaderforge.cli.board_texts import parsed, text_of
from leaderforge.domain.board_settings import changed_board, new_board
from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy
from leaderforge.domain.errors import Refused, SettingFixed
from leaderforge.domain.numbers import numbers_text
from leaderforge.domain.order import Place, place, sort_key
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.domain.tiebreaker_rules import subscore_of, tiebreakers_of
from leaderforge.domain.tiebreakers import MAX_COMBINATIONS, Tiebreaker, packed, unpacked
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api

TIME = {"name": "time_ms", "order": "asc", "min": 0, "max": 3_600_000}
COINS = {"name": "coins", "order": "desc", "min": -5, "max": 100}


@st.composite
def tiebreakers(draw: st.DrawFn) -> tuple[Tiebreaker, ...]:
    """Return up to three tiebreakers whose ranges have at most `MAX_COMBINATIONS` combinations."""
    drawn: list[Tiebreaker] = []
    room = MAX_COMBINATIONS
    for name in draw(st.permutations(["a", "b", "c"]))[: draw(st.integers(1, 3))]:
        size = draw(st.integers(1, room) | st.just(room) | st.integers(1, min(room, 4)))
        low = draw(st.integers(-MAX_INTEGER, MAX_INTEGER - size + 1))
        drawn.append(Tiebreaker(name, draw(st.sampled_from(Order)), low, low + size - 1))
        room //= size
    return tuple(drawn)


def worth(tiebreakers: Sequence[Tiebreaker], numbers: Mapping[str, int]) -> tuple[int, ...]:
    """Return the numbers in the order of the tiebreakers, negated where high numbers lead. Smaller is better."""
    return tuple(-numbers[t.name] if t.order == "desc" else numbers[t.name] for t in tiebreakers)


@given(data=st.data(), tiebreakers=tiebreakers())
def test_packed_numbers_have_the_order_of_the_numbers(data: st.DataObject, tiebreakers: tuple[Tiebreaker, ...]) -> None:
    ranges = {t.name: st.integers(t.min, t.max) | st.sampled_from([t.min, t.max]) for t in tiebreakers}
    runs = data.draw(st.lists(st.fixed_dictionaries(ranges), min_size=2, max_size=6))
    for run in runs:
        total = packed(tiebreakers, run)
        assert 0 <= total < MAX_COMBINATIONS
        assert list(unpacked(tiebreakers, total).items()) == [(t.name, run[t.name]) for t in tiebreakers]
    assert sorted(runs, key=lambda run: packed(tiebreakers, run)) == sorted(
        runs, key=lambda run: worth(tiebreakers, run)
    )


@given(data=st.data(), tiebreakers=tiebreakers(), order=st.sampled_from(Order))
def test_sort_keys_have_the_order_of_score_numbers_time_and_player(
    data: st.DataObject, tiebreakers: tuple[Tiebreaker, ...], order: Order
) -> None:
    board = new_board("laps", {"policy": Policy.BEST, "order": order, "tiebreakers": tiebreakers})
    ranges = {t.name: st.sampled_from(sorted({t.min, t.max})) for t in tiebreakers}
    few = st.tuples(st.sampled_from([-MAX_INTEGER, 0, 7]), st.fixed_dictionaries(ranges), st.integers(0, 1))
    runs = data.draw(st.lists(few, min_size=2, max_size=8))
    keys, expected = [], []
    for user_id, (score, numbers, at) in enumerate(runs):
        entry = Place(score, at, user_id, packed(tiebreakers, numbers))
        keys.append(sort_key(board, entry))
        assert place(board, keys[-1]) == entry
        expected.append((-score if order == "desc" else score, worth(tiebreakers, numbers), at, user_id))
    positions = range(len(runs))
    assert sorted(positions, key=keys.__getitem__) == sorted(positions, key=expected.__getitem__)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "list of objects"),
        ([3], "must be an object"),
        ([{**TIME, "unit": "ms"}], "unknown member 'unit'"),
        ([{"order": "asc", "max": 3}], "needs a name"),
        ([{**TIME, "order": "up"}], "must be desc or asc"),
        ([{**TIME, "order": []}], "must be desc or asc"),
        ([{"name": "a", "order": "asc"}], "max of 'a' must be an integer"),
        ([{**TIME, "max": True}], "must be an integer"),
        ([{**TIME, "name": "Time"}], "is not a name"),
        ([{**TIME, "min": 5, "max": 4}], "min \\(5\\) must be at most max"),
        ([{**TIME, "max": MAX_INTEGER + 1}], "both within"),
        ([TIME, TIME], "one name"),
        ([{**TIME, "name": name} for name in "abcd"], "at most 3"),
        ([{**TIME, "max": MAX_INTEGER}, COINS], "more than 2\\^53"),
    ],
)
def test_invalid_tiebreakers_are_refused(values: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        new_board("laps", {"policy": Policy.BEST, "tiebreakers": tiebreakers_of(values)})


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"policy": Policy.SUM}, "best or latest"), ({"policy": Policy.BEST, "subscore_order": Order.ASC}, "subscore")],
)
def test_tiebreakers_need_runs_and_no_subscore(settings: Mapping[str, object], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        new_board("laps", {**settings, "tiebreakers": tiebreakers_of([TIME])})


def laps() -> Board:
    """Return a board with tiebreakers."""
    return new_board("laps", {"policy": Policy.BEST, "tiebreakers": tiebreakers_of([TIME, COINS])})


def test_tiebreakers_are_permanent() -> None:
    assert changed_board(laps(), {"tiebreakers": laps().tiebreakers}, 0) == laps()
    for values in ([], [TIME], [COINS, TIME]):
        with pytest.raises(SettingFixed, match="tiebreakers"):
            changed_board(laps(), {"tiebreakers": tiebreakers_of(values)}, 0)
    with pytest.raises(Refused, match="subscore_name"):
        changed_board(laps(), {"subscore_name": "coins"}, 0)


@pytest.mark.parametrize(
    ("subscore", "numbers", "reason"),
    [
        (None, {}, "orders by time_ms; send it in numbers"),
        (None, {"time_ms": 5}, "orders by coins"),
        (None, {"time_ms": -1, "coins": 0}, "time_ms must be 0 to 3600000 on board 'laps', not -1"),
        (None, {"time_ms": 0, "coins": 101}, "coins must be -5 to 100"),
        (0, {"time_ms": 0, "coins": 0}, "has no subscore"),
    ],
)
def test_a_submission_needs_each_number(subscore: int | None, numbers: Mapping[str, int], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        subscore_of(laps(), subscore, numbers_text(numbers) if numbers else None)


def test_further_numbers_do_not_count() -> None:
    numbers = {"time_ms": 61_250, "coins": -5}
    assert {subscore_of(laps(), None, numbers_text({**numbers, "extra": i})) for i in range(3)} == {
        subscore_of(laps(), None, numbers_text(numbers))
    }


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ([1], "must be an object"),
        ({}, "must hold 1 to 8 numbers, not 0"),
        ({f"n{i}": 1 for i in range(9)}, "must hold 1 to 8 numbers, not 9"),
        ({"Laps": 1}, "is not a name"),
        ({"a" * 33: 1}, "is not a name"),
        ({"laps": 1.0}, "laps must be an integer"),
        ({"laps": True}, "laps must be an integer"),
        ({"laps": "3"}, "laps must be an integer"),
        ({"laps": MAX_INTEGER + 1}, "laps must be an integer"),
    ],
)
async def test_invalid_numbers_change_nothing(api: Api, numbers: Any, reason: str) -> None:
    await api.players(1)
    answer = await api.post("/api/scores", {"user_id": 1, "score": 5, "numbers": numbers})
    assert (answer.status_code, reason in answer.text) == (422, True), answer.text
    assert (await api.get("/api/leaderboard/rank/1")).status_code == 404


def test_all_combinations_of_a_small_board_are_distinct() -> None:
    small = tiebreakers_of(
        [{"name": "a", "order": "desc", "min": -1, "max": 1}, {"name": "b", "order": "asc", "max": 3}]
    )
    totals = [packed(small, {"a": a, "b": b}) for a, b in product([1, 0, -1], range(4))]
    assert totals == list(range(12))


BOARD = {"board": "laps", "policy": "best", "tiebreakers": [TIME, COINS]}


async def test_events_have_the_tiebreakers(api: Api) -> None:
    created = await api.post("/api/boards", {**BOARD, "events": ["score.improved"]}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    await api.players(1)
    numbers = {"time_ms": 61_250, "coins": -5}
    await api.post("/api/boards/laps/scores", {"user_id": 1, "score": 5, "numbers": {**numbers, "combo": 3}})
    await api.services.events.dispatch.run(5)
    [notice] = (await api.services.parts.notices.after(0, 10)).notices
    data = json.loads(notice.body)["data"]
    assert (data["tiebreakers"], "subscore" in data) == (numbers, False)


async def test_the_queue_keeps_numbers(api: Api) -> None:
    board = replace(laps(), id=1)
    text = numbers_text({"time_ms": 61_250, "coins": -5})
    event = Event(
        1, UUID(int=7), 5, api.clock(), None, subscore_of(board, None, text), api.clock() * 1000, numbers=text
    )
    submission = Submission(board.ladders_at(api.clock()), event)
    message = QueuedSubmissionIn.model_validate_json(render_message(submission))
    assert message.subscore is None
    assert submission_received(api.edge, board, message, 1, message.received_us or 0).event == event


async def test_imports_read_numbers_from_a_column(api: Api) -> None:
    assert (await api.post("/api/boards", BOARD, ADMIN_KEY)).status_code == 201
    good = {"player": "ada", "score": 5, "run": {"time_ms": 7, "coins": 100}}
    lines = [good, {**good, "run": {"time_ms": 7}}, {**good, "run": {"time_ms": "7", "coins": 1}}, {**good, "run": "x"}]
    content = "\n".join(map(json.dumps, lines)).encode()
    path = "/api/admin/imports?board=laps&file=laps.ndjson"
    refused = await api.upload(path, content, ADMIN_KEY)
    assert "name the column of the numbers by --numbers" in refused.text
    answer = await api.upload(f"{path}&numbers=run", content, ADMIN_KEY)
    *_, last = answer.text.splitlines()
    problems = {problem["line"]: problem["problem"] for problem in json.loads(last)["result"]["problems"]}
    assert problems == {
        2: "board 'laps' orders by coins; send it in numbers",
        3: "the named numbers: time_ms must be an integer from -9007199254740991 to 9007199254740991",
        4: "the named numbers 'x' is not a JSON object",
    }
    [entry] = (await api.get("/api/boards/laps/top")).json()["entries"]
    assert (entry["score"], entry["tiebreakers"]) == (5, good["run"])


def test_commands_read_and_show_tiebreakers() -> None:
    text = json.dumps([TIME, COINS])
    settings = parsed([f"tiebreakers={text}", "policy=best"])
    assert new_board("laps", settings) == laps()
    assert parsed([f"tiebreakers={text_of(laps().tiebreakers)}"])["tiebreakers"] == laps().tiebreakers
    assert parsed(["tiebreakers=none"]) == {"tiebreakers": ()}
    with pytest.raises(Refused, match="is not a JSON list of tiebreakers"):
        parsed(["tiebreakers=time"])
