"""Calls of each way to compare players, to check a deployment: segments, teams, friends, moments, numbers and feeds."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx

from leaderforge.embedded.waiting import wait_until
from tests.waiting import PATIENCE_S, until

ANNA, BELA, CARL = 78_001, 78_002, 78_003
TEAM = -78_001
SEGMENTS = "country"
"""Attributes that the deployment must declare."""
LONG = 2**62
"""Score that no JSON number holds exactly."""


class Call(NamedTuple):
    """Request with an admin key. With `waits`, it is repeated until it succeeds."""

    method: str
    path: str
    body: Any = None
    waits: bool = False


Calls = Generator[Call, Any, None]
"""Calls in their order. The generator receives the JSON answer of each call."""


def calls() -> Calls:
    """Yield calls of each kind, and check their answers. Each answer must have a status below 300."""
    yield from _boards_and_players()
    receipt = yield Call("POST", "/api/boards/trek/scores", _run(ANNA, 5, coins=3, time_ms=90))
    assert (receipt["rank"], receipt["rank_in"]) == (1, {"country": 1})
    assert [(fed["board"], fed["score"]) for fed in receipt["feeds"]] == [("trek-coins", 3)]
    yield Call("POST", "/api/boards/trek/scores", _run(BELA, 5, coins=8, time_ms=80))
    receipt = yield Call("POST", "/api/boards/trek/scores", _run(CARL, 4, coins=0, time_ms=10))
    earlier = receipt["achieved_at"]
    yield from _segments_and_numbers()
    yield from _long_scores()
    yield from _friends()
    yield from _teams()
    yield from _moments(earlier)


def _boards_and_players() -> Calls:
    players = [(ANNA, "FI"), (BELA, "SE"), (CARL, "FI")]
    users = [
        {"user_id": user_id, "username": f"trekker {user_id}", "attributes": {"country": country}}
        for user_id, country in players
    ]
    yield Call("POST", "/api/users/batch", {"users": users})
    yield Call("POST", "/api/boards", {"board": "trek-coins", "policy": "sum"})
    yield Call("POST", "/api/boards", {"board": "trek-gold", "policy": "best", "score_type": "int64"})
    board = {
        "board": "trek", "policy": "best", "segments": [SEGMENTS], "moment_days": 9,
        "tiebreakers": [{"name": "time_ms", "order": "asc", "max": 1000}],
        "feeds": [{"board": "trek-coins", "number": "coins"}],
    }  # fmt: skip
    yield Call("POST", "/api/boards", board)
    team = {"source": "trek-coins", "function": "sum"}
    yield Call("POST", "/api/boards", {"board": "trek-teams", "policy": "sum", "team": team})
    yield Call("POST", "/api/teams", {"team_id": TEAM, "name": "Trekkers", "captain_id": ANNA})
    yield Call("PUT", f"/api/teams/{TEAM}/members/{BELA}")


def _run(user_id: int, score: int, **numbers: int) -> Mapping[str, Any]:
    return {"user_id": user_id, "score": score, "numbers": numbers}


def _segments_and_numbers() -> Calls:
    top = yield Call("GET", "/api/boards/trek/top")
    assert [entry["user_id"] for entry in top["entries"]] == [BELA, ANNA, CARL]
    assert top["entries"][0]["tiebreakers"] == {"time_ms": 80}
    page = yield Call("GET", "/api/boards/trek/page?segment=country:FI")
    assert [(entry["rank"], entry["user_id"]) for entry in page["entries"]] == [(1, ANNA), (2, CARL)]
    standing = yield Call("GET", f"/api/boards/trek/ranks/{CARL}")
    assert (standing["rank"], standing["rank_in"]) == (3, {"country": 2})
    yield Call("PATCH", f"/api/users/{ANNA}", {"attributes": {"country": "SE"}})
    standing = yield Call("GET", f"/api/boards/trek/ranks/{ANNA}")
    assert (standing["rank"], standing["rank_in"]) == (2, {"country": 2})
    fed = yield Call("GET", f"/api/boards/trek-coins/ranks/{ANNA}")
    assert (fed["rank"], fed["score"]) == (2, 3)


def _long_scores() -> Calls:
    receipt = yield Call("POST", "/api/boards/trek-gold/scores", {"user_id": ANNA, "score": str(LONG + 1)})
    assert receipt["score"] == str(LONG + 1)
    beyond = yield Call("GET", f"/api/boards/trek-gold/range?min_score={LONG + 1}")
    assert [entry["score"] for entry in beyond["entries"]] == [str(LONG + 1)]


def _friends() -> Calls:
    kept = yield Call("PUT", f"/api/users/{CARL}/friends", {"user_ids": [ANNA]})
    assert kept["total"] == 1
    among = yield Call("GET", f"/api/boards/trek/friends/{CARL}")
    assert [(entry["rank"], entry["rank_among"]) for entry in among["entries"]] == [(2, 1), (3, 2)]
    assert among["gap"] == 1


def _teams() -> Calls:
    # The scores of teams follow in the background.
    standing = yield Call("GET", f"/api/boards/trek-teams/ranks/{TEAM}", waits=True)
    assert standing["rank"] == 1
    members = yield Call("GET", f"/api/boards/trek-teams/teams/{TEAM}")
    assert {part["user_id"] for part in members["contributions"]} <= {ANNA, BELA}
    teams = yield Call("GET", f"/api/users/{ANNA}/teams")
    assert [team["team_id"] for team in teams["teams"]] == [TEAM]


def _moments(earlier: str) -> Calls:
    # A moment can be read 7 s later.
    before = yield Call("GET", f"/api/boards/trek/page?segment=country:FI&at={earlier}", waits=True)
    assert ANNA in {entry["user_id"] for entry in before["entries"]}
    yield Call("POST", "/api/boards/trek/scores", _run(CARL, 9, coins=0, time_ms=10))
    page = yield Call("GET", f"/api/boards/trek/page?since={earlier}")
    # The score of `earlier` itself may have been recorded a little later.
    assert (page["entries"][0]["user_id"], page["entries"][0]["previous_rank"]) in {(CARL, 3), (CARL, None)}
    history = yield Call("GET", f"/api/boards/trek/rank-history/{CARL}?days=1")
    assert history["ranks"][-1]["rank"] == 1


def make_calls(client: httpx.Client) -> None:
    """Make all calls with a client that sends an admin key."""
    story = calls()
    with suppress(StopIteration):
        call = next(story)
        while True:
            answers: list[httpx.Response] = []

            def is_answered(call: Call = call, answers: list[httpx.Response] = answers) -> bool:
                answers.append(client.request(call.method, call.path, json=call.body))
                return answers[-1].is_success or not call.waits

            wait_until(is_answered, PATIENCE_S, call.path, every=0.2)
            call = story.send(_json(call, answers[-1]))


async def make_calls_by(send: Callable[[str, str, Any], Awaitable[httpx.Response]]) -> None:
    """Make all calls with a function that sends a method, a path and a body, with an admin key."""
    story = calls()
    with suppress(StopIteration):
        call = next(story)
        while True:
            answers: list[httpx.Response] = []

            async def is_answered(call: Call = call, answers: list[httpx.Response] = answers) -> bool:
                answers.append(await send(call.method, call.path, call.body))
                return answers[-1].is_success or not call.waits

            await until(is_answered, call.path, every=0.2)
            call = story.send(_json(call, answers[-1]))


def _json(call: Call, answer: httpx.Response) -> Any:
    assert answer.is_success, (call, answer.text)
    return answer.json()
