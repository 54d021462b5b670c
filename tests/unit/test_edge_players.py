"""Players with their own tokens."""

from collections.abc import AsyncIterator

import pytest

from tests.api_client import SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving

SCORES = "/api/boards/default/scores"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Server with players 1 and 2, and a board that is open to them."""
    async with serving(**TOKENS, LEADERFORGE_PLAYER_LIMIT="1:50") as running:
        await running.change_board(open_to_players=True)
        await running.players(1, 2)
        yield running


def told(answer: object) -> str:
    body = answer.json()  # type: ignore[attr-defined]
    code: str = body["error"]["code"]
    return code


async def test_a_player_submits_for_itself_only(api: Api) -> None:
    assert (await api.post(SCORES, {"user_id": 1, "score": 5}, token(1))).status_code == 200
    other = await api.post(SCORES, {"user_id": 2, "score": 5}, token(1))
    assert (other.status_code, told(other)) == (403, "forbidden")
    assert (await api.get("/api/boards/default/ranks/2")).status_code == 404


async def test_a_batch_tells_each_item_apart(api: Api) -> None:
    batch = {"submissions": [{"user_id": 1, "score": 5}, {"user_id": 2, "score": 5}, {"user_id": 1}]}
    results = (await api.post(f"{SCORES}/batch", batch, token(1))).json()["results"]
    assert [one.get("score") or one["error"]["code"] for one in results] == [5, "forbidden", "invalid_request"]
    assert (await api.get("/api/boards/default/ranks/2")).status_code == 404


async def test_a_board_has_to_be_open_to_players(api: Api) -> None:
    await api.change_board(open_to_players=False)
    assert (await api.post(SCORES, {"user_id": 1, "score": 5}, token(1))).status_code == 403
    assert (await api.post(SCORES, {"user_id": 1, "score": 5}, SUBMIT_KEY)).status_code == 200


async def test_players_do_not_date_their_scores(api: Api) -> None:
    dated = {"user_id": 1, "score": 5, "achieved_at": "2026-11-23T11:59:59.000Z"}
    assert (await api.post(SCORES, dated, token(1))).status_code == 403
    assert (await api.post(SCORES, dated, SUBMIT_KEY)).status_code == 200


async def test_no_scope_of_a_token_makes_more_of_a_player(api: Api) -> None:
    for path in ("/api/admin/keys", "/api/admin/audit"):
        assert (await api.get(path, token(1, scope="admin read submit"))).status_code == 403
    body = {"user_id": 2, "score": 5}
    assert (await api.post(SCORES, body, token(1, scope="admin read submit"))).status_code == 403
    assert (await api.post("/api/users", {"username": "ann"}, token(1, scope="submit"))).status_code == 403


async def test_an_expired_token_is_told_so(api: Api) -> None:
    answer = await api.post(SCORES, {"user_id": 1, "score": 5}, token(1, lasts_s=-60))
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        401,
        "the token has expired: request a new one from its issuer",
    )
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_each_player_has_a_limit_of_its_own(api: Api) -> None:
    statuses = [(await api.get("/api/boards/default/top", token(1))).status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    assert (await api.get("/api/boards/default/top", token(2))).status_code == 200
    # Another token of the same player shares its rate limit.
    assert (await api.get("/api/boards/default/top", token(1, lasts_s=500))).status_code == 429


async def test_where_tokens_are_not_set_up_there_are_none() -> None:
    async with serving() as api:
        assert (await api.post("/api/scores", {"user_id": 1, "score": 5}, token(1))).status_code == 401


async def test_a_key_with_dots_is_still_a_key() -> None:
    async with serving(**TOKENS, LEADERFORGE_SUBMIT_KEYS="a.submit.key") as api:
        await api.players(1)
        assert (await api.post("/api/scores", {"user_id": 1, "score": 5}, "a.submit.key")).status_code == 200
