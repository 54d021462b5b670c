"""External ids over HTTP: in bodies, batches, paths, lookups, queue messages and replies."""

import asyncio
import csv
import json
from collections.abc import Collection, Mapping
from functools import partial
from io import StringIO
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.players import ExternalId
from leaderforge.services import player_records
from tests.unit.edge_fixtures import ADMIN_KEY, Api, serving
from tests.unit.test_edge_live import listening

SHOP = "76561190012345678"
TEXT = "player|eu/00042 %☃"
IDS = [SHOP, "412345678901234567", "3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d", TEXT]
ODD = ["a/b", "/", "//", "a%2Fb", "%", "100%25", "ext:x", ".", "..", "?q=1#f", " ", "☃", "+", "e\u0301", "a\\b", ":"]


def ext(external_id: str) -> str:
    return f"ext:{quote(external_id, safe='')}"


async def player(api: Api, external_id: str | None = SHOP, **members: Any) -> dict[str, Any]:
    body = members if external_id is None else {"external_id": external_id, **members}
    answer = await api.post("/api/users", body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


@pytest.mark.parametrize("external_id", [*IDS, *ODD])
async def test_ids_of_other_systems_are_exact(api: Api, external_id: str) -> None:
    created = await player(api, external_id, username="ada")
    assert created["external_id"] == external_id
    shown = await api.get(f"/api/users/{ext(external_id)}")
    assert (shown.status_code, shown.json()) == (200, created)
    submitted = await api.post("/api/scores", {"external_id": external_id, "score": 5})
    assert (submitted.json()["user_id"], submitted.json()["external_id"]) == (created["user_id"], external_id)
    [entry] = (await api.get("/api/boards/default/top")).json()["entries"]
    assert (entry["username"], entry["external_id"]) == ("ada", external_id)


async def test_a_process_caches_as_many_players_as_the_setting_says() -> None:
    async with serving(LEADERFORGE_CACHED_PLAYERS="1") as api:
        for external_id in IDS[:2]:
            await player(api, external_id)
            await api.post("/api/scores", {"external_id": external_id, "score": 5})
        cached = [api.services.players.ids.cached(ExternalId(external_id)) for external_id in IDS[:2]]
        assert [user_id is None for user_id in cached] == [True, False]


async def test_a_path_with_an_encoded_colon(api: Api) -> None:
    created = await player(api, "a/b")
    for path in ("ext%3Aa%2Fb", "ext%3aa%2fb", "ext:a%2Fb"):
        assert (await api.get(f"/api/users/{path}")).json() == created


@pytest.mark.parametrize("external_id", ["", "x" * 129, "a\0", "\x7f", 5, ["a"], {"a": 1}])
async def test_others_are_refused(api: Api, external_id: Any) -> None:
    for body in ({"external_id": external_id, "score": 1}, {"external_id": external_id}):
        path = "/api/scores" if "score" in body else "/api/users"
        answer = await api.post(path, body)
        assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "external_id")


@pytest.mark.parametrize("path", ["ext:", "ext:%00", "ext:%ff", f"ext:{'x' * 129}", "exta", "Ext:a"])
async def test_paths_that_hold_no_id_are_refused(api: Api, path: str) -> None:
    answer = await api.get(f"/api/users/{path}")
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "user_id")


@pytest.mark.parametrize("external_id", [int(SHOP), SHOP, IDS[2]])
async def test_an_external_id_in_the_place_of_a_number_is_refused_with_the_way_out(api: Api, external_id: Any) -> None:
    for path, body in [
        ("/api/scores", {"user_id": external_id, "score": 1}),
        ("/api/users", {"user_id": external_id}),
        ("/api/boards/default/ranks/lookup", {"user_ids": [external_id]}),
        ("/api/users/lookup", {"user_ids": [external_id]}),
        ("/api/boards/default/entries/remove", {"user_ids": [external_id], "reason": "left"}),
    ]:
        answer = await api.post(path, body, ADMIN_KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request"), path
        assert "send any other id as an external id" in answer.json()["error"]["message"]
    shown = await api.get(f"/api/users/{external_id}")
    assert "write any other id as an external id after ext:" in shown.json()["error"]["message"]


async def test_both_ids_or_none_are_refused(api: Api) -> None:
    await api.players(1)
    await player(api)
    for ids in ({}, {"user_id": 1, "external_id": SHOP}, {"user_id": None}):
        answer = await api.post("/api/scores", {**ids, "score": 1})
        assert answer.status_code == 422
        assert "external_id" in answer.json()["error"]["message"]
    assert (await api.get("/api/boards/default/top")).json()["total"] == 0


async def test_an_unknown_one_is_named(api: Api) -> None:
    calls = [
        await api.post("/api/scores", {"external_id": SHOP, "score": 1}),
        await api.get(f"/api/users/{ext(SHOP)}"),
        await api.get(f"/api/boards/default/ranks/{ext(SHOP)}"),
        await api.send("DELETE", f"/api/users/{ext(SHOP)}", key=ADMIN_KEY),
    ]
    for answer in calls:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (404, "user_not_found")
        assert error["details"] == {"external_id": SHOP}
    await player(api)
    # The failed lookups were not cached.
    assert (await api.post("/api/scores", {"external_id": SHOP, "score": 1})).status_code == 200


async def test_every_call_with_a_player_in_its_path(api: Api) -> None:
    user_id = (await player(api))["user_id"]
    await api.post("/api/scores", {"external_id": SHOP, "score": 1})
    reason = {"reason": "a test"}
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/api/leaderboard/rank/{}", None),
        ("GET", "/api/boards/default/ranks/{}", None),
        ("GET", "/api/boards/default/around/{}", None),
        ("GET", "/api/boards/default/history/{}", None),
        ("GET", "/api/users/{}", None),
        ("GET", "/api/users/{}/export", None),
        ("PATCH", "/api/users/{}", {"username": "ada"}),
        ("PUT", "/api/users/{}", {"username": "ada"}),
        ("POST", "/api/boards/default/entries/{}/hide", reason),
        ("POST", "/api/boards/default/entries/{}/unhide", reason),
        ("POST", "/api/users/{}/hide", reason),
        ("POST", "/api/users/{}/unhide", reason),
        ("PUT", "/api/boards/default/entries/{}", {"score": 7, **reason}),
        ("DELETE", "/api/boards/default/entries/{}?reason=test", None),
        ("DELETE", "/api/users/{}", None),
    ]
    for method, path, body in calls:
        answer = await api.send(method, path.format(ext(SHOP)), body, ADMIN_KEY)
        assert answer.status_code == 200, (method, path, answer.text)
        assert str(user_id) in answer.text or method == "DELETE", path
    assert (await api.get(f"/api/users/{user_id}")).status_code == 404


async def test_every_answer_about_a_player_has_its_external_id(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_records, "_ACTS_A_READ", 2)
    created = await player(api)
    ids = {"user_id": created["user_id"], "external_id": SHOP}
    submitted = await api.post("/api/scores", {"external_id": SHOP, "score": 1})
    reason, number = {"reason": "a test"}, created["user_id"]
    submission = f"submissions/{submitted.json()['submission_id']}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/api/boards/default/history/{}", None),
        ("GET", "/api/users/{}/standings", None),
        ("GET", "/api/users/{}/standings?period=weekly", None),
        ("POST", "/api/boards/default/entries/{}/hide", reason),
        ("POST", "/api/boards/default/entries/{}/unhide", reason),
        ("POST", "/api/users/{}/hide", reason),
        ("POST", "/api/users/{}/unhide", reason),
        ("DELETE", f"/api/boards/default/entries/{{}}/{submission}?reason=test", None),
        ("POST", f"/api/boards/default/entries/{{}}/{submission}/restore", reason),
        ("PUT", "/api/boards/default/entries/{}", {"score": 7, **reason}),
    ]
    for method, path, body in calls:
        for name in (ext(SHOP), number):
            answer = (await api.send(method, path.format(name), body, ADMIN_KEY)).json()
            assert answer.items() >= ids.items(), (path, answer)
    removal = {"user_ids": [number], **reason}
    [removed] = (await api.post("/api/boards/default/entries/remove", removal, ADMIN_KEY)).json()["results"]
    assert removed.items() >= ids.items()
    await api.post("/api/scores", {"external_id": SHOP, "score": 1})
    await api.send("POST", f"/api/users/{number}/hide", reason, ADMIN_KEY)
    [hidden] = (await api.get("/api/boards/default/hidden", ADMIN_KEY)).json()["entries"]
    assert hidden.items() >= ids.items()
    removed = await api.send("DELETE", f"/api/boards/default/entries/{number}?reason=test", None, ADMIN_KEY)
    assert removed.json().items() >= ids.items()
    audited = (await api.get("/api/admin/audit", ADMIN_KEY)).json()["entries"]
    exported = (await api.get(f"/api/users/{number}/export", ADMIN_KEY)).json()["acts"]
    assert audited == [{**act, "person": None} for act in exported]
    assert len(audited) > len(calls)
    assert all(act.items() >= ids.items() for act in audited)


async def test_answers_about_a_player_without_one_have_none(api: Api) -> None:
    await api.ranked({7: 10})
    await api.send("POST", "/api/boards/default/entries/7/hide", {"reason": "a test"}, ADMIN_KEY)
    unhidden = await api.send("POST", "/api/boards/default/entries/7/unhide", {"reason": "a test"}, ADMIN_KEY)
    assert list(unhidden.json()) == ["user_id", "entries"]
    for path in ("/api/boards/default/history/7", "/api/users/7/standings", "/api/admin/audit", "/api/users/7/export"):
        assert "external" not in (await api.get(path, ADMIN_KEY)).text


async def test_the_audit_log_forgets_the_external_id_of_an_erased_player(api: Api) -> None:
    user_id = (await player(api))["user_id"]
    await api.send("POST", f"/api/users/{user_id}/hide", {"reason": "a test"}, ADMIN_KEY)
    await api.send("DELETE", f"/api/users/{user_id}", key=ADMIN_KEY)
    audit = await api.get("/api/admin/audit", ADMIN_KEY)
    assert SHOP not in audit.text
    assert [entry.get("external_id") for entry in audit.json()["entries"]] == [None, None]


async def test_a_change_is_answered_if_the_players_cannot_be_read_afterwards(api: Api) -> None:
    user_id = (await player(api))["user_id"]
    await api.post("/api/scores", {"external_id": SHOP, "score": 1})
    get = api.services.parts.users.get

    async def unavailable(_: Any) -> Any:
        raise StoreUnavailable("down")

    api.services.parts.users.get = unavailable  # type: ignore[method-assign]
    hidden = await api.send("POST", f"/api/users/{user_id}/hide", {"reason": "a test"}, ADMIN_KEY)
    api.services.parts.users.get = get  # type: ignore[method-assign]
    assert (hidden.status_code, "external_id" in hidden.json()) == (200, False)


async def test_exports_and_streams_have_them(api: Api) -> None:
    user_id = (await player(api, "=1+1"))["user_id"]
    await api.ranked({7: 10})
    await api.post("/api/scores", {"external_id": "=1+1", "score": 20})
    table = await api.get("/api/boards/default/export", ADMIN_KEY)
    rows = list(csv.DictReader(StringIO(table.text, newline="")))
    assert [(row["user_id"], row["external_id"]) for row in rows] == [(str(user_id), "'=1+1"), ("7", "")]
    objects = (await api.get("/api/boards/default/export?format=ndjson", ADMIN_KEY)).text.splitlines()
    assert [json.loads(line).get("external_id") for line in objects] == ["=1+1", None]
    async with listening(api) as listener:
        await listener.until(1)
        [(_, top)] = listener.events
    assert [entry.get("external_id") for entry in top["entries"]] == ["=1+1", None]


async def test_mixed_batches(api: Api) -> None:
    await api.players(1)
    user_id = (await player(api))["user_id"]
    items = [
        {"user_id": 1, "score": 1},
        {"external_id": SHOP, "score": 2},
        {"external_id": "nobody", "score": 3},
        {"external_id": "", "score": 4},
        {"user_id": 1, "external_id": SHOP, "score": 5},
        {"external_id": SHOP, "score": 6},
        {"user_id": 9, "score": 7},
    ]
    for path in ("/api/boards/default/scores/batch", "/api/scores/batch"):
        results = (await api.post(path, {"submissions": items})).json()["results"]
        codes = [result.get("error", {}).get("code") for result in results]
        refused = ["user_not_found", "invalid_request", "invalid_request"]
        assert codes == [None, None, *refused, None, "user_not_found"]
        assert results[2]["error"]["details"] == {"external_id": "nobody"}
        assert [results[i].get("external_id") for i in (0, 1, 5)] == [None, SHOP, SHOP]
        assert results[1]["user_id"] == results[5]["user_id"] == user_id
        assert "external_id" not in results[0]
    scores = {e["user_id"]: e["score"] for e in (await api.get("/api/boards/default/top")).json()["entries"]}
    assert scores == {1: 2, user_id: 16}


async def test_a_lookup_by_both_kinds_of_ids(api: Api) -> None:
    await api.ranked({1: 10, 2: 30})
    user_id = (await player(api))["user_id"]
    await player(api, "unranked")
    await api.post("/api/scores", {"external_id": SHOP, "score": 20})
    body = {"user_ids": [1, 9], "external_ids": [SHOP, "nobody", "unranked", SHOP]}
    answer = (await api.post("/api/boards/default/ranks/lookup", body)).json()
    assert [(e["user_id"], e["rank_among"]) for e in answer["entries"]] == [(user_id, 1), (1, 2)]
    assert (answer["missing"], answer["missing_external_ids"]) == ([9], ["nobody", "unranked"])
    plain = (await api.post("/api/boards/default/ranks/lookup", {"user_ids": [1]})).json()
    assert "missing_external_ids" not in plain
    for refused in ({}, {"user_ids": [1] * 4900, "external_ids": ["a"] * 101}):
        assert (await api.post("/api/boards/default/ranks/lookup", refused)).status_code == 422


async def test_setting_changing_and_removing_one(api: Api) -> None:
    await api.ranked({1: 10, 2: 20})
    changed = await api.send("PATCH", "/api/users/1", {"external_id": SHOP}, ADMIN_KEY)
    assert changed.json()["external_id"] == SHOP
    assert (await api.post("/api/scores", {"external_id": SHOP, "score": 1})).json()["user_id"] == 1
    taken = await api.send("PATCH", "/api/users/2", {"external_id": SHOP}, ADMIN_KEY)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "external_id_taken")
    assert taken.json()["error"]["details"] == {"external_id": SHOP, "user_id": 1}
    await api.send("PATCH", f"/api/users/{ext(SHOP)}", {"external_id": "other"}, ADMIN_KEY)
    # The process does not use its cached mapping of the id, which the change has invalidated.
    assert (await api.post("/api/scores", {"external_id": SHOP, "score": 1})).status_code == 404
    assert (await api.post("/api/scores", {"external_id": "other", "score": 1})).json()["user_id"] == 1
    held = await api.send("PATCH", "/api/users/2", {"external_id": SHOP}, ADMIN_KEY)
    assert (held.status_code, held.json()["error"]["code"]) == (409, "external_id_taken")
    shown = (await api.get("/api/boards/default/ranks/1")).json()
    assert shown["external_id"] == "other"
    await api.send("PATCH", "/api/users/1", {"external_id": None}, ADMIN_KEY)
    assert "external_id" not in (await api.get("/api/boards/default/ranks/1")).json()
    assert "external_id" not in (await api.get("/api/users/1")).json()


async def test_an_erased_one_is_unknown_at_once(api: Api) -> None:
    await player(api)
    assert (await api.post("/api/scores", {"external_id": SHOP, "score": 1})).status_code == 200
    assert (await api.send("DELETE", f"/api/users/{ext(SHOP)}", key=ADMIN_KEY)).status_code == 200
    assert (await api.post("/api/scores", {"external_id": SHOP, "score": 1})).status_code == 404
    assert (await api.post("/api/users", {"external_id": SHOP})).status_code == 409


async def test_replies_without_one_are_as_before(api: Api) -> None:
    await api.ranked({7: 10})
    for path in ("/api/boards/default/top", "/api/boards/default/ranks/7", "/api/users/7"):
        assert "external" not in (await api.get(path)).text
    answer = await api.post("/api/scores", {"user_id": 7, "score": 1})
    assert list(answer.json())[:2] == ["user_id", "score"]


async def test_the_queue(api: Api) -> None:
    queue = MemoryQueue()
    async with serving(queue, LEADERFORGE_QUEUED_SUBMITS="1", **QUEUE) as queued:
        user_id = (await player(queued))["user_id"]
        answer = await queued.post("/api/scores", {"external_id": SHOP, "score": 1})
        assert answer.status_code == 202
        assert (answer.json()["user_id"], answer.json()["external_id"]) == (user_id, SHOP)
        unknown = await queued.post("/api/scores", {"external_id": "nobody", "score": 1})
        assert unknown.status_code == 404


QUEUE = {
    "LEADERFORGE_QUEUE_URL": "http://127.0.0.1:1/queue",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


class TestPut:
    async def test_a_sign_in_is_one_call(self, api: Api) -> None:
        path = f"/api/users/{ext(SHOP)}"
        first = await api.send("PUT", path, {"username": "ada"}, ADMIN_KEY)
        assert (first.status_code, first.json()["external_id"]) == (201, SHOP)
        assert first.headers["location"] == f"/api/users/{first.json()['user_id']}"
        for body in ({"username": "ada"}, {}, {"external_id": SHOP}):
            again = await api.send("PUT", path, body, ADMIN_KEY)
            assert (again.status_code, again.json()) == (200, first.json())
        # The audit log has no entry, because nothing changed.
        assert (await api.get("/api/admin/audit", ADMIN_KEY)).json()["entries"] == []
        renamed = await api.send("PUT", path, {"username": "Countess"}, ADMIN_KEY)
        assert (renamed.status_code, renamed.json()["username"]) == (200, "Countess")

    async def test_by_an_id_of_this_service(self, api: Api) -> None:
        first = await api.send("PUT", "/api/users/90003", {}, ADMIN_KEY)
        assert (first.status_code, first.json()["user_id"], first.json()["username"]) == (201, 90003, None)
        second = await api.send("PUT", "/api/users/90003", {"external_id": SHOP}, ADMIN_KEY)
        assert (second.status_code, second.json()["external_id"]) == (200, SHOP)

    async def test_what_is_taken_is_taken(self, api: Api) -> None:
        await player(api, SHOP, username="Riko", user_id=1)
        for path in ("/api/users/2", "/api/users/ext:other"):
            answer = await api.send("PUT", path, {"username": "riko"}, ADMIN_KEY)
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "username_taken")
            assert answer.json()["error"]["details"]["user_id"] == 1
        answer = await api.send("PUT", "/api/users/2", {"external_id": SHOP}, ADMIN_KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "external_id_taken")
        answer = await api.send("PUT", f"/api/users/{ext(SHOP)}", {"external_id": "other"}, ADMIN_KEY)
        assert answer.status_code == 422
        assert (await api.get("/api/users/2")).status_code == 404

    async def test_a_call_beside_one_that_creates_the_player(self, api: Api) -> None:
        """Both calls look up the player before one call creates the player. The name is then taken, but must not fail
        the other call.
        """
        by_external_id = api.services.parts.users.by_external_id
        both_looked = asyncio.Barrier(2)
        looks = count()

        async def look(external_ids: Collection[str]) -> Mapping[str, int]:
            owners = await by_external_id(external_ids)
            if next(looks) < 2:
                await both_looked.wait()
            return owners

        api.services.parts.users.by_external_id = look  # type: ignore[method-assign]
        put = partial(
            api.send, "PUT", f"/api/users/{ext(SHOP)}", {"username": "ada", "email": "a@example.org"}, ADMIN_KEY
        )
        answers = await asyncio.gather(put(), put())
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert answers[0].json() == answers[1].json()


class TestNames:
    async def test_a_player_needs_no_name(self, api: Api) -> None:
        created = await player(api, None, user_id=90002)
        assert (created["user_id"], created["username"]) == (90002, None)
        await api.post("/api/scores", {"user_id": 90002, "score": 5})
        for path in ("top", "page", "ranks/90002", "around/90002"):
            text = (await api.get(f"/api/boards/default/{path}")).text
            assert '"user_id":90002,"username":null,"score":5' in text
        assert (await api.send("PATCH", "/api/users/90002", {"username": "ada"}, ADMIN_KEY)).json()["username"] == "ada"
        assert (await api.send("PATCH", "/api/users/90002", {"username": None}, ADMIN_KEY)).json()["username"] is None

    async def test_the_player_with_a_name(self, api: Api) -> None:
        ada = await player(api, SHOP, username="Ada")
        await player(api, None, username="Adam")
        assert (await api.get("/api/users?username=ADA")).json() == {"users": [ada]}
        assert (await api.get("/api/users?username=ad")).json() == {"users": []}
        for query in ("", "?prefix=a&username=a", "?limit=5"):
            assert (await api.get(f"/api/users{query}")).status_code == 422

    async def test_a_conflict_tells_whose_the_name_is(self, api: Api) -> None:
        await player(api, None, username="ada", user_id=7)
        answer = await api.post("/api/users", {"username": "ADA"})
        assert answer.json()["error"]["details"] == {"username": "ADA", "user_id": 7}

    async def test_many_at_once(self, api: Api) -> None:
        await player(api, SHOP, username="ada", user_id=7)
        users = [
            {"username": "bob"},
            {"username": "ada"},
            {"external_id": SHOP},
            {"user_id": 7},
            {"username": " "},
            {},
            {"username": "BOB"},
        ]
        answer = await api.post("/api/users/batch", {"users": users})
        results = answer.json()["results"]
        codes = [result.get("error", {}).get("code") for result in results]
        taken = ["username_taken", "external_id_taken", "user_exists", "invalid_request"]
        assert (answer.status_code, codes) == (200, [None, *taken, None, "username_taken"])
        assert results[6]["error"]["details"]["user_id"] == results[0]["user_id"]
        many = [{"external_id": f"id {i}"} for i in range(1000)]
        results = (await api.post("/api/users/batch", {"users": many})).json()["results"]
        assert len({result["user_id"] for result in results}) == 1000
        for refused in ({"users": []}, {"users": [{}] * 1001}):
            assert (await api.post("/api/users/batch", refused)).status_code == 422


async def test_the_entries_of_many_are_removed_in_one_call(api: Api) -> None:
    await api.ranked({1: 10, 2: 20})
    user_id = (await player(api))["user_id"]
    await player(api, "unranked")
    await api.post("/api/scores", {"external_id": SHOP, "score": 20})
    body = {"user_ids": [1, 9, 1], "external_ids": [SHOP, "nobody", "unranked"], "reason": "left the guild"}
    answer = await api.post("/api/boards/default/entries/remove", body, ADMIN_KEY)
    results = answer.json()["results"]
    codes = [result.get("error", {}).get("code") for result in results]
    assert (answer.status_code, codes) == (200, [None, "user_not_found", None, "user_not_found", "not_ranked"])
    assert [results[i]["user_id"] for i in (0, 2)] == [1, user_id]
    assert results[3]["error"]["details"] == {"external_id": "nobody"}
    assert [e["user_id"] for e in (await api.get("/api/boards/default/top")).json()["entries"]] == [2]
    for external, number in ((SHOP, user_id), ("unranked", None)):
        audited = (await api.get(f"/api/admin/audit?external_id={quote(external)}", ADMIN_KEY)).json()["entries"]
        assert [(e["action"], e["user_id"]) for e in audited] == ([("entry.remove", number)] if number else [])
    for refused in ({"reason": "x"}, {"user_ids": [1] * 1001, "reason": "x"}, {"user_ids": [1]}):
        assert (await api.post("/api/boards/default/entries/remove", refused, ADMIN_KEY)).status_code == 422
    assert (await api.get("/api/admin/audit?user_id=1&external_id=a", ADMIN_KEY)).status_code == 422
