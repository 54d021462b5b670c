"""Private challenges: the acknowledged acts of clients, and the state that the store and the answers must have."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem
from tests.torture.fold import CountedEvent, fold
from tests.torture.ledger import StoredEvent

BOARD = "challenged"
OPEN_EACH = 3
"""Maximum number of open challenges of a player."""
MAX_PLAYERS = 3
LENGTH_S = 60
"""Length of a challenge in s, the shortest that the API allows."""

Entry = tuple[int, int, int, int]
"""Rank, player, score and number of submissions."""


@dataclass(slots=True)
class OwnChallenge:
    """Challenge that the API has acknowledged, and the players whose joins were acknowledged.

    `jumps` is the number of clock jumps before its creation.
    """

    invitation: str
    challenge_id: UUID
    creator: int
    jumps: int
    joined: set[int] = field(default_factory=set)
    answer: Sequence[Entry] | None = None
    """Entries in an answer after the end of the challenge, None before the client has read them."""


@dataclass(frozen=True, slots=True)
class StoredPlayer:
    """Row of `challenge_players`. `joined_at` is in ms since 1970."""

    user_id: int
    number: int
    joined_at: int
    challenge_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredChallenge:
    """Stored challenge, its players in the order of their numbers, and all events of its board. Times are in ms."""

    starts_at: int
    ends_at: int
    count: int
    players: Sequence[StoredPlayer]
    events: Sequence[StoredEvent]

    def entries(self) -> Sequence[Entry]:
        """Return the entries that an answer must have: the best event of each player in the time span, best first."""
        runs: list[tuple[int, int, int, int]] = []
        for player in self.players:
            counted = [
                CountedEvent(event.score, event.achieved_at, event.received_us, event.submission_id)
                for event in self.events
                if event.user_id == player.user_id and self.starts_at <= event.achieved_at < self.ends_at
            ]
            if counted:
                best = fold("best", "desc", counted)
                runs.append((-best.score, best.achieved_at, player.user_id, best.submissions))
        return [(rank, run[2], -run[0], run[3]) for rank, run in enumerate(sorted(runs), 1)]

    def unscored(self) -> Sequence[int]:
        """Return the players without an entry, in the order of joining."""
        scored = {entry[1] for entry in self.entries()}
        return [player.user_id for player in self.players if player.user_id not in scored]


def problems_of(own: OwnChallenge, stored: StoredChallenge | None) -> Iterator[Problem]:
    """Yield the differences between the acknowledged requests for a challenge and the store."""
    name = f"challenge {own.invitation}"
    if stored is None:
        yield Problem("lost challenge", name, "no row")
        return
    user_ids = [player.user_id for player in stored.players]
    if lost := own.joined - set(user_ids):
        yield Problem("lost player", f"{sorted(own.joined)} in {name}", f"{sorted(lost)} are missing")
    numbers = [player.number for player in stored.players]
    if numbers != list(range(1, stored.count + 1)) or stored.count > MAX_PLAYERS or len({*user_ids}) < len(user_ids):
        yield Problem("place taken twice", f"{stored.count} of {MAX_PLAYERS} places of {name}", str(stored.players))
    first = stored.players[0] if stored.players else None
    if first is None or (first.user_id, first.challenge_id) != (own.creator, own.challenge_id):
        yield Problem("wrong creator", f"{own.creator} of {name}", str(first))
    if own.answer is not None and own.answer != (expected := stored.entries()):
        yield Problem("result changed", f"{name}: {expected}", f"{own.answer}, after the end")


def answer_problems(own: OwnChallenge, stored: StoredChallenge, answer: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the differences between the result in an answer and the result of the stored events.

    All events must have been committed before the answer.
    """
    shown = entries_of(answer), [player["user_id"] for player in answer["unscored"]]
    expected = stored.entries(), stored.unscored()
    if shown != expected:
        yield Problem("wrong result", f"challenge {own.invitation}: {expected}", str(shown))


def limit_problems(challenges: Sequence[StoredChallenge]) -> Iterator[Problem]:
    """Yield problems: players in too many open challenges, and challenge ids that a player used more than once.

    Only a join increases a player's number of open challenges. Therefore count the player's open challenges at each
    join.
    """
    places = [(player, challenge) for challenge in challenges for player in challenge.players]
    for joined, _ in places:
        at = joined.joined_at
        count = sum(p.user_id == joined.user_id and p.joined_at <= at < c.ends_at for p, c in places)
        if count > OPEN_EACH:
            yield Problem("too many challenges", f"{OPEN_EACH} open ones at {at}", str(count), joined.user_id)
    ids = Counter((p.user_id, p.challenge_id) for p, _ in places if p.challenge_id is not None)
    for (user_id, challenge_id), count in ids.items():
        if count > 1:
            yield Problem("challenge twice", f"one challenge for {challenge_id}", str(count), user_id)


def entries_of(answer: Mapping[str, Any]) -> Sequence[Entry]:
    """Return the entries of an answer."""
    return [(e["rank"], e["user_id"], e["score"], e["submissions"]) for e in answer["entries"]]
