"""Seasons of a league as the store has them, and their results computed from the stored events."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem
from tests import league_reference
from tests.torture.fold import CountedEvent, fold, periods_at
from tests.torture.ledger import StoredEvent

BOARD = "divisions"
SEASON_S = 60
GROUP_SIZE = 4
RULES: Mapping[str, Any] = {
    "period": "season",
    "divisions": ["Gold", "Silver", "Bronze"],
    "group_size": GROUP_SIZE,
    "entry": "Bronze",
    "promotion": {"places": 1},
    "relegation": {"places": 1},
    "inactive": "relegate",
}

_NO_REMOVAL: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class StoredSeason:
    """Stored state of a season.

    `members` has the division, group and seat of each player, `results` division, final group, rank, movement and next
    division, and `divisions` the next division of each player's last result before the season.
    """

    period: int
    is_settled: bool
    events: Sequence[StoredEvent]
    members: Mapping[int, tuple[int, int, int]]
    results: Mapping[int, tuple[Any, ...]]
    divisions: Mapping[int, str | None]

    def problems(self, *, is_judged: bool) -> Iterator[Problem]:
        """Yield the differences between the seats and results of the season and its events.

        The results are compared only if the season `is_judged`: its settlement is due, and no clock has jumped.
        """
        yield from self._problems_of_seats()
        if not is_judged or not self.events:
            return
        if not self.is_settled:
            yield Problem("not settled", f"settlement of {self.period}", "none")
            return
        keys = {user_id: self._key(user_id) for user_id in {event.user_id for event in self.events}}
        expected = league_reference.results(RULES, self.members, keys, _NO_REMOVAL, self.divisions)
        for user_id in expected.keys() | self.results.keys() | keys.keys():
            result = self.results.get(user_id)
            if result != expected.get(user_id) or (user_id in keys and result is None):
                yield Problem("wrong movement", f"{self.period}: {expected.get(user_id)}", str(result), user_id)

    def _problems_of_seats(self) -> Iterator[Problem]:
        names = RULES["divisions"]
        for user_id, (division, _, _) in self.members.items():
            expected = self.divisions.get(user_id) or RULES["entry"]
            if names[division] != expected:
                yield Problem("wrong division", f"{self.period}: {expected}", names[division], user_id)
        groups = Counter(place[:2] for place in self.members.values())
        if too_large := {group: count for group, count in groups.items() if count > GROUP_SIZE}:
            yield Problem("too large group", f"{self.period}: {GROUP_SIZE} players", str(too_large))
        seats = Counter((division, seat) for division, _, seat in self.members.values())
        if twice := [seat for seat, count in seats.items() if count > 1]:
            yield Problem("seat given twice", f"{self.period}: each seat once", str(twice))

    def _key(self, user_id: int) -> tuple[int, int, int]:
        events = [
            CountedEvent(event.score, event.achieved_at, event.received_us, event.submission_id)
            for event in self.events
            if event.user_id == user_id
        ]
        folded = fold("best", "desc", events)
        return -folded.score, folded.achieved_at, user_id


def period_of(start_s: int) -> int:
    """Return the number of the season that begins at a time (s since 1970)."""
    [period] = periods_at(["season"], start_s * 1000)
    return period


def season_of(event: StoredEvent) -> int:
    """Return the number of the season in which an event counts."""
    [period] = periods_at(["season"], event.achieved_at)
    return period


def lost(counted: Mapping[UUID, int], events: Sequence[StoredEvent]) -> Iterator[Problem]:
    """Yield a problem for each acknowledged submission that is not stored. `counted` has players by submission id."""
    stored = {event.submission_id for event in events}
    for submission_id, user_id in counted.items():
        if submission_id not in stored:
            yield Problem("lost submission", f"{submission_id} on {BOARD}", "no event", user_id)
