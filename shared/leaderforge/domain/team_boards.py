"""Conditions of team boards on their settings and on their source."""

from collections.abc import Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import Conflict, Refused, SettingFixed
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.score_types import ScoreType

_DAY_MS = 86_400_000


def require_team_board(board: Board, source: Board | None) -> None:
    """Raise `Refused` unless the board can rank teams by the scores of its source. A missing source is None."""
    if board.team is None:
        return
    if source is None or source.id == board.id:
        raise Refused(f"team: there is no other board {board.team.source!r}; create the source first", setting="team")
    if source.team is not None or source.tournament is not None:
        raise Refused(f"team: board {source.slug!r} is a team board or a tournament; use another", setting="team")
    if ScoreType.INT64 in {board.score_type, source.score_type}:
        raise Refused("score_type: team boards combine scores, which must be numbers", setting="score_type")
    _require_no_own_rules(board)
    _require_equal(board, source)


def require_source_kept(team_boards: Sequence[Board], source: Board) -> None:
    """Raise `Conflict` if a change makes a board unsuitable as the source of these team boards.

    The source needs the period kinds of each team board, and cannot be a tournament.
    """
    for board in team_boards:
        if source.tournament is not None:
            message = f"board {source.slug!r} is the source of team board {board.slug!r}, and cannot be a tournament"
            raise Conflict(message, board=board.slug)
        if missing := [kind for kind in board.calendar.kinds if kind not in source.calendar.kinds]:
            message = f"team board {board.slug!r} needs the period kind {missing[0]} of its source"
            raise Conflict(message, board=board.slug)


def require_same_kinds(before: Board, after: Board) -> None:
    """Raise `SettingFixed` if a change would give a team board other period kinds than it has."""
    if before.team is not None and set(before.calendar.kinds) != set(after.calendar.kinds):
        message = f"periods: team board {before.slug!r} keeps its period kinds; create another board"
        raise SettingFixed("periods", message)


def require_no_team_boards(team_boards: Sequence[Board], source: Board) -> None:
    """Raise `Conflict` if there are team boards, `team_boards`, with this source."""
    if team_boards:
        slugs = ", ".join(board.slug for board in team_boards)
        raise Conflict(f"board {source.slug!r} is the source of team boards ({slugs}); delete them first")


def team_boards_of(source: Board, boards: Sequence[Board]) -> list[Board]:
    """Return the team boards with this source."""
    return [board for board in boards if board.team is not None and board.team.source == source.slug]


def team_ladder(board: Board, ladder: Ladder) -> Ladder | None:
    """Return the ladder of a team board in the period of its source's `ladder`, None if the team board has none."""
    period = ladder.board.calendar.numbered(ladder.period)
    return Ladder(board, ladder.period) if period.kind in board.calendar.kinds else None


def is_kept(ladder: Ladder, now: int) -> bool:
    """Return whether the ladder's period has not expired at `now` (ms)."""
    board, period = ladder.board, ladder.board.calendar.numbered(ladder.period)
    return board.keep_days is None or period.ends_at is None or period.ends_at > now - board.keep_days * _DAY_MS


def _require_no_own_rules(board: Board) -> None:
    """Raise `Refused` if the board has settings for submissions. Nobody submits to a team board."""
    unusable = {
        "subscore_order": board.has_subscore,
        "tiebreakers": bool(board.tiebreakers),
        "min_score": board.limits.min_score is not None,
        "max_score": board.limits.max_score is not None,
        "max_change": board.limits.max_change is not None,
        "min_interval_ms": board.limits.min_interval_ms is not None,
        "open_to_players": board.open_to_players,
        "tournament": board.tournament is not None,
        "segments": bool(board.segments),
        "events": bool(board.events),
        "feeds": bool(board.feeds),
    }
    for name, is_set in unusable.items():
        if is_set:
            raise Refused(f"{name}: a team board has no submissions of its own; remove it", setting=name)


def _require_equal(board: Board, source: Board) -> None:
    """Raise `Refused` unless the source has the board's policy, order, time zone, season and period kinds."""
    pairs: dict[str, tuple[object, object]] = {
        "policy": (board.policy, source.policy),
        "order": (board.order, source.order),
        "time_zone": (board.calendar.time_zone, source.calendar.time_zone),
    }
    if PeriodKind.SEASON in board.calendar.kinds:
        pairs["season"] = board.calendar.season, source.calendar.season
    for name, (value, of_source) in pairs.items():
        if value != of_source:
            raise Refused(f"{name}: must be {of_source} as on the source {source.slug!r}, not {value}", setting=name)
    for kind in board.calendar.kinds:
        if kind not in source.calendar.kinds:
            raise Refused(
                f"periods: the source {source.slug!r} has no {kind} periods; remove {kind}", setting="periods"
            )
