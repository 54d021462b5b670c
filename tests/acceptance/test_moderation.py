"""Moderation over HTTP, on a real server and real stores: the public view, and the hidden-player view."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.domain.periods import Calendar, PeriodKind
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z
DAY = 86_400_000
WHY = {"reason": "a reason"}


class Days:
    """Clock that the test moves from day to day."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Days:
    return Days()


@pytest.fixture(scope="module")
async def api(valkey, postgres, clock: Days) -> AsyncIterator[Served]:
    settings = environment(valkey.addresses, await new_database(postgres.dsn), **TOKENS, LEADERFORGE_TOP_CACHE_MS="0")
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        yield api


class Game:
    """New board with players 1 to 5. Player 1 leads, player 5 is last."""

    def __init__(self, api: Served, board: str, first: int) -> None:
        self.api = api
        self.board = f"/api/boards/{board}"
        self.first = first

    def player(self, number: int) -> int:
        return self.first + number

    async def act(self, method: str, number: int, what: str = "", body: Mapping[str, Any] | None = None) -> Any:
        path = f"{self.board}/entries/{self.player(number)}{what}"
        answer = await self.api.send(method, path, body, ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        return answer.json()["entries"]

    async def submit(self, number: int, score: int, submission_id: str | None = None) -> Any:
        body = {"user_id": self.player(number), "score": score, "submission_id": submission_id or str(uuid4())}
        return await self.api.post(f"{self.board}/scores", body)

    async def listed(self, period: str = "all-time") -> list[tuple[int, int]]:
        """Return the rank of each visible player and the player's number in the game. Every kind of read must agree."""
        query = f"period={period}"
        top = await self.get(f"top?{query}&limit=1000")
        page = await self.get(f"page?{query}&limit=1000")
        ranged = await self.get(f"range?{query}&limit=1000")
        spread = await self.get(f"distribution?{query}")
        assert top["entries"] == page["entries"] == ranged["entries"]
        assert top["total"] == page["total"] == ranged["total"] == spread["count"] == len(top["entries"])
        assert not any("hidden" in entry for entry in top["entries"])
        return [(entry["rank"], entry["user_id"] - self.first) for entry in top["entries"]]

    async def get(self, path: str, key: str | None = None, status: int = 200) -> Any:
        answer = await self.api.get(f"{self.board}/{path}", key)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def rank(self, number: int, key: str | None = None, period: str = "all-time") -> int | None:
        answer = await self.api.get(f"{self.board}/ranks/{self.player(number)}?period={period}", key)
        return answer.json()["rank"] if answer.is_success else None

    def token(self, number: int) -> str:
        return token(self.player(number))


NewGame = Callable[..., Any]


@pytest.fixture
def new_game(api: Served) -> NewGame:
    async def create(**rules: Any) -> Game:
        first = next(_firsts)
        slug = f"board-{first}"
        rules.setdefault("calendar", Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY)))
        await api.services.parts.store.create_board(replace(Board(0, slug, slug), **rules))
        game = Game(api, slug, first)
        for number in range(1, 6):
            body = {"user_id": game.player(number), "username": f"player {game.player(number)}"}
            assert (await api.post("/api/users", body)).status_code == 201
            ascending = rules.get("order") is Order.ASC
            assert (await game.submit(number, number if ascending else 10 - number)).is_success
        return game

    return create


_firsts = iter(range(1000, 10**6, 10))
ALL = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
WITHOUT_2 = [(1, 1), (2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(("policy", "order"), [(policy, order) for policy in Policy for order in Order])
async def test_a_hidden_entry_is_seen_by_its_player_alone(new_game: NewGame, policy: Policy, order: Order) -> None:
    game = await new_game(policy=policy, order=order)
    assert await game.listed() == ALL
    changed = await game.act("POST", 2, "/hide", WHY)
    assert {one["state"] for one in changed} == {"hidden"}
    assert {one["period"] for one in changed} == {"all-time", "2026-11-23"}
    for period in ("all-time", "daily"):
        assert await game.listed(period) == WITHOUT_2
        assert [await game.rank(n, period=period) for n in range(1, 6)] == [1, None, 2, 3, 4]
        assert await game.rank(2, game.token(2), period) == 2
        assert await game.rank(2, game.token(3), period) is None
    assert (await game.get(f"percentile/{100}"))["entry"]["user_id"] == game.player(1)
    await game.act("POST", 2, "/unhide", WHY)
    assert await game.listed() == ALL


async def test_the_players_own_view(new_game: NewGame) -> None:
    game = await new_game()
    before = await game.get(f"ranks/{game.player(2)}", game.token(2))
    await game.act("POST", 2, "/hide", WHY)
    after = await game.get(f"ranks/{game.player(2)}", game.token(2))
    assert after == before | {"as_of": after["as_of"]}
    around = await game.get(f"around/{game.player(2)}?radius=1", game.token(2))
    assert [entry["user_id"] - game.first for entry in around["entries"]] == [1, 2, 3]
    assert around["total"] == 5
    assert not any("hidden" in entry for entry in around["entries"])
    await game.get(f"around/{game.player(2)}", game.token(3), status=404)
    friends = {"user_ids": [game.player(n) for n in (1, 2, 3)]}
    for key, seen in ((game.token(2), [1, 2, 3]), (game.token(3), [1, 3]), (SUBMIT_KEY, [1, 3])):
        found = (await game.api.post(f"{game.board}/ranks/lookup", friends, key)).json()
        assert [entry["user_id"] - game.first for entry in found["entries"]] == seen
        assert not any("hidden" in entry for entry in found["entries"])
    receipt = (await game.submit(2, 2)).json()
    assert (receipt["score"], receipt["rank"]) == (10, 1)
    assert await game.listed() == WITHOUT_2


async def test_admins_see_what_is_hidden(new_game: NewGame) -> None:
    game = await new_game()
    await game.act("POST", 4, "/hide", WHY)
    await game.api.post(f"/api/users/{game.player(2)}/hide", WHY, ADMIN_KEY)
    await game.act("POST", 2, "/hide", WHY)
    assert (await game.get(f"ranks/{game.player(2)}", ADMIN_KEY))["hidden"]
    found = await game.get("hidden", ADMIN_KEY)
    assert [(e["user_id"] - game.first, e["rank"], e["hidden_by"]) for e in found["entries"]] == [
        (2, 2, ["entry", "player"]),
        (4, 3, ["entry"]),
    ]
    first = await game.get("hidden?limit=1", ADMIN_KEY)
    second = await game.get(f"hidden?limit=1&after={first['next']}", ADMIN_KEY)
    assert [e["user_id"] - game.first for e in first["entries"] + second["entries"]] == [2, 4]
    assert (await game.get("hidden?period=daily", ADMIN_KEY))["entries"]


async def test_a_hidden_player_is_hidden_on_boards_entered_later(new_game: NewGame) -> None:
    game, other = await new_game(), await new_game()
    hide = f"/api/users/{game.player(3)}"
    changed = (await game.api.post(f"{hide}/hide", WHY, ADMIN_KEY)).json()["entries"]
    assert len(changed) == 2
    later = {"user_id": game.player(3), "score": 99}
    assert (await game.api.post(f"{other.board}/scores", later)).status_code == 200
    assert await other.listed() == ALL
    assert await game.rank(3) is None
    changed = (await game.api.post(f"{hide}/unhide", WHY, ADMIN_KEY)).json()["entries"]
    assert len(changed) == 4
    assert (await other.listed())[0] == (1, game.player(3) - other.first)


async def test_what_is_removed_is_gone_for_everyone(new_game: NewGame, clock: Days) -> None:
    game = await new_game()
    submission_id = str(uuid4())
    await game.submit(2, 1, submission_id)
    clock.now += DAY
    await game.submit(2, 1)
    changed = await game.act("DELETE", 2, "?reason=cheating")
    assert {one["period"]: one["state"] for one in changed} == {"all-time": "removed", "2026-11-24": "removed"}
    assert await game.listed() == WITHOUT_2
    for key in (None, game.token(2), ADMIN_KEY):
        assert await game.rank(2, key) is None
    # A removal without a period does not change a past day. Only a removal that names this day does.
    assert await game.listed("2026-11-23") == ALL
    late = await game.submit(2, 1, submission_id)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    changed = await game.act("DELETE", 2, "?reason=cheating&period=2026-11-23")
    assert [(one["period"], one["state"]) for one in changed] == [("2026-11-23", "removed")]
    assert await game.listed("2026-11-23") == WITHOUT_2
    assert (await game.submit(2, 3)).json()["score"] == 3
    assert (await game.listed())[-1] == (5, 2)
    clock.now -= DAY


async def test_a_score_that_is_set(new_game: NewGame) -> None:
    game = await new_game(policy=Policy.BEST)
    await game.act("PUT", 4, body={"score": 1000, "metadata": {"by": "ops"}, "reason": "lost in an outage"})
    assert await game.listed() == [(1, 4), (2, 1), (3, 2), (4, 3), (5, 5)]
    one = await game.get(f"ranks/{game.player(4)}")
    assert (one["score"], one["submissions"], one["metadata"]) == (1000, 1, {"by": "ops"})
    await game.act("PUT", 4, body={"score": -1, "reason": "set too high"})
    assert await game.listed() == [(1, 1), (2, 2), (3, 3), (4, 5), (5, 4)]


async def test_every_act_is_audited(new_game: NewGame) -> None:
    game = await new_game()
    await game.act("POST", 1, "/hide", {"reason": "one"})
    await game.act("PUT", 1, body={"score": 7, "reason": "two"})
    await game.act("DELETE", 1, "?reason=three")
    audit = (await game.api.get(f"/api/admin/audit?user_id={game.player(1)}", ADMIN_KEY)).json()
    told = [(one["actor"], one["action"], one["reason"], one["details"]) for one in audit["entries"]]
    assert told == [
        ("env:admin", "entry.remove", "three", {}),
        ("env:admin", "entry.set", "two", {"score": 7}),
        ("env:admin", "entry.hide", "one", {}),
    ]


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 501, None])
async def test_a_reason_is_needed(new_game: NewGame, reason: str | None) -> None:
    game = await new_game()
    body = {} if reason is None else {"reason": reason}
    answer = await game.api.post(f"{game.board}/entries/{game.player(1)}/hide", body, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert await game.listed() == ALL


async def test_what_cannot_be_done(new_game: NewGame) -> None:
    game = await new_game()
    for path, code in (
        (f"{game.board}/entries/999999999/hide", "user_not_found"),
        ("/api/boards/none/entries/1/hide", "board_not_found"),
        ("/api/users/999999999/hide", "user_not_found"),
        (f"{game.board}/entries/{game.first - 9}/hide", "not_ranked"),
    ):
        if code == "not_ranked":
            await game.api.post("/api/users", {"user_id": game.first - 9, "username": f"none {game.first}"})
        answer = await game.api.post(path, WHY, ADMIN_KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


async def test_submissions_meanwhile_count_before_or_after(new_game: NewGame) -> None:
    game = await new_game()

    async def play() -> None:
        for _ in range(15):
            await game.submit(1, 1)

    async def moderate() -> None:
        for _ in range(5):
            await game.act("PUT", 1, body={"score": 100, "reason": "a test"})
            await game.act("POST", 1, "/hide", WHY)
            await game.act("POST", 1, "/unhide", WHY)

    await asyncio.gather(*(play() for _ in range(4)), moderate())
    one = await game.get(f"ranks/{game.player(1)}")
    assert one["score"] - one["submissions"] == 99
    assert one["rank"] == 1
    daily = await game.get(f"ranks/{game.player(1)}?period=daily")
    assert daily["score"] == one["score"]
