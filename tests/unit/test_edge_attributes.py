"""Attributes of players: data that a game stores, apart from the metadata of runs."""

import pytest

from leaderforge.domain.boards import Policy
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api

OWL = {"guild": "owls", "crest": {"colour": "blue"}}
USER = "/api/users/1"


async def attributes(api: Api) -> object:
    return (await api.get(USER)).json().get("attributes")


async def test_they_come_and_go(api: Api) -> None:
    created = await api.post("/api/users", {"user_id": 1, "username": "ada", "attributes": OWL})
    assert (created.status_code, created.json()["attributes"]) == (201, OWL)
    assert (await api.send("PATCH", USER, {"username": "ann"}, SUBMIT_KEY)).json()["attributes"] == OWL
    assert (await api.send("PUT", USER, {"attributes": {"guild": "cats"}}, SUBMIT_KEY)).status_code == 200
    assert await attributes(api) == {"guild": "cats"}
    assert (await api.get("/api/users?prefix=ann")).json()["users"][0]["attributes"] == {"guild": "cats"}
    assert (await api.get(f"{USER}/export", ADMIN_KEY)).json()["player"]["attributes"] == {"guild": "cats"}
    assert "attributes" not in (await api.send("PATCH", USER, {"attributes": None}, SUBMIT_KEY)).json()
    assert await attributes(api) is None


@pytest.mark.parametrize("policy", Policy)
async def test_an_entry_does_not_move_and_no_run_wipes_them(api: Api, policy: Policy) -> None:
    await api.change_board(policy=policy)
    await api.ranked({1: 5, 2: 5})
    before = (await api.get("/api/boards/default/page")).json()["entries"]
    await api.send("PATCH", USER, {"attributes": OWL}, SUBMIT_KEY)
    assert (await api.get("/api/boards/default/page")).json()["entries"] == before
    await api.post("/api/scores", {"user_id": 1, "score": 9})
    assert await attributes(api) == OWL


async def test_an_equal_sign_in_writes_nothing(api: Api) -> None:
    for order in (OWL, dict(reversed(OWL.items()))):
        assert (await api.send("PUT", USER, {"username": "ada", "attributes": order}, SUBMIT_KEY)).status_code in {
            200,
            201,
        }
    assert (await api.get("/api/admin/audit?user_id=1", ADMIN_KEY)).json()["entries"] == []
    await api.send("PUT", USER, {"attributes": {}}, SUBMIT_KEY)
    [entry] = (await api.get("/api/admin/audit?user_id=1", ADMIN_KEY)).json()["entries"]
    assert entry["details"] == {"changed": ["attributes"]}


@pytest.mark.parametrize("value", [[], "text", {"a": "x" * 2048}, {"a": "\0"}])
async def test_they_are_a_small_object(api: Api, value: object) -> None:
    await api.players(1)
    for method in ("PUT", "PATCH"):
        refused = await api.send(method, USER, {"attributes": value}, SUBMIT_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


async def test_many_players_are_looked_up_at_once(api: Api) -> None:
    await api.players(3, 1)
    await api.post("/api/users", {"user_id": 2, "external_id": "steam|2", "attributes": OWL})
    answer = await api.post("/api/users/lookup", {"user_ids": [3, 9, 1, 3], "external_ids": ["steam|2", "x"]}, None)
    assert [user["user_id"] for user in answer.json()["users"]] == [1, 2, 3]
    assert answer.json()["users"][1] == {
        **{"user_id": 2, "username": None, "external_id": "steam|2", "attributes": OWL},
        "created_at": "2026-11-23T12:00:00.000Z",
    }
    assert (await api.post("/api/users/lookup", {"user_ids": []}, None)).json() == {"users": []}
    assert "email" in (await api.post("/api/users/lookup", {"user_ids": [1]}, ADMIN_KEY)).json()["users"][0]
