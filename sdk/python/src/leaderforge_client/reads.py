"""Paths and queries of the reads."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote


class Read(NamedTuple):
    """Path and query of a GET."""

    path: str
    query: Mapping[str, str | int]


def top(board: str, period: str, limit: int, segment: str | None) -> Read:
    """Return the read of the first entries."""
    return Read(f"/api/boards/{_part(board)}/top", {"period": period, "limit": limit, **_within(segment)})


def rank(board: str, player: int | str, period: str, segment: str | None) -> Read:
    """Return the read of a player's entry. A text is an external id."""
    return Read(f"/api/boards/{_part(board)}/ranks/{_player(player)}", {"period": period, **_within(segment)})


def around(board: str, player: int | str, period: str, radius: int, segment: str | None) -> Read:
    """Return the read of a player's neighbours."""
    query: dict[str, str | int] = {"period": period, "radius": radius, **_within(segment)}
    return Read(f"/api/boards/{_part(board)}/around/{_player(player)}", query)


def friends(board: str, player: int | str, period: str, limit: int, radius: int, segment: str | None) -> Read:
    """Return the read of a player's friends."""
    query: dict[str, str | int] = {"period": period, "limit": limit, "radius": radius, **_within(segment)}
    return Read(f"/api/boards/{_part(board)}/friends/{_player(player)}", query)


def page(board: str, period: str, limit: int, cursor: str | None, segment: str | None) -> Read:
    """Return the read of a page of entries. Without a cursor, it is the first page."""
    # A cursor contains the period, but not the segment: send the segment with each page.
    start: dict[str, str | int] = {"rank": 1, "period": period} if cursor is None else {"cursor": cursor}
    return Read(f"/api/boards/{_part(board)}/page", {**start, "limit": limit, **_within(segment)})


def stream(board: str, period: str, limit: int, segment: str | None) -> Read:
    """Return the read of a live board."""
    return Read(f"/api/boards/{_part(board)}/stream", {"period": period, "limit": limit, **_within(segment)})


def board(slug: str) -> Read:
    """Return the read of a board's settings."""
    return Read(f"/api/boards/{_part(slug)}", {})


def _within(segment: str | None) -> Mapping[str, str]:
    return {} if segment is None else {"segment": segment}


def _player(player: int | str) -> str:
    return str(player) if isinstance(player, int) else f"ext:{_part(player)}"


def _part(text: str) -> str:
    return quote(text, safe="")
