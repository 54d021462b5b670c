"""Validation of a board's feeds, and their conversion from and to JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Conflict, Refused
from leaderforge.domain.feeds import MAX_FEEDS, Feed
from leaderforge.domain.numbers import require_number_name
from leaderforge.domain.score_types import ScoreType

_MEMBERS = ("board", "number")
_SETTING = "feeds"


def feeds_of(values: Any) -> tuple[Feed, ...]:
    """Return the feeds of JSON objects. Raises `Refused` if an object is not valid."""
    if not isinstance(values, list):
        raise _refused("must be a list of objects")
    return tuple(map(_feed, values))


def feeds_text(feeds: Sequence[Feed]) -> str | None:
    """Return feeds as JSON text, None without feeds."""
    return json.dumps([feed.members for feed in feeds]) if feeds else None


def valid_feeds(feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """Return the feeds of a board. Raises `Refused` if they are too many, or if two of them have the same target."""
    if len(feeds) > MAX_FEEDS:
        raise _refused(f"must be at most {MAX_FEEDS}, not {len(feeds)}")
    for feed in feeds:
        if feed.number is not None:
            _require_number_name(feed.number)
    targets = [feed.board for feed in feeds]
    if len(set(targets)) < len(targets):
        raise _refused("two feeds have one board; remove one")
    return tuple(feeds)


def require_feeds(board: Board, targets: Mapping[str, Board]) -> None:
    """Raise `Refused` unless the board can feed all its targets. `targets` maps slugs to existing boards."""
    for feed in board.feeds:
        target = targets.get(feed.board)
        if target is None or target.slug == board.slug:
            raise _refused(f"there is no other board {feed.board!r}; create it first")
        if obstacle := _obstacle(target):
            raise _refused(f"board {feed.board!r} {obstacle}; use another board")
        if feed.number is None and board.score_type is ScoreType.INT64 and target.score_type is ScoreType.NUMBER:
            raise _refused(f"board {feed.board!r} cannot count 64-bit scores; feed it a named number")


def require_target_kept(feeding: Sequence[Board], target: Board) -> None:
    """Raise `Conflict` if a change makes a board unsuitable for the feeds of the boards `feeding`."""
    if feeding and (obstacle := _obstacle(target)):
        raise Conflict(f"board {feeding[0].slug!r} feeds board {target.slug!r}, which then {obstacle}; remove the feed")


def require_no_feeding(feeding: Sequence[Board], target: Board) -> None:
    """Raise `Conflict` if boards feed the target."""
    if feeding:
        slugs = ", ".join(board.slug for board in feeding)
        raise Conflict(f"boards feed board {target.slug!r} ({slugs}); remove their feeds first", board=target.slug)


def boards_feeding(target: str, boards: Iterable[Board]) -> list[Board]:
    """Return the boards with a feed to the board with this slug."""
    return [board for board in boards if any(feed.board == target for feed in board.feeds)]


def _obstacle(target: Board) -> str | None:
    """Return the reason why no board can feed the target, None if boards can feed it."""
    if target.team is not None:
        return "ranks teams"
    if target.tournament is not None:
        return "is a tournament, which players enter themselves"
    return "feeds other boards itself" if target.feeds else None


def _feed(members: Any) -> Feed:
    if not isinstance(members, dict):
        raise _refused("every feed must be an object")
    if unknown := members.keys() - set(_MEMBERS):
        raise _refused(f"unknown member {min(unknown)!r}: use {', '.join(_MEMBERS)}")
    board, number = members.get("board"), members.get("number")
    if not isinstance(board, str):
        raise _refused("every feed needs a board")
    if number is not None and not isinstance(number, str):
        raise _refused(f"number of {board[:80]!r} must be a name, not {number!r}")
    return Feed(board, number)


def _require_number_name(name: str) -> None:
    try:
        require_number_name(name)
    except ValueError as error:
        raise _refused(str(error)) from None


def _refused(message: str) -> Refused:
    return Refused(f"{_SETTING}: {message}", setting=_SETTING)
