"""Joining of tournaments, and attempts: submissions of entrants that count."""

from leaderforge.domain.boards import Board
from leaderforge.domain.submissions import Submission
from leaderforge.domain.tournament_errors import EntrantMissing, TournamentFull, TournamentNotFound
from leaderforge.domain.tournaments import (
    Entrant,
    Occurrence,
    TournamentRules,
    current_occurrence,
    not_open,
    occurrence_in,
)


def rules_of(board: Board) -> TournamentRules:
    """Return the rules of a board's tournament. Raises `TournamentNotFound` if the board is not a tournament."""
    if board.tournament is None:
        raise TournamentNotFound(f"board {board.slug!r} is no tournament", board=board.slug)
    return board.tournament


def occurrence_of(board: Board, period: str | None, now: int) -> Occurrence:
    """Return the occurrence of the tournament in the period with this name.

    Without a name, return the open occurrence. If no occurrence is open, return the next occurrence, else the last.

    Raises `TournamentNotFound` or `PeriodNotFound`.
    """
    rules = rules_of(board)
    if period is None:
        occurrence = current_occurrence(rules, board.calendar, now)
    else:
        occurrence = occurrence_in(rules, board.calendar, board.period_number(period))
    if occurrence is None:
        raise TournamentNotFound(f"tournament {board.slug!r} does not take place in the period", board=board.slug)
    return occurrence


def require_joinable(board: Board, occurrence: Occurrence, now: int) -> None:
    """Raise `TournamentNotOpen` if nobody can join an occurrence any more at `now` (ms)."""
    if not occurrence.is_joinable(now):
        raise not_open(occurrence, board.slug, now)


def joined(board: Board, user_id: int, entrants: int, at: int) -> Entrant:
    """Return the entrant for a player who joins at `at` (ms), after `entrants` players. Raises `TournamentFull`."""
    limit = rules_of(board).max_entrants
    if limit is not None and entrants >= limit:
        raise TournamentFull.of(board.slug, limit)
    return Entrant(user_id, at, entrants + 1)


def attempted(submission: Submission, entrant: Entrant | None, entrants: int, now: int) -> Entrant:
    """Return the entrant after a submission. A player who has not joined (`entrant` is None) joins now.

    `now` is in ms, `entrants` is the number of entrants before the submission. Raises `EntrantMissing`,
    `TournamentFull`, `AttemptsExhausted` or `AttemptWindowOver`.
    """
    board, event = submission.board, submission.event
    rules = rules_of(board)
    if entrant is None:
        if rules.join_required:
            raise EntrantMissing.of(board.slug, event.user_id)
        entrant = joined(board, event.user_id, entrants, now)
    return entrant.after_attempt(rules, event.achieved_at)
