"""Boards over HTTP: creation, changes, deletion, and their audit entries."""

from typing import Any

import pytest

from leaderforge.domain.board_settings import NAMES
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import START, Api

LAPS = {"board": "laps", "policy": "best", "order": "asc"}


async def create(api: Api, **settings: Any) -> dict[str, Any]:
    answer = await api.post("/api/boards", {**LAPS, **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/boards/laps"
    shown: dict[str, Any] = answer.json()
    return shown


async def refused(api: Api, method: str, path: str, body: Any = None) -> tuple[int, str, Any]:
    answer = await api.send(method, path, body, ADMIN_KEY)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["details"].get("setting")


async def test_a_board_is_shown_as_it_was_created(api: Api) -> None:
    made = await create(api, name="Fastest lap", max_score=9, subscore_order="desc")
    assert set(made) == {"board", *NAMES, "building"}
    told = {name: made[name] for name in ("name", "policy", "order", "max_score", "subscore_order", "building")}
    assert told == {
        **{"name": "Fastest lap", "policy": "best", "order": "asc", "max_score": 9, "subscore_order": "desc"},
        "building": [],
    }
    assert (await api.get("/api/boards/laps")).json() == made
    assert made in (await api.get("/api/boards")).json()["boards"]


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    made = await create(api)
    sent = {name: value for name, value in made.items() if name != "building"}
    answer = await api.send("PATCH", "/api/boards/laps", {**sent, "unit": "ms"}, ADMIN_KEY)
    assert answer.json() == {**made, "unit": "ms"}
    assert await refused(api, "PATCH", "/api/boards/laps", {"board": "last"}) == (409, "setting_fixed", "board")


async def test_a_change_is_known_here_at_once(api: Api) -> None:
    await create(api)
    await api.players(1)
    score = {"user_id": 1, "score": 10}
    assert (await api.post("/api/boards/laps/scores", score)).status_code == 200
    await api.send("PATCH", "/api/boards/laps", {"max_score": 9}, ADMIN_KEY)
    answer = await api.post("/api/boards/laps/scores", score)
    assert answer.json()["error"]["details"] == {"rule": "max_score", "limit": 9}
    await api.send("PATCH", "/api/boards/laps", {"max_score": None}, ADMIN_KEY)
    assert (await api.post("/api/boards/laps/scores", score)).status_code == 200


async def test_a_deleted_board_is_gone_and_its_name_free(api: Api) -> None:
    await create(api)
    await api.ranked({1: 5, 2: 6}, "laps")
    assert (await api.send("DELETE", "/api/boards/laps", key=ADMIN_KEY)).json()["board"] == "laps"
    for path in ("/api/boards/laps", "/api/boards/laps/top"):
        assert (await api.get(path)).json()["error"]["code"] == "board_not_found"
    assert (await api.send("DELETE", "/api/boards/laps", key=ADMIN_KEY)).status_code == 404
    await create(api, policy="sum")
    assert (await api.get("/api/boards/laps/top")).json()["entries"] == []


async def test_refusals(api: Api) -> None:
    await create(api)
    assert await refused(api, "POST", "/api/boards", LAPS) == (409, "board_exists", None)
    assert await refused(api, "POST", "/api/boards", {"board": "default"}) == (409, "board_exists", None)
    assert await refused(api, "POST", "/api/boards", {"board": "x", "season": "0 0 1 * *"}) == (
        *(422, "invalid_request"),
        "season",
    )
    assert await refused(api, "PATCH", "/api/boards/laps", {"order": "desc"}) == (409, "setting_fixed", "order")
    assert await refused(api, "PATCH", "/api/boards/laps", {"min_score": 9, "max_score": 8}) == (
        *(422, "invalid_request"),
        "min_score",
    )
    assert await refused(api, "PATCH", "/api/boards/nowhere", {"unit": "ms"}) == (404, "board_not_found", None)
    assert await refused(api, "PATCH", "/api/boards/default", {"private": True}) == (409, "setting_fixed", "private")
    assert await refused(api, "DELETE", "/api/boards/default") == (409, "conflict", None)


@pytest.mark.parametrize(
    "settings",
    [
        *({"max_score": "9"}, {"max_score": 1.5}, {"private": 1}, {"periods": "daily"}, {"periods": []}),
        *({"decimals": None}, {"name": None}, {"policy": "worst"}, {"colour": "red"}, {"max_score": 2**53}),
    ],
)
async def test_wrong_values_change_nothing(api: Api, settings: dict[str, Any]) -> None:
    made = await create(api)
    assert (await api.send("PATCH", "/api/boards/laps", settings, ADMIN_KEY)).status_code == 422
    assert (await api.post("/api/boards", {"board": "other", **settings}, ADMIN_KEY)).status_code == 422
    assert (await api.get("/api/boards/laps")).json() == made


async def test_only_admins_change_boards(api: Api) -> None:
    await create(api)
    for key, status in ((None, 401), (SUBMIT_KEY, 403)):
        assert (await api.post("/api/boards", {"board": "other"}, key)).status_code == status
        assert (await api.send("PATCH", "/api/boards/laps", {"unit": "ms"}, key)).status_code == status
        assert (await api.send("DELETE", "/api/boards/laps", key=key)).status_code == status


async def test_acts_are_audited_and_refusals_are_not(api: Api) -> None:
    await create(api, unit="ms")
    await api.send("PATCH", "/api/boards/laps", {"max_score": 9}, ADMIN_KEY)
    await api.send("PATCH", "/api/boards/laps", {"max_score": 9}, ADMIN_KEY)
    await api.send("PATCH", "/api/boards/laps", {"order": "desc"}, ADMIN_KEY)
    await api.send("DELETE", "/api/boards/laps", key=ADMIN_KEY)
    acts = (await api.get("/api/admin/audit?board=laps", ADMIN_KEY)).json()["entries"]
    assert [(act["action"], act["details"]) for act in reversed(acts)] == [
        ("board.create", {"policy": "best", "order": "asc", "unit": "ms"}),
        ("board.change", {"max_score": 9}),
        ("board.delete", {}),
    ]
    assert {act["actor"] for act in acts} == {"env:admin"}


async def test_a_period_that_is_added_is_not_read_before_it_is_complete(api: Api) -> None:
    await create(api)
    await api.ranked({1: 5}, "laps")
    changed = await api.send("PATCH", "/api/boards/laps", {"periods": ["weekly", "all-time"]}, ADMIN_KEY)
    assert changed.json()["building"] == ["weekly"]
    for period in ("current", "weekly", "2026-W48"):
        answer = await api.get(f"/api/boards/laps/top?period={period}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "period_building")
        assert answer.headers["retry-after"] == "1"
    assert (await api.get("/api/boards/laps/top?period=all-time")).status_code == 200
    receipt = (await api.post("/api/boards/laps/scores", {"user_id": 1, "score": 4})).json()
    assert receipt["rank"] is None
    api.clock.now = START + 7 * 86_400_000
    assert (await api.get("/api/boards/laps/top")).json()["period"] == "2026-W49"


@pytest.mark.parametrize(
    ("settings", "score", "rule"),
    [
        ({"min_score": 6}, 5, "min_score"),
        ({"max_score": 6}, 7, "max_score"),
        ({"max_change": 6}, 100, "max_change"),
        ({"policy": "sum", "max_change": 6}, -7, "max_change"),
        ({"min_interval_ms": 6}, 5, "min_interval"),
    ],
)
async def test_a_violation_names_the_rule(api: Api, settings: dict[str, Any], score: int, rule: str) -> None:
    await create(api, **settings)
    await api.players(1, 2)
    first = {"user_id": 1, "score": 6}
    assert (await api.post("/api/boards/laps/scores", first)).status_code == 200
    answer = await api.post("/api/boards/laps/scores", {"user_id": 1, "score": score})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (422, "rule_violated", {"rule": rule, "limit": 6})
    batch = {"submissions": [{"user_id": 1, "score": score}, {"user_id": 2, "score": 6}]}
    refused, counted = (await api.post("/api/boards/laps/scores/batch", batch)).json()["results"]
    assert (refused["error"]["details"]["rule"], counted["score"]) == (rule, 6)
    assert (await api.get("/api/boards/laps/ranks/1")).json()["submissions"] == 1


@pytest.mark.parametrize("sent", [{"score": "9223372036854775807"}, {"change": "9223372036854775807"}])
async def test_a_violation_on_a_board_with_long_scores_has_its_limit_as_text(api: Api, sent: dict[str, str]) -> None:
    await create(api, score_type="int64", max_score="9223372036854775806")
    await api.players(1)
    answer = await api.post("/api/boards/laps/scores", {"user_id": 1, **sent})
    error = answer.json()["error"]
    assert error["details"] == {"rule": "max_score", "limit": "9223372036854775806"}
    assert error["message"] == "the score must be at most 9223372036854775806, not 9223372036854775807"
