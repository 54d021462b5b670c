"""Tournaments: boards whose scores count between a start and an end, for entrants, with a number of attempts.

A tournament's state is computed from its rules and the time. Therefore a tournament needs neither a timer nor stored
state.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.domain.tournament_errors import AttemptsExhausted, AttemptWindowOver, TournamentNotOpen


class TournamentState(StrEnum):
    """State of an occurrence at a time."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class TournamentRules:
    """Rules of a tournament. Times are in ms, lengths in s.

    A tournament that takes place once has `starts_at` and `ends_at`. A recurring tournament has `duration_s`: an
    occurrence begins with each season of the board. An occurrence that contains one of `early_ends` ends at that time.
    Until `late_grace_s` after the end, late submissions of earlier scores count.

    With `join_required`, players join before they submit. Otherwise, a player joins by the first submission.
    At most `max_attempts` submissions of an entrant count, and only up to `attempt_window_s` after the entrant's first
    one. With `bracket_size`, entrants are compared in brackets of this size (see `domain.brackets`).
    """

    starts_at: int | None = None
    ends_at: int | None = None
    duration_s: int | None = None
    join_required: bool = False
    max_entrants: int | None = None
    max_attempts: int | None = None
    attempt_window_s: int | None = None
    bracket_size: int | None = None
    late_grace_s: int = 0
    early_ends: tuple[int, ...] = ()

    @property
    def is_recurring(self) -> bool:
        """Return whether the tournament takes place again and again."""
        return self.duration_s is not None

    @property
    def period_kind(self) -> PeriodKind:
        """Return the period kind whose ladders rank the occurrences."""
        return PeriodKind.SEASON if self.is_recurring else PeriodKind.ALL_TIME

    @property
    def members(self) -> Mapping[str, object]:
        """Return the rules as a JSON object, with times as text."""
        times = {name: time_text(at) for name in ("starts_at", "ends_at") if (at := getattr(self, name)) is not None}
        return {**asdict(self), **times, "early_ends": [time_text(at) for at in self.early_ends]}


class Occurrence(NamedTuple):
    """Time span of a tournament on the ladder with this period number.

    A score counts if it was achieved from `starts_at` up to, not including, `ends_at`, and arrived before `late_until`.
    Times are in ms.
    """

    period: int
    starts_at: int
    ends_at: int
    late_until: int

    @property
    def settled_at(self) -> int:
        """Return the time (ms) when the result becomes final: no submission can change it afterwards."""
        return self.late_until + PROPAGATION_MS

    def state(self, now: int) -> TournamentState:
        """Return the state at `now` (ms)."""
        if now < self.starts_at:
            return TournamentState.UPCOMING
        if now < self.ends_at:
            return TournamentState.OPEN
        return TournamentState.CLOSED if now < self.settled_at else TournamentState.SETTLED

    def is_joinable(self, now: int) -> bool:
        """Return whether players can join at `now` (ms)."""
        return now < self.ends_at

    def contains(self, time: int) -> bool:
        """Return whether a score that was achieved at the time (ms) may count."""
        return self.starts_at <= time < self.ends_at

    def accepts(self, achieved_at: int, now: int) -> bool:
        """Return whether a score counts if it was achieved at `achieved_at` and arrives at `now` (both in ms)."""
        return self.contains(achieved_at) and now < self.late_until


class Entrant(NamedTuple):
    """Player in an occurrence. `number` is the position in the order of joining, from 1. Times are in ms."""

    user_id: int
    joined_at: int
    number: int
    attempts: int = 0
    first_attempt_at: int | None = None

    def attempts_left(self, rules: TournamentRules) -> int | None:
        """Return the number of further submissions that may count, None without a limit."""
        return None if rules.max_attempts is None else max(0, rules.max_attempts - self.attempts)

    def window_ends_at(self, rules: TournamentRules) -> int | None:
        """Return the end (ms) of the window of attempts, None without one or before the first attempt."""
        if rules.attempt_window_s is None or self.first_attempt_at is None:
            return None
        return self.first_attempt_at + rules.attempt_window_s * 1000

    def after_attempt(self, rules: TournamentRules, achieved_at: int) -> "Entrant":
        """Return the entrant after a submission of a score that was achieved at `achieved_at` (ms).

        Raises `AttemptsExhausted` or `AttemptWindowOver`.
        """
        if self.attempts_left(rules) == 0:
            raise AttemptsExhausted.of(self.user_id, self.attempts)
        window_ends_at = self.window_ends_at(rules)
        if window_ends_at is not None and achieved_at >= window_ends_at:
            raise AttemptWindowOver.of(self.user_id, time_text(window_ends_at))
        first = achieved_at if self.first_attempt_at is None else self.first_attempt_at
        return self._replace(attempts=self.attempts + 1, first_attempt_at=first)


def _ended_early(rules: TournamentRules, occurrence: Occurrence) -> Occurrence:
    """Return the occurrence with `ends_at` moved to its first early end, if any, and with `late_until` set."""
    ends_at = min([occurrence.ends_at, *filter(occurrence.contains, rules.early_ends)])
    return occurrence._replace(ends_at=ends_at, late_until=ends_at + rules.late_grace_s * 1000)


def occurrence_in(rules: TournamentRules, calendar: Calendar, period: int) -> Occurrence | None:
    """Return the occurrence that the ladder with this period number ranks, None if there is none."""
    if rules.duration_s is not None:
        return _occurrence_in_season(rules, rules.duration_s, calendar, period)
    if period != ALL_TIME or rules.starts_at is None or rules.ends_at is None:
        return None
    return _ended_early(rules, Occurrence(ALL_TIME, rules.starts_at, rules.ends_at, 0))


def _occurrence_in_season(
    rules: TournamentRules, duration_s: int, calendar: Calendar, period: int
) -> Occurrence | None:
    """Return the occurrence at the start of the season with this number, None if there is no such season."""
    if period == ALL_TIME or calendar.season is None or not calendar.knows(period):
        return None
    season = calendar.numbered(period)
    if season.kind is not PeriodKind.SEASON or season.starts_at is None:
        return None
    begun = calendar.of_kind(PeriodKind.SEASON, season.starts_at)
    if begun is None or begun.number != period:
        return None  # no season starts at this time
    ends_at = season.starts_at + duration_s * 1000
    ends_at = ends_at if season.ends_at is None else min(ends_at, season.ends_at)
    return _ended_early(rules, Occurrence(period, season.starts_at, ends_at, 0))


def occurrence_at(rules: TournamentRules, calendar: Calendar, time: int) -> Occurrence | None:
    """Return the latest occurrence that has begun at `time` (ms).

    Return None for a time without a season. If the tournament takes place once, return its only occurrence at any time.
    """
    if not rules.is_recurring:
        return occurrence_in(rules, calendar, ALL_TIME)
    season = calendar.of_kind(PeriodKind.SEASON, time)
    return None if season is None else occurrence_in(rules, calendar, season.number)


def last_final_occurrence(rules: TournamentRules, calendar: Calendar, now: int) -> Occurrence | None:
    """Return the latest occurrence in which no further submission counts at `now` (ms), None without one."""
    ended_by = now - rules.late_grace_s * 1000
    occurrence = occurrence_at(rules, calendar, ended_by)
    if occurrence is None or occurrence.ends_at <= ended_by:
        return occurrence
    return occurrence_at(rules, calendar, occurrence.starts_at - 1) if rules.is_recurring else None


def next_occurrence(rules: TournamentRules, calendar: Calendar, occurrence: Occurrence) -> Occurrence | None:
    """Return the occurrence after `occurrence`, None if the tournament takes place once."""
    ends_at = calendar.numbered(occurrence.period).ends_at if rules.is_recurring else None
    return None if ends_at is None else occurrence_at(rules, calendar, ends_at)


def current_occurrence(rules: TournamentRules, calendar: Calendar, now: int) -> Occurrence | None:
    """Return the occurrence that is open at `now` (ms), else the next occurrence, else the last occurrence."""
    occurrence = occurrence_at(rules, calendar, now)
    if occurrence is None or now < occurrence.ends_at:
        return occurrence
    return next_occurrence(rules, calendar, occurrence) or occurrence


def require_accepted(
    rules: TournamentRules, calendar: Calendar, achieved_at: int, now: int | None, board: str
) -> Occurrence:
    """Return the occurrence that counts a score. With `now` None, ignore lateness. Raises `TournamentNotOpen`."""
    occurrence = occurrence_at(rules, calendar, achieved_at)
    if occurrence is None:
        raise TournamentNotOpen(f"tournament {board!r} does not take place at achieved_at", board=board)
    accepted = occurrence.contains(achieved_at) if now is None else occurrence.accepts(achieved_at, now)
    if not accepted:
        raise not_open(occurrence, board, achieved_at if now is None else now)
    return occurrence


def not_open(occurrence: Occurrence, board: str, now: int) -> TournamentNotOpen:
    """Return the error for a request that an occurrence does not accept at `now` (ms)."""
    state = occurrence.state(now)
    if state is TournamentState.OPEN:
        state = TournamentState.UPCOMING  # refused although open: the score was achieved before the start
    starts, ends = time_text(occurrence.starts_at), time_text(occurrence.ends_at)
    return TournamentNotOpen(
        f"tournament {board!r} is {state}; scores count from {starts} to {ends}",
        board=board,
        state=str(state),
        starts_at=starts,
        ends_at=ends,
    )
