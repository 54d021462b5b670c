"""The requests that make up a load, as bytes."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.load.open_loop import Request


def requests_of(facts: Mapping[str, Any], players: int, mix: Mapping[str, int]) -> Callable[[], Request]:
    """Return what makes the next request, each of a random player, of a mix of submit, top and rank by weight.

    `facts` is what dev.json says of the product.
    """
    random = Random(1)
    host = urlsplit(facts["api"]).netloc
    kinds, weights = list(mix), list(mix.values())

    def next_request() -> Request:
        [kind] = random.choices(kinds, weights)
        player = random.randrange(1, players + 1)
        if kind == "submit":
            body = json.dumps({"user_id": player, "score": random.randrange(1, 101)})
            return kind, _post(host, "/api/scores", facts["submit_key"], body)
        return kind, _get(host, "/api/leaderboard/top?limit=10" if kind == "top" else f"/api/leaderboard/rank/{player}")

    return next_request


def _get(host: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def _post(host: str, path: str, key: str, body: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
