"""Teams and segments: the acknowledged acts of clients, and the state that the store and the answers must have."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from leaderforge.torture.checks import Problem
from tests.torture.fold import CountedEvent, Folded, fold
from tests.torture.ledger import StoredEvent

SOURCE = "squad-points"
"""Slug of the board of players, which is the source of the team boards and has segments by `country`."""
BEST_SQUADS, BEST = "squads-best", 2
"""Slug of the team board of the function `best`, and the number of members that count on it."""
TEAM_BOARDS: Mapping[str, dict[str, object]] = {
    "squads-sum": {"source": SOURCE, "function": "sum"},
    BEST_SQUADS: {"source": SOURCE, "function": "best", "members": BEST},
}
TEAMS = (-9701, -9702, -9703)
COUNTRIES = ("FI", "SE", "NO")

Entry = tuple[int, int]
"""Player or team, and score."""


@dataclass(slots=True)
class OwnPlayers:
    """Acts that the API has acknowledged. The acts do not overlap: a player's last act decides about the state.

    `teams` has the present team of each player, None without a team.
    """

    teams: dict[int, int | None] = field(default_factory=dict)
    countries: dict[int, str] = field(default_factory=dict)
    submissions: dict[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """Row of `team_spans`. Times are in ms since 1970."""

    user_id: int
    team_id: int
    joined_at: int
    left_at: int | None

    def holds(self, time: int) -> bool:
        """Return whether the player was in the team at a time (ms)."""
        return self.joined_at <= time and (self.left_at is None or time < self.left_at)


@dataclass(frozen=True, slots=True)
class StoredSquads:
    """Spans, events on the source, standings of players with their segments, and scores of teams by team board."""

    spans: Sequence[StoredSpan]
    events: Sequence[StoredEvent]
    standings: Mapping[int, tuple[Folded, str | None]]
    scores: Mapping[str, Mapping[int, int]]

    def expected_scores(self, board: str) -> dict[int, int]:
        """Return the expected scores of teams. An event counts for the team of its player at the time of the event."""
        by_team: defaultdict[int, dict[int, list[CountedEvent]]] = defaultdict(lambda: defaultdict(list))
        for event in self.events:
            for span in self.spans:
                if span.user_id == event.user_id and span.holds(event.achieved_at) and not event.void:
                    values = event.score, event.achieved_at, event.received_us, event.submission_id
                    by_team[span.team_id][event.user_id].append(CountedEvent(*values))
        most = BEST if board == BEST_SQUADS else None
        results = {i: [fold("sum", "desc", e).score for e in members.values()] for i, members in by_team.items()}
        return {team_id: sum(sorted(scores, reverse=True)[:most]) for team_id, scores in results.items()}

    def entries_in(self, country: str) -> list[Entry]:
        """Return the entries that a read within a segment must have, best first."""
        listed = [(-f.score, f.achieved_at, i) for i, (f, segment) in self.standings.items() if segment == country]
        return [(i, -score) for score, _, i in sorted(listed)]


def problems_of(own: OwnPlayers, stored: StoredSquads) -> Iterator[Problem]:
    """Yield the differences between the acknowledged acts and the store, and contradictions within the store."""
    yield from _move_problems(own, stored.spans)
    for user_id, country in own.countries.items():
        if user_id in stored.standings and stored.standings[user_id][1] != country:
            text = f"segment {stored.standings[user_id][1]}"
            yield Problem("attribute lost", f"country {country} on {SOURCE}", text, user_id)
    known = {event.submission_id for event in stored.events}
    for submission_id, user_id in own.submissions.items():
        if submission_id not in known:
            yield Problem("lost submission", f"{submission_id} on {SOURCE}", "no event", user_id)
    for board, scores in stored.scores.items():
        expected = stored.expected_scores(board)
        for team_id in expected.keys() | scores.keys():
            if expected.get(team_id) != scores.get(team_id):
                yield Problem("wrong team", f"{board}: {expected.get(team_id)}", str(scores.get(team_id)), team_id)


def _move_problems(own: OwnPlayers, spans: Sequence[StoredSpan]) -> Iterator[Problem]:
    by_player: defaultdict[int, list[StoredSpan]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.joined_at):
        by_player[span.user_id].append(span)
    for user_id, team_id in own.teams.items():
        present = [span.team_id for span in by_player[user_id] if span.left_at is None]
        if present != ([] if team_id is None else [team_id]):
            yield Problem("move lost", f"player in team {team_id}", f"spans without an end: {present}", user_id)
    for user_id, of_player in by_player.items():
        for before, after in pairwise(of_player):
            if before.left_at is None or before.left_at > after.joined_at:
                yield Problem("in two teams", "spans that do not overlap", f"{before}, {after}", user_id)


def segment_problems(
    user_id: int, country: str, rank_in: Mapping[str, int] | None, ranks: Mapping[str, int | None]
) -> Iterator[Problem]:
    """Yield the problems of a player's ranks in segments, while the player is in a country and nobody scores.

    `rank_in` is from the read of the player on the whole board, None if that read was refused. `ranks` has the rank
    within each country that answered, None if the player is not ranked in that country.
    """
    for name, rank in ranks.items():
        if (rank is not None) != (name == country):
            yield Problem("wrong segment", f"ranked in {country} only", f"rank {rank} in {name}", user_id)
    if rank_in is not None and rank_in.get("country") != ranks.get(country, rank_in.get("country", 0)):
        yield Problem("wrong rank in segment", f"rank {ranks.get(country)} in {country}", str(rank_in), user_id)


def entry_problems(name: str, expected: Sequence[Entry], answered: Sequence[Entry]) -> Iterator[Problem]:
    """Yield the difference between the entries of an answer and the expected entries."""
    if list(expected) != list(answered):
        yield Problem("wrong entries", f"{name}: {expected}", str(answered))
