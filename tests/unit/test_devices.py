"""Anonymous sign-in of devices over HTTP, and sessions."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from leaderforge.domain.sessions import MAX_SECRET_LENGTH, REPEAT_MS, PlayerSession, RefreshToken
from leaderforge.services.devices import PURGED_AT_ONCE
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import SIGNING
from tests.unit.edge_fixtures import Api, serving

DEVICE, REFRESH, REVOKE = "/api/auth/device", "/api/auth/refresh", "/api/auth/revoke"
SECRET = "0123456789abcdef0123456789abcdef"
WITHOUT_LIMIT = {**SIGNING, "LEADERFORGE_SIGN_IN_LIMIT": "1000:1000"}
DAY_MS = 86_400_000


async def sign_in(api: Api, secret: str = SECRET, **members: Any) -> dict[str, Any]:
    answer = await api.post(DEVICE, {"secret": secret, **members}, None)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def refresh(api: Api, session: dict[str, Any]) -> httpx.Response:
    return await api.post(REFRESH, {"refresh_token": session["refresh_token"]}, None)


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_from_nothing_to_the_first_score() -> None:
    async with serving(**SIGNING) as api:
        await api.change_board(open_to_players=True)
        session = await sign_in(api, username="Ada")
        assert session["created"]
        answer = await api.post("/api/scores", {"user_id": session["user_id"], "score": 5}, session["token"])
        assert (answer.status_code, answer.json()["rank"]) == (200, 1)
        [entry] = (await api.get("/api/leaderboard/top")).json()["entries"]
        assert (entry["user_id"], entry["username"]) == (session["user_id"], "Ada")


async def test_it_is_off_by_default() -> None:
    async with serving() as api:
        for path, body in ((DEVICE, {"secret": SECRET}), (REFRESH, {"refresh_token": "x"})):
            assert error(await api.post(path, body, None)) == (403, "sign_in_disabled")


async def test_one_secret_has_one_player() -> None:
    async with serving(**WITHOUT_LIMIT) as api:
        sessions = await asyncio.gather(*(sign_in(api) for _ in range(50)))
        assert len({session["user_id"] for session in sessions}) == 1
        assert sum(session["created"] for session in sessions) == 1
        assert len({session["refresh_token"] for session in sessions}) == 50
        assert len(await api.services.parts.users.following(None, 10)) == 1
        assert (await sign_in(api, secrets.token_hex(16)))["user_id"] != sessions[0]["user_id"]


async def test_a_taken_name_keeps_nobody_out() -> None:
    async with serving(**SIGNING) as api:
        await sign_in(api, username="Ada")
        other = await sign_in(api, secrets.token_hex(16), username="ADA")
        assert (await api.get(f"/api/users/{other['user_id']}")).json()["username"] is None
        # A later sign-in with another name does not rename the existing player.
        again = await sign_in(api, username="Bo")
        assert (await api.get(f"/api/users/{again['user_id']}")).json()["username"] == "Ada"


@pytest.mark.parametrize(
    "secret", ["", "short", "a" * 32, "ab" * 40, "0123456789abcdef" * 17, 12345, None, SECRET[:31]]
)
async def test_a_secret_that_can_be_guessed_is_refused(secret: object) -> None:
    async with serving(**SIGNING) as api:
        answer = await api.post(DEVICE, {"secret": secret}, None)
        assert error(answer) == (422, "invalid_request")
        assert str(secret) not in answer.text or len(str(secret)) < 6
        assert await api.services.parts.users.following(None, 1) == []


async def test_the_longest_secret() -> None:
    async with serving(**SIGNING) as api:
        assert (await sign_in(api, secrets.token_hex(MAX_SECRET_LENGTH // 2)))["created"]


class TestSessions:
    async def test_a_refresh_rotates_the_token(self) -> None:
        async with serving(**WITHOUT_LIMIT) as api:
            session = await sign_in(api)
            for _ in range(3):
                api.clock.now += 80 * DAY_MS
                answer = await refresh(api, session)
                assert answer.status_code == 200, answer.text
                assert answer.json()["user_id"] == session["user_id"]
                assert answer.json()["refresh_token"] != session["refresh_token"]
                session = answer.json()
                assert (await api.get(f"/api/users/{session['user_id']}/export", session["token"])).status_code == 200

    async def test_an_unused_session_ends(self) -> None:
        async with serving(**SIGNING, LEADERFORGE_SESSION_DAYS="1") as api:
            session = await sign_in(api)
            api.clock.now += DAY_MS
            assert error(await refresh(api, session)) == (404, "session_not_found")
            assert (await sign_in(api))["user_id"] == session["user_id"]

    async def test_a_sign_in_purges_a_limited_number_of_sessions(self) -> None:
        async with serving(**WITHOUT_LIMIT, LEADERFORGE_SESSION_DAYS="1") as api:
            sessions, count = api.services.parts.sessions, PURGED_AT_ONCE + 50
            players = range(1, count // 10 + 1)
            await api.players(*players)
            for user_id in players:
                for i in range(10):
                    token = RefreshToken.of_new_session(user_id)
                    now = api.clock.now
                    await sessions.start(PlayerSession(user_id, token.session_id, token.digest, now + i, now + DAY_MS))
            api.clock.now += 2 * DAY_MS

            async def stored() -> int:
                return sum([len((await sessions.record(user_id)).sessions) for user_id in players])

            stored_after = []
            for _ in range(3):
                await sign_in(api)
                stored_after.append(await stored())
            assert stored_after == [50, 0, 0]

    async def test_a_copied_refresh_token_ends_the_session(self) -> None:
        async with serving(**WITHOUT_LIMIT) as api:
            stolen = await sign_in(api)
            session = (await refresh(api, stolen)).json()
            api.clock.now += REPEAT_MS
            assert error(await refresh(api, stolen)) == (404, "session_not_found")
            assert error(await refresh(api, session)) == (404, "session_not_found")

    @pytest.mark.parametrize("text", ["x", "lfr_1.2.3", "lfr_99999999999999999.0.0", "é" * 128])
    async def test_what_is_no_refresh_token(self, text: str) -> None:
        async with serving(**SIGNING) as api:
            for path in (REFRESH, REVOKE):
                assert error(await api.post(path, {"refresh_token": text}, None)) == (404, "session_not_found")

    async def test_a_player_ends_its_session(self) -> None:
        async with serving(**SIGNING) as api:
            session, other = await sign_in(api), await sign_in(api)
            body = {"refresh_token": session["refresh_token"]}
            ended = [(await api.post(REVOKE, body, None)).json()["ended"] for _ in range(2)]
            assert ended == [True, False]
            assert error(await refresh(api, session)) == (404, "session_not_found")
            assert (await refresh(api, other)).status_code == 200

    async def test_an_admin_ends_all_sessions_of_a_player(self) -> None:
        async with serving(**SIGNING) as api:
            sessions = [await sign_in(api) for _ in range(2)]
            path = f"/api/users/{sessions[0]['user_id']}/sessions"
            assert (await api.send("DELETE", path, key=ADMIN_KEY)).json()["ended"] == 2
            assert [error(await refresh(api, session))[0] for session in sessions] == [404, 404]
            assert error(await api.send("DELETE", "/api/users/1/sessions", key=ADMIN_KEY)) == (404, "user_not_found")

    @pytest.mark.parametrize("erased", [False, True])
    async def test_hiding_or_erasing_a_player_ends_its_sessions(self, erased: bool) -> None:
        async with serving(**SIGNING) as api:
            session = await sign_in(api)
            path = f"/api/users/{session['user_id']}"
            if erased:
                assert (await api.send("DELETE", path, key=ADMIN_KEY)).is_success
            else:
                assert (await api.post(f"{path}/hide", {"reason": "cheats"}, ADMIN_KEY)).is_success
            assert error(await refresh(api, session)) == (404, "session_not_found")
            again = await sign_in(api)
            assert (again["user_id"] == session["user_id"], again["created"]) == (not erased, erased)

    async def test_an_export_has_devices_and_sessions(self) -> None:
        async with serving(**SIGNING) as api:
            session = await sign_in(api)
            exported = (await api.get(f"/api/users/{session['user_id']}/export", session["token"])).json()
            assert exported["devices"] == 1
            assert exported["sessions"] == [
                {
                    "started_at": "2026-11-23T12:00:00.000Z",
                    "refreshed_at": "2026-11-23T12:00:00.000Z",
                    "ends_at": session["session_ends_at"],
                }
            ]
            await api.players(123)
            assert "devices" not in (await api.get("/api/users/123/export", ADMIN_KEY)).json()

    async def test_an_invented_player_id_in_a_refresh_token(self) -> None:
        async with serving(**SIGNING) as api:
            session, other = await sign_in(api), await sign_in(api, secrets.token_hex(16))
            token = RefreshToken.parsed(session["refresh_token"])
            forged = RefreshToken(other["user_id"], token.session_id, token.secret)
            assert error(await refresh(api, {"refresh_token": forged.text})) == (404, "session_not_found")


class TestLinking:
    async def test_an_external_id_keeps_scores_and_sessions(self) -> None:
        """Set the external id as a game's server does once it has verified the player's id in another system."""
        async with serving(**WITHOUT_LIMIT) as api:
            await api.change_board(open_to_players=True)
            session = await sign_in(api)
            user_id = session["user_id"]
            await api.post("/api/scores", {"user_id": user_id, "score": 5}, session["token"])
            steam = {"external_id": "76561190012345678"}
            assert (await api.send("PATCH", f"/api/users/{user_id}", steam, SUBMIT_KEY)).status_code == 200
            by_external_id = await api.get("/api/boards/default/ranks/ext:76561190012345678")
            assert (by_external_id.json()["user_id"], by_external_id.json()["score"]) == (user_id, 5)
            assert (await refresh(api, session)).json()["user_id"] == user_id
            assert (await sign_in(api))["user_id"] == user_id
            token = (await api.services.access.signing_keys.issue(user_id, 60)).text
            answer = await api.post("/api/scores", {**steam, "score": 5}, token)
            assert (answer.status_code, answer.json()["score"]) == (200, 10)

    async def test_a_player_cannot_link_itself(self) -> None:
        """External ids are not secret. A player who could set an external id could claim the id of another player."""
        async with serving(**SIGNING) as api:
            session = await sign_in(api)
            path, body = f"/api/users/{session['user_id']}", {"external_id": "76561190012345678"}
            assert [(await api.send(m, path, body, session["token"])).status_code for m in ("PATCH", "PUT")] == [
                403
            ] * 2

    async def test_a_linked_id_of_another_player_is_told(self) -> None:
        async with serving(**SIGNING) as api:
            await api.post("/api/users", {"user_id": 5, "external_id": "steam"})
            session = await sign_in(api)
            answer = await api.send("PATCH", f"/api/users/{session['user_id']}", {"external_id": "steam"}, SUBMIT_KEY)
            assert (error(answer), answer.json()["error"]["details"]["user_id"]) == ((409, "external_id_taken"), 5)


class TestLimits:
    async def test_sign_ins_are_limited_by_address(self) -> None:
        async with serving(**SIGNING, LEADERFORGE_SIGN_IN_LIMIT="1:2") as api:
            answers = [await api.post(DEVICE, {"secret": secrets.token_hex(16)}, None) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            # Sign-ins with a key, and refreshes with wrong tokens, use up the same limit of the address.
            assert (await api.post(DEVICE, {"secret": SECRET}, SUBMIT_KEY)).status_code == 429
            assert (await api.post(REFRESH, {"refresh_token": "x"}, None)).status_code == 429
            assert len(await api.services.parts.users.following(None, 10)) == 2
            assert (await api.get("/api/leaderboard/top")).status_code == 200
            api.clock.now += 1000
            assert (await api.post(REFRESH, {"refresh_token": "x"}, None)).status_code == 404

    async def test_other_calls_have_no_limit_from_sign_ins(self) -> None:
        async with serving(**SIGNING, LEADERFORGE_SIGN_IN_LIMIT="1:1") as api:
            assert [(await api.get("/api/leaderboard/top")).status_code for _ in range(3)] == [200] * 3
            assert api.limiter.asked == 0

    async def test_sign_ins_are_limited_below_a_root_path_too(self) -> None:
        async with serving(**SIGNING, LEADERFORGE_SIGN_IN_LIMIT="1:1") as api:
            transport = httpx.ASGITransport(api.app, root_path="/games")
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost/games") as http:
                sign_ins = [await http.post(DEVICE, json={"secret": secrets.token_hex(16)}) for _ in range(2)]
                assert [answer.status_code for answer in sign_ins] == [200, 429]

    async def test_without_device_sign_in_its_paths_count_as_others(self) -> None:
        async with serving(LEADERFORGE_ADDRESS_LIMIT="1:3") as api:
            guesses = [(await api.post(REVOKE, {"refresh_token": "x"}, f"guess-{i}")).status_code for i in range(4)]
            assert guesses == [401, 401, 401, 429]

    async def test_guessing_keys_counts_as_a_sign_in(self) -> None:
        async with serving(**SIGNING, LEADERFORGE_SIGN_IN_LIMIT="1:3") as api:
            guesses = [(await api.post(REVOKE, {"refresh_token": "x"}, f"guess-{i}")).status_code for i in range(4)]
            assert guesses == [401, 401, 401, 429]

    async def test_without_device_sign_in_the_limiter_is_not_used(self) -> None:
        async with serving() as api:
            await api.post(DEVICE, {"secret": SECRET}, None)
            assert (api.edge.rate_limits, api.limiter.asked) == (None, 0)
