"""Events that the passage of time or the state of the index causes, through the API with in-memory adapters."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.services.derived_notices import TOP, closed_periods
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api, serving

_DAY_MS = 86_400_000


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Application whose default board has no events yet."""
    async with serving() as running:
        yield running


async def events(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """Relay all due notices. Return type and data of every event in the log."""
    await api.services.events.dispatch.run(5)
    log = (await api.services.parts.notices.after(0, 1000)).notices
    return [(notice.type, json.loads(notice.body)["data"]) for notice in log]


async def test_periods_close_once_after_their_end_and_grace(api: Api) -> None:
    body = {"board": "days", "periods": ["daily", "weekly"], "events": ["period.closed"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    assert await events(api) == []
    day = (api.clock.now // _DAY_MS + 1) * _DAY_MS
    api.clock.now = day + 1000
    assert await events(api) == []  # no notice yet, because late submissions still count
    api.clock.now = day + _DAY_MS // 2
    closed = [("period.closed", {"board": "days", "period": "2026-11-23", "ended_at": "2026-11-24T00:00:00.000Z"})]
    assert await events(api) == closed
    assert await events(api) == closed
    api.clock.now += 7 * _DAY_MS
    periods = [data["period"] for _, data in await events(api)]
    assert periods == [*(f"2026-11-{day}" for day in range(23, 31)), "2026-W48"]


async def test_entering_the_top_is_an_event_and_climbing_in_it_is_none(api: Api) -> None:
    await api.ranked({player: 100 + player for player in range(1, TOP + 2)})
    await api.change_board(events=(NoticeType.RANK_ENTERED_TOP,))
    assert await events(api) == []  # the first check of the top has no earlier check to compare with
    await api.post("/api/boards/default/scores", {"user_id": 5, "score": 900})
    api.clock.now += 60_000
    assert await events(api) == []
    await api.post("/api/boards/default/scores", {"user_id": 1, "score": 500})
    api.clock.now += 60_000
    [(kind, data)] = await events(api)
    assert kind == "rank.entered_top"
    assert data == {"board": "default", "user_id": 1, "period": "all-time", "rank": 2, "score": 601, "top": TOP}
    await api.post("/api/boards/default/entries/5/hide", {"reason": "a test"}, ADMIN_KEY)
    api.clock.now += 60_000
    assert [data["user_id"] for _, data in await events(api)] == [1, 2]  # 5 is hidden, and therefore 2 enters the top


async def test_a_change_of_the_tier_is_an_event(api: Api) -> None:
    tiers = [{"name": "gold", "score": 100}, {"name": "silver", "score": 10}]
    body = {"board": "tiered", "tiers": tiers, "events": ["tier.changed", "moderation.removed"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    await api.players(1)
    for score in (5, 6, 1, 100, -95):
        await api.post("/api/boards/tiered/scores", {"user_id": 1, "score": score})
        await events(api)
    await api.send("DELETE", "/api/boards/tiered/entries/1?reason=test", None, ADMIN_KEY)
    log = await events(api)
    changes = [(data["previous"], data["tier"]) for kind, data in log if kind == "tier.changed"]
    assert changes == [(None, "silver"), ("silver", "gold"), ("gold", "silver"), ("silver", None)]
    assert [kind for kind, _ in log if kind != "tier.changed"] == ["moderation.removed"]


async def test_a_hidden_player_has_no_tier(api: Api) -> None:
    body = {"board": "tiered", "tiers": [{"name": "first", "rank": 1}], "events": ["tier.changed"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    await api.players(1)
    path, reason = "/api/boards/tiered/entries/1", {"reason": "a test"}
    for call in ("hide", "unhide"):
        await api.post("/api/boards/tiered/scores", {"user_id": 1, "score": 5})
        await events(api)
        await api.post(f"{path}/{call}", reason, ADMIN_KEY)
        await events(api)
    changes = [(data["previous"], data["tier"]) for _, data in await events(api)]
    assert changes == [(None, "first"), ("first", None), (None, "first")]


async def test_tiers_of_a_retired_period_are_read_from_the_store(api: Api) -> None:
    tiers = [{"name": "gold", "score": 100}, {"name": "iron"}]
    body = {"board": "day", "periods": ["daily"], "tiers": tiers, "events": ["tier.changed"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    await api.ranked({1: 500, 2: 500}, board="day")
    sent = len(await events(api))
    api.clock.now += 3 * _DAY_MS
    dropped = 0
    for _ in range(3):
        dropped += (await api.services.seasons.rollover.run()).dropped
        api.clock.now += 3_600_000
    assert dropped == 1
    for user_id, call in ((1, "hide"), (1, "unhide"), (2, "unhide")):
        await api.post(f"/api/users/{user_id}/{call}", {"reason": "a test"}, ADMIN_KEY)
        await events(api)
    changes = [data for _, data in (await events(api))[sent:]]
    assert [(data["user_id"], data["previous"], data["tier"]) for data in changes] == [
        (1, "gold", None),
        (1, None, "gold"),
    ]


async def test_an_erasure_changes_no_tier(api: Api) -> None:
    body = {"board": "tiered", "tiers": [{"name": "first", "rank": 1}], "events": ["tier.changed", "moderation.erased"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    await api.players(1)
    await api.post("/api/boards/tiered/scores", {"user_id": 1, "score": 5})
    await events(api)
    # The index still has the player if the relay runs between the commit of the erasure and the update of the index.
    await api.services.parts.records.erase(1, AuditEntry(api.clock.now, "tests", "player.erase"))
    assert [kind for kind, _ in await events(api)] == ["moderation.erased"]


@given(since=st.integers(0, 2 * 10**12), first=st.integers(0, 40 * _DAY_MS), second=st.integers(0, 40 * _DAY_MS))
def test_closed_periods_do_not_depend_on_the_looks(since: int, first: int, second: int) -> None:
    board = Board(1, "b", "b", calendar=Calendar((PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.MONTHLY)))
    between, until = since + first, since + first + second
    looks = [*closed_periods(board, since, between), *closed_periods(board, between, until)]
    whole = list(closed_periods(board, since, until))
    assert {period.number for period in looks} == {period.number for period in whole}
    assert len(looks) == len(whole)
