"""Errors about leagues."""

from leaderforge.domain.errors import NotFound


class LeagueNotFound(NotFound):
    """The board has no league in this period."""

    code = "league_not_found"

    @classmethod
    def on(cls, board: str, period: str) -> "LeagueNotFound":
        """Return the error for a period of a board."""
        return cls(f"period {period} of board {board!r} is not played as a league", board=board, period=period)
