"""Synthetic players and sessions, with a skew as in real data. Equal seeds yield equal players and sessions."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from uuid import UUID

from leaderforge.domain.standings import Standing

CHUNK_PLAYERS = 10_000
"""Number of players of a chunk."""
SPAN_MS = 180 * 86_400_000
"""Time span of the sessions in ms: half a year."""

_SCORE_LOG_MEAN, _SCORE_LOG_DEVIATION = 5.5, 0.9
_ACTIVITY_SHAPE = 1.3
"""Pareto shape of the players' activity. With this shape, a few players play a hundred times as often as most."""

_FIRST, _SECOND = (line.split() for line in files(__package__).joinpath("names.txt").read_text().splitlines())
_WORDS = len(_FIRST) * len(_SECOND)
_SHUFFLE = 2_654_435_761
"""Odd factor: multiplying by it permutes the numbers below a power of two. Neighbouring ids get dissimilar names."""


Session = tuple[int, int, int, int]
"""Synthetic submission: player id, submission id as an integer, score, time (ms)."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Players of a chunk with all their sessions, and their standings on a `sum` board."""

    names: dict[int, str]
    sessions: list[Session]
    standings: list[Standing]


def name_of(user_id: int) -> str:
    """Return the synthetic, unique username of a player."""
    number, word = divmod(user_id, _WORDS)
    word = word * _SHUFFLE % _WORDS
    return f"{_FIRST[word // len(_SECOND)]}{_SECOND[word % len(_SECOND)]}{number or ''}"


def chunks(players: int, sessions: int, seed: int, until: int) -> Iterator["Plan"]:
    """Yield the plan of each chunk.

    Together the plans have `players` players, with ids from 1, and `sessions` sessions. `until` (ms) is the latest time
    of a session.
    """
    for first in range(1, players + 1, CHUNK_PLAYERS):
        last = min(first + CHUNK_PLAYERS, players + 1) - 1
        before, upto = ((n * sessions) // players for n in (first - 1, last))
        yield Plan(first, last, upto - before, seed, until)


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of a chunk: its players, its number of sessions, and the inputs that make it reproducible."""

    first: int
    last: int
    sessions: int
    seed: int
    until: int

    @property
    def players(self) -> range:
        """Return the ids of the players."""
        return range(self.first, self.last + 1)

    def names(self) -> dict[int, str]:
        """Return the usernames by player id."""
        return {user_id: name_of(user_id) for user_id in self.players}

    def make(self) -> Chunk:
        """Return the chunk. Equal plans yield equal chunks. Every player plays once before any player plays twice."""
        # Seed each chunk separately. A run that continues an interrupted run can then generate any chunk again.
        random = Random(f"{self.seed}:{self.first}")  # noqa: S311 - synthetic data, reproducible
        played = list(self.players[: self.sessions])
        weights = [random.paretovariate(_ACTIVITY_SHAPE) for _ in self.players]
        played += random.choices(self.players, weights, k=max(0, self.sessions - len(self.players)))
        sessions = [self._session(user_id, random) for user_id in played]
        return Chunk(self.names(), sessions, _standings(sessions, revision=self.until * 1000))

    def _session(self, user_id: int, random: Random) -> Session:
        return (
            user_id,
            random.getrandbits(128),
            1 + int(random.lognormvariate(_SCORE_LOG_MEAN, _SCORE_LOG_DEVIATION)),
            self.until - int(random.random() * SPAN_MS),
        )


def _standings(sessions: list[Session], revision: int) -> list[Standing]:
    """Return the standings of the sessions, as `domain.standings.fold` does on a `sum` board.

    This loop folds some millions of sessions a minute. `fold` would be much slower.
    """
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
