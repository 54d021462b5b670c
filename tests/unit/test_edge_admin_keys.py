"""Keys over HTTP, and their audit entries."""

from hashlib import sha256

import pytest

from functions.edge.access.credentials import CallerResolver
from functions.edge.access.sign_in import SignIn
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.callers import ANONYMOUS
from leaderforge.domain.people import PersonSession, digest_of_secret
from leaderforge.domain.permissions import Role
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import ENVIRONMENT, Api


async def create(api: Api, name: str, *scopes: str) -> str:
    """Create a key and return its text."""
    answer = await api.post("/api/admin/keys", {"name": name, "scopes": scopes}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    text: str = answer.json()["key"]
    return text


async def create_personal(api: Api, name: str, role: str, person: str) -> str:
    """Create a key of a person and return its text."""
    answer = await api.post("/api/admin/keys", {"name": name, "role": role, "person": person}, ADMIN_KEY)
    text: str = answer.json()["key"]
    return text


async def rotate(api: Api, name: str, overlap_s: int = 0) -> str:
    answer = await api.post(f"/api/admin/keys/{name}/rotate", {"overlap_s": overlap_s}, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["key"]
    return text


async def revoke(api: Api, name: str, key: str = ADMIN_KEY) -> int:
    return (await api.send("DELETE", f"/api/admin/keys/{name}", key=key)).status_code


async def submits(api: Api, key: str) -> int:
    return (await api.post("/api/scores", {"user_id": 1, "score": 5}, key)).status_code


async def test_a_key_works_from_its_creation_to_its_revocation(api: Api) -> None:
    await api.players(1)
    key = await create(api, "game", "submit")
    assert key.startswith("lf_")
    assert await submits(api, key) == 200
    assert await revoke(api, "game") == 200
    assert await submits(api, key) == 401
    assert await revoke(api, "game") == 200


async def test_rotation_with_and_without_overlap(api: Api) -> None:
    await api.players(1)
    first = await create(api, "game", "submit")
    second = await rotate(api, "game", 60)
    assert [await submits(api, key) for key in (first, second)] == [200, 200]
    api.clock.now += 60_000
    assert [await submits(api, key) for key in (first, second)] == [401, 200]
    third = await rotate(api, "game")
    assert [await submits(api, key) for key in (first, second, third)] == [401, 401, 200]


async def test_texts_are_shown_once_and_never_kept(api: Api) -> None:
    texts = [await create(api, "game", "submit"), await rotate(api, "game", 60)]
    listed = await api.get("/api/admin/keys", ADMIN_KEY)
    [key] = listed.json()["keys"]
    assert (key["name"], key["scopes"], key["created_by"]) == ("game", ["submit"], "env:admin")
    logged = await api.get("/api/admin/audit", ADMIN_KEY)
    stored = repr(await api.services.parts.keys.keys())
    assert not any(text in shown for text in texts for shown in (listed.text, logged.text, stored))


async def test_scopes_decide(api: Api) -> None:
    await api.players(1)
    read, admin = await create(api, "viewer", "read"), await create(api, "ops", "admin")
    assert await submits(api, read) == 403
    assert await submits(api, admin) == 200
    assert (await api.get("/api/admin/keys", read)).status_code == 403
    assert (await api.get("/api/admin/keys", admin)).status_code == 200
    assert (await api.get("/api/users/1", read)).json().keys() == {"user_id", "username", "created_at"}
    assert (await api.get("/api/users/1", admin)).json()["email"] == "1@example.org"


async def test_people_act_in_their_roles_and_by_their_names(api: Api) -> None:
    await api.ranked({1: 10})
    keys = {}
    for role in ("viewer", "moderator", "owner"):
        body = {"name": role, "role": role, "person": f"  The {role} "}
        made = await api.post("/api/admin/keys", body, ADMIN_KEY)
        assert (made.json()["role"], made.json()["person"]) == (role, f"The {role}")
        keys[role] = made.json()["key"]
        me = (await api.get("/api/admin/me", keys[role])).json()
        assert (me["actor"], me["person"], me["role"]) == (f"key:{role}", f"The {role}", role)
        assert ("moderate" in me["permissions"]) == (role != "viewer")
    refused = await api.post("/api/boards/default/entries/1/hide", {"reason": "bot"}, keys["viewer"])
    assert refused.status_code == 403
    assert refused.json()["error"]["details"] == {"permission": "moderate"}
    assert "needs permission 'moderate'" in refused.json()["error"]["message"]
    assert "key:viewer has role 'viewer'" in refused.json()["error"]["message"]
    hidden = await api.post("/api/boards/default/entries/1/hide", {"reason": "bot"}, keys["moderator"])
    assert hidden.status_code == 200
    refused = await api.post("/api/boards", {"board": "new"}, keys["moderator"])
    assert refused.json()["error"]["details"] == {"permission": "manage_boards"}
    log = (await api.get("/api/admin/audit", keys["viewer"])).json()["entries"]
    assert (log[0]["actor"], log[0]["person"], log[0]["action"]) == ("key:moderator", "The moderator", "entry.hide")
    assert (log[1]["actor"], log[1]["person"], log[1]["details"]) == (
        "env:admin",
        None,
        {"key": "owner", "role": "owner"},
    )


async def test_people_and_a_changed_role(api: Api) -> None:
    key = await create_personal(api, "ada", "moderator", "Ada Lovelace")
    await create(api, "game", "submit")
    now = api.clock()
    bob = PersonSession("bob|7", "Bob", Role.VIEWER, digest_of_secret("lfs_0"), now, now + 60_000)
    await api.services.parts.people.sign_in(bob, AuditEntry(now, bob.caller.actor, "person.sign_in"))
    listed = (await api.get("/api/admin/people", key)).json()["people"]
    assert [(one["person"], one["actor"], one["role"]) for one in listed] == [
        ("Ada Lovelace", "key:ada", "moderator"),
        ("Bob", "oidc:bob|7", "viewer"),
    ]
    assert [one["last_act_at"] is None for one in listed] == [True, False]
    for actor, role in (("key:ada", "viewer"), ("oidc:bob|7", "owner")):
        changed = await api.post("/api/admin/people/role", {"actor": actor, "role": role}, ADMIN_KEY)
        assert (changed.status_code, changed.json()["role"]) == (200, role)
    assert (await api.get("/api/admin/me", key)).json()["role"] == "viewer"
    log = (await api.get("/api/admin/audit", key)).json()["entries"]
    assert (log[1]["action"], log[1]["details"]) == (
        "person.change_role",
        {"actor": "key:ada", "role": "viewer", "was": "moderator"},
    )


async def test_roles_that_cannot_be_changed(api: Api) -> None:
    owner = await create_personal(api, "ada", "owner", "Ada Lovelace")
    await create(api, "game", "submit")
    await create_personal(api, "bob", "viewer", "Bob")
    await revoke(api, "bob")
    for actor, status, code in (
        ("key:ada", 422, "invalid_request"),
        ("key:game", 422, "invalid_request"),
        ("env:admin", 422, "invalid_request"),
        ("key:bob", 409, "key_revoked"),
        ("key:nobody", 404, "key_not_found"),
        ("oidc:nobody", 404, "person_not_found"),
    ):
        refused = await api.post("/api/admin/people/role", {"actor": actor, "role": "viewer"}, owner)
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code), actor
    assert (await api.get("/api/admin/me", owner)).json()["role"] == "owner"


async def test_refusals_change_nothing(api: Api) -> None:
    await create(api, "game", "submit")
    for body, status, code in (
        ({"name": "game", "scopes": ["read"]}, 409, "key_name_taken"),
        ({"name": "Game!", "scopes": ["read"]}, 422, "invalid_request"),
        ({"name": "other", "scopes": []}, 422, "invalid_request"),
        ({"name": "other"}, 422, "invalid_request"),
        ({"name": "other", "scopes": ["read"], "role": "viewer", "person": "Ada"}, 422, "invalid_request"),
        ({"name": "other", "role": "viewer"}, 422, "invalid_request"),
        ({"name": "other", "scopes": ["read"], "person": "Ada"}, 422, "invalid_request"),
        ({"name": "other", "role": "viewer", "person": "  "}, 422, "invalid_request"),
        ({"name": "other", "role": "king", "person": "Ada"}, 422, "invalid_request"),
        ({"name": "other", "scopes": ["root"]}, 422, "invalid_request"),
    ):
        answer = await api.post("/api/admin/keys", body, ADMIN_KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert await revoke(api, "nobody") == 404
    assert await revoke(api, "game", SUBMIT_KEY) == 403
    assert (await api.post("/api/admin/keys/nobody/rotate", {}, ADMIN_KEY)).status_code == 404
    assert [key["name"] for key in (await api.get("/api/admin/keys", ADMIN_KEY)).json()["keys"]] == ["game"]


async def test_a_revoked_key_cannot_be_rotated(api: Api) -> None:
    await create(api, "game", "submit")
    await revoke(api, "game")
    answer = await api.post("/api/admin/keys/game/rotate", {}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_revoked")


async def test_the_audit_log_tells_who_did_what_page_by_page(api: Api) -> None:
    ops = await create(api, "ops", "admin")
    api.clock.now += 1
    await rotate(api, "ops", 3600)
    api.clock.now += 1
    await revoke(api, "ops", ops)
    found, cursor = [], ""
    while True:
        page = (await api.get(f"/api/admin/audit?limit=1{cursor}", ADMIN_KEY)).json()
        found += [(one["actor"], one["action"], one["details"]) for one in page["entries"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == [
        ("key:ops", "key.revoke", {"key": "ops"}),
        ("env:admin", "key.rotate", {"key": "ops", "overlap_s": 3600}),
        ("env:admin", "key.create", {"key": "ops", "scopes": ["admin"]}),
    ]
    created = (await api.get("/api/admin/audit?action=key.create", ADMIN_KEY)).json()["entries"]
    assert [one["action"] for one in created] == ["key.create"]
    assert (await api.get("/api/admin/audit?user_id=1&board=default", ADMIN_KEY)).json()["entries"] == []


async def test_the_audit_log_of_one_actor(api: Api) -> None:
    ops = await create(api, "ops", "admin")
    api.clock.now += 1
    await revoke(api, "ops", ops)
    for actor, actions in (("key:ops", ["key.revoke"]), ("env:admin", ["key.create"]), ("cli", []), ("player:-7", [])):
        page = (await api.get(f"/api/admin/audit?actor={actor}", ADMIN_KEY)).json()
        assert [entry["action"] for entry in page["entries"]] == actions
    refusal = await api.get("/api/admin/audit?actor=Ops%20Team", ADMIN_KEY)
    assert (refusal.status_code, "such as key:ops" in refusal.text) == (422, True)


async def test_keys_of_the_settings_are_counted_without_secrets(api: Api) -> None:
    answer = await api.get("/api/admin/keys", ADMIN_KEY)
    assert answer.json()["environment"] == [
        {"setting": "LEADERFORGE_SUBMIT_KEYS", "actor": "env:submit", "scopes": ["submit"], "keys": 1},
        {"setting": "LEADERFORGE_ADMIN_KEYS", "actor": "env:admin", "scopes": ["admin"], "keys": 1},
    ]
    for key in (ADMIN_KEY, SUBMIT_KEY):
        digest = sha256(key.encode()).hexdigest()
        assert key not in answer.text
        assert digest[:8] not in answer.text


async def test_each_setting_with_keys_is_listed_once(api: Api) -> None:
    variables = {
        **ENVIRONMENT,
        "LEADERFORGE_ADMIN_KEYS": f"{ADMIN_KEY},{ADMIN_KEY}-of-another",
        "LEADERFORGE_SUBMIT_KEYS": "",
    }
    sign_in = SignIn(api.services.players.ids, creates=False)
    callers = CallerResolver(EnvironmentSettings.from_environment(variables), api.edge.keys, None, sign_in)
    assert [(caller.actor, count) for caller, count in callers.configured()] == [("env:admin", 2)]


@pytest.mark.parametrize("cursor", ["1", "a.b", "-1.2", f"1.{'9' * 19}", "1.2.3"])
async def test_cursors_of_others_are_refused(api: Api, cursor: str) -> None:
    assert (await api.get(f"/api/admin/audit?cursor={cursor}", ADMIN_KEY)).status_code == 422


async def test_keys_of_the_settings_need_no_store(api: Api) -> None:
    await api.players(1)
    api.keys.available = False
    assert await submits(api, SUBMIT_KEY) == 200
    assert await submits(api, "guess") == 503
    api.keys.available = True
    api.edge.keys.invalidate()
    assert await submits(api, "guess") == 401


async def test_a_private_board_is_for_those_with_a_key(api: Api) -> None:
    await api.change_board(private=True)
    await api.ranked({1: 5})
    key = await create(api, "viewer", "read")
    for path in (
        "/api/leaderboard/top",
        "/api/leaderboard/rank/1",
        "/api/boards/default",
        "/api/boards/default/page",
        "/api/boards/default/around/1",
        "/api/boards/default/distribution",
    ):
        assert (await api.get(path)).status_code == 401, path
        for reader in (key, SUBMIT_KEY, ADMIN_KEY):
            assert (await api.get(path, reader)).status_code == 200, path
    assert (await api.post("/api/boards/default/ranks/lookup", {"user_ids": [1]}, None)).status_code == 401
    assert (await api.get("/api/boards")).json() == {"boards": []}
    assert len((await api.get("/api/boards", key)).json()["boards"]) == 1


def test_nobody_has_no_scope() -> None:
    assert not ANONYMOUS.permissions
    assert ANONYMOUS.actor == "anonymous"
