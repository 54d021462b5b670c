"""Rules of a board's league, and leagues as JSON objects."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from leaderforge.domain.errors import Refused
from leaderforge.domain.league import Assignment, Inactivity, League, Zone
from leaderforge.domain.names import require_displayed
from leaderforge.domain.periods import PeriodKind

MAX_DIVISIONS = 20
MAX_DIVISION_NAME_LENGTH = 32
MIN_GROUP_SIZE = 2
MAX_GROUP_SIZE = 200
"""Maximum number of seats of a group. A read returns the whole group, which a merge may double or triple."""

_MEMBERS = ("period", "divisions", "group_size", "entry", "promotion", "relegation", "inactive", "assignment")


def members_of(league: League) -> dict[str, Any]:
    """Return the settings of a league as a JSON object."""
    return {
        "period": league.period.value,
        "divisions": list(league.divisions),
        "group_size": league.group_size,
        "entry": league.entry,
        "promotion": _zone_members(league.promotion),
        "relegation": _zone_members(league.relegation),
        "inactive": league.inactive.value,
        "assignment": league.assignment.value,
    }


def stored_members_of(league: League) -> dict[str, Any]:
    """Return a league as the JSON object that `stored_league` reads: the settings, and the start time `since`."""
    return members_of(league) | {"since": league.since}


def stored_league(members: Mapping[str, Any]) -> League:
    """Return the league of a stored JSON object."""
    return replace(league_of({name: members[name] for name in _MEMBERS}), since=members["since"])


def league_of(members: Mapping[str, Any]) -> League:
    """Return the league of a JSON object with the JSON members that `members_of` returns.

    All JSON members except `divisions` and `group_size` have defaults. Raises `Refused` if a JSON member is unknown,
    missing or of another type. The values are not checked here, but by `valid_league`.
    """
    if unknown := members.keys() - set(_MEMBERS):
        raise _refused(f"unknown member {min(unknown)!r}: use one of {', '.join(_MEMBERS)}")
    if missing := {"divisions", "group_size"} - members.keys():
        raise _refused(f"{min(missing)} is missing")
    divisions = members["divisions"]
    if not isinstance(divisions, list | tuple) or not all(isinstance(name, str) for name in divisions) or not divisions:
        raise _refused("divisions must be a list of names, from the top to the bottom")
    return League(
        period=_choice(PeriodKind, members, "period", PeriodKind.WEEKLY),
        divisions=tuple(divisions),
        group_size=_integer(members["group_size"], "group_size"),
        entry=str(members.get("entry") or divisions[-1]),
        promotion=_zone(members.get("promotion"), "promotion"),
        relegation=_zone(members.get("relegation"), "relegation"),
        inactive=_choice(Inactivity, members, "inactive", Inactivity.STAY),
        assignment=_choice(Assignment, members, "assignment", Assignment.ARRIVAL),
    )


def valid_league(league: League, kinds: Collection[PeriodKind]) -> League:
    """Return the league of a board with these period kinds, with names in displayed form.

    Raises `Refused` if a value is invalid.
    """
    if league.period is PeriodKind.ALL_TIME or league.period not in kinds:
        raise _refused(f"period {league.period.value!r} is no recurring period of the board; add it to periods")
    divisions = tuple(_displayed(name) for name in league.divisions)
    if not 1 <= len(divisions) <= MAX_DIVISIONS:
        raise _refused(f"there must be 1 to {MAX_DIVISIONS} divisions, not {len(divisions)}")
    for name in divisions:
        if divisions.count(name) > 1:
            raise _refused(f"two divisions are called {name!r}; rename one")
    if not MIN_GROUP_SIZE <= league.group_size <= MAX_GROUP_SIZE:
        raise _refused(f"group_size must be {MIN_GROUP_SIZE} to {MAX_GROUP_SIZE}, not {league.group_size}")
    entry = _displayed(league.entry)
    if entry not in divisions:
        raise _refused(f"entry {entry!r} is no division; use one of {', '.join(divisions)}")
    _require_zones(league)
    return replace(league, divisions=divisions, entry=entry)


def _require_zones(league: League) -> None:
    """Raise `Refused` if a zone is negative, or if both zones together are larger than a full group."""
    for zone, name in ((league.promotion, "promotion"), (league.relegation, "relegation")):
        for value, largest in ((zone.places, league.group_size), (zone.percent, 100)):
            if value is not None and not 0 <= value <= largest:
                raise _refused(f"{name} must be 0 to {largest}, not {value}")
    moving = league.promotion.size(league.group_size) + league.relegation.size(league.group_size)
    if moving > league.group_size:
        raise _refused(f"promotion and relegation move {moving} players of a group of {league.group_size}; lower one")


def _zone(value: Any, name: str) -> Zone:
    if value is None:
        return Zone()
    members = {key: number for key, number in value.items() if number is not None} if isinstance(value, dict) else {}
    if len(members) != 1 or members.keys() - {"places", "percent"}:
        raise _refused(f"{name} needs places or percent")
    [(kind, number)] = members.items()
    return Zone(**{kind: _integer(number, name)})


def _zone_members(zone: Zone) -> dict[str, int] | None:
    return {name: value for name, value in zone._asdict().items() if value is not None} or None


def _integer(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refused(f"{name} must be an integer, not {value!r}")
    return value


def _choice(choices: Any, members: Mapping[str, Any], name: str, default: Any) -> Any:
    value = members.get(name) or default
    if value not in [choice.value for choice in choices]:
        raise _refused(f"{name} must be one of {', '.join(choices)}, not {str(value)[:80]!r}")
    return choices(value)


def _displayed(name: str) -> str:
    try:
        return require_displayed(name, MAX_DIVISION_NAME_LENGTH, f"the division {name[:80]!r}")
    except Refused as refused:
        raise _refused(refused.message) from None


def _refused(fault: str) -> Refused:
    return Refused(f"league: {fault}", setting="league")
