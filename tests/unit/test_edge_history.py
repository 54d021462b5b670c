"""A player's history over HTTP."""

from typing import Any

import pytest

from functions.edge.wire.history import HistoryOut
from leaderforge.domain.boards import Backfill, Order, Policy, RankStyle
from leaderforge.domain.periods import PeriodKind
from tests.api_client import ADMIN_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving
from tests.unit.test_edge_periods import MIDNIGHT, new_board, submit

DAY = 86_400_000


async def history(api: Api, user_id: int, query: str = "", key: str | None = None) -> Any:
    answer = await api.get(f"/api/boards/laps/history/{user_id}{query}", key)
    if answer.status_code != 200:
        return answer.json()["error"]["code"]
    HistoryOut.model_validate_json(answer.content)
    return answer.json()


async def played(api: Api) -> None:
    """Submit scores of two players on three days. The third day is still open."""
    await new_board(api, PeriodKind.DAILY, PeriodKind.ALL_TIME)
    await api.players(1, 2)
    for day in range(3):
        api.clock.now = MIDNIGHT - 2 * DAY + day * DAY
        await submit(api, 1, 10)
        api.clock.now += 1000
        await submit(api, 2, 5 * day)
        api.clock.now += 1
        await submit(api, 2, 5 * day + 1)


async def test_a_score_over_time_and_the_final_ranks(api: Api) -> None:
    await played(api)
    told = await history(api, 2)
    assert [(point["submitted"], point["score"]) for point in told["points"]] == [
        (0, 0), (1, 1), (5, 6), (6, 12), (10, 22), (11, 33),
    ]  # fmt: skip
    ranks = [(one["period"], one["rank"], one["score"], one["total"]) for one in told["periods"]]
    assert ranks == [("2026-11-23", 1, 11, 2), ("2026-11-22", 2, 1, 2)]
    assert (told["board"], told["user_id"], told["previous"]) == ("laps", 2, None)
    assert told["points"][0]["at"] == "2026-11-22T00:00:01.000Z"


async def test_final_percentiles_count_the_players_who_were_really_behind(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, rank_style=RankStyle.SHARED)
    scores = {1: 9, 2: 6, 3: 6, 4: 1}
    await api.players(*scores)
    for user_id, score in scores.items():
        await submit(api, user_id, score)
    api.clock.now = MIDNIGHT
    periods = [(await history(api, user_id))["periods"][0] for user_id in scores]
    assert [(period["rank"], period["percentile"]) for period in periods] == [
        (1, 100.0), (2, 100 / 3), (2, 100 / 3), (4, 0.0),
    ]  # fmt: skip


async def test_it_goes_back_page_by_page(api: Api) -> None:
    await played(api)
    page = await history(api, 2, "?limit=4&periods=1")
    scores = [point["score"] for point in page["points"]]
    assert len(page["periods"]) == 1
    while page["previous"]:
        page = await history(api, 2, f"?limit=4&periods=0&cursor={page['previous']}")
        scores = [point["score"] for point in page["points"]] + scores
        assert page["periods"] == []
    assert scores == [0, 1, 6, 12, 22, 33]


async def test_periods_that_are_incomplete_are_left_out(api: Api) -> None:
    await played(api)
    backfill = Backfill((PeriodKind.DAILY,), MIDNIGHT - 2 * DAY, MIDNIGHT - DAY - 1)
    await api.change_board("laps", backfill=backfill)
    assert [one["period"] for one in (await history(api, 2))["periods"]] == ["2026-11-23"]


async def test_subscores_are_told_where_there_are_any(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, subscore_order=Order.DESC)
    await api.players(1)
    await submit(api, 1, 5, subscore=7)
    api.clock.now = MIDNIGHT
    told = await history(api, 1)
    assert told["points"][0]["subscore"] == told["periods"][0]["subscore"] == 7


async def test_those_without_a_score_have_no_history(api: Api) -> None:
    await played(api)
    await api.players(3)
    assert [await history(api, user_id) for user_id in (3, 4)] == ["not_ranked"] * 2


async def test_a_hidden_player_is_told_its_own_history_alone() -> None:
    async with serving(**TOKENS) as api:
        await played(api)
        api.services.parts.users.hidden.add(2)  # type: ignore[attr-defined]
        await submit(api, 2, 1)
        assert await history(api, 2) == await history(api, 2, key=token(1)) == "not_ranked"
        assert len((await history(api, 2, key=token(2)))["points"]) == 7
        assert len((await history(api, 2, key=ADMIN_KEY))["points"]) == 7


async def test_histories_on_private_boards_are_private(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, private=True)
    assert await history(api, 1) == "unauthenticated"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "periods=51", "periods=-1", "cursor=1", "cursor=x_y"])
async def test_what_is_asked_for_is_checked(api: Api, query: str) -> None:
    await played(api)
    assert await history(api, 2, f"?{query}") == "invalid_request"


@pytest.mark.parametrize(("policy", "scores"), [(Policy.BEST, [3, 8, 8]), (Policy.LATEST, [3, 8, 5])])
async def test_each_policy_has_its_own_curve(api: Api, policy: Policy, scores: list[int]) -> None:
    await new_board(api, PeriodKind.ALL_TIME)
    await api.change_board("laps", policy=policy)
    await api.players(1)
    for score in (3, 8, 5):
        api.clock.now += 1
        await submit(api, 1, score)
    assert [point["score"] for point in (await history(api, 1))["points"]] == scores
