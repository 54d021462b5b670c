"""A made-up crowd of players and sessions: skewed as real ones are, and the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from uuid import UUID

from leaderforge.domain.standings import Standing

CHUNK_PLAYERS = 10_000
SPAN_MS = 180 * 86_400_000
"""Sessions are spread over half a year."""

_SCORE_LOG_MEAN, _SCORE_LOG_DEVIATION = 5.5, 0.9
_ACTIVITY_SHAPE = 1.3
"""Pareto shape of how much a player plays: some play a hundred times as much as most."""

_FIRST, _SECOND = (line.split() for line in files(__package__).joinpath("names.txt").read_text().splitlines())
_WORDS = len(_FIRST) * len(_SECOND)
_SHUFFLE = 2_654_435_761
"""An odd factor permutes the remainders of a power of two, so that neighbouring ids get unlike names."""


Session = tuple[int, int, int, int]
"""A made-up submission: user id, submission id as an integer, score, time in ms."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some players with all their sessions, and what those amount to on a board that sums."""

    names: dict[int, str]
    sessions: list[Session]
    standings: list[Standing]


def name_of(user_id: int) -> str:
    """Return the made-up name of a player, unlike any other's."""
    number, word = divmod(user_id, _WORDS)
    word = word * _SHUFFLE % _WORDS
    return f"{_FIRST[word // len(_SECOND)]}{_SECOND[word % len(_SECOND)]}{number or ''}"


def chunks(players: int, sessions: int, seed: int, until: int) -> Iterator["Plan"]:
    """Yield the plan of each chunk: together they have so many players, numbered from 1, and so many sessions."""
    for first in range(1, players + 1, CHUNK_PLAYERS):
        last = min(first + CHUNK_PLAYERS, players + 1) - 1
        before, upto = ((n * sessions) // players for n in (first - 1, last))
        yield Plan(first, last, upto - before, seed, until)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which players a chunk holds, how many sessions, and what makes it reproducible."""

    first: int
    last: int
    sessions: int
    seed: int
    until: int

    @property
    def players(self) -> range:
        """The ids of the players."""
        return range(self.first, self.last + 1)

    def names(self) -> dict[int, str]:
        """Return the players' names."""
        return {user_id: name_of(user_id) for user_id in self.players}

    def make(self) -> Chunk:
        """Return the chunk; the same plan makes the same one. Everyone plays once before anyone plays twice."""
        random = Random(f"{self.seed}:{self.first}")  # noqa: S311 - made-up data, to be repeatable
        played = list(self.players[: self.sessions])
        weights = [random.paretovariate(_ACTIVITY_SHAPE) for _ in self.players]
        played += random.choices(self.players, weights, k=max(0, self.sessions - len(self.players)))
        sessions = [
            (
                user_id,
                random.getrandbits(128),
                1 + int(random.lognormvariate(_SCORE_LOG_MEAN, _SCORE_LOG_DEVIATION)),
                self.until - int(random.random() * SPAN_MS),
            )
            for user_id in played
        ]
        return Chunk(self.names(), sessions, _standings(sessions, revision=self.until * 1000))


def _standings(sessions: list[Session], revision: int) -> list[Standing]:
    """Fold sessions as `domain.standings.fold` would on a board that sums, but some millions a minute."""
    totals: dict[int, list[int]] = {}
    for user_id, submission_id, score, achieved_at in sessions:
        total = totals.get(user_id)
        if total is None:
            totals[user_id] = [score, 1, achieved_at, submission_id]
        else:
            total[0] += score
            total[1] += 1
            if (achieved_at, submission_id) > (total[2], total[3]):
                total[2:] = achieved_at, submission_id
    return [
        Standing(user_id, score, achieved_at, UUID(int=run), None, scored=True, submissions=count, revision=revision)
        for user_id, (score, count, achieved_at, run) in totals.items()
    ]
