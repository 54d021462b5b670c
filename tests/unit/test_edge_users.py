"""Players over HTTP: creation, search, and emails for operators only."""

from typing import Any

import pytest

from functions.edge.wire.players import UserOut
from leaderforge.domain.boards import MAX_INTEGER
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api


async def test_creating_a_player(api: Api) -> None:
    answer = await api.post("/api/users", {"username": "ada", "email": "ada@example.org", "user_id": 7})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/users/7"
    assert answer.json() == {"user_id": 7, "username": "ada", "created_at": "2026-11-23T12:00:00.000Z"}
    UserOut.model_validate_json(answer.content)
    assert (await api.get("/api/users/7")).json() == answer.json()


async def test_an_id_is_made_where_none_is_given(api: Api) -> None:
    ids = [(await api.post("/api/users", {"username": name})).json()["user_id"] for name in ("ada", "bob")]
    assert len(set(ids)) == 2
    assert all(0 < user_id <= MAX_INTEGER for user_id in ids)


async def test_emails_are_for_operators(api: Api) -> None:
    created = await api.post("/api/users", {"username": "ada", "email": "ada@example.org", "user_id": 7}, ADMIN_KEY)
    assert created.json()["email"] == "ada@example.org"
    for path in ("/api/users/7", "/api/users?prefix=ada"):
        for key in (None, SUBMIT_KEY):
            assert "ada@example.org" not in (await api.get(path, key)).text
        assert "ada@example.org" in (await api.get(path, ADMIN_KEY)).text


async def test_the_email_has_an_etag_of_its_own(api: Api) -> None:
    await api.players(7)
    seen = await api.get("/api/users/7", ADMIN_KEY)
    assert (await api.get("/api/users/7", None, If_None_Match=seen.headers["etag"])).status_code == 200


@pytest.mark.parametrize("path", ["/api/users/7", "/api/users?prefix=ada"])
async def test_an_unknown_key_is_refused_even_where_none_is_needed(api: Api, path: str) -> None:
    answer = await api.get(path, "wrong")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"username": "other", "user_id": 7}, "user_exists"),
        ({"username": "ADA"}, "username_taken"),
        ({"username": "other", "email": "Ada@Example.org"}, "email_taken"),
    ],
)
async def test_what_is_taken_is_taken(api: Api, body: dict[str, Any], code: str) -> None:
    await api.post("/api/users", {"username": "ada", "email": "ada@example.org", "user_id": 7})
    answer = await api.post("/api/users", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)


@pytest.mark.parametrize(
    "name", ["a", "x" * 64, "Ada Lovelace", "李小龙", "Zoë", "🦊", "O'Neil", "a\u0301" * 30, "o_O", "<b>"]
)
async def test_names_of_all_kinds_are_taken(api: Api, name: str) -> None:
    answer = await api.post("/api/users", {"username": name})
    assert answer.status_code == 201, answer.text
    shown = (await api.get(answer.headers["location"])).json()["username"]
    assert shown == (name if name != "a\u0301" * 30 else "\u00e1" * 30)


@pytest.mark.parametrize(
    "name", ["", " ada", "ada ", "a\nb", "a\0b", "\x7f", "x" * 65, "\u2028", "\u00a0a", 5, ["a"], "\u0085"]
)
async def test_names_that_nobody_could_read_are_refused(api: Api, name: Any) -> None:
    answer = await api.post("/api/users", {"username": name})
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]["errors"][0]["at"]) == (422, "username")


@pytest.mark.parametrize("email", ["a@b.org", "first.last+tag@sub.example.co", "ü@exämple.org"])
async def test_emails_of_all_kinds_are_taken(api: Api, email: str) -> None:
    assert (await api.post("/api/users", {"username": "ada", "email": email})).status_code == 201


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@",
        "@b.org",
        "a b@c.org",
        "a@b",
        "a@@b.org",
        "a@b..org",
        "a@b.org\n",
        "a\0@b.org",
        5,
        "x" * 250 + "@b.org",
    ],
)
async def test_what_is_no_email_is_refused(api: Api, email: Any) -> None:
    answer = await api.post("/api/users", {"username": "ada", "email": email})
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "email")


@pytest.mark.parametrize("user_id", ["7", 7.5, True, 2**53])
async def test_ids_are_integers(api: Api, user_id: Any) -> None:
    answer = await api.post("/api/users", {"username": "ada", "user_id": user_id})
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "user_id")


async def test_unknown_fields_are_refused(api: Api) -> None:
    answer = await api.post("/api/users", {"username": "ada", "admin": True})
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "admin")


async def test_nobody_is_told_as_such(api: Api) -> None:
    answer = await api.get("/api/users/7")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "user_not_found")


async def test_finding_players_by_how_their_names_begin(api: Api) -> None:
    for name in ("Anna", "annika", "Bob", "ANNOUNCER"):
        await api.post("/api/users", {"username": name})
    found = (await api.get("/api/users?prefix=ann&limit=2")).json()["users"]
    assert [user["username"] for user in found] == ["Anna", "annika"]
    assert (await api.get("/api/users?prefix=%25")).json() == {"users": []}


async def test_finding_players_by_any_part_of_their_names(api: Api) -> None:
    for name in ("FearlessHydra1", "Hydra", "hydrant", "Bob"):
        await api.post("/api/users", {"username": name})
    found = (await api.get("/api/users?search=hydra&limit=3")).json()
    assert [user["username"] for user in found["users"]] == ["Hydra", "hydrant", "FearlessHydra1"]
    assert found["inside"] is True
    starts = (await api.get("/api/users?search=hy")).json()
    assert ([user["username"] for user in starts["users"]], starts["inside"]) == (["Hydra", "hydrant"], False)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "prefix=",
        "search=",
        "search=a&prefix=a",
        "prefix=a%00",
        "prefix=" + "x" * 65,
        "prefix=a&limit=0",
        "prefix=a&limit=101",
    ],
)
async def test_searches_are_checked(api: Api, query: str) -> None:
    assert (await api.get(f"/api/users?{query}")).status_code == 422
