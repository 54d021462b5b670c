"""Errors of challenges."""

from leaderforge.domain.errors import Conflict, Forbidden, NotFound, Refused


class ChallengesDisabled(Forbidden):
    """The settings of this service do not allow challenges."""

    code = "challenges_disabled"


class ChallengeNotFound(NotFound):
    """No challenge has this invitation: it is wrong, or the challenge was removed or has expired."""

    code = "challenge_not_found"

    @classmethod
    def of(cls) -> "ChallengeNotFound":
        """Return the error for an unknown invitation, without the invitation, which is a secret."""
        return cls("no challenge has this invitation; it may be removed or expired")


class ChallengeConflict(Conflict):
    """The player has already created a different challenge with the requested id."""

    code = "challenge_conflict"


class ChallengeFull(Conflict):
    """The challenge has its maximum number of players."""

    code = "challenge_full"

    @classmethod
    def of(cls, max_players: int) -> "ChallengeFull":
        """Return the error for a challenge with this maximum."""
        return cls(f"the challenge has all of its {max_players} players", limit=max_players)


class ChallengeOver(Refused):
    """The challenge has ended."""

    code = "challenge_over"

    @classmethod
    def of(cls, ended_at: str) -> "ChallengeOver":
        """Return the error for a challenge that ended at the time `ended_at`, given as text."""
        return cls(f"the challenge ended at {ended_at}", ends_at=ended_at)


class ChallengeBlocked(Forbidden):
    """A block exists between the player and a player of the challenge."""

    code = "challenge_blocked"

    @classmethod
    def of(cls, user_id: int) -> "ChallengeBlocked":
        """Return the error for a player who cannot join."""
        return cls(f"player {user_id} cannot join, because of a block between players", user_id=user_id)


class TooManyChallenges(Refused):
    """The player has too many open or stored challenges, or the service stores too many challenges."""

    code = "too_many_challenges"

    @classmethod
    def open_each(cls, user_id: int, limit: int) -> "TooManyChallenges":
        """Return the error for a player who has reached the maximum, `limit`, of open challenges."""
        return cls(f"player {user_id} has {limit} open challenges; wait for the end of one", limit=limit)

    @classmethod
    def stored_each(cls, user_id: int, limit: int) -> "TooManyChallenges":
        """Return the error for a player who has reached the maximum, `limit`, of stored challenges."""
        return cls(f"player {user_id} has {limit} stored challenges; wait until old ones expire", limit=limit)

    @classmethod
    def stored(cls, limit: int) -> "TooManyChallenges":
        """Return the error for a service that has reached the maximum, `limit`, of stored challenges."""
        return cls(f"the service has its maximum of {limit} challenges; wait until one is settled", limit=limit)
