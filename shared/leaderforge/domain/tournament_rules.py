"""Validation of a tournament's rules, and their conversion from JSON objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leaderforge.domain.errors import Refused
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.times import moment_of, time_text
from leaderforge.domain.tournaments import TournamentRules, last_final_occurrence, occurrence_in

MAX_LENGTH_S = 366 * 86_400
"""Maximum duration of an occurrence, and maximum window of attempts, in s."""
MAX_GRACE_S = 7 * 86_400
MAX_ENTRANTS = 10_000_000
MAX_ATTEMPTS = 1_000_000
MAX_EARLY_ENDS = 50
MIN_BRACKET_SIZE, MAX_BRACKET_SIZE = 2, 200

_TOLERATED_MS = 60_000
"""Age (ms) up to which a requested end is moved to the present. It covers slow requests and differing clocks."""
_NAMES = tuple(field.name for field in fields(TournamentRules))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tournament_of(members: Mapping[str, Any]) -> TournamentRules:
    """Return the rules in a JSON object with the members of `TournamentRules.members`. Times are texts or ms.

    Raises `Refused` if a JSON member is unknown or has a wrong type.
    """
    if unknown := members.keys() - {*_NAMES}:
        raise _refused(f"unknown member {min(unknown)!r}: use one of {', '.join(_NAMES)}")
    values = {name: value for name, value in members.items() if value is not None}
    for name in ("starts_at", "ends_at"):
        if name in values:
            values[name] = _time(values[name])
    ends = values.get("early_ends", ())
    if not isinstance(ends, Iterable) or isinstance(ends, str):
        raise _refused("early_ends must be a list of times")
    rules = TournamentRules(**{**values, "early_ends": tuple(sorted({_time(at) for at in ends}))})
    _require_types(rules)
    return rules


def _require_occurrences(rules: TournamentRules, first_kind: PeriodKind) -> None:
    """Raise `Refused` unless the rules define occurrences in the periods of the board's first period kind."""
    if rules.is_recurring == (rules.starts_at is not None or rules.ends_at is not None):
        raise _refused("set either starts_at and ends_at, or duration_s with a season")
    if not rules.is_recurring:
        _require_span(rules)
    if first_kind is not rules.period_kind:
        needs = "duration_s needs" if rules.is_recurring else "starts_at and ends_at need"
        raise _refused(f"{needs} {rules.period_kind} as the first one of periods")


def valid_tournament(rules: TournamentRules | None, periods: Sequence[PeriodKind]) -> TournamentRules | None:
    """Return the rules. Raises `Refused` if a value is invalid, or does not suit the board's first period kind."""
    if rules is None:
        return None
    _require_occurrences(rules, periods[0])
    _require_within("duration_s", rules.duration_s, 1, MAX_LENGTH_S)
    _require_within("max_entrants", rules.max_entrants, 1, MAX_ENTRANTS)
    _require_within("max_attempts", rules.max_attempts, 1, MAX_ATTEMPTS)
    _require_within("attempt_window_s", rules.attempt_window_s, 1, MAX_LENGTH_S)
    _require_within("bracket_size", rules.bracket_size, MIN_BRACKET_SIZE, MAX_BRACKET_SIZE)
    _require_within("late_grace_s", rules.late_grace_s, 0, MAX_GRACE_S)
    _require_within("the number of early_ends", len(rules.early_ends), 0, MAX_EARLY_ENDS)
    return replace(rules, early_ends=tuple(sorted(rules.early_ends)))


def changed_tournament(
    before: TournamentRules | None, after: TournamentRules | None, calendar: Calendar, now: int
) -> TournamentRules | None:
    """Return the rules `after`, changed from `before` at `now` (ms). Move a new end within the last minute to `now`.

    Raises `Refused` for a new end more than a minute ago, because scores that arrived after this end already count.
    Raises `Refused` for another size of the brackets, and for rules by which scores would count again in an occurrence
    that is over, because the results of the past would change.
    """
    if before is None or after is None:
        return after
    if before.bracket_size not in {None, after.bracket_size}:
        raise _refused("bracket_size cannot change, because past brackets would change; create a new board")
    early_ends = tuple(at if at in before.early_ends else _present(at, now) for at in after.early_ends)
    ends_at = after.ends_at if after.ends_at in {before.ends_at, None} else _present(after.ends_at, now)
    changed = replace(after, early_ends=tuple(sorted(early_ends)), ends_at=ends_at)
    _require_over(before, changed, calendar, now)
    return changed


def _require_over(before: TournamentRules, after: TournamentRules, calendar: Calendar, now: int) -> None:
    """Raise `Refused` if the rules `after` count scores in an occurrence that is over by the rules `before`.

    The latest such occurrence is enough, because earlier ones end before it by both rules.
    """
    final = last_final_occurrence(before, calendar, now)
    changed = None if final is None else occurrence_in(after, calendar, final.period)
    if final is not None and changed is not None and changed.late_until > now:
        raise _refused(
            f"scores would count again in the occurrence that ended at {time_text(final.ends_at)}; its result is final"
        )


def _present(end: int, now: int) -> int:
    if end < now - _TOLERATED_MS:
        raise _refused("an end cannot be more than a minute in the past; set it to the present to end now")
    return max(end, now)


def _require_span(rules: TournamentRules) -> None:
    if rules.starts_at is None or rules.ends_at is None:
        raise _refused("set starts_at and ends_at")
    if rules.starts_at >= rules.ends_at:
        raise _refused("ends_at must be after starts_at")


def _require_types(rules: TournamentRules) -> None:
    for name in ("duration_s", "max_entrants", "max_attempts", "attempt_window_s", "bracket_size", "late_grace_s"):
        value = getattr(rules, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise _refused(f"{name} must be an integer")
    if not isinstance(rules.join_required, bool):
        raise _refused("join_required must be true or false")


def _require_within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise _refused(f"{name} must be {low} to {high}, not {value}")


def _time(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        moment = moment_of(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _refused(f"{str(value)[:40]!r} is not a time with an offset from UTC, such as 2026-12-01T00:00:00Z")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _refused(message: str) -> Refused:
    return Refused(f"tournament: {message}", setting="tournament")
