"""Leagues of boards on the wire."""

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from functions.edge.wire.bodies import JsonBody, number_json, string_json
from functions.edge.wire.entries import EntryOut, render_entry
from functions.edge.wire.fields import CountOut, IntegerOut, RankOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictIn, StrictOut
from functions.edge.wire.periods import PeriodNameIn, PeriodNameOut
from functions.edge.wire.rules import FROM_NUMBER
from functions.edge.wire.tiers import tier_json
from leaderforge.domain.league import Assignment, Inactivity, League, Movement
from leaderforge.domain.league_rules import (
    MAX_DIVISION_NAME_LENGTH,
    MAX_DIVISIONS,
    MAX_GROUP_SIZE,
    MIN_GROUP_SIZE,
    members_of,
)
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.tiers import LadderTiers
from leaderforge.domain.times import time_text
from leaderforge.services.league_reading import LeagueEntry, LeagueGroup, LeagueState

DivisionName = Annotated[StrictStr, Field(min_length=1, max_length=MAX_DIVISION_NAME_LENGTH)]


class ZoneIn(StrictIn):
    """The places of a group that move: either `places`, or a `percent` of the ranked players."""

    places: Annotated[StrictInt, Field(ge=0, le=MAX_GROUP_SIZE), FROM_NUMBER] | None = Field(
        None, description="The number of places.", examples=[7]
    )
    percent: Annotated[StrictInt, Field(ge=0, le=100), FROM_NUMBER] | None = Field(
        None, description="The percentage of the group's ranked players, rounded down."
    )


class LeagueIn(StrictIn):
    """The rules of a league. A change takes effect with the next period whose groups open."""

    period: PeriodKind = Field(
        PeriodKind.WEEKLY, description="The recurring period kind of the board whose periods are played as a league."
    )
    divisions: Annotated[list[DivisionName], Field(min_length=1, max_length=MAX_DIVISIONS)] = Field(
        description="The names of the divisions, from the top to the bottom.", examples=[["Gold", "Silver", "Bronze"]]
    )
    group_size: Annotated[StrictInt, Field(ge=MIN_GROUP_SIZE, le=MAX_GROUP_SIZE), FROM_NUMBER] = Field(
        description="The number of seats of a group.", examples=[30]
    )
    entry: DivisionName | None = Field(
        None, description="The division of players without one. Defaults to the bottom division.", examples=["Bronze"]
    )
    promotion: ZoneIn | None = Field(None, description="The first places of a group that are promoted.")
    relegation: ZoneIn | None = Field(None, description="The last places of a group that are relegated.")
    inactive: Inactivity = Field(
        Inactivity.STAY,
        description="The movement of players without an entry in the period. A player who leaves enters again as a "
        "new one.",
    )
    assignment: Assignment = Field(
        Assignment.ARRIVAL,
        description="Whether groups fill in order of arrival, or have players of all strengths (`balanced`).",
    )


class ZoneOut(StrictOut):
    """The places of a group that move. Only one of the members is present."""

    places: CountOut = Field(0, description="The number of places.", examples=[7])
    percent: CountOut = Field(0, description="The percentage of the group's ranked players, rounded down.")


class LeagueOut(StrictOut):
    """The rules of a league."""

    period: PeriodKind
    divisions: list[str] = Field(description="From the top to the bottom.", examples=[["Gold", "Silver", "Bronze"]])
    group_size: CountOut = Field(examples=[30])
    entry: str = Field(description="The division of players without one.", examples=["Bronze"])
    promotion: ZoneOut | None = Field(description="The first places of a group that are promoted.")
    relegation: ZoneOut | None = Field(description="The last places of a group that are relegated.")
    inactive: Inactivity
    assignment: Assignment


def league_out(league: League) -> LeagueOut:
    """Return the output model of a league's rules."""
    members = members_of(league)
    zones = {name: None if members[name] is None else ZoneOut(**members[name]) for name in ("promotion", "relegation")}
    return LeagueOut(**members | zones)


class LeagueQuery(QueryIn):
    period: PeriodNameIn = "current"


MovementMember = Annotated[
    Movement,
    Field(description="The movement; before the settlement, the one that would follow if the period ended now."),
]


class LeagueEntryOut(EntryOut):
    """An entry of a group. `rank` is the rank on the board."""

    group_rank: RankOut | None = Field(
        description="The rank in the group; null for an entry that was or is hidden. Equal scores have different ranks."
    )
    movement: MovementMember


class LeagueGroupOut(StrictOut):
    """A player's group in a league, with the player's ranks in the group, in the division and on the board."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    state: LeagueState = Field(
        description="`waiting` until the previous period is settled, `open` while the period runs, `closing` until it "
        "is settled, then `settled`."
    )
    starts_at: TimeOut
    ends_at: TimeOut | None = Field(
        description="The time from which on scores do not count in the period any more: the end of the period, or of "
        "its tournament."
    )
    left_ms: CountOut = Field(description="The time until `ends_at`, in milliseconds; 0 afterwards.")
    divisions: list[str] = Field(description="From the top to the bottom.", examples=[["Gold", "Silver", "Bronze"]])
    user_id: IntegerOut
    division: str | None = Field(description="The player's division; null while the player waits for a group.")
    group: RankOut | None = Field(
        description="The number of the group in the division; null while the player waits for a group, and for a "
        "player without an entry in a settled period."
    )
    group_rank: RankOut | None
    group_total: CountOut = Field(description="The number of ranked players of the group.")
    division_rank: RankOut | None
    division_total: CountOut = Field(description="The number of ranked players of the division.")
    rank: RankOut | None = Field(description="The rank on the board.")
    total: CountOut = Field(description="The number of ranked players of the board.")
    movement: Movement | None = Field(
        description="The player's movement; before the settlement, the one that would follow if the period ended now."
    )
    next_division: str | None = Field(
        description="The division that the movement leads to; null for a player who leaves or waits."
    )
    promoted: CountOut = Field(description="The number of first places of the group that are promoted.")
    relegated: CountOut = Field(description="The number of last places of the group that are relegated.")
    entries: list[LeagueEntryOut] = Field(description="The entries of the group, best first.")
    as_of: TimeOut


def render_group(view: LeagueGroup, *, marks_hidden: bool = False) -> JsonBody:
    """Return the body that describes a player's group."""
    board, zones = view.ladder.board, view.zones
    tiers = board.tiers_among(view.lookup.total) if board.tiers else None
    entries = ",".join(_entry_json(entry, tiers, marks_hidden=marks_hidden) for entry in view.entries)
    members = {
        **_period_members(view),
        **_place_members(view),
        "promoted": str(zones.promoted),
        "relegated": str(zones.relegated),
        "entries": f"[{entries}]",
    }
    return JsonBody("{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}")


def _period_members(view: LeagueGroup) -> dict[str, str]:
    return {
        "board": string_json(view.ladder.board.slug),
        "period": string_json(view.period.name),
        "state": string_json(view.state),
        "starts_at": string_json(time_text(view.period.starts_at or 0)),
        "ends_at": "null" if view.ends_at is None else string_json(time_text(view.ends_at)),
        "left_ms": str(view.left_ms),
        "divisions": f"[{','.join(map(string_json, view.league.divisions))}]",
    }


def _place_members(view: LeagueGroup) -> dict[str, str]:
    """Return the JSON members about the player: the division, the group, and the ranks in them and on the board."""
    player_entry, league = view.player_entry, view.league
    board_entries = view.lookup.entries if player_entry is None else [(player_entry.entry, 0)]
    rank = next((entry.rank for entry, _ in board_entries if entry.user_id == view.user_id), None)
    return {
        "user_id": str(view.user_id),
        "division": string_json(None if view.division is None else league.divisions[view.division]),
        "group": number_json(view.group),
        "group_rank": number_json(None if player_entry is None else player_entry.rank),
        "group_total": str(sum(entry.rank is not None for entry in view.entries)),
        "division_rank": number_json(view.division_rank.rank),
        "division_total": str(view.division_rank.total),
        "rank": number_json(rank),
        "total": str(view.lookup.total),
        "movement": string_json(view.movement),
        "next_division": string_json(view.next_division),
    }


def _entry_json(league_entry: LeagueEntry, tiers: LadderTiers | None, *, marks_hidden: bool) -> str:
    """Return an entry of a group as a JSON object. `tiers` is None on a board without tiers."""
    entry = league_entry.entry
    tier = "" if tiers is None else tier_json(tiers, entry.score, entry.rank)
    extra = f'{tier},"group_rank":{number_json(league_entry.rank)},"movement":{string_json(league_entry.movement)}'
    return render_entry(entry, extra, marks_hidden)
