"""Errors of lists of friends, and the maximum that they report."""

from leaderforge.domain.errors import Refused

MAX_FRIENDS = 5000
"""Maximum number of players that a player follows, and also of players that a player blocks."""


class TooManyFriends(Refused):
    """The change would raise the number of followed or blocked players above `MAX_FRIENDS`."""

    code = "too_many_friends"

    @classmethod
    def of(cls, user_id: int, verb: str) -> "TooManyFriends":
        """Return the error for a player who cannot `verb` (follow, block) more players."""
        return cls(f"player {user_id} may {verb} at most {MAX_FRIENDS} players", user_id=user_id, limit=MAX_FRIENDS)
