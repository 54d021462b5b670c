"""Foreign boards as an import sees them."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

_QUERY = re.compile("[?#]")


class ForeignKind(StrEnum):
    """Kind of service that a foreign board comes from."""

    REDIS = "redis"
    SQL = "sql"
    NAKAMA = "nakama"
    PLAYFAB = "playfab"
    UNITY = "unity"


class ForeignRow(NamedTuple):
    """Score of a foreign board. Its `id` is the same in each import, and unique over all foreign boards.

    `time` is ISO 8601. `metadata` is a value that JSON can represent. `excluded` is the reason why the score is
    not imported, None for a score to import.
    """

    id: str
    player_id: str
    score: str
    player: str | None = None
    subscore: str | None = None
    time: str | None = None
    metadata: object = None
    excluded: str | None = None


Rows: TypeAlias = AsyncIterator[ForeignRow]


@dataclass(frozen=True, slots=True)
class ForeignFacts:
    """Properties of a foreign board. `title` has no password. `count` is the number of rows, None if it is unknown.

    `settings` are proposed for the board that receives the scores. With `replaces`, a row is the present score of a
    player, and replaces a score that was imported before. Otherwise, a row is one of the player's scores. Without
    `has_ranking`, the ranking is unknown.
    """

    title: str
    tie_rule: str
    settings: Mapping[str, str]
    count: int | None = None
    replaces: bool = True
    has_subscores: bool = False
    has_times: bool = False
    has_ranking: bool = True
    remarks: Sequence[str] = field(default=())


class ForeignBoard(Protocol):
    """Leaderboard of another service. Its methods only read, and raise `Refused` if the leaderboard cannot be read."""

    async def facts(self) -> ForeignFacts:
        """Return the properties of the board."""

    def scores(self) -> Rows:
        """Yield the scores to import. They are in the order of the ranks if `ranking` is None."""

    def ranking(self) -> Rows | None:
        """Return the present ranking, best first. Return None if `scores` already yields the rows in this order."""


def without_password(address: str) -> str:
    """Return an address without its password and its query, for messages."""
    scheme, separator, remainder = address.partition("://")
    if not separator or "=" in scheme:
        return "the address"
    # Do not use `urlsplit`: it would show a part of a password with an unescaped `/`, `?` or `#` as path or query.
    login, at, target = remainder.rpartition("@")
    host_and_path = _QUERY.split(target, maxsplit=1)[0]
    return f"{scheme}://{login.partition(':')[0]}{at}{host_and_path}"
