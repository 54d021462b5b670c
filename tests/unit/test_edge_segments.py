"""Segments at the HTTP edge: declaration, reads within a segment, and ranks in segments."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api, serving
from tests.unit.test_edge_live import listening

BOARD = {"board": "race", "policy": "best", "segments": ["country", "platform"]}
PLAYERS = {
    1: {"country": "FI", "platform": "pc"},
    2: {"country": "SE", "platform": "pc"},
    3: {"country": "FI", "platform": "phone"},
    4: None,
}
SCORES = {1: 50, 2: 70, 3: 60, 4: 90}


@pytest.fixture
async def race() -> AsyncIterator[Api]:
    """Edge with a board of four players in segments."""
    async with serving(LEADERFORGE_SEGMENTS="country,platform,age_group") as api:
        assert (await api.post("/api/boards", BOARD, ADMIN_KEY)).status_code == 201
        for user_id, attributes in PLAYERS.items():
            player = {"user_id": user_id, "username": f"player {user_id}", "attributes": attributes}
            assert (await api.post("/api/users", player)).status_code == 201
            await api.post("/api/boards/race/scores", {"user_id": user_id, "score": SCORES[user_id]})
        yield api


async def listed(api: Api, path: str) -> list[int]:
    answer = await api.get(f"/api/boards/race/{path}")
    assert answer.status_code == 200, answer.text
    return [entry["user_id"] for entry in answer.json()["entries"]]


async def get(api: Api, path: str) -> Any:
    return (await api.get(f"/api/boards/race/{path}")).json()


async def test_every_read_is_restricted(race: Api) -> None:
    for path in ("top?", "page?", "page?rank=1&limit=200&", "range?", "around/3?"):
        assert await listed(race, f"{path}segment=country:FI") == [3, 1]
    assert (await get(race, "top?segment=country:FI"))["segment"] == "country:FI"
    assert await listed(race, "top?segment=platform:pc") == [2, 1]
    assert await listed(race, "top?segment=country:DE") == []
    assert (await get(race, "ranks/1?segment=country:FI"))["rank"] == 2
    for path in ("ranks/2", "around/2"):
        error = (await get(race, f"{path}?segment=country:FI"))["error"]
        assert error["code"] == "not_ranked"
        assert error["message"] == "player 2 has no score on board 'race' in the segment country:FI"
    assert (await get(race, "percentile/100?segment=country:FI"))["entry"]["user_id"] == 3
    assert (await get(race, "distribution?segment=country:FI"))["count"] == 2
    found = await race.post("/api/boards/race/ranks/lookup?segment=country:FI", {"user_ids": [1, 2, 3]})
    assert [entry["rank"] for entry in found.json()["entries"]] == [1, 2]
    assert found.json()["missing"] == [2]
    page = await get(race, "page?segment=country:FI&limit=1")
    assert await listed(race, f"page?segment=country:FI&limit=1&cursor={page['next']}") == [1]
    export = await race.get("/api/boards/race/export?format=csv&segment=country:FI", ADMIN_KEY)
    assert [line.split(",")[1] for line in export.text.splitlines()[1:]] == ["3", "1"]


async def test_ranks_in_segments_are_beside_the_rank(race: Api) -> None:
    rank = await get(race, "ranks/1")
    assert (rank["rank"], rank["rank_in"]) == (4, {"country": 2, "platform": 2})
    assert (await get(race, "around/1"))["rank_in"] == {"country": 2, "platform": 2}
    assert (await get(race, "ranks/4"))["rank_in"] == {}
    receipt = (await race.post("/api/boards/race/scores", {"user_id": 1, "score": 65})).json()
    assert (receipt["rank"], receipt["rank_in"]) == (3, {"country": 1, "platform": 2})
    unranked = await race.post("/api/boards/race/scores?rank=none", {"user_id": 1, "score": 66})
    assert (unranked.json()["rank"], unranked.json()["rank_in"]) == (None, {})
    assert "rank_in" not in (await race.post("/api/scores", {"user_id": 1, "score": 65})).json()


async def test_a_stream_has_the_players_of_the_segment(race: Api) -> None:
    async with listening(race, "/api/boards/race/stream?segment=country:FI") as listener:
        await listener.until(1)
        await race.post("/api/boards/race/scores", {"user_id": 1, "score": 65})
        await listener.until(2)
        await race.send("PATCH", "/api/users/2", {"attributes": {"country": "FI"}}, SUBMIT_KEY)
        await listener.until(3)
    events = [(event["segment"], [entry["user_id"] for entry in event["entries"]]) for _, event in listener.events]
    assert events == [("country:FI", ids) for ids in ([3, 1], [1, 3], [2, 1, 3])]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_change_of_attributes_moves_the_player(race: Api, method: str) -> None:
    assert await listed(race, "top?segment=country:SE") == [2]
    changed = await race.send(method, "/api/users/1", {"attributes": {"country": "SE"}}, SUBMIT_KEY)
    assert changed.status_code == 200
    assert await listed(race, "top?segment=country:SE") == [2, 1]
    assert await listed(race, "top?segment=country:FI") == [3]
    assert (await get(race, "ranks/1"))["rank_in"] == {"country": 2}


async def test_a_retried_change_repairs_the_index(race: Api) -> None:
    await race.store._users.change(1, {"attributes": '{"country": "SE"}'}, await _act())
    assert await listed(race, "around/2?segment=country:SE") == [2]
    await race.send("PUT", "/api/users/1", {"attributes": {"country": "SE"}}, SUBMIT_KEY)
    assert await listed(race, "around/2?segment=country:SE") == [2, 1]


async def _act() -> Any:
    from leaderforge.domain.audit import AuditEntry

    return AuditEntry(0, "tests", "player.change", user_id=1)


@pytest.mark.parametrize("value", [7, "", "x" * 65, ["FI"], "a\nb"])
async def test_values_must_be_short_texts(race: Api, value: object) -> None:
    refused = await race.send("PUT", "/api/users/1", {"attributes": {"country": value}}, SUBMIT_KEY)
    assert refused.status_code == 422
    assert "attributes.country" in refused.json()["error"]["message"]
    created = await race.post("/api/users", {"user_id": 9, "username": "i", "attributes": {"country": value}})
    assert created.status_code == 422
    batch = await race.post("/api/users/batch", {"users": [{"username": "j", "attributes": {"country": value}}]})
    assert "attributes.country" in batch.json()["results"][0]["error"]["message"]
    assert (await race.post("/api/users", {"username": "k", "attributes": {"level": value}})).status_code == 201


async def test_boards_use_declared_attributes_only(race: Api) -> None:
    undeclared = await race.post("/api/boards", {"board": "b", "segments": ["guild"]}, ADMIN_KEY)
    assert undeclared.status_code == 422
    assert "country, platform, age_group" in undeclared.json()["error"]["message"]
    fixed = await race.send("PATCH", "/api/boards/race", {"segments": ["country"]}, ADMIN_KEY)
    assert fixed.json()["error"]["code"] == "setting_fixed"
    for path in ("/api/boards/race/top?segment=guild:owls", "/api/boards/default/top?segment=country:FI"):
        refused = await race.get(path)
        assert refused.status_code == 422
        assert "is not divided by" in refused.json()["error"]["message"]
    with_controls = [f"country:F{character}I" for character in ("%00", "%0A", "%7F", "%C2%85")]
    for text in ("country", "country:", ":FI", "Country:FI", *with_controls):
        assert (await race.get(f"/api/boards/race/top?segment={text}")).status_code == 422


async def test_a_board_has_at_most_4_attributes_each_once() -> None:
    names = [f"attribute_{i}" for i in range(5)]
    async with serving(LEADERFORGE_SEGMENTS=",".join(names)) as api:
        for segments, rule in ((names, "at most 4"), (["attribute_0", "attribute_0"], "up to 4 attributes, each once")):
            refused = await api.post("/api/boards", {"board": "b", "segments": segments}, ADMIN_KEY)
            error = refused.json()["error"]
            assert (refused.status_code, error["code"]) == (422, "invalid_request")
            assert error["message"].startswith("segments: ")
            assert rule in error["message"]
        assert (await api.get("/api/boards/b", ADMIN_KEY)).status_code == 404
        assert (await api.post("/api/boards", {"board": "b", "segments": names[1:]}, ADMIN_KEY)).status_code == 201


async def test_tiers_are_those_of_the_board(race: Api) -> None:
    tiers = [{"name": "first", "rank": 1}, {"name": "rest"}]
    await race.send("PATCH", "/api/boards/race", {"tiers": tiers}, ADMIN_KEY)
    assert (await get(race, "top?limit=1"))["entries"][0]["tier"] == "first"
    assert "tier" not in (await get(race, "top?limit=1&segment=country:FI"))["entries"][0]
