"""Players by their tokens: the claim that names the player, and creation on first sight."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.domain.boards import ScoreLimits
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.rates import RateLimit
from leaderforge.domain.timing import MAPPING_MS
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import ADMIN_KEY, Api, serving

SUBJECT = "player|eu|00042"
EXTERNAL = {**TOKENS, "LEADERFORGE_TOKEN_PLAYER_ID": "external_id"}
CREATING = {"LEADERFORGE_CREATE_PLAYERS": "1"}


def token_of(subject: str, **claims: Any) -> str:
    return token(0, **{"sub": subject, **claims})


async def erased(api: Api, path: str) -> None:
    assert (await api.send("DELETE", f"/api/users/{path}", key=ADMIN_KEY)).status_code == 200


async def test_a_subject_that_is_no_number() -> None:
    async with serving(**EXTERNAL) as api:
        await api.change_board(open_to_players=True)
        body = {"external_id": SUBJECT, "score": 5}
        for _ in range(2):
            # The setting that creates players on first sight is off.
            answer = await api.post("/api/scores", body, token_of(SUBJECT))
            assert (answer.status_code, answer.json()["error"]["details"]) == (404, {"external_id": SUBJECT})
        user_id = (await api.post("/api/users", {"external_id": SUBJECT})).json()["user_id"]
        other = (await api.post("/api/users", {"external_id": "other"})).json()["user_id"]
        assert (await api.post("/api/scores", body, token_of(SUBJECT))).json()["user_id"] == user_id
        assert (await api.post("/api/scores", {"user_id": user_id, "score": 1}, token_of(SUBJECT))).is_success
        for stranger in ({"external_id": "other", "score": 5}, {"user_id": other, "score": 5}):
            assert (await api.post("/api/scores", stranger, token_of(SUBJECT))).status_code == 403
        assert (await api.get(f"/api/users/{user_id}/export", token_of(SUBJECT))).status_code == 200
        assert (await api.get(f"/api/users/{other}/export", token_of(SUBJECT))).status_code == 403
        # A subject is an external id here, even if it has digits only: the token does not belong to player 123.
        await api.players(123)
        digits = await api.post("/api/scores", {"user_id": 123, "score": 5}, token_of("123"))
        assert digits.status_code == 403


async def test_a_hidden_player_sees_itself() -> None:
    async with serving(**EXTERNAL) as api:
        user_id = (await api.post("/api/users", {"external_id": SUBJECT})).json()["user_id"]
        await api.post("/api/scores", {"user_id": user_id, "score": 5})
        await api.post(f"/api/users/{user_id}/hide", {"reason": "test"}, ADMIN_KEY)
        path = f"/api/boards/default/ranks/{user_id}"
        assert (await api.get(path, token_of(SUBJECT))).status_code == 200
        assert (await api.get(path, token_of("other"))).status_code == 404


async def test_another_claim() -> None:
    settings = {**EXTERNAL, "LEADERFORGE_TOKEN_PLAYER_CLAIM": "steam_id"}
    async with serving(**settings) as api:
        user_id = (await api.post("/api/users", {"external_id": "76561190012345678"})).json()["user_id"]
        for claim in ("76561190012345678", 76561190012345678):
            own = await api.get(f"/api/users/{user_id}/export", token_of("any", steam_id=claim))
            assert own.status_code == 200
        for claims in ({}, {"steam_id": ""}, {"steam_id": True}, {"steam_id": ["a"]}, {"steam_id": "a\0"}):
            answer = await api.get("/api/users/1", token_of("any", **claims))
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated"), claims


async def test_no_token_is_unknown_while_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(**EXTERNAL) as api:
        await api.change_board(open_to_players=True)
        await api.ranked({1: 5})
        await api.send("PATCH", "/api/users/1", {"external_id": SUBJECT}, ADMIN_KEY)

        async def fail(*_: object) -> Mapping[str, int]:
            raise StoreUnavailable("down")

        monkeypatch.setattr(MemoryPlayerStore, "by_external_id", fail)
        assert (await api.get("/api/boards/default/ranks/1", token_of(SUBJECT))).status_code == 200
        for answer in (
            await api.post("/api/scores", {"user_id": 1, "score": 5}, token_of(SUBJECT)),
            await api.get("/api/users/1/export", token_of(SUBJECT)),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")


class TestFirstSight:
    async def test_a_submission_creates_its_player(self) -> None:
        async with serving(**EXTERNAL, **CREATING, LEADERFORGE_TOKEN_NAME_CLAIM="name") as api:
            await api.change_board(open_to_players=True)
            body = {"external_id": SUBJECT, "score": 5}
            answer = await api.post("/api/scores", body, token_of(SUBJECT, name="Ada"))
            assert (answer.status_code, answer.json()["rank"]) == (200, 1)
            again = await api.post("/api/scores", body, token_of(SUBJECT, name="Ada"))
            assert (again.json()["user_id"], again.json()["score"]) == (answer.json()["user_id"], 10)
            [entry] = (await api.get("/api/boards/default/top")).json()["entries"]
            assert (entry["username"], entry["external_id"]) == ("Ada", SUBJECT)
            # With a taken or invalid name, the player is created without a name.
            for subject, name in (("b", "ADA"), ("c", " "), ("d", 5)):
                created = await api.get(f"/api/users/ext:{subject}", token_of(subject, name=name))
                assert (created.status_code, created.json()["username"]) == (200, None)

    @pytest.mark.parametrize("subject", [SUBJECT, "41"])
    async def test_a_player_who_cannot_be_created_now_is_not_told_that_it_does_not_exist(
        self, monkeypatch: pytest.MonkeyPatch, subject: str
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            raise StoreUnavailable("down")

        names_itself_by_id = subject == "41"
        async with serving(**(TOKENS if names_itself_by_id else EXTERNAL), **CREATING) as api:
            await api.change_board(open_to_players=True)
            body = {"user_id": 41, "score": 5} if names_itself_by_id else {"external_id": subject, "score": 5}
            with monkeypatch.context() as patched:
                patched.setattr(MemoryPlayerStore, "create", fail)
                answer = await api.post("/api/scores", body, token_of(subject))
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
            assert (await api.post("/api/scores", body, token_of(subject))).json()["rank"] == 1

    async def test_a_request_above_the_limit_creates_nobody(self) -> None:
        settings = {**EXTERNAL, **CREATING, "LEADERFORGE_PLAYER_LIMIT": "1:1"}
        async with serving(**settings) as api:
            # Use up the player's rate limit directly, as a request to another process would.
            await api.limiter.take(f"player:ext:{SUBJECT}", RateLimit.parsed("1:1"))
            assert (await api.get("/api/boards/default/top", token_of(SUBJECT))).status_code == 429
            assert (await api.get(f"/api/users/ext:{SUBJECT}")).status_code == 404
            api.clock.now += 1000
            assert (await api.get("/api/boards/default/top", token_of(SUBJECT))).status_code == 200
            assert (await api.get(f"/api/users/ext:{SUBJECT}")).status_code == 200

    async def test_a_number_of_this_service(self) -> None:
        async with serving(**TOKENS, **CREATING) as api:
            await api.change_board(open_to_players=True)
            answer = await api.post("/api/scores", {"user_id": 90001, "score": 5}, token(90001))
            assert (answer.status_code, answer.json()["user_id"]) == (200, 90001)
            assert (await api.get("/api/users/90002", token(90002))).json()["username"] is None
            # With a key, a submission by `user_id` creates no player.
            assert (await api.post("/api/scores", {"user_id": 90003, "score": 5})).status_code == 404

    async def test_a_key_creates_players_by_external_id(self) -> None:
        async with serving(**CREATING) as api:
            await api.change_board(limits=ScoreLimits(max_score=10))
            items = [{"external_id": i, "score": s} for i, s in (("a", 1), ("b", 11), ("a", 2), ("c", 3), ("d", "x"))]
            results = (await api.post("/api/boards/default/scores/batch", {"submissions": items})).json()["results"]
            codes = [result.get("error", {}).get("code") for result in results]
            assert codes == [None, "rule_violated", None, None, "invalid_request"]
            assert results[0]["user_id"] == results[2]["user_id"]
            one = await api.post("/api/scores", {"external_id": "e", "score": 5})
            assert one.status_code == 200
            refused = [
                await api.post("/api/scores", {"external_id": "f", "score": 11}),
                await api.post("/api/scores", {"external_id": "f", "score": 1, "subscore": 1}),
                await api.post("/api/boards/none/scores", {"external_id": "f", "score": 1}),
            ]
            assert [answer.status_code for answer in refused] == [422, 422, 404]
            # Refused submissions have created no players, and reads with a key create no players.
            for external_id in ("b", "d", "f", "g"):
                assert (await api.get(f"/api/users/ext:{external_id}", ADMIN_KEY)).status_code == 404

    async def test_a_player_creates_nobody_else(self) -> None:
        async with serving(**EXTERNAL, **CREATING) as api:
            await api.change_board(open_to_players=True)
            answer = await api.post("/api/scores", {"external_id": "other", "score": 5}, token_of(SUBJECT))
            assert answer.status_code == 404
            assert (await api.get("/api/users/ext:other")).status_code == 404

    async def test_an_old_token_does_not_bring_an_erased_player_back(self) -> None:
        async with serving(**EXTERNAL, **CREATING, LEADERFORGE_ERASED_HOURS="2") as api:
            await api.change_board(open_to_players=True)
            body = {"external_id": SUBJECT, "score": 5}
            first = await api.post("/api/scores", body, token_of(SUBJECT))
            await erased(api, f"ext:{SUBJECT.replace('|', '%7C')}")
            calls = [(body, token_of(SUBJECT)), (body, ADMIN_KEY), ({**body, "user_id": None}, token_of(SUBJECT))]
            for wait_ms in (0, MAPPING_MS, 2 * MAPPING_MS, 3_600_000):
                api.clock.now += wait_ms
                assert [(await api.post("/api/scores", *call)).status_code for call in calls] == [404] * 3
            assert (await api.get("/api/boards/default/top")).json()["total"] == 0
            assert (await api.get(f"/api/users/{first.json()['user_id']}")).status_code == 404

    async def test_nor_one_by_number(self) -> None:
        async with serving(**TOKENS, **CREATING) as api:
            # The service compares its clock with the end of the token, which is in real time.
            api.clock.now = time.time_ns() // 1_000_000
            await api.change_board(open_to_players=True)
            body = {"user_id": 90001, "score": 5}
            assert (await api.post("/api/scores", body, token(90001))).status_code == 200
            await erased(api, "90001")
            assert (await api.post("/api/scores", body, token(90001))).status_code == 404
            # The operator may create the player again.
            assert (await api.post("/api/users", {"user_id": 90001})).status_code == 201
            assert (await api.post("/api/scores", body, token(90001))).status_code == 200
