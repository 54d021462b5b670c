"""Competitions of the pictures: a sprint with awards, a challenge, a league, a tournament, a board with segments."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from leaderforge.embedded.waiting import wait_until
from tests.tokens import TOKENS

SPRINTS = {
    "board": "sprints",
    "name": "Sprint of the minute",
    "policy": "best",
    "periods": ["season"],
    "season": "* * * * *",
    "rewards": {
        "period": "season",
        "rewards": [
            {"reward": "gold-cup", "last_rank": 1, "payload": {"coins": 500}},
            {"reward": "podium", "last_rank": 3, "payload": {"coins": 100}},
            {"reward": "finisher", "payload": {"coins": 10}},
        ],
    },
}
"""Board whose first season is settled within two minutes."""
NATIONS = {"board": "nations", "name": "Nations", "policy": "best", "segments": ["country"]}
LEAGUE = {
    "board": "league",
    "name": "Weekly league",
    "policy": "best",
    "periods": ["weekly"],
    "league": {
        "period": "weekly",
        "divisions": ["Gold", "Silver", "Bronze"],
        "entry": "Silver",
        "group_size": 10,
        "promotion": {"places": 3},
        "relegation": {"places": 2},
    },
}
CUP = {"board": "cup", "name": "Winter cup", "policy": "best"}
CUP_RULES = {"join_required": True, "max_entrants": 64, "max_attempts": 3, "bracket_size": 8}
RACERS = (
    "Aino",
    "Bjarne",
    "Chiyo",
    "Dara",
    "Esi",
    "Freya",
    "Goran",
    "Hana",
    "Ines",
    "Jun",
    "Kofi",
    "Liam",
    "Mei",
    "Noor",
)
FIRST_RACER = 20_000_011
COUNTRIES = ("FI", "JP", "GH")
SETTLED_S = 240
"""Maximum time in s until the first season of the sprints is settled."""
SETTINGS = {
    **TOKENS,
    "LEADERFORGE_CHALLENGES": "50",
    "LEADERFORGE_SEGMENTS": "country",
    "LEADERFORGE_LATE_GRACE_MS": "1000",
}


def compete(facts: dict[str, Any], hero: int) -> None:
    """Make players compete in a sprint, in a challenge and for their nations. Return once the sprint is settled.

    Store the invitation of the challenge and the season of the sprint in the facts.
    """
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    with httpx.Client(base_url=facts["api"], headers=headers, timeout=60) as api:

        def send(method: str, path: str, body: Any = None) -> Any:
            return api.request(method, path, json=body).raise_for_status().json()

        for board in (SPRINTS, NATIONS):
            send("POST", "/api/boards", board)
        racers = {FIRST_RACER + number: name for number, name in enumerate(RACERS)}
        for user_id, name in racers.items():
            country = {"country": COUNTRIES[user_id % len(COUNTRIES)]}
            send("POST", "/api/users", {"user_id": user_id, "username": name, "attributes": country})
        scores = [{"user_id": i, "score": 900 + i * 7919 % 331} for i in (hero, *racers)]
        send("POST", "/api/boards/nations/scores/batch", {"submissions": scores})
        sprinted_at = datetime.now(UTC)
        send("POST", "/api/boards/sprints/scores/batch", {"submissions": scores})
        send("POST", "/api/boards", LEAGUE)
        send("POST", "/api/boards/league/scores/batch", {"submissions": scores[:10]})
        hold_cup(send, scores)
        challenge = {"board": "laps", "user_id": hero, "length_s": 3 * 86_400, "max_players": 6}
        created = send("POST", "/api/challenges", {**challenge, "challenge_id": str(uuid4())})
        facts["challenge"] = created["invitation"]
        for user_id in list(racers)[:4]:
            send("PUT", f"/api/challenges/{facts['challenge']}/players/{user_id}")
        laps = [{"user_id": i, "score": 84_000 + 37 * (i % 29)} for i in (hero, *list(racers)[:2])]
        send("POST", "/api/boards/laps/scores/batch", {"submissions": laps})
        facts["season"] = season = f"{sprinted_at:season-%Y%m%dT%H%MZ}"
        wait_until(
            lambda: bool(send("GET", f"/api/boards/sprints/awards?period={season}")["awards"]),
            SETTLED_S,
            "the settlement of the sprint",
        )
        award = {"board": "sprints", "period": season, "reward": "finisher", "claim_id": str(uuid4())}
        send("POST", f"/api/users/{hero}/awards/claim", award)


def hold_cup(send: Callable[..., Any], scores: Sequence[dict[str, int]]) -> None:
    """Start a tournament with these players and their first attempts. `send` sends a request."""
    now = datetime.now(UTC)
    times = {"starts_at": now - timedelta(hours=5), "ends_at": now + timedelta(hours=43)}
    rules = {**CUP_RULES, **{name: time.isoformat() for name, time in times.items()}}
    send("POST", "/api/boards", {**CUP, "tournament": rules})
    for score in scores:
        send("PUT", f"/api/boards/cup/tournament/entrants/{score['user_id']}")
    send("POST", "/api/boards/cup/scores/batch", {"submissions": scores})
