"""Comparison of ranks at random moments, and since other moments, with a replay of all changes."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from rich.progress import track

from benchmarks.moment_replay import Change, Entry, Replay
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.segments import Segment
from leaderforge.ports.clock import Clock
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.declaring import Declaration
from leaderforge.services.movement import MovementService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.trust import IndexTrust


class Question(NamedTuple):
    """Question about a player: the rank at a moment, and the movement since an earlier one. Both are in ms.

    If it is `in_country`, it concerns the country of the player at the later moment.
    """

    at: int
    since: int
    user_id: int
    in_country: bool


class Movement(NamedTuple):
    """Rank of a player in a country, or on the board if it is None, and the previous rank and score.

    A rank is 0 without an entry.
    """

    country: int | None
    rank: int
    previous: int = 0
    previous_score: int | None = None


def random_questions(count: int, players: int, log: Sequence[Change], span: tuple[int, int]) -> list[Question]:
    """Return questions about different moments of a span of time (ms), half of them about players with changes.

    Most other players have the same score at all moments.
    """
    random, times = Random(3), [change.at for change in log]
    questions = []
    for i in range(count):
        at = random.randint(*span)
        changes = bisect_right(times, at)
        has_changed = i % 4 < 2 and changes > 0
        user_id = log[random.randrange(changes)].user_id if has_changed else random.randint(1, players)
        questions.append(Question(at, random.randint(span[0], at), user_id, i % 2 == 1))
    return questions


def replayed(
    base: Mapping[int, Entry], log: Sequence[Change], questions: Sequence[Question]
) -> Mapping[Question, Movement]:
    """Return the answers of a replay. It walks through the changes twice: for the moments, and for the earlier ones."""
    answers: dict[Question, Movement] = {}
    replay = Replay(base, log)
    for question in sorted(questions):
        replay.advance(question.at)
        country = replay.country(question.user_id) if question.in_country else None
        answers[question] = Movement(country, replay.rank(question.user_id, country))
    replay = Replay(base, log)
    for question in sorted(questions, key=lambda question: question.since):
        replay.advance(question.since)
        country, rank, *_ = answers[question]
        previous = replay.rank(question.user_id, country)
        score = replay.score(question.user_id) if previous else None
        answers[question] = Movement(country, rank, previous, score)
    return answers


class Answers:
    """Reads of the product at moments."""

    def __init__(
        self, scores: ScoreStore, users: PlayerStore, moments: MomentStore, ladder: Ladder, clock: Clock
    ) -> None:
        index, processes, telemetry = MemoryIndex(1), MemoryPendingProcesses(), Fanout([])
        # The moments of a ladder are in the store. These reads use no index.
        trust = IndexTrust(index, processes, Declaration(processes), clock, telemetry)
        reader = Reader(index, trust, scores, users, moments, clock, telemetry)
        self._query, self._movement = QueryService(reader, clock, telemetry), MovementService(reader)
        self._ladder = ladder

    async def answer(self, question: Question, country: int | None) -> Movement:
        """Return the rank at a moment with the movement since another one, on the board or in a country."""
        segment = None if country is None else Segment("country", f"C{country}")
        ladder = self._ladder._replace(segment=segment, at=question.at)
        try:
            rank = (await self._query.rank(ladder, question.user_id)).entry.rank
        except NotRanked:
            rank = 0
        movement = await self._movement.movement(ladder._replace(at=question.since), [question.user_id])
        entry = movement.previous.get(question.user_id)
        return Movement(country, rank) if entry is None else Movement(country, rank, entry.rank, entry.score)


async def compare(answers: Answers, expected: Mapping[Question, Movement]) -> int:
    """Compare answers of the product with the answers of a replay. Return the number of answers.

    Raises `AssertionError` if an answer differs.
    """
    for question, movement in track(list(expected.items()), "Comparing"):
        answer = await answers.answer(question, movement.country)
        if answer != movement:
            raise AssertionError(f"{question}: expected {movement}, not {answer}")
    return len(expected)
