"""Requests of a load, as bytes."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from random import Random
from typing import Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.open_loop import Request
from leaderforge.cli.synthetic import name_of

TEAM_SIZE = 10
"""Players in a team."""
RANGES = {"time_ms": 36_000_000, "deaths": 1000, "coins": 100_000}
"""Named numbers of a submission: how many values each may have, from 0 on."""
LONG_SCORE = 2**62
"""Score that only boards of 64-bit scores accept."""


class Maker:
    """Factory of requests, each about a random player. A batch contains `batch` submissions."""

    def __init__(self, url: str, key: str, players: int, batch: int) -> None:
        self._host = urlsplit(url).netloc
        self._key = key
        self._batch = batch
        self._players = players
        self._random = Random(1)

    def player(self) -> int:
        """Return the id of a random player."""
        return self._random.randrange(1, self._players + 1)

    def middle(self) -> int:
        """Return a rank a little beyond half of the players."""
        return self._players // 2 + self._random.randrange(1000)

    def percent(self) -> int:
        """Return a random percentage."""
        return self._random.randrange(101)

    def score(self) -> int:
        """Return a score that many players exceed."""
        return self._random.randrange(1, 500)

    def prefix(self) -> str:
        """Return the first characters of the name of a random player."""
        return name_of(self.player())[:4]

    def team(self) -> int:
        """Return the id of a random team. The team of the first `TEAM_SIZE` players is -1."""
        return -((self.player() - 1) // TEAM_SIZE * TEAM_SIZE + 1)

    def lookup(self, size: int = 100) -> str:
        """Return the body of a lookup of `size` players."""
        return f'{{"user_ids":[{",".join(str(self.player()) for _ in range(size))}]}}'

    def submission(self, user_id: int | None = None) -> str:
        return f'{{"user_id":{user_id or self.player()},"score":{self._random.randrange(1, 101)}}}'

    def submission_with_numbers(self) -> str:
        """Return the body of a submission with a number for each of `RANGES`."""
        numbers = ",".join(f'"{name}":{self._random.randrange(size)}' for name, size in RANGES.items())
        return f'{{"user_id":{self.player()},"score":{self._random.randrange(1, 101)},"numbers":{{{numbers}}}}}'

    def long_submission(self) -> str:
        """Return the body of a submission whose score needs 64 bits."""
        return f'{{"user_id":{self.player()},"score":"{LONG_SCORE + self._random.randrange(1, 101)}"}}'

    def external_submission(self, user_id: int) -> str:
        return f'{{"external_id":"{external_id(user_id)}","score":{self._random.randrange(1, 101)}}}'

    def new_player(self) -> str:
        """Return the body that creates a player. The name is new in every run of a scenario."""
        return f'{{"username":"{uuid4()}"}}'

    def submissions(self) -> str:
        return f'{{"submissions":[{",".join(self.submission() for _ in range(self._batch))}]}}'

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode()

    def post(self, path: str, body: str) -> bytes:
        return (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def external_id(user_id: int) -> str:
    """Return the external id of a player. It has the length of a UUID."""
    return f"player:{user_id:029}"


class Call(Protocol):
    """Function that returns the bytes of a request to a board."""

    def __call__(self, make: Maker, board: str) -> bytes: ...


CALLS: Mapping[str, Call] = {
    "submit": lambda make, board: make.post(f"/api/boards/{board}/scores", make.submission()),
    "rank": lambda make, board: make.get(f"/api/boards/{board}/ranks/{make.player()}"),
    "top": lambda make, board: make.get(f"/api/boards/{board}/top?limit=10"),
    "page": lambda make, board: make.get(f"/api/boards/{board}/page?rank=1&limit=50"),
    "around": lambda make, board: make.get(f"/api/boards/{board}/around/{make.player()}?radius=5"),
    "lookup": lambda make, board: make.post(f"/api/boards/{board}/ranks/lookup", make.lookup()),
    "lookup_team": lambda make, board: make.post(f"/api/boards/{board}/ranks/lookup", make.lookup(TEAM_SIZE)),
    "team_page": lambda make, board: make.get(f"/api/boards/{team_board(board)}/teams/{make.team()}"),
    "submit_numbers": lambda make, board: make.post(f"/api/boards/{board}/scores", make.submission_with_numbers()),
    "submit_long": lambda make, board: make.post(f"/api/boards/{board}/scores", make.long_submission()),
}
"""Calls that are measured on boards with and without a feature. `KINDS` has each call for each board, such as `submit
plain`.
"""


def team_board(source: str) -> str:
    """Return the name of the team board of a source."""
    return f"{source}-ranked"


class FeatureName(StrEnum):
    """Feature that is measured, and the name of its board."""

    EVENTS = "events"
    EVENTS_RULES = "events-rules"
    EVENTS_RANKS = "events-ranks"
    EVENTS_FRIENDS = "events-friends"
    FEEDS_1 = "feeds-1"
    FEEDS_4 = "feeds-4"
    INT64 = "int64"
    MOMENTS = "moments"
    NUMBERS = "numbers"
    SEGMENTS = "segments"
    SEGMENTS_SUM = "segments-sum"
    TEAMS = "teams"
    TIERS = "tiers"


PLAIN = "plain"
"""Name of the board without a feature."""
KINDS: Mapping[str, Callable[[Maker], bytes]] = {
    **{f"{call} {board}": partial(CALLS[call], board=board) for call in CALLS for board in (PLAIN, *FeatureName)},
    "noop_post": lambda make: make.post("/noop", make.submission()),
    "noop_get": lambda make: make.get("/noop"),
    "submit": lambda make: make.post("/api/scores", make.submission()),
    "submit_external": lambda make: make.post("/api/scores", make.external_submission(make.player())),
    "submit_unranked": lambda make: make.post("/api/scores?rank=none", make.submission()),
    "submit_previous": lambda make: make.post("/api/scores?previous=exact", make.submission()),
    "submit_unsent": lambda make: make.post("/api/boards/unsent/scores", make.submission()),
    "submit_sent": lambda make: make.post("/api/boards/sent/scores", make.submission()),
    "periods": lambda make: make.post("/api/boards/periods/scores", make.submission()),
    "ranks_all": lambda make: make.post("/api/boards/periods/scores?ranks=all", make.submission()),
    "periods_previous": lambda make: make.post(
        "/api/boards/periods/scores?ranks=all&previous=exact", make.submission()
    ),
    "batch_previous": lambda make: make.post("/api/boards/default/scores/batch?previous=exact", make.submissions()),
    "batch": lambda make: make.post("/api/boards/default/scores/batch", make.submissions()),
    "batch_unranked": lambda make: make.post("/api/boards/default/scores/batch?rank=none", make.submissions()),
    "top": lambda make: make.get("/api/leaderboard/top?limit=10"),
    "rank": lambda make: make.get(f"/api/leaderboard/rank/{make.player()}"),
    "around": lambda make: make.get(f"/api/boards/default/around/{make.player()}?radius=5"),
    "lookup": lambda make: make.post("/api/boards/default/ranks/lookup", make.lookup()),
    "percentile": lambda make: make.get(f"/api/boards/default/percentile/{make.percent()}"),
    "distribution": lambda make: make.get("/api/boards/default/distribution"),
    "random_page": lambda make: make.get(f"/api/boards/default/page?rank={make.player()}&limit=50"),
    "range": lambda make: make.get(f"/api/boards/default/range?min_score={make.score()}"),
    "first_page": lambda make: make.get("/api/boards/default/page?rank=1&limit=50"),
    "history": lambda make: make.get(f"/api/boards/default/history/{make.player()}"),
    "user": lambda make: make.get(f"/api/users/{make.player()}"),
    "users": lambda make: make.get(f"/api/users?prefix={make.prefix()}"),
    "create_user": lambda make: make.post("/api/users", make.new_player()),
    "boards": lambda make: make.get("/api/boards"),
    "board": lambda make: make.get("/api/boards/default"),
    "board_periods": lambda make: make.get("/api/boards/default/periods"),
    "deep_page": lambda make: make.get(f"/api/boards/default/page?rank={make.middle()}&limit=50"),
}


def requests_of(url: str, key: str, players: int, mix: Mapping[str, int], *, batch: int = 500) -> Callable[[], Request]:
    """Return a function that creates the next request to this server, from a mix of `KINDS` by weight."""
    make, random = Maker(url, key, players, batch), Random(1)
    kinds, weights = list(mix), list(mix.values())

    def next_request() -> Request:
        [kind] = random.choices(kinds, weights)
        return kind, KINDS[kind](make)

    return next_request
