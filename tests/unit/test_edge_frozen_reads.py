"""All reads of a frozen board: nothing that happens after the moment changes an answer to the public."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from functions.maintain import settle
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import LAST_COUNT_MS, PROPAGATION_MS, SETTLE_MS
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_edge_leagues import WEEK_END
from tests.unit.test_edge_live import listening

HOUR = 3_600_000
BOARDS = ("default", "race", "cup")
"""Frozen boards. The team board `clans` is not frozen, but its source `default` is."""
RACE = {
    "board": "race",
    "policy": "best",
    "periods": ["all-time", "weekly"],
    "moment_days": 30,
    "segments": ["country"],
    "league": {"divisions": ["Gold", "Silver"], "group_size": 10, "promotion": {"places": 1}},
    "rewards": {"period": "weekly", "rewards": [{"reward": "winner", "last_rank": 1, "payload": {}}]},
}
CUP = {
    "board": "cup",
    "policy": "best",
    "moment_days": 30,
    "tournament": {"starts_at": time_text(START), "ends_at": time_text(START + 9 * HOUR), "bracket_size": 4},
}
READS = {
    "GET /api/leaderboard/top": "/api/leaderboard/top",
    "GET /api/leaderboard/rank/{user_id}": "/api/leaderboard/rank/2",
    "POST /api/boards/{board}/ranks/lookup": "/api/boards/race/ranks/lookup",
    "GET /api/boards/{board}/top": "/api/boards/race/top?segment=country:FI",
    "GET /api/boards/{board}/ranks/{user_id}": "/api/boards/race/ranks/2?since=PT3H",
    "GET /api/boards/{board}/around/{user_id}": "/api/boards/race/around/2",
    "GET /api/boards/{board}/page": "/api/boards/race/page?rank=1&limit=200",
    "GET /api/boards/{board}/range": "/api/boards/race/range",
    "GET /api/boards/{board}/distribution": "/api/boards/race/distribution",
    "GET /api/boards/{board}/percentile/{p}": "/api/boards/race/percentile/50",
    "GET /api/boards/{board}/history/{user_id}": "/api/boards/race/history/2",
    "GET /api/boards/{board}/rank-history/{user_id}": "/api/boards/race/rank-history/2?period=all-time",
    "GET /api/boards/{board}/friends/{user_id}": "/api/boards/race/friends/1",
    "GET /api/boards/{board}/league/{user_id}": "/api/boards/race/league/2?period=2026-W48",
    "GET /api/boards/{board}/export": "/api/boards/race/export?format=ndjson",
    "GET /api/boards/{board}/stream": "/api/boards/race/stream",
    "GET /api/boards/{board}/tournament/brackets/{bracket}": "/api/boards/cup/tournament/brackets/1",
    "GET /api/boards/{board}/teams/{team_id}": "/api/boards/clans/teams/-1",
    "GET /api/users/{user_id}/standings": "/api/users/2/standings?period=all-time",
}
"""An address for each call of the API that reads scores or ranks."""
EXCEPTIONS = {
    "GET /api/boards": "settings",
    "GET /api/boards/{board}": "settings",
    "GET /api/boards/{board}/periods": "the calendar",
    "GET /api/boards/{board}/tournament": "the calendar, and the number of players who have joined",
    "GET /api/boards/{board}/tournament/entrants/{user_id}": "joining, and the number of attempts",
    "GET /api/boards/{board}/hidden": "only for the console",
    "GET /api/boards/{board}/awards": "only for game servers, which hand out rewards, and for the console",
    "GET /api/users/{user_id}/awards": "only for game servers and the player",
    "GET /api/users/{user_id}/export": "only for the console and the player",
    "GET /api/users/{user_id}/challenges": "challenges go on",
    "GET /api/challenges/{invitation}": "challenges go on",
    "GET /api/events": "events go on",
    **dict.fromkeys(
        (
            *("GET /api/users", "GET /api/users/{user_id}", "POST /api/users/lookup", "GET /api/users/{user_id}/teams"),
            *("GET /api/users/{user_id}/friends", "GET /api/users/{user_id}/blocks", "GET /api/teams/{team_id}"),
            *("GET /api/health", "GET /metrics", "GET /api/auth/console"),
        ),
        "no scores and no ranks",
    ),
}
"""Calls that show the present of a frozen board, with the reason. The calls below `/api/admin/` are for the console."""
OF_NOW = {"as_of", "now", "state", "left_ms"}
"""Members of answers that depend on the clock alone. `as_of` is the moment, which the end of the freeze changes."""


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Boards on which player 1 got 10 and player 2 got 20 at 12:30. They are frozen at 13:00. It is 14:00."""
    settings = {"LEADERFORGE_SEGMENTS": "country", "LEADERFORGE_PUBLIC_URL": "https://go.example"}
    async with serving(**settings, **TOKENS) as api:
        await begin_moments(api)
        for board in (RACE, CUP, {"board": "clans", "team": {"source": "default"}}):
            await accepted(api, "POST", "/api/boards", board)
        await api.players(1, 2, 3)
        for user_id in (1, 2, 3):
            await accepted(api, "PATCH", f"/api/users/{user_id}", {"attributes": {"country": "FI"}})
        await accepted(api, "PUT", "/api/users/1/friends", {"user_ids": [2, 3]}, token(1))
        await accepted(api, "POST", "/api/teams", {"team_id": -1, "name": "Reds", "captain_id": 2}, SUBMIT_KEY)
        await accepted(api, "PUT", "/api/boards/cup/tournament/entrants/3", None, SUBMIT_KEY)
        await play(api, START + HOUR // 2, {1: 10, 2: 20})
        api.clock.now = START + 2 * HOUR
        await freeze(api, time_text(START + HOUR))
        yield api


async def begin_moments(api: Api) -> None:
    """Enable the moments of the board that exists from the start."""
    await accepted(api, "PATCH", "/api/boards/default", {"moment_days": 30})
    await api.services.moment_maintenance.run()
    api.clock.now += PROPAGATION_MS
    await api.services.moment_maintenance.run()
    api.clock.now += 2 * SETTLE_MS
    api.edge.board_changed("default")


async def accepted(api: Api, method: str, path: str, body: Any, key: str = ADMIN_KEY) -> None:
    answer = await api.send(method, path, body, key)
    assert answer.status_code in {200, 201}, answer.text


async def play(api: Api, now: int, scores: Mapping[int, int]) -> None:
    api.clock.now = now
    for board in BOARDS:
        for user_id, score in scores.items():
            await accepted(api, "POST", f"/api/boards/{board}/scores", {"user_id": user_id, "score": score}, SUBMIT_KEY)
    await api.services.teams.scores.settle()


async def freeze(api: Api, moment: str | None) -> None:
    for board in BOARDS:
        await accepted(api, "PATCH", f"/api/boards/{board}", {"frozen_at": moment})


async def go_on(api: Api) -> None:
    """Submit scores, hide entries, and settle the week, in which player 2 is promoted in the place of player 3."""
    await play(api, START + 3 * HOUR, {1: 30, 3: 25, 2: 40})
    for entry in ("race/entries/1", "cup/entries/2"):
        await accepted(api, "POST", f"/api/boards/{entry}/hide", {"reason": "cheats"})
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    assert await settle(api.services) == 1


async def answers(api: Api, key: str | None) -> dict[str, Any]:
    """Return the answer to each read, without the members in `OF_NOW`."""
    read = {call: await answer_to(api, call, path, key) for call, path in READS.items()}
    tags = await api.get("/preview-tags/player/2?board=race")
    assert "og:title" in tags.text
    return read | {"preview": tags.text}


async def answer_to(api: Api, call: str, path: str, key: str | None) -> Any:
    if path.endswith("/stream"):
        async with listening(api, path) as listener:
            await listener.until(1)
        return without_clock(listener.events[0][1])
    if call.startswith("POST"):
        answer = await api.post(path, {"user_ids": [1, 2, 3]}, key)
    else:
        answer = await api.get(path, key)
    is_json = answer.headers["content-type"].startswith("application/json")
    return without_clock(answer.json()) if is_json else answer.text


def without_clock(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in answer.items() if name not in OF_NOW}


def is_refused(answer: Any) -> bool:
    """Return whether the caller lacks the right to the read, frozen or not."""
    return "error" in answer and answer["error"]["code"] in {"unauthenticated", "forbidden"}


@pytest.mark.parametrize("caller", ["anonymous", "game server", "player"])
async def test_after_the_moment_no_answer_to_the_public_changes(api: Api, caller: str) -> None:
    """Player 1 reads the entries of player 2. The end of the freeze changes all answers."""
    key = {"anonymous": None, "game server": SUBMIT_KEY, "player": token(1)}[caller]
    at_moment = await answers(api, key)
    await go_on(api)
    assert await answers(api, key) == at_moment
    await freeze(api, None)
    present = await answers(api, key)
    assert {call for call, answer in at_moment.items() if answer == present[call]} == {
        call for call, answer in at_moment.items() if is_refused(answer)
    }
    assert key != SUBMIT_KEY or not any(map(is_refused, at_moment.values()))


async def test_the_console_sees_the_present(api: Api) -> None:
    """The stream and the previews are the same for all callers, and therefore show the moment."""
    await go_on(api)
    present = await answers(api, ADMIN_KEY)
    await freeze(api, None)
    thawed = await answers(api, ADMIN_KEY)
    assert {call for call, answer in present.items() if answer != thawed[call]} == {
        "GET /api/boards/{board}/stream",
        "preview",
    }


def test_all_reads_of_the_api_are_listed(api: Api) -> None:
    """A new read of scores belongs in `READS`. A read that shows the present belongs in `EXCEPTIONS`."""
    paths: Mapping[str, Mapping[str, Any]] = api.app.openapi()["paths"]
    reads = {
        f"{method.upper()} {path}"
        for path, calls in paths.items()
        for method, call in calls.items()
        if method == "get" or "ETag" in call["responses"].get("200", {}).get("headers", {})
    }
    assert {read for read in reads if not read.startswith("GET /api/admin/")} == {*READS, *EXCEPTIONS}
    assert all(EXCEPTIONS.values())


async def test_awards_of_a_week_that_was_settled_since_are_for_game_servers(api: Api) -> None:
    await go_on(api)
    path = "/api/boards/race/awards?period=2026-W48"
    assert [award["user_id"] for award in (await api.get(path, SUBMIT_KEY)).json()["awards"]] == [2]
    assert [(await api.get(path, key)).status_code for key in (None, token(1))] == [401, 403]
