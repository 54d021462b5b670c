"""Renaming, exporting and erasing players over HTTP, on real servers over the real stores."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.waiting import until

_ids = count(1000)


@pytest.fixture(scope="module")
async def servers(valkey, postgres) -> AsyncIterator[tuple[Served, Served]]:
    """Two servers over one database and one index."""
    settings = environment(valkey.addresses, await new_database(postgres.dsn), **TOKENS)
    async with served(settings) as one, served(settings) as other:
        await one.until_healthy()
        await other.until_healthy()
        yield one, other


@pytest.fixture
def api(servers: tuple[Served, Served]) -> Served:
    return servers[0]


async def new_player(api: Served, score: int | None = None) -> int:
    user_id = next(_ids)
    body = {"user_id": user_id, "username": f"player {user_id}", "email": f"{user_id}@example.org"}
    assert (await api.post("/api/users", body)).status_code == 201
    if score is not None:
        assert (await api.post("/api/scores", {"user_id": user_id, "score": score})).status_code == 200
    return user_id


async def top(api: Served) -> dict[int, str]:
    """Return the names on the first page, by player id."""
    entries = (await api.get("/api/leaderboard/top?limit=1000")).json()["entries"]
    return {entry["user_id"]: entry["username"] for entry in entries}


async def shows(api: Served, user_id: int, name: str | None) -> bool:
    """Return whether the first page lists the player under this name. With None, return whether it omits the player."""
    return (await top(api)).get(user_id) == name


async def is_forgotten(api: Served, user_id: int) -> bool:
    return not await held_in_index(api, user_id)


class TestRename:
    async def test_every_page_shows_the_new_name(self, servers: tuple[Served, Served]) -> None:
        one, other = servers
        user_id = await new_player(one, 500)
        assert (await top(one))[user_id] == (await top(other))[user_id] == f"player {user_id}"
        name = f"Renamed {user_id}"
        answer = await one.send("PATCH", f"/api/users/{user_id}", {"username": name}, SUBMIT_KEY)
        assert (answer.status_code, answer.json()["username"]) == (200, name)
        assert (await top(one))[user_id] == name
        board = "/api/boards/default"
        for path in ("page?limit=1000", f"around/{user_id}", "range?limit=1000"):
            entries = (await other.get(f"{board}/{path}")).json()["entries"]
            assert name in [entry["username"] for entry in entries], path
        assert (await other.get(f"{board}/ranks/{user_id}")).json()["username"] == name
        await until(lambda: shows(other, user_id, name), "the new name on the first page")
        found = (await other.get(f"/api/users?prefix=Renamed%20{user_id}")).json()["users"]
        assert [user["user_id"] for user in found] == [user_id]

    async def test_names_and_emails_stay_unique(self, api: Served) -> None:
        one, other = await new_player(api), await new_player(api)
        path = f"/api/users/{one}"
        for changes, code in (
            ({"username": f"PLAYER {other}"}, "username_taken"),
            ({"email": f"{other}@Example.org"}, "email_taken"),
        ):
            refused = await api.send("PATCH", path, changes, SUBMIT_KEY)
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, code)
        assert (await api.send("PATCH", path, {"email": None}, ADMIN_KEY)).json()["email"] is None
        taken = await api.send("PATCH", f"/api/users/{other}", {"email": f"{one}@example.org"}, ADMIN_KEY)
        assert taken.json()["email"] == f"{one}@example.org"

    @pytest.mark.parametrize("changes", [{}, {"username": " "}, {"email": "x"}, {"id": 1}])
    async def test_changes_that_are_none(self, api: Served, changes: dict[str, Any]) -> None:
        user_id = await new_player(api)
        refused = await api.send("PATCH", f"/api/users/{user_id}", changes, SUBMIT_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")

    async def test_of_many_who_want_a_name_one_gets_it(self, api: Served) -> None:
        players = [await new_player(api) for _ in range(8)]
        name = f"wanted {players[0]}"
        answers = await asyncio.gather(
            *(api.send("PATCH", f"/api/users/{user_id}", {"username": name}, SUBMIT_KEY) for user_id in players)
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7

    async def test_a_token_does_not_rename(self, api: Served) -> None:
        user_id = await new_player(api)
        changes = {"username": f"own {user_id}"}
        assert (await api.send("PATCH", f"/api/users/{user_id}", changes, token(user_id))).status_code == 403
        audit = (await api.get(f"/api/admin/audit?user_id={user_id}", ADMIN_KEY)).json()["entries"]
        assert audit == []


class TestExport:
    async def test_everything_is_in_it(self, api: Served) -> None:
        user_id = await new_player(api, 5)
        await api.post("/api/scores", {"user_id": user_id, "score": 6, "metadata": {"level": 3}})
        await api.post(f"/api/users/{user_id}/hide", {"reason": "a test"}, ADMIN_KEY)
        answer = await api.get(f"/api/users/{user_id}/export", ADMIN_KEY)
        assert answer.headers["content-type"] == "application/json"
        found = answer.json()
        assert found["player"]["email"] == f"{user_id}@example.org"
        assert [(s["board"], s["period"], s["score"], s["hidden"]) for s in found["standings"]] == [
            ("default", "all-time", 11, True)
        ]
        assert [(e["score"], e["metadata"], e["counts"]) for e in found["events"]] == [
            (5, None, True),
            (6, {"level": 3}, True),
        ]
        assert [one["action"] for one in found["acts"]] == ["player.hide"]

    async def test_the_players_own_does_not_tell_of_moderation(self, api: Served) -> None:
        user_id = await new_player(api, 5)
        await api.post(f"/api/users/{user_id}/hide", {"reason": "a test"}, ADMIN_KEY)
        answer = await api.get(f"/api/users/{user_id}/export", token(user_id))
        assert answer.status_code == 200
        assert answer.json()["events"][0]["score"] == 5
        assert "acts" not in answer.json()
        assert "hidden" not in answer.text

    async def test_it_is_nobody_elses(self, api: Served) -> None:
        user_id = await new_player(api)
        path = f"/api/users/{user_id}/export"
        for key, status in ((None, 401), (SUBMIT_KEY, 403), (token(user_id + 1), 403), (token(user_id), 200)):
            assert (await api.get(path, key)).status_code == status
        assert (await api.get("/api/users/1/export", ADMIN_KEY)).json()["error"]["code"] == "user_not_found"

    async def test_many_events_come_as_they_are_read(self, api: Served) -> None:
        user_id = await new_player(api)
        batch = {"submissions": [{"user_id": user_id, "score": 1} for _ in range(1000)]}
        for _ in range(3):
            assert (await api.post("/api/boards/default/scores/batch?rank=none", batch)).status_code == 200
        found = (await api.get(f"/api/users/{user_id}/export", ADMIN_KEY)).json()
        assert len({event["submission_id"] for event in found["events"]}) == 3000


class TestErase:
    async def test_nothing_is_left_anywhere(self, servers: tuple[Served, Served]) -> None:
        api, other = servers
        user_id, rival = await new_player(api, 900), await new_player(api, 800)
        before = (await api.get(f"/api/leaderboard/rank/{rival}")).json()
        await api.post(f"/api/boards/default/entries/{user_id}/unhide", {"reason": f"of {user_id}"}, ADMIN_KEY)
        answer = await api.send("DELETE", f"/api/users/{user_id}?reference=ticket-1", None, ADMIN_KEY)
        erasure = answer.json()
        assert (answer.status_code, erasure["events"], erasure["standings"], erasure["acts"]) == (200, 1, 1, 1)
        after = (await api.get(f"/api/leaderboard/rank/{rival}")).json()
        assert (after["rank"], after["total"]) == (before["rank"] - 1, before["total"] - 1)
        assert user_id not in await top(api)
        await until(lambda: shows(other, user_id, None), "the first page to be without the player")
        for path, code in (
            (f"/api/users/{user_id}", "user_not_found"),
            (f"/api/leaderboard/rank/{user_id}", "not_ranked"),
        ):
            assert (await other.get(path, ADMIN_KEY)).json()["error"]["code"] == code
        refused = await api.post("/api/scores", {"user_id": user_id, "score": 1})
        assert refused.json()["error"]["code"] == "user_not_found"
        audit = (await api.get("/api/admin/audit?action=player.erase&limit=1", ADMIN_KEY)).json()["entries"][0]
        assert audit["details"]["erasure_id"] == erasure["erasure_id"]
        assert audit["details"]["reference"] == "ticket-1"
        whole = (await api.get("/api/admin/audit?limit=1000", ADMIN_KEY)).text
        assert f'"user_id":{user_id},' not in whole
        assert f"of {user_id}" not in whole
        assert await held_in_index(api, user_id) == []

    async def test_a_player_created_anew_begins_with_nothing(self, api: Served) -> None:
        user_id = await new_player(api, 700)
        assert (await api.send("DELETE", f"/api/users/{user_id}", None, ADMIN_KEY)).status_code == 200
        body = {"user_id": user_id, "username": f"player {user_id}", "email": f"{user_id}@example.org"}
        assert (await api.post("/api/users", body)).status_code == 201
        assert (await api.get(f"/api/leaderboard/rank/{user_id}")).status_code == 404
        assert (await api.post("/api/scores", {"user_id": user_id, "score": 3})).json()["score"] == 3
        found = (await api.get(f"/api/users/{user_id}/export", ADMIN_KEY)).json()
        assert len(found["events"]) == 1
        assert found["acts"] == []

    async def test_submissions_meanwhile_leave_nothing(self, api: Served) -> None:
        user_id = await new_player(api)

        async def submit() -> set[str]:
            codes = set()
            for _ in range(10):
                body = {"user_id": user_id, "score": 1, "submission_id": str(uuid4())}
                answer = await api.post("/api/scores", body)
                codes.add("ok" if answer.is_success else answer.json()["error"]["code"])
            return codes

        async def erase() -> int:
            return (await api.send("DELETE", f"/api/users/{user_id}", None, ADMIN_KEY)).status_code

        *codes, status = await asyncio.gather(*(submit() for _ in range(4)), erase())
        assert status == 200
        assert set().union(*codes) <= {"ok", "user_not_found"}
        # The index keeps removed standings until no late update can arrive, then deletes them.
        await until(lambda: is_forgotten(api, user_id), "the index to forget the player")
        assert (await api.services.maintain.verify()).clean


async def held_in_index(api: Served, user_id: int) -> list[str]:
    """Return the index's data of the player, read without the service."""
    index = api.services.parts.index
    ladders = await api.services.parts.store.ladders()
    rows = [await index.rows(ladder, [user_id]) for ladder in ladders]
    found = [f"row on {ladder.board.slug}" for ladder, row in zip(ladders, rows, strict=True) if row]
    return found + (["name"] if await index.names([user_id]) else [])
