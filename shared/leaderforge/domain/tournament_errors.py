"""Errors of tournaments and awards."""

from leaderforge.domain.errors import Conflict, NotFound, Refused


class TournamentNotOpen(Refused):
    """The tournament does not accept the submission or the entrant now. `state` in the details says why."""

    code = "tournament_not_open"


class EntrantMissing(Refused):
    """The player must join the tournament before the first submission."""

    code = "not_joined"

    @classmethod
    def of(cls, board: str, user_id: int) -> "EntrantMissing":
        """Return the error for a player who has not joined a tournament."""
        return cls(f"player {user_id} has not joined tournament {board!r}; join first", user_id=user_id, board=board)


class AttemptsExhausted(Refused):
    """The player has no attempts left in the tournament."""

    code = "attempts_exhausted"

    @classmethod
    def of(cls, user_id: int, attempts: int) -> "AttemptsExhausted":
        """Return the error for a player who has used all `attempts` attempts."""
        return cls(f"player {user_id} has used all {attempts} attempts", user_id=user_id, attempts=attempts)


class AttemptWindowOver(Refused):
    """The player's window of attempts in the tournament is over."""

    code = "attempt_window_over"

    @classmethod
    def of(cls, user_id: int, ended_at: str) -> "AttemptWindowOver":
        """Return the error for a player whose window ended at a time (text)."""
        return cls(f"the attempts of player {user_id} ended at {ended_at}", user_id=user_id, window_ends_at=ended_at)


class TournamentNotFound(NotFound):
    """The board is no tournament, or the tournament does not take place in the period."""

    code = "tournament_not_found"


class EntrantNotFound(NotFound):
    """The player is no entrant of the tournament."""

    code = "entrant_not_found"

    @classmethod
    def of(cls, board: str, user_id: int) -> "EntrantNotFound":
        """Return the error for a player who has not joined a tournament."""
        return cls(f"player {user_id} has not joined tournament {board!r}", user_id=user_id, board=board)


class BracketNotFound(NotFound):
    """The tournament has no brackets, or none with this number."""

    code = "bracket_not_found"

    @classmethod
    def of(cls, board: str, bracket: int, brackets: int) -> "BracketNotFound":
        """Return the error for the bracket number `bracket` in a tournament with `brackets` brackets."""
        return cls(
            f"tournament {board!r} has {brackets} brackets, and no bracket {bracket}", board=board, limit=brackets
        )


class TournamentFull(Conflict):
    """The tournament has its maximum number of entrants."""

    code = "tournament_full"

    @classmethod
    def of(cls, board: str, max_entrants: int) -> "TournamentFull":
        """Return the error for a tournament with this maximum."""
        return cls(f"tournament {board!r} has all of its {max_entrants} entrants", board=board, limit=max_entrants)


class AwardNotFound(NotFound):
    """The player has no such award."""

    code = "award_not_found"


class AwardClaimed(Conflict):
    """Another claim of the award has succeeded."""

    code = "award_claimed"

    @classmethod
    def of(cls, reward: str, claimed_by: str) -> "AwardClaimed":
        """Return the error for an award that a caller has claimed."""
        return cls(f"award {reward!r} was claimed by {claimed_by}", reward=reward, claimed_by=claimed_by)


class AwardRevoked(Conflict):
    """The award was revoked before it was claimed."""

    code = "award_revoked"

    @classmethod
    def of(cls, reward: str) -> "AwardRevoked":
        """Return the error for a revoked award."""
        return cls(f"award {reward!r} was revoked, because the result of the period changed", reward=reward)
