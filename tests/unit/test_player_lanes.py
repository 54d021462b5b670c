"""Lanes by player: the submissions that are in flight at the same time, their order, and their batches."""

import asyncio
from collections.abc import Sequence
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.services.player_lanes import PlayerLanes

LADDERS = [Ladder(Board(1, "points", "Points"))]


def submissions_of(players: Sequence[int]) -> list[Submission]:
    """Return a submission for each player. The scores are 0, 1, 2 and so on."""
    return [Submission(LADDERS, Event(player, UUID(int=i), i, 0)) for i, player in enumerate(players)]


async def _ignore(_: Sequence[int]) -> None:
    pass


@given(
    chunks=st.lists(st.lists(st.integers(1, 9), max_size=20), max_size=4),
    number=st.integers(1, 4),
    batch=st.integers(1, 6),
    random=st.randoms(use_true_random=False),
)
async def test_batches_in_flight_share_no_player_and_keep_the_order_of_each_player(
    chunks: list[list[int]], number: int, batch: int, random: Random
) -> None:
    in_flight: list[set[int]] = []
    recorded: list[tuple[int, int]] = []
    delivered: list[int] = []

    async def record(submissions: Sequence[Submission]) -> Sequence[int]:
        players = {submission.event.user_id for submission in submissions}
        assert all(players.isdisjoint(batch_in_flight) for batch_in_flight in in_flight)
        in_flight.append(players)
        assert len(in_flight) <= number
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0)
        in_flight.remove(players)
        recorded.extend((submission.event.user_id, submission.event.score) for submission in submissions)
        return [submission.event.score for submission in submissions]

    async def deliver(outcomes: Sequence[int]) -> None:
        delivered.extend(outcomes)

    lanes = PlayerLanes(number, batch)
    submissions = submissions_of([player for chunk in chunks for player in chunk])
    ends = [sum(map(len, chunks[: i + 1])) for i in range(len(chunks))]
    parts = [submissions[end - len(chunk) : end] for end, chunk in zip(ends, chunks, strict=True)]
    outcomes = await asyncio.gather(*(lanes.record(part, record, deliver) for part in parts))
    assert outcomes == [[submission.event.score for submission in part] for part in parts]
    assert sorted(recorded, key=lambda pair: pair[0]) == sorted(recorded)
    assert sorted(delivered) == list(range(len(submissions)))


async def test_a_batch_has_players_once_and_the_next_one_their_further_submissions() -> None:
    batches: list[list[int]] = []

    async def record(submissions: Sequence[Submission]) -> Sequence[int]:
        batches.append([submission.event.score for submission in submissions])
        return batches[-1]

    submissions = submissions_of([1, 2, 1, 3, 1, 4, 5])
    assert await PlayerLanes(1, 5).record(submissions, record, _ignore) == list(range(7))
    assert batches == [[0, 1, 3, 5, 6], [2, 4]]
    batches.clear()
    assert await PlayerLanes(1, 3).record(submissions, record, _ignore) == list(range(7))
    assert batches == [[0, 1], [2], [3, 4, 5, 6]]
