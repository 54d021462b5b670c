"""Errors of friends, and the limit that they name."""

from leaderforge.domain.errors import Refused

MAX_FRIENDS = 5000
"""Maximum number of players that a player follows, and also of players that a player blocks."""


class TooManyFriends(Refused):
    """The player would follow or block more players than are allowed."""

    code = "too_many_friends"

    @classmethod
    def of(cls, user_id: int, verb: str) -> "TooManyFriends":
        """Return the error for a player who cannot `verb` (follow, block) more players."""
        return cls(f"player {user_id} may {verb} at most {MAX_FRIENDS} players", user_id=user_id, limit=MAX_FRIENDS)
