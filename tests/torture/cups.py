"""Tournaments with rewards and events: the acknowledged acts of clients, and the state that the store must have."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from leaderforge.torture.checks import Problem
from tests.torture.ledger import StoredEvent

ENTRANTS, ATTEMPTS = 4, 3
DURATION_S = 4.0
SETTLED_AFTER_S = 20.0
"""Time in s from the end of a tournament until it may be settled: see `leaderforge.domain.timing`."""

AWARDS: Sequence[tuple[str, int, int]] = (("winner", 1, 1), ("podium", 2, 3))
"""Rewards of each tournament: name, first rank and last rank."""

EVENTS = ("score.improved", "award.granted", "award.revoked", "period.settled")


class AwardKey(NamedTuple):
    """Player and reward of an award in a tournament."""

    user_id: int
    reward: str


@dataclass(frozen=True, slots=True)
class StoredAward:
    """Row of `awards`."""

    key: AwardKey
    claim_id: str | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class StoredCup:
    """Stored state of a tournament."""

    entrants: Collection[int]
    events: Sequence[StoredEvent]
    awards: Sequence[StoredAward]
    is_settled: bool


@dataclass(slots=True)
class Cup:
    """Tournament, and the requests of its client that were acknowledged.

    `jumps` is the number of clock jumps before its start, `ends_at` its end (s since 1970).
    """

    slug: str
    ends_at: float
    jumps: int
    joined: set[int] = field(default_factory=set)
    submitted: dict[UUID, int] = field(default_factory=dict)
    """Players of all submissions that were sent."""
    counted: set[UUID] = field(default_factory=set)
    claims: dict[AwardKey, str] = field(default_factory=dict)
    """Ids of the claims that succeeded."""

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the board, without the times of the tournament."""
        rewards = [
            {"reward": name, "first_rank": first, "last_rank": last, "payload": {"of": name}}
            for name, first, last in AWARDS
        ]
        return {
            "board": self.slug,
            "policy": "sum",
            "rewards": {"period": "all-time", "rewards": rewards},
            "events": list(EVENTS),
        }

    def problems(self, stored: StoredCup, *, is_judged: bool) -> Iterator[Problem]:
        """Yield the differences between the acknowledged requests and the store.

        The awards are compared only if the tournament `is_judged`: its settlement is due, and no clock has jumped. A
        settlement is expected only with entrants. If an outage delays the creation of a tournament beyond its end, the
        tournament has no entrants, and is never settled.
        """
        if len(stored.entrants) > ENTRANTS:
            yield Problem("too many entrants", f"{ENTRANTS} on {self.slug}", str(sorted(stored.entrants)))
        if lost := self.joined - set(stored.entrants):
            yield Problem("lost entrant", f"{sorted(self.joined)} on {self.slug}", f"{sorted(lost)} are missing")
        yield from self._problems_of_events(stored.events)
        yield from self._problems_of_claims(stored.awards)
        if is_judged and stored.entrants and not stored.is_settled:
            yield Problem("not settled", f"settlement of {self.slug}", "none")
        if is_judged and stored.is_settled:
            granted = sorted(award.key for award in stored.awards if not award.is_revoked)
            if granted != (expected := sorted(earned(stored.events))):
                yield Problem("wrong awards", f"{self.slug}: {expected}", str(granted))

    def _problems_of_events(self, events: Sequence[StoredEvent]) -> Iterator[Problem]:
        stored = {event.submission_id: event.user_id for event in events}
        for submission_id in self.counted - stored.keys():
            user_id = self.submitted[submission_id]
            yield Problem("lost submission", f"{submission_id} on {self.slug}", "no event", user_id)
        if unknown := stored.items() - self.submitted.items():
            yield Problem("unknown submission", f"only sent submissions on {self.slug}", str(unknown))
        for user_id in set(stored.values()):
            attempts = sum(event.user_id == user_id for event in events)
            if attempts > ATTEMPTS:
                yield Problem("too many attempts", f"{ATTEMPTS} on {self.slug}", str(attempts), user_id)

    def _problems_of_claims(self, awards: Sequence[StoredAward]) -> Iterator[Problem]:
        claims = {award.key: award.claim_id for award in awards}
        for key, claim_id in self.claims.items():
            if claims.get(key) != claim_id:
                expected = f"{key.reward} on {self.slug}, claimed by {claim_id}"
                yield Problem("lost claim", expected, str(claims.get(key)), key.user_id)


def earned(events: Sequence[StoredEvent]) -> Iterator[AwardKey]:
    """Yield the awards that the events of a tournament earn. Scores are added. Of two players with equal sums, the
    player who reached the sum earlier leads.
    """
    sums: defaultdict[int, int] = defaultdict(int)
    last: defaultdict[int, int] = defaultdict(int)
    for event in events:
        sums[event.user_id] += event.score
        last[event.user_id] = max(last[event.user_id], event.achieved_at)
    order = sorted(sums, key=lambda user_id: (-sums[user_id], last[user_id], user_id))
    for rank, user_id in enumerate(order, 1):
        yield from (AwardKey(user_id, name) for name, lowest, highest in AWARDS if lowest <= rank <= highest)


def notices_of(cups: Mapping[str, StoredCup]) -> Mapping[tuple[Any, ...], str]:
    """Return the type of each event that must arrive for these tournaments, by the values that identify the event.

    Each submission causes an event, because it improves the sum of its player. Each award is granted once, because no
    moderator acts.
    """
    expected: dict[tuple[Any, ...], str] = {}
    for slug, cup in cups.items():
        expected |= {(slug, event.user_id, str(event.submission_id)): "score.improved" for event in cup.events}
        expected |= {(slug, award.key.user_id, award.key.reward): "award.granted" for award in cup.awards}
        if cup.is_settled:
            expected[(slug,)] = "period.settled"
    return expected


def values_of(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the identifying values of an event that has arrived."""
    data = body["data"]
    values = (data.get("board"), data.get("user_id"), data.get("submission_id") or data.get("reward"))
    return tuple(value for value in values if value is not None)


def arrival_problems(
    expected: Mapping[tuple[Any, ...], str], arrived: Mapping[str, Mapping[str, Any]], *, is_settled_again: bool
) -> Iterator[Problem]:
    """Yield the differences between the expected events and `arrived`: bodies by id, in the order of first arrival.

    Each event must arrive under one id. If a clock was a day ahead, all periods may have been settled again
    (`is_settled_again`), each with an event. A player's events on a board must arrive in the order of their commits.
    """
    ids: dict[tuple[Any, ...], str] = {}
    submissions: defaultdict[tuple[str, int], int] = defaultdict(int)
    for event_id, body in arrived.items():
        values, data = values_of(body), body["data"]
        if expected.get(values) != body["type"]:
            yield Problem("invented event", "only events of stored changes", str(body), data.get("user_id"))
        elif ids.setdefault(values, event_id) != event_id and not (
            is_settled_again and body["type"] == "period.settled"
        ):
            yield Problem("event under two ids", ids[values], f"{event_id} {body}", data.get("user_id"))
        if body["type"] == "score.improved":
            player = data["board"], data["user_id"]
            if data["submissions"] <= submissions[player]:
                yield Problem("wrong order", f"more than {submissions[player]} submissions", str(body), data["user_id"])
            submissions[player] = data["submissions"]
    for values in sorted(expected.keys() - ids.keys(), key=str):
        yield Problem("lost event", f"{expected[values]} {values}", "no arrival")
