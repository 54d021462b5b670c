"""Leagues: divisions, groups of players, and movements between divisions at the end of a period.

All functions are pure: their results depend on the arguments only. The order of players in an argument matters only if
it is their order of arrival.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from leaderforge.domain.periods import PeriodKind

BANDS = 3
"""Number of bands of players by strength. A balanced group has about equally many players of each band."""
MIDDLE_BAND = 1
"""Band of players without a result of an earlier period."""
OPEN_GROUPS = 4
"""Maximum number of groups of a division that are open at the same time, with balanced assignment."""


class Assignment(StrEnum):
    """Choice of a player's group: by order of arrival, or balanced by the strength of the group's players."""

    ARRIVAL = "arrival"
    BALANCED = "balanced"


class Inactivity(StrEnum):
    """Movement of players who have no entry in a period."""

    STAY = "stay"
    RELEGATE = "relegate"
    LEAVE = "leave"


class Movement(StrEnum):
    """Movement of a player at the end of a period."""

    PROMOTED = "promoted"
    STAYED = "stayed"
    RELEGATED = "relegated"
    LEFT = "left"


class Zone(NamedTuple):
    """Number of players of a group who move: `places`, or `percent` of its ranked players, rounded down."""

    places: int | None = None
    percent: int | None = None

    def size(self, ranked: int) -> int:
        """Return the size of the zone in a group with this number of ranked players."""
        if self.percent is not None:
            return ranked * self.percent // 100
        return min(self.places or 0, ranked)


NO_ZONE = Zone()


@dataclass(frozen=True, slots=True)
class League:
    """Rules of a board's league. `divisions` are names, from the top to the bottom.

    Periods of `period` that end after `since` (ms) are played as a league. Players who have no division yet enter the
    division `entry`.
    """

    period: PeriodKind
    divisions: tuple[str, ...]
    group_size: int
    entry: str
    promotion: Zone = NO_ZONE
    relegation: Zone = NO_ZONE
    inactive: Inactivity = Inactivity.STAY
    assignment: Assignment = Assignment.ARRIVAL
    since: int = field(default=0, compare=False)

    def index_of(self, division: str | None) -> int:
        """Return the index of a division. If no division has this name, return the index of the entry division."""
        return self.divisions.index(self.entry if division not in self.divisions else division)

    def reached(self, division: int, movement: "Movement") -> str | None:
        """Return the name of the division that a movement leads to, None if the movement leaves the league."""
        steps = {Movement.PROMOTED: -1, Movement.STAYED: 0, Movement.RELEGATED: 1}
        return None if movement is Movement.LEFT else self.divisions[division + steps[movement]]

    def zones(self, division: int, ranked: int) -> "GroupZones":
        """Return how many players move, in a group of this division that has `ranked` ranked players.

        If a group is too small for both zones, promotion has precedence.
        """
        promoted = self.promotion.size(ranked) if division > 0 else 0
        relegated = self.relegation.size(ranked) if division < len(self.divisions) - 1 else 0
        return GroupZones(promoted, min(relegated, ranked - promoted))


class GroupZones(NamedTuple):
    """Numbers of promoted and of relegated players of a group."""

    promoted: int
    relegated: int

    def movement(self, rank: int, ranked: int) -> Movement:
        """Return the movement of the player at a rank, in a group with `ranked` ranked players."""
        if rank <= self.promoted:
            return Movement.PROMOTED
        return Movement.RELEGATED if rank > ranked - self.relegated else Movement.STAYED


# Seats --------------------------------------------------------------------------------------------------------------


class OpenGroup(NamedTuple):
    """Group with free seats, and the number of its players in each band."""

    number: int
    players: tuple[int, ...]

    @property
    def taken(self) -> int:
        """Return the number of taken seats."""
        return sum(self.players)

    def with_player(self, band: int) -> "OpenGroup":
        """Return the group with one more player of this band."""
        return OpenGroup(self.number, tuple(n + (i == band) for i, n in enumerate(self.players)))


class DivisionSeats(NamedTuple):
    """Seats of a division: the number of taken seats, the number of groups, and the groups with free seats."""

    seats: int = 0
    groups: int = 0
    open_groups: tuple[OpenGroup, ...] = ()


class Seat(NamedTuple):
    """Seat of a player: the number of the group, and the order of arrival in the division. Both begin with 1."""

    group: int
    number: int


def take_seat(league: League, seats: DivisionSeats, band: int) -> tuple[DivisionSeats, Seat]:
    """Return the seat of the next player of a division, and the seats afterwards.

    With assignment by arrival, one group fills at a time. With balanced assignment, up to `OPEN_GROUPS` groups fill at
    a time. A further group opens when all open groups are at least half full. A player gets the group with the fewest
    players of the same band, then with the fewest players, then with the lowest number.
    """
    seats = _with_open_group(league, seats)
    group = min(seats.open_groups, key=lambda g: (g.players[band], g.taken, g.number))
    grown = group.with_player(band)
    open_groups = tuple(
        grown if g is group else g for g in seats.open_groups if g is not group or grown.taken < league.group_size
    )
    number = seats.seats + 1
    return DivisionSeats(number, seats.groups, open_groups), Seat(group.number, number)


def _with_open_group(league: League, seats: DivisionSeats) -> DivisionSeats:
    """Return the seats with another open group, if one is due."""
    is_balanced = league.assignment is Assignment.BALANCED
    may_open = is_balanced and len(seats.open_groups) < OPEN_GROUPS
    are_half_full = all(2 * group.taken >= league.group_size for group in seats.open_groups)
    if seats.open_groups and not (may_open and are_half_full):
        return seats
    group = OpenGroup(seats.groups + 1, (0,) * BANDS)
    return DivisionSeats(seats.seats, group.number, (*seats.open_groups, group))


# Results ------------------------------------------------------------------------------------------------------------


class Finisher(NamedTuple):
    """Player of a group at the end of a period. The players are ordered by `key`, the best first.

    `key` is None for players without an entry: with a removed score, or with too few submissions. A hidden player has a
    key, but no rank.
    """

    user_id: int
    key: tuple[int, ...] | None
    is_hidden: bool = False


class LeagueResult(NamedTuple):
    """Result of a player in a period. Without an entry, `group` and `rank` are None.

    `division` is an index in `League.divisions`, `next_division` is a name, None for players who leave the league.
    `size` is the number of ranked players of the group.
    """

    user_id: int
    division: int
    group: int | None
    rank: int | None
    size: int | None
    movement: Movement
    next_division: str | None


def group_results(league: League, division: int, group: int, finishers: Iterable[Finisher]) -> Sequence[LeagueResult]:
    """Return the results of a group's players, in the order of their ids.

    Players without an entry move by the rule for inactive players. Hidden players stay in their division, without a
    rank.
    """
    members = list(finishers)
    ranked = sorted((m for m in members if m.key is not None and not m.is_hidden), key=lambda m: m.key or ())
    zones = league.zones(division, len(ranked))
    results = [inactive_result(league, m.user_id, division) for m in members if m.key is None]
    hidden = [m.user_id for m in members if m.key is not None and m.is_hidden]
    name = league.divisions[division]
    results += [LeagueResult(i, division, group, None, len(ranked), Movement.STAYED, name) for i in hidden]
    for rank, member in enumerate(ranked, 1):
        movement = zones.movement(rank, len(ranked))
        reached = league.reached(division, movement)
        results.append(LeagueResult(member.user_id, division, group, rank, len(ranked), movement, reached))
    return sorted(results)


def inactive_result(league: League, user_id: int, division: int) -> LeagueResult:
    """Return the result of a player without an entry in the period."""
    movement = Movement.STAYED
    if league.inactive is Inactivity.LEAVE:
        movement = Movement.LEFT
    elif league.inactive is Inactivity.RELEGATE and division < len(league.divisions) - 1:
        movement = Movement.RELEGATED
    return LeagueResult(user_id, division, None, None, None, movement, league.reached(division, movement))


def band_of(rank: int | None, size: int | None, movement: Movement | None) -> int:
    """Return the band of a player's strength, from the player's last result: 0 is the strongest.

    Relegated players are strong in their new division, promoted players weak. For all others, the band is the third of
    their former group (best, middle or last) that contains their rank. Players without a rank are in the middle.
    """
    if rank is None or size is None:
        return MIDDLE_BAND
    if movement is Movement.PROMOTED:
        return BANDS - 1
    return 0 if movement is Movement.RELEGATED else (rank - 1) * BANDS // size


# Merges -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class FilledGroup:
    """Group at the end of a period. `players` is the number of entries, `merges` the number of merges into it."""

    number: int
    players: int
    last_seat: int
    merges: int = field(default=0)

    def rank_as_target(self) -> tuple[int, int, int]:
        """Return the sort key of the group as a target of merges. The smallest key is the preferred target."""
        return self.merges, -self.last_seat, self.number


def merged_groups(groups: Collection[FilledGroup], group_size: int) -> Mapping[int, int]:
    """Return the groups of a division that are dissolved by merges, each with the group that gets its players.

    Groups under half of `group_size` are dissolved, the highest number first. Their players go to the group that got
    the fewest merges, and among such groups to the group that filled last. Merges end when one group is left. A group
    that gets players and is still under half the size is dissolved in its turn.
    """
    present = {group.number: FilledGroup(group.number, group.players, group.last_seat) for group in groups}
    targets = [group.rank_as_target() for group in present.values()]
    heapify(targets)
    into: dict[int, int] = {}
    for number in sorted(present, reverse=True):
        source = present[number]
        if len(present) == 1 or 2 * source.players >= group_size:
            continue
        del present[number]
        target = _pop_target(targets, present)
        target.players += source.players
        target.last_seat = max(target.last_seat, source.last_seat)
        target.merges += 1
        heappush(targets, target.rank_as_target())
        into[number] = target.number
    return {number: _end_of(into, number) for number in into}


def _pop_target(targets: list[tuple[int, int, int]], present: Mapping[int, FilledGroup]) -> FilledGroup:
    """Return the preferred target of a merge. Drop items of the heap `targets` whose group has changed or is gone."""
    while True:
        entry = heappop(targets)
        group = present.get(entry[2])
        if group is not None and group.rank_as_target() == entry:
            return group


def _end_of(into: Mapping[int, int], number: int) -> int:
    while number in into:
        number = into[number]
    return number


# Stored members -----------------------------------------------------------------------------------------------------


class LastResult(NamedTuple):
    """Latest result of a player before a period, from which the player's division and band are derived."""

    user_id: int
    rank: int | None
    size: int | None
    movement: Movement
    next_division: str | None

    @property
    def band(self) -> int:
        """Return the band of strength of a player with this result."""
        return band_of(self.rank, self.size, self.movement)


class Arrival(NamedTuple):
    """Player who takes a seat, with the band of strength."""

    user_id: int
    band: int


class MemberSeat(NamedTuple):
    """Division (its index) and group of a player in a period: the place where the player's seat is."""

    division: int
    group: int


class GroupMember(NamedTuple):
    """Player of a group, with the current standing. `revision` is the standing's revision, 0 without a standing."""

    group: int
    finisher: Finisher
    revision: int


class DivisionRank(NamedTuple):
    """Rank of a player in a division (None without an entry), and the number of ranked players in the division."""

    rank: int | None
    total: int
