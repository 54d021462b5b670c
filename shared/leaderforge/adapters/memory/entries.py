"""Conditions of the in-memory index: whether a standing has an entry, and whether the index refuses a standing."""

from leaderforge.domain.boards import Ladder
from leaderforge.domain.order import sort_key
from leaderforge.domain.standings import Standing, is_in_segment, is_listed


def listed_key(ladder: Ladder, standing: Standing | None) -> bytes | None:
    """Return the sort key of a standing, None if it is missing, not listed or not in the ladder's segment."""
    if standing is None or not is_listed(ladder.board, standing) or not is_in_segment(ladder, standing):
        return None
    return sort_key(ladder.board, standing)


def is_member(ladder: Ladder, standing: Standing) -> bool:
    """Return whether a standing is in the ladder's segment and not removed."""
    return not standing.removed and is_in_segment(ladder, standing)


def refuses(stored: Standing | None, standing: Standing) -> bool:
    """Return whether the index refuses a standing: not removed, and not newer than a removed standing in `stored`."""
    return stored is not None and stored.removed and not standing.removed and stored.revision >= standing.revision
