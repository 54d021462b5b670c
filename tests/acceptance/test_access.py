"""Keys and rate limits across several processes, on real servers."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import new_command
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.tokens import SIGNING
from tests.waiting import until

Pair = tuple[Served, Served]


@pytest.fixture(scope="module")
async def pair(valkey, postgres) -> AsyncIterator[Pair]:
    """Two servers that share a database and an index."""
    settings = environment(
        valkey.addresses,
        await new_database(postgres.dsn),
        LEADERFORGE_KEY_LIMIT="0.001:40",
    )
    async with served(settings) as one, served(settings) as other:
        await one.until_healthy()
        yield one, other


async def status(api: Served, key: str) -> int:
    """Return the status of a call that requires a key. Every valid key may make the call."""
    return (await api.get("/api/boards", key)).status_code


async def until_status(api: Served, key: str, wanted: int) -> None:
    """Return once a call with the key has this status."""

    async def has_it() -> bool:
        return await status(api, key) == wanted

    await until(has_it, f"the status {wanted}", every=0.25)  # poll slowly: each call counts against the rate limit


async def test_changes_of_keys_hold_in_every_process(pair: Pair) -> None:
    one, other = pair
    made = await one.post("/api/admin/keys", {"name": "game", "scopes": ["read"]}, ADMIN_KEY)
    key = made.json()["key"]
    assert await status(one, key) == 200
    await until_status(other, key, 200)
    rotated = await one.post("/api/admin/keys/game/rotate", {}, ADMIN_KEY)
    await until_status(other, key, 401)
    await until_status(other, rotated.json()["key"], 200)
    assert (await one.send("DELETE", "/api/admin/keys/game", None, ADMIN_KEY)).status_code == 200
    assert await status(one, rotated.json()["key"]) == 401
    await until_status(other, rotated.json()["key"], 401)


async def test_processes_share_the_limits(pair: Pair) -> None:
    made = await pair[0].post("/api/admin/keys", {"name": "busy", "scopes": ["read"]}, ADMIN_KEY)
    key = made.json()["key"]
    await until_status(pair[1], key, 200)
    left = int((await pair[0].get("/api/boards", key)).headers["ratelimit-remaining"])
    statuses = [await status(pair[i % 2], key) for i in range(left + 4)]
    assert statuses == [200] * left + [429] * 4


async def test_keys_by_command(valkey, postgres) -> None:
    dsn = await new_database(postgres.dsn)
    command = new_command(dsn, valkey.addresses)
    [key] = command.run("keys", "create", "ops", "--scope", "read", "--scope", "admin").output
    assert (
        command.run("keys", "create", "ops", "--scope", "read", code=1).errors[-1].startswith("error: there is a key")
    )
    async with served(environment(valkey.addresses, dsn)) as api:
        assert (await api.get("/api/admin/keys", key)).status_code == 200
        [rotated] = command.run("keys", "rotate", "ops", "--overlap", "3600").output
        await until_status(api, rotated, 200)
        assert await status(api, key) == 200
        command.run("keys", "revoke", "ops")
        await until_status(api, rotated, 401)
        await until_status(api, key, 401)
        [listed] = command.run("keys", "list").output
        assert listed.split("\t")[:2] == ["ops", "admin,read"]
        assert "revoked" in listed
        acts = (await api.get("/api/admin/audit", ADMIN_KEY)).json()["entries"]
        assert [(act["actor"], act["action"]) for act in acts] == [
            ("cli", "key.revoke"),
            ("cli", "key.rotate"),
            ("cli", "key.create"),
        ]
        assert key not in repr(await command.query("select * from api_keys"))


async def test_roles_by_command(valkey, postgres) -> None:
    dsn = await new_database(postgres.dsn)
    command = new_command(dsn, valkey.addresses)
    command.run("keys", "create", "ada", "--role", "viewer", "--person", "Ada Lovelace")
    assert command.run("people", "role", "key:ada", "moderator").output == ["Ada Lovelace is moderator"]
    assert command.run("people", "list").output == ["Ada Lovelace\tkey:ada\tmoderator\tno action yet"]
    assert "there is no key" in command.run("people", "role", "key:bob", "owner", code=1).errors[-1]


async def test_signing_keys_and_tokens_by_command(valkey, postgres) -> None:
    dsn = await new_database(postgres.dsn)
    secret = {"LEADERFORGE_SIGNING_SECRET": SIGNING["LEADERFORGE_SIGNING_SECRET"]}
    command = new_command(dsn, valkey.addresses)
    run = partial(command.run, **secret)
    async with served(environment(valkey.addresses, dsn, LEADERFORGE_CREATE_PLAYERS="1", **secret)) as api:
        created = run("tokens", "create", "--player", "76561190012345678", "--name", "Ada", "--valid", "15m")
        [token] = created.output
        assert "external id 76561190012345678, valid until" in created.errors[-1]
        player = (await api.get("/api/users/ext:76561190012345678", token)).json()
        assert player["username"] == "Ada"
        [listed] = run("signing-keys", "list").output
        kid = listed.partition("\t")[0]
        assert "created" in listed
        [second] = run("signing-keys", "create").output
        [retired] = run("signing-keys", "retire", kid, "--overlap", "3600").output
        assert "accepted until" in retired
        assert [line.partition("\t")[0] for line in run("signing-keys", "list").output] == [kid, second]
        assert await status(api, token) == 200
        acts = (await api.get("/api/admin/audit", ADMIN_KEY)).json()["entries"]
        assert [(act["actor"], act["action"]) for act in acts] == [
            ("cli", "signing_key.retire"),
            ("cli", "signing_key.create"),
            ("service", "signing_key.create"),
        ]
    for arguments, problem in (
        (["--player", "5", "--valid", "1y"], "'1y' is not a duration"),
        (["--player", "5", "--valid", "0s"], "a token may be valid for 1 to"),
        (["--player", ""], "an external id must have 1 to 128 characters"),
    ):
        assert problem in run("tokens", "create", *arguments, code=1).errors[-1]
    assert run("signing-keys", "retire", "lfk_none", code=1).errors[-1] == ("error: there is no signing key 'lfk_none'")
