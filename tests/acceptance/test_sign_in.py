"""Anonymous sign-in over HTTP, on two processes over the real stores: races, erasures, tokens of the other process."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.acceptance.api_fixtures import ADMIN_KEY, SUBMIT_KEY, Served, environment, served_twice
from tests.tokens import SIGNING

SETTINGS = {**SIGNING, "LEADERFORGE_SIGN_IN_LIMIT": "10000:10000"}
SIGN_INS = 50


@pytest.fixture(scope="module")
async def servers(valkey, store_dsn: str) -> AsyncIterator[tuple[Served, Served]]:
    """Two processes over one database and one index, with a board that is open to players."""
    settings = environment(valkey.addresses, store_dsn, **SETTINGS)
    async with served_twice(settings) as pair:
        body = {"board": "sign-in", "open_to_players": True}
        assert (await pair[0].post("/api/boards", body, ADMIN_KEY)).status_code == 201
        yield pair


async def sign_in(server: Served, secret: str) -> dict[str, Any]:
    answer = await server.post("/api/auth/device", {"secret": secret}, None)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def refreshed(server: Served, session: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = await server.post("/api/auth/refresh", {"refresh_token": session["refresh_token"]}, None)
    return answer.status_code, answer.json()


async def submitted(server: Served, session: dict[str, Any], score: int = 1) -> tuple[int, Any]:
    body = {"user_id": session["user_id"], "score": score}
    answer = await server.post("/api/boards/sign-in/scores", body, session["token"])
    return answer.status_code, answer.json()


async def test_concurrent_sign_ins_with_one_secret_have_one_player(servers: tuple[Served, Served]) -> None:
    secret = secrets.token_hex(32)
    sessions = await asyncio.gather(*(sign_in(servers[i % 2], secret) for i in range(SIGN_INS)))
    [user_id] = {session["user_id"] for session in sessions}
    assert sum(session["created"] for session in sessions) == 1
    # Each process accepts the tokens of both processes, although one of them has just created the first signing key.
    outcomes = await asyncio.gather(*(submitted(servers[i // 2 % 2], session) for i, session in enumerate(sessions)))
    assert {status for status, _ in outcomes} == {200}
    assert max(receipt["score"] for _, receipt in outcomes) == SIGN_INS
    entry = await servers[1].get(f"/api/boards/sign-in/ranks/{user_id}")
    assert (entry.json()["score"], entry.json()["submissions"]) == (SIGN_INS, SIGN_INS)


async def test_concurrent_refreshes_leave_at_most_one_usable_token(servers: tuple[Served, Served]) -> None:
    """All refreshes succeed, but only the last new token stays valid. The use of an earlier token ends the session."""
    session = await sign_in(servers[0], secrets.token_hex(32))
    answers = await asyncio.gather(*(refreshed(servers[i % 2], session) for i in range(8)))
    assert {status for status, _ in answers} == {200}
    uses = [(await refreshed(servers[0], answer))[0] for _, answer in answers]
    assert uses in ([200] + [404] * 7, [404] * 8)


async def test_an_erasure_ends_everything_while_sign_ins_go_on(servers: tuple[Served, Served]) -> None:
    secret = secrets.token_hex(32)
    first = await sign_in(servers[0], secret)
    erasing = servers[1].send("DELETE", f"/api/users/{first['user_id']}", key=ADMIN_KEY)
    erased, *sessions = await asyncio.gather(erasing, *(sign_in(servers[i % 2], secret) for i in range(10)))
    assert erased.status_code == 200
    for session in (first, *sessions):
        is_old = session["user_id"] == first["user_id"]
        assert (await refreshed(servers[0], session))[0] == (404 if is_old else 200)
    assert len({session["user_id"] for session in sessions} - {first["user_id"]}) <= 1
    assert (await sign_in(servers[1], secret))["user_id"] != first["user_id"]


async def test_linking_an_account_keeps_the_scores(servers: tuple[Served, Served]) -> None:
    session = await sign_in(servers[0], secrets.token_hex(32))
    assert (await submitted(servers[0], session, 70))[0] == 200
    external_id = f"steam:{secrets.randbelow(10**17)}"
    path = f"/api/users/{session['user_id']}"
    assert (await servers[0].send("PATCH", path, {"external_id": external_id}, SUBMIT_KEY)).status_code == 200
    entry = await servers[1].get(f"/api/boards/sign-in/ranks/ext:{external_id}")
    assert (entry.json()["user_id"], entry.json()["score"]) == (session["user_id"], 70)
    status, session = await refreshed(servers[1], session)
    assert status == 200
    assert (await submitted(servers[1], session, 5))[1]["score"] == 75


async def test_a_new_signing_key_is_accepted_everywhere(servers: tuple[Served, Served]) -> None:
    """One process creates a signing key and issues a token with it. The other process must accept the token."""
    await sign_in(servers[0], secrets.token_hex(32))
    created = await servers[0].post("/api/admin/signing-keys", None, ADMIN_KEY)
    assert created.status_code == 201
    old = [
        key["kid"]
        for key in (await servers[0].get("/api/admin/signing-keys", ADMIN_KEY)).json()["keys"]
        if key["kid"] != created.json()["kid"] and key["retired_at"] is None
    ]
    for kid in old:
        path = f"/api/admin/signing-keys/{kid}/retire"
        assert (await servers[0].post(path, {"overlap_s": 60}, ADMIN_KEY)).status_code == 200
    session = await sign_in(servers[0], secrets.token_hex(32))
    assert (await submitted(servers[1], session))[0] == 200
