"""Parts of receipts on request: the standing before a submission, and the standings in all periods."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.edge.wire.receipts import BatchOut, ReceiptOut
from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Event
from tests.api_client import ADMIN_KEY
from tests.oracle import Line, Oracle
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_ingest import QUEUED

KINDS = (PeriodKind.DAILY, PeriodKind.ALL_TIME)
ALL = "?previous=exact&ranks=all"
DAY = 86_400_000


async def new_board(api: Api, slug: str = "laps", kinds: tuple[PeriodKind, ...] = KINDS, **rules: Any) -> Board:
    return await api.store.create_board(Board(0, slug, "Laps", calendar=Calendar(kinds), **rules))


async def submit(api: Api, user_id: int, score: int, query: str = ALL, **members: Any) -> Any:
    api.clock.now += 1
    answer = await api.post(f"/api/boards/laps/scores{query}", {"user_id": user_id, "score": score, **members})
    assert answer.status_code == 200, answer.text
    ReceiptOut.model_validate_json(answer.content)
    return answer.json()


async def test_the_standing_before_a_submission(api: Api) -> None:
    await new_board(api)
    await api.players(1, 2, 3)
    for user_id, score in ((2, 30), (3, 20)):
        await submit(api, user_id, score)
    first = await submit(api, 1, 10, "?previous=exact")
    assert (first["rank"], first["previous"]) == (3, None)
    second = await submit(api, 1, 15, "?previous=exact")
    assert (second["score"], second["rank"], second["previous"]) == (25, 2, {"score": 10, "rank": 3})
    assert "periods" not in second


async def test_the_standing_in_each_period(api: Api) -> None:
    await new_board(api)
    await api.players(1, 2)
    await submit(api, 1, 50)
    api.clock.now += DAY
    await submit(api, 2, 20)
    receipt = await submit(api, 1, 10)
    daily, all_time = receipt["periods"]
    assert daily == {
        "period": "2026-11-24", "score": 10, "rank": 2, "submissions": 1, "improved": True,
        "achieved_at": receipt["achieved_at"], "previous": None,
    }  # fmt: skip
    assert (all_time["period"], all_time["score"], all_time["rank"]) == ("all-time", 60, 1)
    assert all_time["previous"] == {"score": 50, "rank": 1}
    assert (receipt["rank"], receipt["previous"]) == (2, None)
    without = (await submit(api, 1, 1, "?ranks=all"))["periods"]
    assert [(period["rank"], "previous" in period) for period in without] == [(2, False), (1, False)]


async def test_nothing_is_added_unless_asked(api: Api) -> None:
    await new_board(api)
    await api.players(1)
    receipt = await submit(api, 1, 10, "")
    assert not {"previous", "periods"} & receipt.keys()
    assert (await submit(api, 1, 10, "?previous=none&ranks=main&rank=exact")).keys() == receipt.keys()


async def test_improvement_depends_on_the_period(api: Api) -> None:
    await new_board(api, policy=Policy.BEST)
    await api.players(1)
    await submit(api, 1, 50)
    api.clock.now += DAY
    assert [period["improved"] for period in (await submit(api, 1, 10))["periods"]] == [True, False]


async def test_a_copy_has_no_previous_standing(api: Api) -> None:
    await new_board(api)
    await api.players(1)
    await submit(api, 1, 3)
    sent = {"submission_id": str(uuid4())}
    first, copy = await submit(api, 1, 5, **sent), await submit(api, 1, 5, **sent)
    assert (first["previous"], copy["previous"], copy["duplicate"]) == ({"score": 3, "rank": 1}, None, True)
    assert [period["previous"] for period in copy["periods"]] == [None, None]
    assert [period["score"] for period in copy["periods"]] == [8, 8]


async def test_in_a_batch_each_submission_has_its_own(api: Api) -> None:
    await new_board(api)
    await new_board(api, "best", (PeriodKind.ALL_TIME,), policy=Policy.BEST)
    await api.players(1, 2)
    items: list[Mapping[str, Any]] = [
        {"board": "laps", "user_id": 1, "score": 5},
        {"board": "best", "user_id": 1, "score": 7},
        {"board": "laps", "user_id": 1, "score": 6},
        {"board": "laps", "user_id": 3, "score": 6},
        {"board": "best", "user_id": 1, "score": 3},
        {"board": "laps", "user_id": 2, "score": 8},
    ]
    answer = await api.post(f"/api/scores/batch{ALL}", {"submissions": items})
    BatchOut.model_validate_json(answer.content)
    results = answer.json()["results"]
    assert [one.get("previous", "error") for one in results] == [
        None, None, {"score": 5, "rank": 2}, "error", {"score": 7, "rank": 1}, None,
    ]  # fmt: skip
    assert [len(one["periods"]) for one in results if "periods" in one] == [2, 1, 2, 1, 2]


async def test_without_ranks_there_is_a_score(api: Api) -> None:
    await new_board(api)
    await api.players(1)
    await submit(api, 1, 3)
    receipt = await submit(api, 1, 5, f"{ALL}&rank=none")
    assert (receipt["rank"], receipt["previous"]) == (None, {"score": 3, "rank": None})
    assert [(period["rank"], period["score"]) for period in receipt["periods"]] == [(None, 8), (None, 8)]
    api.index.wipe()
    receipt = await submit(api, 1, 1)
    assert (receipt["rank"], receipt["previous"]) == (None, {"score": 8, "rank": None})


async def test_hidden_players_see_ranks_as_if_they_were_not_hidden(api: Api) -> None:
    await new_board(api)
    await api.players(1, 2)
    await submit(api, 2, 9)
    await submit(api, 1, 5)
    answer = await api.post("/api/users/1/hide", {"reason": "cheating"}, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    receipt = await submit(api, 1, 5)
    assert (receipt["rank"], receipt["previous"]) == (1, {"score": 5, "rank": 2})


async def test_queued_submissions_have_neither() -> None:
    async with serving(MemoryQueue(), **QUEUED) as api:
        await new_board(api)
        await api.players(1)
        answer = await api.post(f"/api/boards/laps/scores{ALL}", {"user_id": 1, "score": 5})
        assert (answer.status_code, answer.json().keys()) == (202, {"user_id", "submission_id", "queued"})


@pytest.mark.parametrize(
    "query", ["previous=1", "previous=", "ranks=daily", "rank=all", "previous=exact&previous=none"]
)
async def test_other_values_are_refused(api: Api, query: str) -> None:
    await api.players(1)
    answer = await api.post(f"/api/scores?{query}", {"user_id": 1, "score": 5})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


RULES = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(Policy),
        "order": st.sampled_from(Order),
        "rank_style": st.sampled_from(RankStyle),
        "subscore_order": st.none() | st.sampled_from(Order),
        "min_submissions": st.integers(1, 3),
    }
)
STEPS = st.lists(
    st.lists(st.tuples(st.integers(1, 4), st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=4), max_size=8
)
"""Batches of submissions, each with player, score and subscore. A batch of one is sent as a single submission."""


@settings(max_examples=60)
@given(rules=RULES, steps=STEPS, per_day=st.integers(1, 3))
async def test_receipts_equal_brute_force(rules, steps, per_day) -> None:
    async with serving() as api:
        board = await new_board(api, **rules)
        await api.players(1, 2, 3, 4)
        counted: list[Event] = []
        for i, step in enumerate(steps):
            api.clock.now = START + i // per_day * DAY + i
            items = [item_of(board, *submission) for submission in step]
            receipts = await receipts_of(api, items)
            pairs = list(zip(items, receipts, strict=True))
            events = [event_of(*pair, api.clock.now, n) for n, pair in enumerate(pairs, len(counted))]
            for n, receipt in enumerate(receipts):
                check(board, counted, events, n, receipt)
            counted += events


def item_of(board: Board, user_id: int, score: int, subscore: int) -> dict[str, Any]:
    more = {} if board.subscore_order is None else {"subscore": subscore}
    return {"user_id": user_id, "score": score, "submission_id": str(uuid4()), **more}


def event_of(item: Mapping[str, Any], receipt: Any, at: int, reception: int) -> Event:
    submission_id = UUID(receipt["submission_id"])
    return Event(item["user_id"], submission_id, item["score"], at, None, item.get("subscore", 0), reception)


async def receipts_of(api: Api, items: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    if len(items) == 1:
        answer = await api.post(f"/api/boards/laps/scores{ALL}", items[0])
        return [answer.json()]
    answer = await api.post(f"/api/boards/laps/scores/batch{ALL}", {"submissions": items})
    results: Sequence[Any] = answer.json()["results"]
    return results


def check(board: Board, counted: Sequence[Event], events: Sequence[Event], n: int, receipt: Any) -> None:
    """Compare the receipt of `events[n]` with the oracle. The batch `events` was submitted after `counted`."""
    event = events[n]
    ladders = board.ladders_at(event.achieved_at)
    assert [period["period"] for period in receipt["periods"]] == [ladder.period_name for ladder in ladders]
    for ladder, period in zip(ladders, receipt["periods"], strict=True):
        before = [e for e in [*counted, *events[:n]] if counts(ladder, e) and e.user_id == event.user_id]
        present = [e for e in [*counted, *events] if counts(ladder, e)]
        line, rank = line_of(board, present, event.user_id)
        assert (period["score"], period["rank"], period["submissions"]) == (line.score, rank, line.submissions)
        assert period["previous"] == previous(board, before, [e for e in present if e.user_id != event.user_id])
    main = {key: receipt[key] for key in ("score", "rank", "submissions", "previous", "improved")}
    assert main == {key: receipt["periods"][0][key] for key in main}


def counts(ladder: Ladder, event: Event) -> bool:
    return ladder in ladder.board.ladders_at(event.achieved_at)


def previous(board: Board, before: Sequence[Event], others: Sequence[Event]) -> Any:
    """Return the expected previous standing: the player's events `before`, ranked among the events `others`."""
    if not before:
        return None
    line, rank = line_of(board, [*before, *others], before[0].user_id)
    subscore = {} if line.subscore is None else {"subscore": line.subscore}
    return {"score": line.score, **subscore, "rank": rank}


def line_of(board: Board, events: Sequence[Event], user_id: int) -> tuple[Line, int | None]:
    """Return the player's line as on a board without a minimum of submissions, and the rank with the minimum.

    The rank is None for a player with too few submissions.
    """
    line = Oracle(replace(board, min_submissions=1), events).line_of(user_id)
    oracle = Oracle(board, events)
    return line, None if user_id in oracle.unranked else oracle.line_of(user_id).rank
