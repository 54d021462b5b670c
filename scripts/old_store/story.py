"""Requests that bring every feature of 0.1.0 into use, in the order of their times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

PLAYERS = range(1, 25)
HIDDEN, RENAMED, ERASED, WITHDRAWN = 7, 8, 24, 9
"""Ids of four players: a hidden, a renamed and an erased player, and a player whose entries are removed."""

GRID = list(product(("sum", "best", "latest"), ("desc", "asc"), ("ordinal", "shared")))
SUBSCORE_ORDERS = (None, "desc", "asc", None, "asc")
ARENA_PERIODS = ["daily", "weekly", "monthly", "season", "all-time"]
DAYS = (
    "2026-09-01T12:00", "2026-09-15T08:00", "2026-10-05T19:30", "2026-10-25T00:30", "2026-10-25T01:30",
)  # fmt: skip
ROLLOVERS = ("2026-11-10T10:00", "2026-11-10T12:00")
"""Times of two period rollovers: periods leave the index at the first time, and old periods expire at the second."""
LATER_DAYS = ("2026-11-20T10:00", "2026-11-21T10:00", "2026-11-26T10:00", "2026-11-27T10:00")
LAST_DAY = "2026-11-28T11:00"
END = "2026-11-29T00:30"
"""Time of the recorded answers: the day before has ended, and 2026-11-26 has just left the index."""


@dataclass(frozen=True)
class Call:
    """Request with the scope of its key."""

    method: str
    path: str
    body: Any = None
    scope: str = "admin"


def time_ms(text: str) -> int:
    """Return a time in UTC such as 2026-11-28T11:00, in ms since 1970."""
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


def boards() -> Iterator[Call]:
    """Yield requests that create all boards."""
    for number, (policy, order, style) in enumerate(GRID):
        settings = {"policy": policy, "order": order, "rank_style": style}
        yield _board(f"{policy}-{order}-{style}", **settings, subscore_order=SUBSCORE_ORDERS[number % 5])
    yield _board(
        "arena",
        policy="best",
        periods=ARENA_PERIODS,
        time_zone="Europe/Berlin",
        season="0 0 1 1,4,7,10 *",
        keep_days=60,
    )
    yield _board("short", policy="sum", periods=["daily", "weekly"], keep_days=7)
    yield _board("members", policy="best", private=True, unit="ms", decimals=2)
    limits = {"min_score": 0, "max_score": 1000, "max_change": 600, "min_interval_ms": 60_000}
    yield _board("limited", policy="sum", open_to_players=True, **limits)
    yield _board("completed", policy="sum")
    yield _board("growing", policy="latest", subscore_order="desc")
    yield _board("purged", policy="sum")
    yield _board("dying", policy="sum", periods=["weekly"])


def players() -> Iterator[Call]:
    """Yield requests that create all players, some with an email."""
    for user_id in PLAYERS:
        email = {"email": f"Player{user_id}@example.org"} if user_id % 3 == 0 else {}
        yield Call("POST", "/api/users", {"user_id": user_id, "username": f"Player {user_id}é", **email}, "submit")


def keys() -> Iterator[Call]:
    """Yield requests that create an API key of each scope, and a key to revoke."""
    for name, scopes in {"reader": ["read"], "server": ["submit"], "boss": ["admin"], "lost": ["submit"]}.items():
        yield Call("POST", "/api/admin/keys", {"name": name, "scopes": scopes})


def scores(day: str) -> Iterator[Call]:
    """Yield a request with a batch of scores for each board. The scores have few different values, so that some tie."""
    random = Random(day)  # noqa: S311 - repeatable data
    for board in (call.body for call in [_board("default"), *boards()]):
        submissions = [_submission(random, board, user_id) for user_id in random.sample(PLAYERS, 9)]
        yield Call("POST", f"/api/boards/{board['board']}/scores/batch", {"submissions": submissions}, "submit")


def repeated(batch: Call) -> Iterator[Call]:
    """Yield a request that repeats the first submission of a batch, as a duplicate."""
    yield Call("POST", batch.path.removesuffix("/batch"), batch.body["submissions"][0], "submit")


def moderation() -> Iterator[Call]:
    """Yield moderation actions of every kind."""
    why = {"reason": "a patched client"}
    yield Call("POST", f"/api/users/{HIDDEN}/hide", why)
    yield Call("POST", "/api/users/6/hide", why)
    yield Call("POST", "/api/users/6/unhide", why)
    for board in ("default", "arena", "best-asc-shared", "latest-desc-ordinal"):
        yield Call("POST", f"/api/boards/{board}/entries/3/hide", why)
        yield Call("DELETE", f"/api/boards/{board}/entries/{WITHDRAWN}?reason=cheated")
        yield Call(
            "PUT", f"/api/boards/{board}/entries/4", {"score": 33, "reason": "as recorded", "metadata": {"a": 1}}
        )
    yield Call("POST", "/api/boards/default/entries/3/unhide", why)
    yield Call("DELETE", "/api/boards/arena/entries/5?reason=late&period=2026-W48")
    yield Call("PATCH", f"/api/users/{RENAMED}", {"username": "Straße", "email": "new@example.org"}, "submit")
    yield Call("PATCH", "/api/users/12", {"email": None}, "submit")
    yield Call("DELETE", f"/api/users/{ERASED}?reference=ticket-1")
    yield Call("POST", "/api/users", {"username": f"player {ERASED}É", "user_id": 100}, "submit")


def board_changes() -> Iterator[Call]:
    """Yield changes of boards whose background work ends before the answers are recorded."""
    yield Call("PATCH", "/api/boards/completed", {"periods": ["all-time", "weekly"]})
    yield Call("PATCH", "/api/boards/members", {"name": "Members only", "rank_style": "shared"})
    yield Call("DELETE", "/api/boards/purged")
    yield Call("POST", "/api/admin/keys/server/rotate", {"overlap_s": 2_000_000})
    yield Call("DELETE", "/api/admin/keys/lost")


def unfinished() -> Iterator[Call]:
    """Yield changes whose background work is pending when the answers are recorded."""
    yield Call("PATCH", "/api/boards/growing", {"periods": ["all-time", "weekly", "monthly"]})
    yield Call("DELETE", "/api/boards/dying")


def questions(periods: Mapping[str, list[str]]) -> Iterator[Call]:
    """Yield reads of everything that the store has, given the names of each board's periods."""
    for path in ("/api/boards", "/api/admin/audit?limit=1000", "/api/admin/keys"):
        yield Call("GET", path)
    for user_id in (*PLAYERS, 100):
        yield Call("GET", f"/api/users/{user_id}")
        yield Call("GET", f"/api/users/{user_id}/export")
    yield Call("GET", "/api/users?prefix=player&limit=100")
    yield Call("GET", "/api/users?prefix=strasse")
    for board, names in periods.items():
        yield Call("GET", f"/api/boards/{board}")
        yield Call("GET", f"/api/boards/{board}/periods?limit=1000")
        yield from _of_players(board)
        for name in names:
            yield from _of_period(board, name)
    yield from (Call("GET", f"/api/boards/{board}/top") for board in ("dying", "purged"))


def of_growing() -> Iterator[Call]:
    """Yield reads of the board whose backfill is pending. The answers change when the backfill ends."""
    for name in ("all-time", "2026-W48", "2026-11"):
        yield from _of_period("growing", name)


def _of_players(board: str) -> Iterator[Call]:
    for user_id in (1, 4, 5):
        yield Call("GET", f"/api/boards/{board}/history/{user_id}?limit=1000")


def _of_period(board: str, name: str) -> Iterator[Call]:
    reads = ("page?limit=1000", "page?rank=3&limit=4", "distribution?buckets=7", "range?min_score=20&max_score=500")
    for read in reads:
        yield Call("GET", f"/api/boards/{board}/{read}&period={name}")
    yield Call("GET", f"/api/boards/{board}/hidden?period={name}")
    yield Call("GET", f"/api/boards/{board}/around/1?radius=2&period={name}")
    yield Call("POST", f"/api/boards/{board}/ranks/lookup?period={name}", {"user_ids": list(range(1, 13))})


def _board(slug: str, **settings: Any) -> Call:
    return Call("POST", "/api/boards", {"board": slug, "name": f"The {slug}", **settings})


def _submission(random: Random, board: Mapping[str, Any], user_id: int) -> dict[str, Any]:
    submission = {
        "user_id": user_id,
        "score": random.choice((0, 5, 20, 20, 33, 120, 400)),
        "submission_id": str(UUID(int=random.getrandbits(128), version=4)),
    }
    if board.get("subscore_order"):
        submission["subscore"] = random.randint(-1, 1)
    return submission | ({"metadata": {"map": f"m{user_id}"}} if user_id % 2 else {})
